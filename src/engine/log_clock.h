// LogClock: the time that commands are stamped with. It never goes back, and it refuses a wall clock that jumped by
// more than a second against the monotonic one: stamping such a time would expire everything at once, or nothing for
// hours. A slow drift (a clock being slewed) is followed. Asked at least every now and then (the engine does in every
// poll), so that slewing does not add up to a jump. Engine thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "model/types.h"

namespace dcx::engine {

inline constexpr std::int64_t kMaxClockJump = 1'000'000'000;

class LogClock {
  public:
    // `last`: the time of the last command of the log.
    LogClock(Clock& clock, Time last)
        : clock_(clock), last_(last), seen_wall_(clock.wall_ns()), seen_monotonic_(clock.monotonic_ns()) {}

    // Looks at both clocks. False when the wall clock jumped since the last look; from then on for ever.
    [[nodiscard]] bool look() {
        const std::int64_t wall = clock_.wall_ns();
        const std::int64_t monotonic = clock_.monotonic_ns();
        jump_ = (wall - seen_wall_) - (monotonic - seen_monotonic_);
        if (jump_ > kMaxClockJump || jump_ < -kMaxClockJump) [[unlikely]]
            return false;
        seen_wall_ = wall;
        seen_monotonic_ = monotonic;
        if (last_.value < wall) last_ = Time{wall};
        return true;
    }
    // The time to stamp: the latest wall clock seen, or the log's last time while that is ahead.
    [[nodiscard]] Time now() const { return last_; }
    // For the operator, after look() said no.
    [[nodiscard]] std::string jump_text() const {
        return "the wall clock jumped by " + std::to_string(jump_ / 1'000'000) +
               " ms against the monotonic clock; check the machine's time, then start again";
    }

  private:
    Clock& clock_;
    Time last_;
    std::int64_t seen_wall_;
    std::int64_t seen_monotonic_;
    std::int64_t jump_ = 0;
};

}  // namespace dcx::engine
