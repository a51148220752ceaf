// What the rules need to know of an asset and of an instrument, derived once from the listing, exactly.
#pragma once

#include <cstdint>
#include <optional>

#include "model/event.h"
#include "model/types.h"

namespace dcx {

struct Asset {
    AssetId id{};
    AssetSymbol symbol{};
    Amount issue_cap{};
    unsigned scale{};
};

struct Instrument {
    InstrumentId id{};
    Symbol symbol{};
    AssetId base{};
    AssetId quote{};
    Quantity max_quantity{};
    Amount min_notional{};
    FeeRate maker_fee{};
    FeeRate taker_fee{};
    std::int64_t base_per_lot{};        // minor units of base in one lot
    std::int64_t quote_per_tick_lot{};  // minor units of quote in one tick times one lot
    unsigned price_scale{};             // decimals of a rendered price
    unsigned quantity_scale{};
    std::int64_t tick_mantissa{};  // rendered price = ticks x tick_mantissa x 10^-price_scale
    std::int64_t lot_mantissa{};
};

// Minor units in one lot, and in tick times lot: mantissa x 10^(asset scale - decimals). Nothing unless each is a whole
// number from 1 to 2^62, which is the rule that makes every notional exact.
[[nodiscard]] std::optional<std::int64_t> minor_units(int128 mantissa, unsigned decimals, unsigned asset_scale);

// The instrument of a listing; nothing when tick or lot is not exact in its assets.
[[nodiscard]] std::optional<Instrument> derive_instrument(const InstrumentListed& listing, const Asset& base,
                                                          const Asset& quote);

// Quote minor units that `quantity` costs at `price`, exact up to kMaxIssue; anything above is kMaxIssue + 1.
[[nodiscard]] inline int128 notional_of(const Instrument& instrument, Price price, Quantity quantity) {
    // Price and quantity are at most 2^62 each, so only the second product could leave 128 bits.
    const int128 tick_lots = (price * quantity).value;
    if (tick_lots > kMaxIssue) return int128{kMaxIssue} + 1;
    const int128 exact = tick_lots * instrument.quote_per_tick_lot;
    return exact > kMaxIssue ? int128{kMaxIssue} + 1 : exact;
}
[[nodiscard]] inline int128 base_of(const Instrument& instrument, Quantity quantity) {
    return wide_mul(quantity.value, instrument.base_per_lot);
}

}  // namespace dcx
