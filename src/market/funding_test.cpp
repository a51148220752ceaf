#include "market/funding.h"

#include <doctest/doctest.h>

using namespace dcx;
using namespace dcx::market;

TEST_CASE("funding: markets begin at their last trade, else at the given price, without either they are left out") {
    client::Listings listings;
    for (std::uint32_t id = 1; id <= 2; ++id)
        listings.assets.push_back({.symbol = {}, .issue_cap = Amount{kMaxIssue}, .asset = AssetId{id}, .scale = 8});
    const auto list = [&](std::string_view symbol, std::uint32_t id, std::int64_t last) {
        listings.instruments.push_back({.symbol = Symbol(symbol),
                                        .instrument = InstrumentId{id},
                                        .base = AssetId{1u},
                                        .quote = AssetId{2u},
                                        .tick_scale = 4,
                                        .lot_scale = 4,
                                        .phase = Phase::trading,
                                        .zero = 0,
                                        .tick_mantissa = 1,
                                        .lot_mantissa = 1,
                                        .last_price = Price{last}});
    };
    list("A/B", 1, 0);
    list("C/D", 2, 700);
    list("E/F", 3, 0);
    const std::vector<StartPrice> given{{Symbol("A/B"), Price{500L}}, {Symbol("C/D"), Price{600L}}};
    const auto markets = market_starts(listings, given);
    REQUIRE(markets.size() == 2);
    CHECK(markets[0].instrument.symbol == Symbol("A/B"));
    CHECK(markets[0].price == Price{500L});
    CHECK(markets[1].price == Price{700L});
    CHECK(markets[1].instrument.base_per_lot == 10'000);
}
