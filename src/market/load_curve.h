// Latency against load in open loop: requests are due by the clock, whether or not anybody is ready for them, and a
// request's latency counts from when it was due. So one that is late makes those behind it late, and nothing is left
// out (no coordinated omission). One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/histogram.h"

namespace dcx::market {

// When the i-th request is due, a fixed time apart.
class DueTimes {
  public:
    DueTimes(std::int64_t start_ns, double rate) : start_ns_(start_ns), gap_ns_(1e9 / rate) {}

    [[nodiscard]] std::int64_t start() const { return start_ns_; }
    [[nodiscard]] std::int64_t at(std::size_t i) const {
        return start_ns_ + static_cast<std::int64_t>(static_cast<double>(i) * gap_ns_);
    }
    // Of those from `first` on, at most `most`: the end of what is due now.
    [[nodiscard]] std::size_t due_until(std::int64_t now_ns, std::size_t first, std::size_t most) const {
        std::size_t end = first;
        while (end - first < most && at(end) <= now_ns) ++end;
        return end;
    }

  private:
    std::int64_t start_ns_;
    double gap_ns_;
};

// What one rate came to; several runs at the same rate may add to it.
struct LoadPoint {
    double rate = 0;  // wanted, a second
    double seconds = 0;
    std::uint64_t commands = 0;  // answered
    NanosecondHistogram latency;

    [[nodiscard]] double achieved() const { return seconds > 0 ? static_cast<double>(commands) / seconds : 0; }
    // A rate is achieved when the last answer is no later than the next request would be due.
    void add_run(std::uint64_t answered, std::int64_t start_ns, std::int64_t end_ns) {
        commands += answered;
        seconds += std::max(static_cast<double>(end_ns - start_ns) / 1e9, static_cast<double>(answered) / rate);
    }
};

struct LoadCurve {
    double saturation = 0;  // a second, when nothing waits for a clock
    std::vector<LoadPoint> points = {};

    // The highest rate that is achieved (to 1 %) with a 99th percentile of at most ten times the lowest of the curve; 0
    // if there is none.
    [[nodiscard]] double knee() const {
        std::uint64_t best = UINT64_MAX;
        for (const LoadPoint& point : points) best = std::min(best, point.latency.percentile(99));
        double knee = 0;
        for (const LoadPoint& point : points)
            if (point.achieved() >= 0.99 * point.rate && point.latency.percentile(99) <= 10 * best)
                knee = std::max(knee, point.rate);
        return knee;
    }
};

}  // namespace dcx::market
