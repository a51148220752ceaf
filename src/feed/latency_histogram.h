// LatencyHistogram: latencies in microseconds to a quarter of themselves, from 1 us to about 67 s. Small enough for one
// per client.
#pragma once

#include <cstdint>

#include "base/histogram.h"

namespace dcx::feed {

class LatencyHistogram {
  public:
    void add(std::int64_t ns, std::uint64_t count = 1) { us_.add(ns / 1000, count); }
    [[nodiscard]] std::uint64_t count() const { return us_.count(); }
    [[nodiscard]] std::uint64_t max_us() const { return us_.max(); }
    // An upper bound of the latency of this share (0 .. 100) of all; 0 when there are none.
    [[nodiscard]] std::uint64_t percentile_us(unsigned percent) const { return us_.percentile(percent); }

  private:
    Histogram<2, 26, std::uint32_t> us_;
};

}  // namespace dcx::feed
