// LatencyHistogram: counts of latencies in buckets that grow by a quarter of an octave or less (error below 25 %), from
// 1 us to about 67 s. Small enough for one per client; adding is a few instructions.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace dcx::feed {

class LatencyHistogram {
  public:
    void add(std::int64_t ns, std::uint64_t count = 1) {
        const std::uint64_t us = ns <= 0 ? 0 : static_cast<std::uint64_t>(ns) / 1000;
        max_us_ = std::max(max_us_, us);
        counts_[bucket_of(us)] += static_cast<std::uint32_t>(count);
        total_ += count;
    }
    [[nodiscard]] std::uint64_t count() const { return total_; }
    [[nodiscard]] std::uint64_t max_us() const { return max_us_; }
    // An upper bound of the latency of this share (0 .. 100) of all; 0 when there are none.
    [[nodiscard]] std::uint64_t percentile_us(unsigned percent) const {
        const std::uint64_t wanted = (total_ * percent + 99) / 100;
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size() && total_ > 0; ++i) {
            seen += counts_[i];
            if (seen >= wanted) return std::min(upper_bound_us(i), max_us_);
        }
        return max_us_;
    }

  private:
    static constexpr std::size_t kBuckets = 4 + 4 * 24;
    // 0 to 3 us have buckets of their own; then four to each doubling.
    static std::size_t bucket_of(std::uint64_t us) {
        if (us < 4) return static_cast<std::size_t>(us);
        const auto octave = static_cast<std::size_t>(std::bit_width(us)) - 3;
        return std::min(kBuckets - 1, 4 * octave + static_cast<std::size_t>(us >> octave));
    }
    static std::uint64_t upper_bound_us(std::size_t bucket) {
        if (bucket < 4) return bucket;
        const std::size_t octave = bucket / 4 - 1;
        return ((std::uint64_t{bucket % 4} + 5) << octave) - 1;
    }

    std::array<std::uint32_t, kBuckets> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t max_us_ = 0;
};

}  // namespace dcx::feed
