#include "market/order_sizing.h"

#include <doctest/doctest.h>

#include <limits>

#include "market/test_market.h"

using namespace dcx;
using namespace dcx::market;

TEST_CASE("prices are whole ticks from 1 on, whatever was computed") {
    CHECK(whole_ticks(12.4) == Price{12L});
    CHECK(whole_ticks(12.6) == Price{13L});
    CHECK(whole_ticks(0.2) == Price{1L});
    CHECK(whole_ticks(-5) == Price{1L});
    CHECK(whole_ticks(std::numeric_limits<double>::quiet_NaN()) == Price{1L});
    CHECK(whole_ticks(std::numeric_limits<double>::infinity()).value <= kMaxPrice);
}

TEST_CASE("the smallest quantity reaches min_notional, one lot less does not") {
    for (const MarketStart& market : test_markets()) {
        for (const std::int64_t ticks : {std::int64_t{1}, market.price.value, market.price.value * 3 + 1}) {
            const Quantity least = smallest_quantity(market.instrument, Price{ticks});
            CHECK(notional_of(market.instrument, Price{ticks}, least) >= market.instrument.min_notional.value);
            if (least.value > 1)
                CHECK(notional_of(market.instrument, Price{ticks}, Quantity{least.value - 1}) <
                      market.instrument.min_notional.value);
        }
    }
}

TEST_CASE("a quantity fits the market and the money, or there is none") {
    const Instrument dec = test_markets()[0].instrument;  // one tick times one lot is 1 minor unit
    const Price price{12'500L};
    const auto fit = [&](Side side, std::int64_t wanted, std::int64_t free) {
        return fit_quantity(dec, {.side = side, .price = price, .wanted = Quantity{wanted}, .free = Amount{free}})
            .value;
    };
    const std::int64_t least = 500'000'000 / 12'500;
    CHECK(fit(Side::buy, 1'000'000, 1'000'000'000'000) == 1'000'000);
    CHECK(fit(Side::buy, 1, 1'000'000'000'000) == least);
    CHECK(fit(Side::buy, 1'000'000, 500'000'000) == least);
    CHECK(fit(Side::buy, 1'000'000, 499'999'999) == 0);
    CHECK(fit(Side::buy, 1'000'000, 0) == 0);
    CHECK(fit(Side::buy, 1'000'000, -1) == 0);
    // A lot of DEC is 10'000 minor units.
    CHECK(fit(Side::sell, 1'000'000, least * 10'000) == least);
    CHECK(fit(Side::sell, 1'000'000, least * 10'000 - 1) == 0);
    CHECK(fit(Side::sell, kMaxQuantity, kMaxIssue) == dec.max_quantity.value);
    // Notional stays below its bound however high the price.
    const Quantity high = fit_quantity(
        dec, {.side = Side::sell, .price = Price{kMaxPrice}, .wanted = Quantity{5L}, .free = Amount{kMaxIssue}});
    CHECK(high == Quantity{1L});
}
