// The checks of an order that need nothing but the order and its instrument. docs/rules.md has their order.
#pragma once

#include "core/book/order_pool.h"
#include "model/command.h"
#include "model/instrument.h"
#include "model/reject_reason.h"

namespace dcx::core {

// Every enumerator, flag bit and reserved byte has a meaning.
[[nodiscard]] bool well_formed(const PlaceOrder& place);
[[nodiscard]] bool well_formed(const AmendOrder& amend);
[[nodiscard]] bool well_formed(const MassCancel& mass_cancel, MassCancelScope last_scope);
[[nodiscard]] bool combination_supported(const PlaceOrder& place);

[[nodiscard]] RejectReason check_size(const MarketLimitsSet& limits, Price price, Quantity quantity);
[[nodiscard]] RejectReason check_notional(const MarketLimitsSet& limits, int128 notional);

// Same price and no more quantity: it stays where it is in its queue.
[[nodiscard]] inline bool keeps_priority(const AmendOrder& amend, const RestingOrder& order, Quantity open) {
    return (amend.flags & kAmendReplace) == 0 && amend.price == order.price() && open <= order.open;
}

}  // namespace dcx::core
