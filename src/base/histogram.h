// Histogram: counts of values in buckets whose width grows with the value, so that a percentile is known to a fixed
// share of itself: with kBits of precision to 1 part in 2^kBits (7: below 1 %), exact below 2^kBits. Values of kMaxBits
// bits and more fall into the last bucket; max() is exact all the same. Adding is a few instructions, and needs no
// memory. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace dcx {

template <unsigned kBits, unsigned kMaxBits, class Count = std::uint64_t>
class Histogram {
    static_assert(kBits < kMaxBits && kMaxBits < 64);

  public:
    // Below zero counts as zero.
    void add(std::int64_t value, std::uint64_t count = 1) {
        const auto v = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
        max_ = std::max(max_, v);
        counts_[bucket_of(v)] += static_cast<Count>(count);
        total_ += count;
    }
    void add(const Histogram& other) {
        for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
        total_ += other.total_;
        max_ = std::max(max_, other.max_);
    }
    void clear() { *this = {}; }

    [[nodiscard]] std::uint64_t count() const { return total_; }
    [[nodiscard]] std::uint64_t max() const { return max_; }
    // An upper bound of what this share (0 .. 100) of all values stays within, never above max(); 0 when there are
    // none.
    [[nodiscard]] std::uint64_t percentile(double percent) const {
        const auto rank = static_cast<std::uint64_t>(std::ceil(static_cast<double>(total_) * percent / 100));
        const std::uint64_t wanted = std::clamp<std::uint64_t>(rank, 1, std::max<std::uint64_t>(total_, 1));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i + 1 < kBuckets && total_ > 0; ++i) {
            seen += counts_[i];
            if (seen >= wanted) return std::min(upper_bound(i), max_);
        }
        return max_;
    }

  private:
    static constexpr std::uint64_t kSteps = std::uint64_t{1} << kBits;  // to each doubling
    static constexpr std::size_t kBuckets = (kMaxBits - kBits + 1) * kSteps;

    static std::size_t bucket_of(std::uint64_t value) {
        if (value < kSteps) return static_cast<std::size_t>(value);
        const auto octave = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
        return static_cast<std::size_t>(std::min<std::uint64_t>(kBuckets - 1, kSteps * octave + (value >> octave)));
    }
    static std::uint64_t upper_bound(std::size_t bucket) {
        if (bucket < kSteps) return bucket;
        const auto octave = bucket / kSteps - 1;
        return ((bucket % kSteps + kSteps + 1) << octave) - 1;
    }

    std::array<Count, kBuckets> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t max_ = 0;
};

// For measurements: nanoseconds, below 1 %, up to 18 minutes.
using NanosecondHistogram = Histogram<7, 40>;

}  // namespace dcx
