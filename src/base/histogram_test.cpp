#include "base/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace dcx {

TEST_CASE("a histogram's percentiles are those of sorting, to its precision and never below") {
    Random random(7);
    NanosecondHistogram histogram;
    std::vector<std::uint64_t> sorted;
    for (int i = 0; i < 20'000; ++i) {
        // Of all magnitudes, from exact ones to the largest.
        const std::uint64_t value = random.next() >> (24 + random.below(40));
        sorted.push_back(value);
        histogram.add(static_cast<std::int64_t>(value));
    }
    std::ranges::sort(sorted);
    CHECK(histogram.count() == sorted.size());
    CHECK(histogram.max() == sorted.back());
    for (const double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
        CAPTURE(percent);
        const auto rank = std::max(1.0, std::ceil(static_cast<double>(sorted.size()) * percent / 100));
        const std::uint64_t exact = sorted[static_cast<std::size_t>(rank) - 1];
        CHECK(histogram.percentile(percent) >= exact);
        CHECK(histogram.percentile(percent) <= exact + exact / 128);
    }
    CHECK(histogram.percentile(100) == sorted.back());
}

TEST_CASE("a histogram's ends: nothing, below zero, beyond the last bucket, two added up") {
    NanosecondHistogram histogram;
    CHECK(histogram.percentile(50) == 0);
    histogram.add(-5);
    CHECK(histogram.percentile(100) == 0);
    constexpr std::int64_t beyond = std::int64_t{1} << 50;
    NanosecondHistogram other;
    other.add(beyond, 3);
    histogram.add(other);
    CHECK(histogram.count() == 4);
    CHECK(histogram.percentile(25) == 0);
    CHECK(histogram.percentile(50) == std::uint64_t{beyond});
    CHECK(histogram.max() == std::uint64_t{beyond});
    histogram.clear();
    CHECK((histogram.count() == 0 && histogram.max() == 0 && histogram.percentile(99) == 0));
}

}  // namespace dcx
