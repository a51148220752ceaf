#include "base/strong.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <type_traits>

namespace {

using Apples = dcx::Strong<struct ApplesTag, std::int64_t>;
using Pears = dcx::Strong<struct PearsTag, std::int64_t>;
using Small = dcx::Strong<struct SmallTag, std::uint8_t>;

// What must not compile at all stands in tests/must_not_compile; the traits here are the cheap half of it.
static_assert(sizeof(Apples) == sizeof(std::int64_t) && alignof(Apples) == alignof(std::int64_t));
static_assert(sizeof(Small) == 1);
static_assert(std::is_trivially_copyable_v<Apples> && std::has_unique_object_representations_v<Apples>);
static_assert(std::is_constructible_v<Apples, std::int64_t> && !std::is_convertible_v<std::int64_t, Apples>);
static_assert(!std::is_constructible_v<Apples, int> && !std::is_constructible_v<Apples, double>);
static_assert(!std::is_constructible_v<Apples, std::uint64_t>);
static_assert(!std::is_constructible_v<Apples, Pears> && !std::is_assignable_v<Apples&, Pears>);
static_assert(!std::is_convertible_v<Apples, std::int64_t> && !std::is_convertible_v<Apples, bool>);

}  // namespace

TEST_CASE("a strong number starts at zero and gives its value back") {
    CHECK(Apples{}.value == 0);
    CHECK(Apples{std::int64_t{-7}}.value == -7);
    CHECK(Small{std::uint8_t{255}}.value == 255);
}

TEST_CASE("strong numbers of one kind are ordered like their values") {
    constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t high = std::numeric_limits<std::int64_t>::max();
    CHECK(Apples{low} < Apples{std::int64_t{0}});
    CHECK(Apples{high} > Apples{std::int64_t{0}});
    CHECK(Apples{high} >= Apples{high});
    CHECK(Apples{high} == Apples{high});
    CHECK(Apples{high} != Apples{low});
}

TEST_CASE("a strong number is true when it is not zero") {
    CHECK_FALSE(static_cast<bool>(Apples{}));
    CHECK(static_cast<bool>(Apples{std::int64_t{-1}}));
}
