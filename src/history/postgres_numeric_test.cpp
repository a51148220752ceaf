#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "history/postgres_numeric.h"

namespace dcx::history {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

std::string numeric(int128 units, std::uint8_t scale) {
    char bytes[kNumericBytes];
    return {bytes, write_numeric(bytes, units, scale)};
}

std::string words(std::initializer_list<int> all) {
    std::string bytes;
    for (const int word : all) {
        bytes += static_cast<char>(word >> 8);
        bytes += static_cast<char>(word);
    }
    return bytes;
}

}  // namespace

// As `SELECT numeric_send(x)` of the server has them.
TEST_CASE("postgres numeric: the bytes are the server's own") {
    CHECK(numeric(0, 0) == words({0, 0, 0, 0}));
    CHECK(numeric(0, 8) == words({0, 0, 0, 8}));
    CHECK(numeric(12500, 4) == words({2, 0, 0, 4, 1, 2500}));
    CHECK(numeric(-12500, 4) == words({2, 0, 0x4000, 4, 1, 2500}));
    CHECK(numeric(100'000'000, 8) == words({1, 0, 0, 8, 1}));
    CHECK(numeric(1, 8) == words({1, -2, 0, 8, 1}));
    CHECK(numeric(1, 9) == words({1, -3, 0, 9, 1000}));
    CHECK(numeric(10'000, 0) == words({1, 1, 0, 0, 1}));
    CHECK(numeric(123, 2) == words({2, 0, 0, 2, 1, 2300}));
    CHECK(numeric(kMax, 0) == words({5, 4, 0, 0, 922, 3372, 368, 5477, 5807}));
    CHECK(numeric(kMin, 8) == words({5, 2, 0x4000, 8, 922, 3372, 368, 5477, 5808}));
    CHECK(numeric(wide_mul(kMax, kMax), 0).size() == 8 + 2 * 10);
}

TEST_CASE("postgres numeric: every number comes back, with every scale") {
    std::mt19937_64 random(9);
    std::vector<std::int64_t> numbers{0, 1, -1, 9999, 10'000, 10'001, kMax, kMin, kMax - 1, kMin + 1};
    for (int i = 0; i < 400; ++i) numbers.push_back(static_cast<std::int64_t>(random() >> (random() % 64)));
    for (const std::int64_t mantissa : {std::int64_t{1}, std::int64_t{5}, std::int64_t{25}, std::int64_t{10'000}, kMax})
        for (int scale = 0; scale <= 255; scale += scale < 20 ? 1 : 47)
            for (const std::int64_t number : numbers) {
                const auto s = static_cast<std::uint8_t>(scale);
                const auto read = read_numeric(numeric(wide_mul(number, mantissa), s), mantissa, s);
                CAPTURE(scale);
                CAPTURE(number);
                CAPTURE(mantissa);
                REQUIRE(read == number);
            }
}

TEST_CASE("postgres numeric: decimals that were written otherwise are the same number") {
    // 1.25 with two decimals, and with twelve, read with four.
    CHECK(read_numeric(words({2, 0, 0, 2, 1, 2500}), 1, 4) == 12'500);
    CHECK(read_numeric(words({2, 0, 0, 12, 1, 2500}), 1, 4) == 12'500);
    CHECK(read_numeric(words({4, 0, 0, 12, 1, 2500, 0, 0}), 1, 4) == 12'500);
    CHECK(read_numeric(words({1, 1, 0, 0, 3}), 1, 0) == 30'000);
    CHECK(read_numeric(words({0, 0, 0x4000, 0}), 1, 0) == 0);
}

TEST_CASE("postgres numeric: what is no whole number of steps is refused") {
    CHECK_FALSE(read_numeric(words({2, 0, 0, 4, 1, 2501}), 1, 3));                          // 1.2501 in thousandths
    CHECK_FALSE(read_numeric(words({2, 0, 0, 4, 1, 2501}), 2, 4));                          // an odd number of ticks
    CHECK_FALSE(read_numeric(words({5, 4, 0, 0, 922, 3372, 368, 5477, 5808}), 1, 0));       // 2^63
    CHECK_FALSE(read_numeric(words({5, 4, 0x4000, 0, 922, 3372, 368, 5477, 5809}), 1, 0));  // -2^63 - 1
    CHECK_FALSE(read_numeric(words({1, 32'767, 0, 0, 1}), 1, 0));                           // 10^131068
    CHECK_FALSE(read_numeric(words({1, -32'768, 0, 0, 1}), 1, 255));                        // 10^-131072
    CHECK_FALSE(read_numeric(words({0, 0, 0xC000, 0}), 1, 0));                              // NaN
    CHECK_FALSE(read_numeric(words({0, 0, 0xD000, 0}), 1, 0));                              // infinite
    CHECK_FALSE(read_numeric(words({1, 0, 0, 0, 10'000}), 1, 0));                           // no digit
    CHECK_FALSE(read_numeric(words({2, 0, 0, 0, 1}), 1, 0));                                // too short
    CHECK_FALSE(read_numeric(words({1, 0, 0, 0, 1, 1}), 1, 0));                             // too long
    CHECK_FALSE(read_numeric("", 1, 0));
    CHECK_FALSE(read_numeric(words({1, 0, 0, 0, 1}), 0, 0));  // a market without a tick
}

TEST_CASE("postgres numeric: random bytes are read or refused, never more") {
    std::mt19937_64 random(10);
    for (int i = 0; i < 100'000; ++i) {
        std::string bytes(random() % 40, '\0');
        for (char& byte : bytes) byte = static_cast<char>(random() % 3 == 0 ? random() : random() % 5);
        if (bytes.size() >= 8 && random() % 2 == 0) {
            bytes[0] = 0;
            bytes[1] = static_cast<char>((bytes.size() - 8) / 2);
        }
        const auto scale = static_cast<std::uint8_t>(random() % 20);
        const std::optional<std::int64_t> read = read_numeric(bytes, 1, scale);
        if (!read) continue;
        // What could be read is what we would have written, but for zeros and the display scale.
        REQUIRE(read_numeric(numeric(*read, scale), 1, scale) == read);
    }
}

}  // namespace dcx::history
