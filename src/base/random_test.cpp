#include "base/random.h"

#include <doctest/doctest.h>

#include <array>
#include <limits>

namespace dcx {
namespace {

// Golden: a seed must give these numbers for ever, because simulations and generated workloads are named by their seed.
TEST_CASE("the generator is SplitMix64 by its published numbers") {
    Random zero(0);
    CHECK(zero.next() == 0xE220A8397B1DCDAFu);
    CHECK(zero.next() == 0x6E789E6AA1B965F4u);
    CHECK(zero.next() == 0x06C45D188009454Fu);
    Random random(1234567);
    CHECK(random.next() == 6457827717110365317u);
    CHECK(random.next() == 3203168211198807973u);
    CHECK(random.next() == 9817491932198370423u);
    CHECK(random.next() == 4593380528125082431u);
    CHECK(random.next() == 16408922859458223821u);
}

TEST_CASE("numbers drawn below a bound and between two limits are those of the seed") {
    Random random(1234567);
    CHECK(random.below(100) == 35);
    CHECK(random.between(-10, 10) == -7);
    CHECK(random.chance(54));
    CHECK_FALSE(random.chance(24));
    CHECK(random.unit() == 0x1.c77068ce1196bp-1);
}

TEST_CASE("draws stay inside their limits and reach both ends") {
    Random random(5);
    std::array<int, 6> seen{};
    for (int i = 0; i < 6000; ++i) ++seen[random.below(6)];
    for (const int count : seen) CHECK(count > 800);
    bool low = false;
    bool high = false;
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t n = random.between(-2, 2);
        REQUIRE(n >= -2);
        REQUIRE(n <= 2);
        low = low || n == -2;
        high = high || n == 2;
    }
    CHECK(low);
    CHECK(high);
    CHECK(random.between(9, 9) == 9);
    for (int i = 0; i < 1000; ++i) {
        const double u = random.unit();
        REQUIRE(u >= 0.0);
        REQUIRE(u < 1.0);
    }
}

TEST_CASE("chances of nought and of a hundred are certain") {
    Random random(6);
    for (int i = 0; i < 500; ++i) {
        REQUIRE_FALSE(random.chance(0));
        REQUIRE(random.chance(100));
    }
}

}  // namespace
}  // namespace dcx
