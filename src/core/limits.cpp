// Operators' commands that bound what others may do: freezing, limits, fees, kill switches.
#include "core/apply.h"

namespace dcx::core {
namespace {

constexpr std::uint32_t kMaxCollarBp = 1'000'000;
constexpr std::uint32_t kMaxRate = 1'000'000'000;
constexpr std::uint32_t kMaxBurst = 1'000'000;
constexpr std::uint32_t kSecondsADay = 86'400;

bool amount_legal(Amount amount) { return amount.value >= 0 && amount.value <= kMaxIssue; }

}  // namespace

bool Apply::fees_legal(FeeRate maker, FeeRate taker) {
    return maker.value >= -kFeeRateOne && maker.value <= kFeeRateOne && taker.value >= 0 && taker.value <= kFeeRateOne;
}

void Apply::freeze_account() {
    const auto body = command_.as<FreezeAccount>();
    if (body.frozen > 1 || !all_zero(body.zero)) return reject(RejectReason::malformed_field);
    if (!s_.ledger.has_customer(body.account)) return reject(RejectReason::unknown_account);
    std::uint8_t& flags = s_.ledger.account(body.account).flags;
    flags = static_cast<std::uint8_t>(body.frozen != 0 ? flags | kAccountFrozen : flags & ~kAccountFrozen);
    emit(AccountFrozen{.reference = body.reference, .account = body.account, .frozen = body.frozen, .zero = {}},
         sender());
}

void Apply::set_asset_limits() {
    const auto body = command_.as<SetAssetLimits>();
    if (!s_.ledger.has(body.asset)) return reject(RejectReason::unknown_asset);
    if (body.transfer_fee.value < 0 || body.transfer_fee.value > kFeeRateOne)
        return reject(RejectReason::fee_rate_out_of_range);
    if (!amount_legal(body.mint_ceiling) || !amount_legal(body.dual_control_above))
        return reject(RejectReason::limit_out_of_range);
    AssetLimits& limits = s_.ledger.limits(body.asset);
    limits.mint_ceiling = body.mint_ceiling;
    limits.dual_control_above = body.dual_control_above;
    limits.transfer_fee = body.transfer_fee;
    emit(AssetLimitsSet{.mint_ceiling = body.mint_ceiling,
                        .dual_control_above = body.dual_control_above,
                        .asset = body.asset,
                        .transfer_fee = body.transfer_fee},
         sender());
}

void Apply::set_fees() {
    const auto body = command_.as<SetFees>();
    if (!all_zero(body.zero)) return reject(RejectReason::malformed_field);
    if (!s_.has(body.instrument)) return reject(RejectReason::unknown_instrument);
    if (body.tier >= kFeeTiers) return reject(RejectReason::limit_out_of_range);
    if (!fees_legal(body.maker_fee, body.taker_fee)) return reject(RejectReason::fee_rate_out_of_range);
    s_.markets[body.instrument.value].fees[body.tier] = {.maker = body.maker_fee, .taker = body.taker_fee};
    emit(FeesSet{.instrument = body.instrument,
                 .maker_fee = body.maker_fee,
                 .taker_fee = body.taker_fee,
                 .tier = body.tier,
                 .zero = {}},
         sender());
}

void Apply::set_market_limits() {
    const auto body = command_.as<SetMarketLimits>();
    if (!s_.has(body.instrument)) return reject(RejectReason::unknown_instrument);
    Market& market = s_.markets[body.instrument.value];
    if (body.min_quantity.value < 1 || body.min_quantity > body.max_quantity ||
        body.max_quantity.value > kMaxQuantity || base_of(market.instrument, body.max_quantity) > kMaxIssue ||
        body.min_notional.value < 0 || body.min_notional > body.max_notional || body.max_notional.value > kMaxIssue ||
        body.reference_price.value < 0 || body.reference_price.value > kMaxPrice || body.collar_bp > kMaxCollarBp ||
        body.day_end_s >= kSecondsADay)
        return reject(RejectReason::limit_out_of_range);
    market.limits = {.min_quantity = body.min_quantity,
                     .max_quantity = body.max_quantity,
                     .min_notional = body.min_notional,
                     .max_notional = body.max_notional,
                     .reference_price = body.reference_price,
                     .instrument = body.instrument,
                     .collar_bp = body.collar_bp,
                     .max_orders = body.max_orders,
                     .day_end_s = body.day_end_s};
    emit(market.limits, sender());
}

void Apply::set_account_limits() {
    const auto body = command_.as<SetAccountLimits>();
    if (!all_zero(body.zero)) return reject(RejectReason::malformed_field);
    if (!s_.ledger.has_customer(body.account)) return reject(RejectReason::unknown_account);
    if (body.fee_tier >= kFeeTiers || body.orders_per_second > kMaxRate || body.burst > kMaxBurst ||
        (body.burst == 0) != (body.orders_per_second == 0))
        return reject(RejectReason::limit_out_of_range);
    Account& account = s_.ledger.account(body.account);
    account.max_open_orders = body.max_open_orders;
    account.orders_per_second = body.orders_per_second;
    account.burst = body.burst;
    account.fee_tier = body.fee_tier;
    account.throttled_until = {};
    emit(AccountLimitsSet{.account = body.account,
                          .max_open_orders = body.max_open_orders,
                          .orders_per_second = body.orders_per_second,
                          .burst = body.burst,
                          .fee_tier = body.fee_tier,
                          .zero = {}},
         sender());
}

void Apply::set_position_limits() {
    const auto body = command_.as<SetPositionLimits>();
    if (!s_.ledger.has_customer(body.account)) return reject(RejectReason::unknown_account);
    if (!s_.has(body.instrument)) return reject(RejectReason::unknown_instrument);
    if (body.max_position.value < 0 || body.max_position.value > kMaxQuantity || !amount_legal(body.max_daily_loss))
        return reject(RejectReason::limit_out_of_range);
    Exposure& exposure = s_.exposures(body.account, body.instrument);
    exposure.max_position = body.max_position;
    exposure.max_daily_loss = body.max_daily_loss;
    emit(PositionLimitsSet{.max_position = body.max_position,
                           .max_daily_loss = body.max_daily_loss,
                           .account = body.account,
                           .instrument = body.instrument},
         sender());
}

// Blocks, and cancels what one command may; ticks do the rest.
void Apply::set_kill_switch() {
    const auto body = command_.as<SetKillSwitch>();
    if (body.on > 1 || !all_zero(body.zero) || (body.account && body.instrument))
        return reject(RejectReason::malformed_field);
    if (body.account && !s_.ledger.has_customer(body.account)) return reject(RejectReason::unknown_account);
    if (body.instrument && !s_.has(body.instrument)) return reject(RejectReason::unknown_instrument);
    Account* const account = body.account ? &s_.ledger.account(body.account) : nullptr;
    Market* const market = body.instrument ? &s_.markets[body.instrument.value] : nullptr;
    if (account != nullptr)
        account->flags = static_cast<std::uint8_t>(body.on != 0 ? account->flags | kAccountKilled
                                                                : account->flags & ~kAccountKilled);
    else
        (market != nullptr ? market->killed : s_.killed) = body.on != 0;

    std::uint32_t units = s_.genesis.max_fills_per_command;
    bool complete = true;
    if (body.on != 0) {
        if (account != nullptr)
            complete = sweep_killed(body.account, units);
        else
            complete = market != nullptr ? sweep_market(*market, units) : sweep_venue(units);
    }
    DeadlineHandle& deadline = account != nullptr  ? account->kill_deadline
                               : market != nullptr ? market->kill_deadline
                                                   : s_.kill_deadline;
    if (complete) {
        s_.deadlines.drop(deadline);
    } else {
        const DeadlineKind kind = account != nullptr  ? DeadlineKind::kill_account
                                  : market != nullptr ? DeadlineKind::kill_market
                                                      : DeadlineKind::kill_venue;
        const std::uint32_t of = account != nullptr ? body.account.value : body.instrument.value;
        s_.deadlines.set(deadline, {.time = s_.time, .id = of, .kind = kind, .slot = of});
    }
    emit(KillSwitchSet{.reference = body.reference,
                       .account = body.account,
                       .instrument = body.instrument,
                       .canceled = s_.genesis.max_fills_per_command - units,
                       .on = body.on,
                       .complete = std::uint8_t{complete},
                       .zero = {}},
         sender());
}

}  // namespace dcx::core
