// Fees, limits and kill switches, as operators set them.
#include <algorithm>

#include "reference/twin.h"

namespace dcx::reference {

namespace {

template <class Zeros>
bool all_zero(const Zeros& bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}
bool within(std::int64_t value, std::int64_t low, std::int64_t high) { return low <= value && value <= high; }

constexpr std::uint32_t kMostOrdersPerSecond = 1'000'000'000;
constexpr std::uint32_t kMostBurst = 1'000'000;
constexpr std::uint32_t kMostCollar = 1'000'000;
constexpr std::uint32_t kSecondsOfDay = 86'400;

}  // namespace

RejectReason Twin::set_fees(const SetFees& b, SessionId to) {
    if (!all_zero(b.zero)) return RejectReason::malformed_field;
    if (!exists(instruments_, b.instrument)) return RejectReason::unknown_instrument;
    if (b.tier >= kFeeTiers) return RejectReason::limit_out_of_range;
    if (!within(b.maker_fee.value, -kFeeRateOne, kFeeRateOne) || !within(b.taker_fee.value, 0, kFeeRateOne))
        return RejectReason::fee_rate_out_of_range;
    FeesSet& fees = market(b.instrument).fees.at(b.tier);
    fees = {.instrument = b.instrument, .maker_fee = b.maker_fee, .taker_fee = b.taker_fee, .tier = b.tier};
    emit(fees, to);
    return RejectReason::none;
}

RejectReason Twin::set_market_limits(const SetMarketLimits& b, SessionId to) {
    if (!exists(instruments_, b.instrument)) return RejectReason::unknown_instrument;
    Market& m = market(b.instrument);
    const bool quantities = within(b.max_quantity.value, 1, kMaxQuantity) &&
                            within(b.min_quantity.value, 1, b.max_quantity.value) &&
                            m.base_per_lot * b.max_quantity.value <= kMaxIssue;
    const bool notionals =
        within(b.max_notional.value, 0, kMaxIssue) && within(b.min_notional.value, 0, b.max_notional.value);
    const bool rest =
        within(b.reference_price.value, 0, kMaxPrice) && b.collar_bp <= kMostCollar && b.day_end_s < kSecondsOfDay;
    if (!quantities || !notionals || !rest) return RejectReason::limit_out_of_range;
    m.limits = {.min_quantity = b.min_quantity,
                .max_quantity = b.max_quantity,
                .min_notional = b.min_notional,
                .max_notional = b.max_notional,
                .reference_price = b.reference_price,
                .instrument = b.instrument,
                .collar_bp = b.collar_bp,
                .max_orders = b.max_orders,
                .day_end_s = b.day_end_s};
    emit(m.limits, to);
    return RejectReason::none;
}

RejectReason Twin::set_account_limits(const SetAccountLimits& b, SessionId to) {
    if (!all_zero(b.zero)) return RejectReason::malformed_field;
    if (!is_customer(b.account)) return RejectReason::unknown_account;
    if (b.fee_tier >= kFeeTiers || b.orders_per_second > kMostOrdersPerSecond || b.burst > kMostBurst ||
        (b.burst == 0) != (b.orders_per_second == 0))
        return RejectReason::limit_out_of_range;
    Account& account = the_account(b.account);
    account.throttle_time = 0;
    account.limits = {.account = b.account,
                      .max_open_orders = b.max_open_orders,
                      .orders_per_second = b.orders_per_second,
                      .burst = b.burst,
                      .fee_tier = b.fee_tier};
    emit(account.limits, to);
    return RejectReason::none;
}

RejectReason Twin::set_position_limits(const SetPositionLimits& b, SessionId to) {
    if (!is_customer(b.account)) return RejectReason::unknown_account;
    if (!exists(instruments_, b.instrument)) return RejectReason::unknown_instrument;
    if (!within(b.max_position.value, 0, kMaxQuantity) || !within(b.max_daily_loss.value, 0, kMaxIssue))
        return RejectReason::limit_out_of_range;
    PositionLimitsSet& limits = position_limits_[{b.account, b.instrument}];
    limits = {.max_position = b.max_position,
              .max_daily_loss = b.max_daily_loss,
              .account = b.account,
              .instrument = b.instrument};
    emit(limits, to);
    return RejectReason::none;
}

// Both 0 is the venue.
Twin::Switch& Twin::switch_of(AccountId account, InstrumentId instrument) {
    if (account.value != 0) return the_account(account).killed;
    return instrument.value != 0 ? market(instrument).killed : venue_killed_;
}

RejectReason Twin::set_kill_switch(const SetKillSwitch& b, SessionId to) {
    if (b.on > 1 || !all_zero(b.zero) || (b.account.value != 0 && b.instrument.value != 0))
        return RejectReason::malformed_field;
    if (b.account.value != 0 && !is_customer(b.account)) return RejectReason::unknown_account;
    if (b.instrument.value != 0 && !exists(instruments_, b.instrument)) return RejectReason::unknown_instrument;
    std::uint32_t canceled = 0;
    bool complete = true;
    Switch& kill = switch_of(b.account, b.instrument);
    kill = {.on = b.on == 1};
    if (b.account.value != 0) the_account(b.account).killed_subs = kill.on && owners_reach();
    if (kill.on) {
        for (; canceled < genesis_->max_fills_per_command; ++canceled) {
            const std::optional<OrderId> id = first_of_switch(b.account, b.instrument);
            if (!id) break;
            cancel_swept(*id, CancelReason::kill_switch);
        }
        complete = !first_of_switch(b.account, b.instrument);
        if (!complete) kill.sweep = time_;
    }
    emit(KillSwitchSet{.reference = b.reference,
                       .account = b.account,
                       .instrument = b.instrument,
                       .canceled = canceled,
                       .on = b.on,
                       .complete = complete},
         to);
    return RejectReason::none;
}

}  // namespace dcx::reference
