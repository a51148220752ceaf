// Time as the venue sees it. The core never asks: its time is the commands' timestamp.
#pragma once

#include <cstdint>

namespace dcx {

class Clock {
  public:
    virtual ~Clock() = default;
    // Nanoseconds since 1970-01-01 00:00 UTC, from the wall clock.
    virtual std::int64_t wall_ns() = 0;
    // Nanoseconds since an arbitrary start; never goes back.
    virtual std::int64_t monotonic_ns() = 0;
};

// A clock that only its owner moves, for tests and the simulator.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(std::int64_t wall_ns = 1'700'000'000'000'000'000) : wall_(wall_ns) {}
    std::int64_t wall_ns() override { return wall_; }
    std::int64_t monotonic_ns() override { return monotonic_; }
    void advance(std::int64_t ns) {
        wall_ += ns;
        monotonic_ += ns;
    }
    // A jump of the wall clock alone.
    void jump(std::int64_t ns) { wall_ += ns; }

  private:
    std::int64_t wall_;
    std::int64_t monotonic_ = 0;
};

}  // namespace dcx
