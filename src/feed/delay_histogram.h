// DelayHistogram: how long messages took, as Prometheus counts it: in fixed buckets, from 100 us to 10 s. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dcx::feed {

class DelayHistogram {
  public:
    struct Bucket {
        std::int64_t up_to_ns;
        std::string_view seconds;
    };
    static constexpr std::array<Bucket, 16> kBuckets{{{100'000, "0.0001"},
                                                      {200'000, "0.0002"},
                                                      {500'000, "0.0005"},
                                                      {1'000'000, "0.001"},
                                                      {2'000'000, "0.002"},
                                                      {5'000'000, "0.005"},
                                                      {10'000'000, "0.01"},
                                                      {20'000'000, "0.02"},
                                                      {50'000'000, "0.05"},
                                                      {100'000'000, "0.1"},
                                                      {200'000'000, "0.2"},
                                                      {500'000'000, "0.5"},
                                                      {1'000'000'000, "1"},
                                                      {2'000'000'000, "2"},
                                                      {5'000'000'000, "5"},
                                                      {10'000'000'000, "10"}}};

    // Below zero (clocks that disagree) counts as zero.
    void add(std::int64_t ns, std::uint64_t messages) {
        const std::int64_t delay_ns = std::max<std::int64_t>(ns, 0);
        const auto within = std::ranges::lower_bound(kBuckets, delay_ns, {}, &Bucket::up_to_ns);
        if (within != kBuckets.end()) within_[static_cast<std::size_t>(within - kBuckets.begin())] += messages;
        count_ += messages;
        sum_us_ += static_cast<std::uint64_t>(delay_ns) / 1'000 * messages;
    }
    // Of the bucket and all below.
    [[nodiscard]] std::uint64_t up_to(std::size_t bucket) const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i <= bucket; ++i) sum += within_[i];
        return sum;
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint64_t sum_us() const { return sum_us_; }

  private:
    std::array<std::uint64_t, kBuckets.size()> within_{};
    std::uint64_t count_ = 0;
    std::uint64_t sum_us_ = 0;
};

}  // namespace dcx::feed
