#include "core/risk/exposure.h"

#include <doctest/doctest.h>

using namespace dcx;
using namespace dcx::core;

TEST_CASE("exposure: a day's trades add up and the next day begins at nothing") {
    Exposure exposure;
    exposure.trade(Side::buy, 10, Quantity{std::int64_t{5}}, Amount{std::int64_t{500}});
    exposure.trade(Side::sell, 10, Quantity{std::int64_t{7}}, Amount{std::int64_t{770}});
    CHECK(exposure.net == -2);
    CHECK(exposure.cash == 270);
    exposure.trade(Side::buy, 11, Quantity{std::int64_t{1}}, Amount{std::int64_t{100}});
    CHECK(exposure.net == 1);
    CHECK(exposure.cash == -100);
}

TEST_CASE("exposure: the net quantity stops at its bounds and cash goes on beyond 64 bits") {
    Exposure exposure;
    for (int i = 0; i < 8; ++i) exposure.trade(Side::buy, 1, Quantity{kMaxQuantity}, Amount{kMaxIssue});
    CHECK(exposure.net == kMaxQuantity);
    CHECK(exposure.cash == -int128{8} * kMaxIssue);
    exposure.trade(Side::sell, 1, Quantity{kMaxQuantity}, Amount{kMaxIssue});
    CHECK(exposure.net == 0);
}

TEST_CASE("exposure: days are UTC days of log time") {
    CHECK(day_of(Time{}) == 0);
    CHECK(day_of(Time{kDayNs - 1}) == 0);
    CHECK(day_of(Time{kDayNs}) == 1);
}
