#include "model/instrument.h"

namespace dcx {

std::optional<std::int64_t> minor_units(int128 mantissa, unsigned decimals, unsigned asset_scale) {
    int128 value = mantissa;
    for (; decimals > asset_scale; --decimals) {
        if (value % 10 != 0) return std::nullopt;
        value /= 10;
    }
    for (; decimals < asset_scale; ++decimals) {
        if (value > kMaxIssue) return std::nullopt;
        value *= 10;
    }
    if (value < 1 || value > kMaxIssue) return std::nullopt;
    return static_cast<std::int64_t>(value);
}

std::optional<Instrument> derive_instrument(const InstrumentListed& listing, const Asset& base, const Asset& quote) {
    if (listing.tick_mantissa < 1 || listing.lot_mantissa < 1 || listing.tick_scale > 18 || listing.lot_scale > 18)
        return std::nullopt;
    const auto base_per_lot = minor_units(listing.lot_mantissa, listing.lot_scale, base.scale);
    const auto quote_per_tick_lot =
        minor_units(wide_mul(listing.tick_mantissa, listing.lot_mantissa),
                    static_cast<unsigned>(listing.tick_scale) + listing.lot_scale, quote.scale);
    if (!base_per_lot || !quote_per_tick_lot) return std::nullopt;
    return Instrument{.id = listing.instrument,
                      .symbol = listing.symbol,
                      .base = listing.base,
                      .quote = listing.quote,
                      .max_quantity = listing.max_quantity,
                      .min_notional = listing.min_notional,
                      .maker_fee = listing.maker_fee,
                      .taker_fee = listing.taker_fee,
                      .base_per_lot = *base_per_lot,
                      .quote_per_tick_lot = *quote_per_tick_lot,
                      .price_scale = listing.tick_scale,
                      .quantity_scale = listing.lot_scale,
                      .tick_mantissa = listing.tick_mantissa,
                      .lot_mantissa = listing.lot_mantissa};
}

}  // namespace dcx
