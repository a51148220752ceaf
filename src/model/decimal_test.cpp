#include "model/decimal.h"

#include <doctest/doctest.h>

#include <limits>

#include "base/random.h"

using dcx::decimal_text;
using dcx::parse_decimal;

TEST_CASE("decimal: text has exactly the scale's decimals") {
    CHECK(decimal_text(12345, 4) == "1.2345");
    CHECK(decimal_text(5, 4) == "0.0005");
    CHECK(decimal_text(0, 0) == "0");
    CHECK(decimal_text(0, 2) == "0.00");
    CHECK(decimal_text(-50, 2) == "-0.50");
    CHECK(decimal_text(7, 0) == "7");
    CHECK(decimal_text(std::numeric_limits<std::int64_t>::min(), 8) == "-92233720368.54775808");
    CHECK(decimal_text(dcx::wide_mul(std::numeric_limits<std::int64_t>::max(), 10), 0) == "92233720368547758070");
}

TEST_CASE("decimal: only plain notation that fits exactly is read") {
    CHECK(parse_decimal("1.2345", 4) == 12345);
    CHECK(parse_decimal("1.23450000", 4) == 12345);
    CHECK(parse_decimal("1", 4) == 10000);
    CHECK(parse_decimal("-0.5", 2) == -50);
    CHECK(parse_decimal("9223372036854775807", 0) == std::numeric_limits<std::int64_t>::max());
    for (const char* bad : {"", "-", ".", "1.", ".5", "1e3", "+1", " 1", "1 ", "0x1", "1,5", "--1", "1.2.3", "1.23456",
                            "nan", "9223372036854775808", "922337203685477.5808"})
        CHECK_FALSE_MESSAGE(parse_decimal(bad, 4), bad);
}

TEST_CASE("decimal: what is written is read back") {
    dcx::Random random(3);
    for (int i = 0; i < 20'000; ++i) {
        const auto scale = static_cast<unsigned>(random.below(19));
        const auto value = static_cast<std::int64_t>(random.next() >> random.below(64)) * (random.chance(50) ? 1 : -1);
        CHECK(parse_decimal(decimal_text(value, scale), scale) == value);
    }
}
