// Prices and quantities that a market takes: whole ticks and lots, min_notional, max_quantity, and what the money
// suffices for. Pure functions on the rules of docs/rules.md.
#pragma once

#include "model/instrument.h"
#include "model/types.h"

namespace dcx::market {

// The asset an order pays with, and the one it receives.
[[nodiscard]] constexpr AssetId paid_asset(const Instrument& instrument, Side side) {
    return side == Side::buy ? instrument.quote : instrument.base;
}
[[nodiscard]] constexpr AssetId received_asset(const Instrument& instrument, Side side) {
    return paid_asset(instrument, opposite(side));
}

// What the venue holds for an open order, in minor units of the asset paid with; at most kMaxIssue + 1.
[[nodiscard]] Amount hold_of(const Instrument& instrument, Side side, Price price, Quantity quantity);

// The nearest price that an order may have.
[[nodiscard]] Price whole_ticks(double ticks);

// The smallest quantity whose notional reaches min_notional.
[[nodiscard]] Quantity smallest_quantity(const Instrument& instrument, Price price);

// As many lots as are worth `value` quote minor units at the price, rounded down; at least 0.
[[nodiscard]] Quantity lots_worth(const Instrument& instrument, Price price, double value);

struct OrderSize {
    Side side{};
    Price price{};
    Quantity wanted{};
    Amount free{};  // of the asset paid with
};
// The quantity nearest to `wanted` that the market takes and `free` suffices for; 0 when there is none.
[[nodiscard]] Quantity fit_quantity(const Instrument& instrument, const OrderSize& size);

}  // namespace dcx::market
