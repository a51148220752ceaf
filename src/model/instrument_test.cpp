#include "model/instrument.h"

#include <doctest/doctest.h>

using namespace dcx;

namespace {

InstrumentListed listing(std::int64_t tick, unsigned tick_scale, std::int64_t lot, unsigned lot_scale) {
    InstrumentListed result;
    result.tick_mantissa = tick;
    result.tick_scale = static_cast<std::uint8_t>(tick_scale);
    result.lot_mantissa = lot;
    result.lot_scale = static_cast<std::uint8_t>(lot_scale);
    return result;
}
const Asset scale8{.id = AssetId{1u}, .symbol = {}, .issue_cap = {}, .scale = 8};
const Asset scale2{.id = AssetId{2u}, .symbol = {}, .issue_cap = {}, .scale = 2};

}  // namespace

TEST_CASE("instrument: the four default markets trade in whole minor units") {
    struct Row {
        InstrumentListed listing;
        std::int64_t base_per_lot;
    };
    for (const Row& row :
         {Row{listing(1, 4, 1, 4), 10'000}, Row{listing(1, 2, 1, 6), 100}, Row{listing(1, 7, 1, 1), 10'000'000}}) {
        const auto instrument = derive_instrument(row.listing, scale8, scale8);
        REQUIRE(instrument);
        CHECK(instrument->base_per_lot == row.base_per_lot);
        CHECK(instrument->quote_per_tick_lot == 1);
    }
}

TEST_CASE("instrument: a tick or a lot that is no whole number of minor units is refused") {
    CHECK_FALSE(derive_instrument(listing(1, 5, 1, 4), scale8, scale8));  // 10^-9 of a scale of 8
    CHECK(derive_instrument(listing(10, 5, 1, 4), scale8, scale8));       // the same number written otherwise fits
    CHECK_FALSE(derive_instrument(listing(1, 0, 1, 3), scale2, scale8));  // a lot below base's minor unit
    CHECK_FALSE(derive_instrument(listing(0, 0, 1, 0), scale8, scale8));
    CHECK_FALSE(derive_instrument(listing(1, 19, 1, 0), scale8, scale8));
    CHECK_FALSE(derive_instrument(listing(kMaxPrice, 0, 4, 0), scale8, scale8));  // beyond 2^62
    CHECK(derive_instrument(listing(25, 2, 1, 0), scale8, scale2)->quote_per_tick_lot == 25);
}

TEST_CASE("instrument: a notional is exact up to 2^62 and then just above it") {
    const auto one = derive_instrument(listing(1, 8, 1, 0), scale8, scale8);
    REQUIRE(one);
    CHECK(notional_of(*one, Price{kMaxPrice}, Quantity{std::int64_t{1}}) == kMaxIssue);
    CHECK(notional_of(*one, Price{kMaxPrice}, Quantity{std::int64_t{2}}) == int128{kMaxIssue} + 1);
    CHECK(notional_of(*one, Price{kMaxPrice}, Quantity{kMaxQuantity}) == int128{kMaxIssue} + 1);
    CHECK(notional_of(*one, Price{std::int64_t{3}}, Quantity{std::int64_t{5}}) == 15);
    const auto unit = derive_instrument(listing(1, 0, 1, 0), scale8, scale8);
    CHECK(notional_of(*unit, Price{kMaxPrice / 100'000'000}, Quantity{std::int64_t{1}}) ==
          kMaxPrice / 100'000'000 * 100'000'000);
    CHECK(notional_of(*unit, Price{kMaxPrice / 100'000'000 + 1}, Quantity{std::int64_t{1}}) == int128{kMaxIssue} + 1);
}
