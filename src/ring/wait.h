// How a consumer waits, chosen for each: spin (a core of its own, answers in a cache miss), yield (a core that others
// need too), or block (next to nothing while idle, about 50 µs to wake). Each begins with the one before it.
#pragma once

#include <sched.h>

#include <cstdint>

#include "platform/cpu.h"
#include "ring/wait_word.h"

namespace dcx::ring {

enum class WaitStrategy : std::uint8_t { spin, yield, block };

struct WaitOptions {
    WaitStrategy strategy = WaitStrategy::block;
    unsigned spin_rounds = 2'000;
    unsigned yield_rounds = 100;
    // The longest sleep: a peer that died rings no more, and nobody else will.
    std::uint64_t max_sleep_ns = 10'000'000;
};

// Until ready() (for a consumer: its peek() is not empty), but not longer than the rounds and one sleep. False: not
// ready; the caller looks whether it should stop and whether its peer still lives, and calls again.
template <class Atomics, class Ready>
[[nodiscard]] bool wait(const WaitOptions& options, WaitWord<Atomics>& word, Ready ready) {
    for (unsigned i = 0; i < options.spin_rounds; ++i) {
        if (ready()) return true;
        platform::relax_cpu();
    }
    if (options.strategy == WaitStrategy::spin) return ready();
    for (unsigned i = 0; i < options.yield_rounds; ++i) {
        if (ready()) return true;
        ::sched_yield();
    }
    if (options.strategy == WaitStrategy::yield) return ready();
    word.announce();
    bool is_ready = ready();
    if (!is_ready) {
        word.sleep(options.max_sleep_ns);
        is_ready = ready();
    }
    word.retract();
    return is_ready;
}

}  // namespace dcx::ring
