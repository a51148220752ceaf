// World: what every part of a run shares: the clock that only the run moves, the trace, and the verdict: the first
// promise that was found broken. Whoever finds one says so and goes on; the run ends at its next step.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "simulation/trace.h"

namespace dcx::simulation {

inline constexpr std::int64_t kUs = 1'000;
inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000'000'000;

class World {
  public:
    ManualClock clock;
    Trace trace;

    [[nodiscard]] std::int64_t now() { return clock.monotonic_ns(); }

    // A promise is broken; only the first one is kept.
    void broken(std::string what) {
        if (!broken_.empty()) return;
        broken_ = std::move(what);
        note("BROKEN: " + broken_);
    }
    [[nodiscard]] bool is_broken() const { return !broken_.empty(); }
    [[nodiscard]] const std::string& verdict() const { return broken_; }

    // What a reader of a failed run wants to know; the last ones are kept.
    void note(std::string what) {
        trace.add(std::as_bytes(std::span{what}));
        notes_.push_back(std::to_string(now() / kMs) + " ms  " + std::move(what));
        if (notes_.size() > kNotes) notes_.pop_front();
    }
    [[nodiscard]] const std::deque<std::string>& notes() const { return notes_; }

  private:
    static constexpr std::size_t kNotes = 200;
    std::string broken_;
    std::deque<std::string> notes_;
};

}  // namespace dcx::simulation
