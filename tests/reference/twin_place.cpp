// A new order: its checks, its slot, what it holds.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

bool place_has_meaning(const PlaceOrder& b) {
    const bool side = b.side == Side::buy || b.side == Side::sell;
    const bool type = b.type == OrderType::limit || b.type == OrderType::market;
    const bool tif = b.time_in_force == TimeInForce::gtc || b.time_in_force == TimeInForce::ioc ||
                     b.time_in_force == TimeInForce::fok || b.time_in_force == TimeInForce::day ||
                     b.time_in_force == TimeInForce::gtd;
    return side && type && tif && (b.flags & ~kOrderPostOnly) == 0 && b.zero == 0;
}

// Step 7 without its ranges.
bool combination_ok(const PlaceOrder& b) {
    const bool post_only = (b.flags & kOrderPostOnly) != 0;
    const bool at_once = b.time_in_force == TimeInForce::ioc || b.time_in_force == TimeInForce::fok;
    if (b.type == OrderType::market && (!at_once || post_only)) return false;
    if (post_only && at_once) return false;
    const bool market_buy_ioc =
        b.type == OrderType::market && b.side == Side::buy && b.time_in_force == TimeInForce::ioc;
    return b.budget.value == 0 || market_buy_ioc;
}

// The smaller of a notional and a budget, when there is one.
int128 least(int128 notional, Amount budget) {
    return budget.value == 0 ? notional : std::min<int128>(notional, budget.value);
}

}  // namespace

int128 Twin::hold_of(InstrumentId instrument, Side side, Price price, std::int64_t open) const {
    const Market& m = market(instrument);
    return side == Side::buy ? notional_of(m, price, open) : m.base_per_lot * open;
}

// With a budget: all that is left of it, until the order is done.
int128 Twin::hold_of(const Order& o) const {
    if (o.has_budget) return o.open == 0 ? 0 : o.budget;
    return hold_of(o.instrument, o.side, o.price, o.open);
}

// Steps 5 to 7.
RejectReason Twin::check_terms(const PlaceOrder& b) const {
    const Market& m = market(b.instrument);
    if (b.price.value < 1 || b.price.value > kMaxPrice) return RejectReason::price_out_of_range;
    if (b.quantity < m.limits.min_quantity || b.quantity > m.limits.max_quantity)
        return RejectReason::quantity_out_of_range;
    const int128 notional = least(notional_of(m, b.price, b.quantity.value), b.budget);
    if (notional > m.limits.max_notional.value) return RejectReason::notional_out_of_range;
    if (notional < m.limits.min_notional.value) return RejectReason::notional_too_small;
    if (!combination_ok(b)) return RejectReason::unsupported_combination;
    if (b.budget.value < 0 || b.budget.value > kMaxIssue) return RejectReason::budget_out_of_range;
    const bool gtd = b.time_in_force == TimeInForce::gtd;
    if (gtd ? b.expire_at <= time_ : b.expire_at.value != 0) return RejectReason::expire_time_out_of_range;
    return RejectReason::none;
}

RejectReason Twin::check_place(const PlaceOrder& b, SessionId from, std::int64_t& wait_ns) {
    if (!place_has_meaning(b)) return RejectReason::malformed_field;
    if (!acts_for(from, b.account)) return RejectReason::not_your_account;
    if (const RejectReason reason = check_number(b.cl_ord_id, from); reason != RejectReason::none) return reason;
    if (!exists(instruments_, b.instrument)) return RejectReason::unknown_instrument;
    const Market& m = market(b.instrument);
    if (m.phase != Phase::trading) return RejectReason::instrument_halted;
    if (const RejectReason reason = check_terms(b); reason != RejectReason::none) return reason;
    const Asked asked{
        .account = b.account, .instrument = b.instrument, .side = b.side, .price = b.price, .open = b.quantity.value};
    if (const RejectReason reason = check_risk(asked, wait_ns); reason != RejectReason::none) return reason;
    if ((b.flags & kOrderPostOnly) != 0 && would_trade(b.instrument, b.side, b.price))
        return RejectReason::post_only_would_cross;
    if (orders_.size() == genesis_->max_orders || levels_are_full()) return RejectReason::capacity_exhausted;
    const AssetId paid = b.side == Side::buy ? m.listing.quote : m.listing.base;
    const int128 available = owned(b.account, paid) - held(b.account, paid);
    if (available < least(hold_of(b.instrument, b.side, b.price, b.quantity.value), b.budget))
        return RejectReason::insufficient_funds;
    return RejectReason::none;
}

OrderSlot Twin::take_slot() {
    if (free_slots_.empty()) return OrderSlot{++slots_used_};
    const OrderSlot slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
}

void Twin::place(const PlaceOrder& b, SessionId from) {
    std::int64_t wait_ns = 0;
    if (const RejectReason reason = check_place(b, from, wait_ns); reason != RejectReason::none) {
        emit(OrderRejected{.cl_ord_id = b.cl_ord_id,
                           .price = b.price,
                           .quantity = b.quantity,
                           .account = b.account,
                           .instrument = b.instrument,
                           .side = b.side,
                           .type = b.type,
                           .time_in_force = b.time_in_force,
                           .flags = b.flags,
                           .reason = reason,
                           .wait_ns = wait_ns},
             from);
        return;
    }
    spend_throttle(b.account);
    const Market& m = market(b.instrument);
    const FeesSet& fees = m.fees.at(the_account(b.account).limits.fee_tier);
    const Time expire_at = b.time_in_force == TimeInForce::day ? day_end(m) : b.expire_at;
    orders_.push_back({.id = OrderId{++order_count_},
                       .cl_ord_id = b.cl_ord_id,
                       .session = from,
                       .account = b.account,
                       .instrument = b.instrument,
                       .slot = take_slot(),
                       .pays = b.side == Side::buy ? m.listing.quote : m.listing.base,
                       .side = b.side,
                       .flags = b.flags,
                       .time_in_force = b.time_in_force,
                       .expire_at = expire_at,
                       .price = b.price,
                       .has_budget = b.budget.value != 0,
                       .budget = least(notional_of(m, b.price, b.quantity.value), b.budget),
                       .open = b.quantity.value,
                       .maker_rate = fees.maker_fee.value,
                       .taker_rate = fees.taker_fee.value});
    const Order& order = orders_.back();
    const Balance paid = balance(order.account, order.pays);
    emit(OrderAccepted{.order_id = order.id,
                       .cl_ord_id = b.cl_ord_id,
                       .price = b.price,
                       .quantity = b.quantity,
                       .account = b.account,
                       .instrument = b.instrument,
                       .slot = order.slot,
                       .side = b.side,
                       .type = b.type,
                       .time_in_force = b.time_in_force,
                       .flags = b.flags,
                       .hold = Amount{*narrow(hold_of(order))},
                       .available = paid.available,
                       .held = paid.held,
                       .expire_at = expire_at},
         from);
    take(OrderId{order_count_}, b.time_in_force);
}

}  // namespace dcx::reference
