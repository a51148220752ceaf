#include "base/checked.h"

#include <doctest/doctest.h>

#include "base/random.h"

namespace dcx {
namespace {

constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t high = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t unsigned_high = std::numeric_limits<std::uint64_t>::max();

TEST_CASE("checked arithmetic gives the result up to the limits and nothing beyond") {
    CHECK(checked_add(high, std::int64_t{0}) == high);
    CHECK(checked_add(high, low) == -1);
    CHECK_FALSE(checked_add(high, std::int64_t{1}).has_value());
    CHECK_FALSE(checked_add(low, std::int64_t{-1}).has_value());
    CHECK(checked_sub(low, std::int64_t{0}) == low);
    CHECK(checked_sub(std::int64_t{-1}, high) == low);
    CHECK_FALSE(checked_sub(low, std::int64_t{1}).has_value());
    CHECK_FALSE(checked_sub(std::int64_t{0}, low).has_value());
    CHECK(checked_mul(high, std::int64_t{-1}) == low + 1);
    CHECK_FALSE(checked_mul(low, std::int64_t{-1}).has_value());
    CHECK_FALSE(checked_mul(std::int64_t{1} << 32, std::int64_t{1} << 31).has_value());
}

TEST_CASE("checked arithmetic of unsigned numbers refuses to go below zero") {
    CHECK_FALSE(checked_sub(std::uint64_t{0}, std::uint64_t{1}).has_value());
    CHECK(checked_sub(unsigned_high, unsigned_high) == 0u);
    CHECK_FALSE(checked_add(unsigned_high, std::uint64_t{1}).has_value());
    CHECK_FALSE(checked_mul(unsigned_high, std::uint64_t{2}).has_value());
    CHECK_FALSE(checked_add(std::uint8_t{200}, std::uint8_t{56}).has_value());
    CHECK(checked_add(std::uint8_t{200}, std::uint8_t{55}) == 255);
}

TEST_CASE("wide products are exact at the extremes and narrow only when they fit") {
    CHECK(wide_mul(low, low) == int128{1} << 126);
    CHECK(wide_mul(low, high) == -(int128{1} << 126) + (int128{1} << 63));
    CHECK(narrow(int128{high}) == high);
    CHECK(narrow(int128{low}) == low);
    CHECK_FALSE(narrow(int128{high} + 1).has_value());
    CHECK_FALSE(narrow(int128{low} - 1).has_value());
}

TEST_CASE("checked products agree with narrowed wide products") {
    Random random(7);
    for (int i = 0; i < 20'000; ++i) {
        // Shifts spread the sizes, so that about half of the products overflow.
        const std::int64_t a = static_cast<std::int64_t>(random.next()) >> random.below(64);
        const std::int64_t b = static_cast<std::int64_t>(random.next()) >> random.below(64);
        REQUIRE(checked_mul(a, b) == narrow(wide_mul(a, b)));
        REQUIRE(checked_add(a, b) == narrow(int128{a} + b));
        REQUIRE(checked_sub(a, b) == narrow(int128{a} - b));
    }
}

TEST_CASE("powers of ten") {
    static_assert(power_of_ten(0) == 1 && power_of_ten(8) == 100'000'000);
    CHECK(power_of_ten(18) == 1'000'000'000'000'000'000);
}

}  // namespace
}  // namespace dcx
