// What an order is measured against before its money is held. docs/rules.md, "Risk", numbers the checks; 1 to 3 are in
// risk/order_checks, 6 is common to all commands, 10 is decided when orders meet.
#include <algorithm>

#include "core/apply.h"

namespace dcx::core {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr int kBasisPoints = 10'000;

// The far side is free: a low bid harms nobody.
bool outside_collar(const Market& market, Side side, Price price) {
    if (market.limits.collar_bp == 0) return false;
    const Price reference = market.last_price ? market.last_price : market.limits.reference_price;
    if (!reference) return false;
    const int128 reach = wide_mul(reference.value, market.limits.collar_bp) / kBasisPoints;
    return side == Side::buy ? price.value > reference.value + reach : price.value < reference.value - reach;
}

std::int64_t interval_of(const Account& account) { return kNsPerSecond / account.orders_per_second; }

}  // namespace

RejectReason Apply::check_risk(const RiskQuestion& order, std::int64_t& wait_ns) const {
    const Market& market = s_.markets[order.instrument.value];
    const Account& account = s_.ledger.account(order.account);
    const std::uint8_t flags = s_.flags_of(order.account);
    const Exposure& exposure = s_.exposures(order.account, order.instrument);
    if (outside_collar(market, order.side, order.price)) return RejectReason::price_outside_collar;
    if ((flags & kAccountFrozen) != 0) return RejectReason::account_frozen;
    if (order.new_order) {
        if (account.max_open_orders != 0 && account.open_orders >= account.max_open_orders)
            return RejectReason::too_many_open_orders;
        if (market.limits.max_orders != 0 && exposure.open_orders >= market.limits.max_orders)
            return RejectReason::too_many_open_orders_in_market;
    }
    if (account.orders_per_second != 0) {
        const std::int64_t ahead = std::max<std::int64_t>(0, account.throttled_until.value - s_.time.value);
        const std::int64_t allowed = interval_of(account) * (account.burst - 1);
        if (ahead > allowed) {
            wait_ns = ahead - allowed;
            return RejectReason::throttled;
        }
    }
    if (exposure.max_position || exposure.max_daily_loss)
        if (const auto reason = check_position(order, exposure); reason != RejectReason::none) return reason;
    if ((flags & kAccountKilled) != 0) return RejectReason::account_killed;
    if (market.killed) return RejectReason::market_killed;
    return s_.killed ? RejectReason::venue_killed : RejectReason::none;
}

RejectReason Apply::check_position(const RiskQuestion& order, const Exposure& exposure) const {
    const Market& market = s_.markets[order.instrument.value];
    const bool traded_today = exposure.day == day_of(s_.time);
    const int128 net = traded_today ? exposure.net : 0;
    if (exposure.max_position) {
        const int128 open = int128{exposure.open(order.side).value} + order.more.value;
        if ((order.side == Side::buy ? open + net : open - net) > exposure.max_position.value)
            return RejectReason::position_limit_exceeded;
    }
    if (exposure.max_daily_loss) {
        const int128 cash = traded_today ? exposure.cash : 0;
        const Quantity size{static_cast<std::int64_t>(net < 0 ? -net : net)};
        const int128 worth = market.last_price ? notional_of(market.instrument, market.last_price, size) : 0;
        if (-(cash + (net < 0 ? -worth : worth)) >= exposure.max_daily_loss.value)
            return RejectReason::daily_loss_exceeded;
    }
    return RejectReason::none;
}

void Apply::take_rate(Account& account) const {
    if (account.orders_per_second == 0) return;
    account.throttled_until = Time{
        checked_add(std::max(account.throttled_until, s_.time).value, interval_of(account)).value_or(kNever.value)};
}

}  // namespace dcx::core
