// WaitWord: where one consumer sleeps and its producers ring; a futex, so it may stand in shared memory (all zero at
// the start) and the two sides in two processes. The protocol is that of platform/doorbell.h, which a thread with an
// epoll loop needs instead:
//     waiter                                  producer
//     announce()                              publish the work
//     look for work once more                 ring()
//     none: sleep(); some: don't
//     retract()
// A waiter that dies asleep costs its producers one vain system call, not one a publish: who wakes takes the
// announcement back. A producer that dies before ring() leaves its waiter asleep, and a foreign one may write anything
// here: so every sleep is bounded, and after it the waiter looks for itself.
#pragma once

#include <cstdint>

#include "platform/cpu.h"
#include "ring/atomics.h"

namespace dcx::ring {

template <class Atomics = StdAtomics>
class WaitWord {
  public:
    // Producers, after publishing.
    void ring() {
        fence();
        ring_after_fence();
    }
    // To ring several after one publish: one fence(), then ring_after_fence() of each.
    static void fence() {
        // Store-load (Dekker), with the fence in announce(): of the two fences one is first. If this one, the waiter's
        // second look sees what was published before it; if the waiter's, the load below sees the announcement.
        Atomics::fence(std::memory_order_seq_cst);
    }
    void ring_after_fence() {
        // Relaxed: the fences order it. Work travels by the release/acquire of the ring that carries it.
        if (asleep_.load(std::memory_order_relaxed) != 0) [[unlikely]]
            wake();
    }

    // As ring(), for a waiter that sleeps in something else than this word, e.g. in a socket's epoll: true when the
    // caller is to wake it there. False for the others of several callers.
    [[nodiscard]] bool take_announcement() {
        fence();
        // Relaxed: as in ring_after_fence() and wake().
        return asleep_.load(std::memory_order_relaxed) != 0 && asleep_.exchange(0, std::memory_order_relaxed) != 0;
    }

    // Waiter only. After announce() look for work once more before sleeping.
    void announce() {
        asleep_.store(1, std::memory_order_relaxed);
        Atomics::fence(std::memory_order_seq_cst);  // partner: fence()
    }
    // Until a ring, at most `timeout_ns`; may return early. The kernel looks at the word before it falls asleep, so a
    // ring between announce() and sleep() is not lost.
    void sleep(std::uint64_t timeout_ns) { Atomics::wait(asleep_, 1, timeout_ns); }
    // Relaxed: a producer that still sees the announcement wakes nobody, nothing more.
    void retract() { asleep_.store(0, std::memory_order_relaxed); }

  private:
    [[gnu::cold, gnu::noinline]] void wake() {
        // Relaxed: only one of several producers must win; see ring_after_fence() for the rest.
        if (asleep_.exchange(0, std::memory_order_relaxed) != 0) Atomics::wake(asleep_);
    }

    alignas(platform::separate_lines) typename Atomics::template Atomic<std::uint32_t> asleep_{0};
};

}  // namespace dcx::ring
