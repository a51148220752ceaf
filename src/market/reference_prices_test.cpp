#include "market/reference_prices.h"

#include <doctest/doctest.h>

#include <cmath>

#include "market/test_market.h"

using namespace dcx;
using namespace dcx::market;

TEST_CASE("reference prices begin at the given ones and agree across markets") {
    const auto markets = test_markets();
    ReferencePrices prices(markets, {.seed = 3});
    CHECK(prices.ticks(0) == doctest::Approx(12'500));
    CHECK(prices.ticks(1) == doctest::Approx(6'500'000));
    CHECK(prices.ticks(2) == doctest::Approx(320'000));
    const auto cross = [&] {
        // DEC/BTC in ticks of 10^-7 from DEC/USD in 10^-4 and BTC/USD in 10^-2.
        return prices.ticks(0) * 1e-4 / (prices.ticks(1) * 1e-2) * 1e7;
    };
    CHECK(prices.ticks(3) == doctest::Approx(cross()));
    for (int i = 0; i < 1000; ++i) prices.step();
    CHECK(prices.ticks(0) != doctest::Approx(12'500).epsilon(1e-9));
    CHECK(prices.ticks(3) == doctest::Approx(cross()));
}

TEST_CASE("one seed gives one path, another seed another") {
    const auto markets = test_markets();
    ReferencePrices a(markets, {.seed = 3});
    ReferencePrices b(markets, {.seed = 3});
    ReferencePrices c(markets, {.seed = 4});
    for (int i = 0; i < 500; ++i) {
        a.step();
        b.step();
        c.step();
    }
    for (std::size_t m = 0; m < markets.size(); ++m) {
        CHECK(a.ticks(m) == b.ticks(m));
        CHECK(a.ticks(m) != c.ticks(m));
    }
}

TEST_CASE("deviations stay of the size that volatility and half-life say") {
    const auto markets = test_markets();
    ReferencePrices prices(markets, {.seed = 5, .volatility = 2e-4, .half_life_s = 60});
    // Stationary deviation = volatility * sqrt(half_life / (2 ln 2)) = 2e-4 * 6.58 = 0.13 %.
    double worst = 0;
    double squares = 0;
    constexpr int steps = 200'000;
    for (int i = 0; i < steps; ++i) {
        prices.step();
        const double deviation = std::log(prices.ticks(1) / 6'500'000);
        worst = std::max(worst, std::fabs(deviation));
        squares += deviation * deviation;
    }
    CHECK(std::sqrt(squares / steps) > 0.0008);
    CHECK(std::sqrt(squares / steps) < 0.0019);
    CHECK(worst < 0.01);
}

TEST_CASE("time makes the steps that are due, a long pause a bounded number") {
    const auto markets = test_markets();
    ReferencePrices by_time(markets, {.seed = 6});
    ReferencePrices by_hand(markets, {.seed = 6});
    by_time.advance(1'000);
    CHECK(by_time.ticks(0) == by_hand.ticks(0));
    by_time.advance(1'000 + 3 * ReferencePrices::kStepNs);
    for (int i = 0; i < 3; ++i) by_hand.step();
    CHECK(by_time.ticks(0) == by_hand.ticks(0));
    by_time.advance(1'000 + 1'000'000'000'000'000);
    for (int i = 0; i < 601; ++i) by_hand.step();
    CHECK(by_time.ticks(0) == by_hand.ticks(0));
}
