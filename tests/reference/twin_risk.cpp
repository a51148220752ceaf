// What every order is measured against before its money is held: section "Risk" of docs/rules.md.
#include <algorithm>

#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
std::int64_t day_of(Time time) { return time.value / kDay; }

}  // namespace

int128 Twin::notional_of(const Market& m, Price price, std::int64_t quantity) {
    constexpr int128 above = int128{kMaxIssue} + 1;
    int128 notional = int128{price.value} * quantity;
    if (__builtin_mul_overflow(notional, m.quote_per_tick_lot, &notional)) return above;
    return std::min(notional, above);
}

RejectReason Twin::check_risk(const Asked& asked, std::int64_t& wait_ns) const {
    const Account& account = the_account(asked.account);
    if (outside_collar(asked)) return RejectReason::price_outside_collar;
    if (is_frozen(asked.account)) return RejectReason::account_frozen;
    if (const RejectReason reason = check_open_orders(asked); reason != RejectReason::none) return reason;
    if (const std::int64_t wait = throttle_wait(account); wait > 0) {
        wait_ns = wait;
        return RejectReason::throttled;
    }
    if (const RejectReason reason = check_position(asked); reason != RejectReason::none) return reason;
    if (is_killed(asked.account)) return RejectReason::account_killed;
    if (market(asked.instrument).killed.on) return RejectReason::market_killed;
    if (venue_killed_.on) return RejectReason::venue_killed;
    return RejectReason::none;
}

bool Twin::outside_collar(const Asked& asked) const {
    const Market& m = market(asked.instrument);
    const int128 reference = m.last_price.value != 0 ? m.last_price.value : m.limits.reference_price.value;
    if (reference == 0 || m.limits.collar_bp == 0) return false;
    const int128 reach = reference * m.limits.collar_bp / 10'000;
    return asked.side == Side::buy ? asked.price.value > reference + reach : asked.price.value < reference - reach;
}

// An amend brings no order more.
RejectReason Twin::check_open_orders(const Asked& asked) const {
    if (asked.amended.value != 0) return RejectReason::none;
    const std::uint32_t most = the_account(asked.account).limits.max_open_orders;
    const std::uint32_t most_here = market(asked.instrument).limits.max_orders;
    std::uint32_t open = 0;
    std::uint32_t open_here = 0;
    for (const Order& o : orders_) {
        open += o.account == asked.account;
        open_here += o.account == asked.account && o.instrument == asked.instrument;
    }
    if (most != 0 && open >= most) return RejectReason::too_many_open_orders;
    if (most_here != 0 && open_here >= most_here) return RejectReason::too_many_open_orders_in_market;
    return RejectReason::none;
}

// How long until the account's next order would pass; 0: it passes now.
std::int64_t Twin::throttle_wait(const Account& account) const {
    if (account.limits.orders_per_second == 0) return 0;
    const std::int64_t interval = kSecond / account.limits.orders_per_second;
    const std::int64_t allowed = interval * (std::int64_t{account.limits.burst} - 1);
    return std::max<std::int64_t>(std::max(account.throttle_time, time_.value) - time_.value - allowed, 0);
}

void Twin::spend_throttle(AccountId id) {
    Account& account = the_account(id);
    if (account.limits.orders_per_second == 0) return;
    const Time from{std::max(account.throttle_time, time_.value)};
    account.throttle_time = later(from, kSecond / account.limits.orders_per_second).value;
}

RejectReason Twin::check_position(const Asked& asked) const {
    const auto found = position_limits_.find({asked.account, asked.instrument});
    if (found == position_limits_.end()) return RejectReason::none;
    const PositionLimitsSet& limits = found->second;
    const Exposure today = exposure(asked.account, asked.instrument);
    int128 open = asked.open;
    for (const Order& o : orders_)
        if (o.account == asked.account && o.instrument == asked.instrument && o.side == asked.side &&
            o.id != asked.amended)
            open += o.open;
    const int128 reached = asked.side == Side::buy ? today.net + open : open - today.net;
    if (limits.max_position.value != 0 && reached > limits.max_position.value)
        return RejectReason::position_limit_exceeded;
    const Market& m = market(asked.instrument);
    const bool is_short = today.net < 0;
    const auto size = static_cast<std::int64_t>(is_short ? -today.net : today.net);
    const int128 value = notional_of(m, m.last_price, size);
    const int128 loss = -(today.cash + (is_short ? -value : value));
    if (limits.max_daily_loss.value != 0 && loss >= limits.max_daily_loss.value)
        return RejectReason::daily_loss_exceeded;
    return RejectReason::none;
}

void Twin::change_position(AccountId account, InstrumentId instrument, int128 quantity, int128 cash) {
    const std::int64_t today = day_of(time_);
    std::erase_if(changes_, [&](const Change& change) { return change.day != today; });
    changes_.push_back(
        {.day = today, .account = account, .instrument = instrument, .quantity = quantity, .cash = cash});
}

// Net saturates at each step, so it is added up in the order of the changes.
Twin::Exposure Twin::exposure(AccountId account, InstrumentId instrument) const {
    Exposure sum;
    for (const Change& change : changes_) {
        if (change.day != day_of(time_) || change.account != account || change.instrument != instrument) continue;
        sum.net = std::clamp<int128>(sum.net + change.quantity, -kMaxQuantity, kMaxQuantity);
        sum.cash += change.cash;
    }
    return sum;
}

// The next time after now at which the market's day ends.
Time Twin::day_end(const Market& m) const {
    const std::int64_t today = later(Time{day_of(time_) * kDay}, m.limits.day_end_s * kSecond).value;
    return today > time_.value ? Time{today} : later(Time{today}, kDay);
}

}  // namespace dcx::reference
