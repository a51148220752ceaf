#include "core/risk/order_checks.h"

namespace dcx::core {

bool well_formed(const PlaceOrder& p) {
    return (p.side == Side::buy || p.side == Side::sell) &&
           (p.type == OrderType::limit || p.type == OrderType::market) && p.time_in_force >= TimeInForce::gtc &&
           p.time_in_force <= TimeInForce::gtd && (p.flags & ~kOrderPostOnly) == 0 && p.zero == 0;
}

bool well_formed(const AmendOrder& a) {
    if ((a.flags & ~kAmendReplace) != 0) return false;
    for (const auto z : a.zero)
        if (z != 0) return false;
    return true;
}

bool well_formed(const MassCancel& m, MassCancelScope last_scope) {
    if (m.side > Side::sell || m.scope > last_scope) return false;
    for (const auto z : m.zero)
        if (z != 0) return false;
    return true;
}

bool combination_supported(const PlaceOrder& p) {
    const bool post_only = (p.flags & kOrderPostOnly) != 0;
    const bool rests = p.time_in_force != TimeInForce::ioc && p.time_in_force != TimeInForce::fok;
    if (p.budget && (p.type != OrderType::market || p.side != Side::buy || p.time_in_force != TimeInForce::ioc))
        return false;
    if (p.type == OrderType::market) return !rests && !post_only;
    return !post_only || rests;
}

RejectReason check_size(const MarketLimitsSet& limits, Price price, Quantity quantity) {
    if (price.value < 1 || price.value > kMaxPrice) return RejectReason::price_out_of_range;
    if (quantity < limits.min_quantity || quantity > limits.max_quantity) return RejectReason::quantity_out_of_range;
    return RejectReason::none;
}

RejectReason check_notional(const MarketLimitsSet& limits, int128 notional) {
    if (notional > limits.max_notional.value) return RejectReason::notional_out_of_range;
    if (notional < limits.min_notional.value) return RejectReason::notional_too_small;
    return RejectReason::none;
}

}  // namespace dcx::core
