#include "feed/market.h"

#include <utility>

#include "model/decimal.h"

namespace dcx::feed {

namespace {

// Without zeros at the mantissa's end: sums over a day then stay far inside 128 bits, because an instrument's tick and
// lot are whole numbers of minor units of at most 9 decimals, and no amount passes 2^62 of those.
DecimalFormat shortest(DecimalFormat format) {
    while (format.scale > 0 && format.mantissa % 10 == 0) {
        format.mantissa /= 10;
        --format.scale;
    }
    return format;
}

}  // namespace

Market::Market(const InstrumentListed& listing, std::string base, std::string quote)
    : id_{listing.instrument},
      symbol_{listing.symbol.view()},
      base_{std::move(base)},
      quote_{std::move(quote)},
      tick_size_{decimal_text(listing.tick_mantissa, listing.tick_scale)},
      lot_size_{decimal_text(listing.lot_mantissa, listing.lot_scale)},
      heads_{symbol_},
      price_format_{.mantissa = listing.tick_mantissa, .scale = listing.tick_scale},
      quantity_format_{.mantissa = listing.lot_mantissa, .scale = listing.lot_scale},
      volume_format_{shortest(quantity_format_)},
      notional_format_{shortest({.mantissa = wide_mul(listing.tick_mantissa, listing.lot_mantissa),
                                 .scale = static_cast<unsigned>(listing.tick_scale) + listing.lot_scale})},
      phase_{listing.phase},
      last_trade_{.price = listing.last_price} {}

void Market::add_trade(const Trade& trade) {
    last_trade_ = trade;
    trades_.add(trade);
    window_.add(trade);
    candles_.add(trade);
}

void Market::bust_trade(const Trade& trade, Time now) {
    trades_.remove(trade.id);
    busted_.add(trade);
    window_.take_back(trade, now);
    candles_.take_back(trade, window_.kept());
}

Bbo Market::bbo() const {
    Bbo bbo;
    if (!book_.bids().empty()) {
        bbo.bid = book_.bids().best().price;
        bbo.bid_quantity = book_.bids().best().quantity;
    }
    if (!book_.asks().empty()) {
        bbo.ask = book_.asks().best().price;
        bbo.ask_quantity = book_.asks().best().quantity;
    }
    return bbo;
}

Ticker Market::ticker(Time now) {
    window_.advance(now);
    const Bbo best = bbo();
    return {.last = last_trade_.price,
            .day = window_.totals(),
            .bid = best.bid,
            .bid_quantity = best.bid_quantity,
            .ask = best.ask,
            .ask_quantity = best.ask_quantity};
}

}  // namespace dcx::feed
