// StdAtomics: what the rings ask of the memory model. Every ring, wait word and seqlock is a template over such a
// policy and touches words that another thread or process touches only through it. The tests put a policy in its place
// that tries all that the C++ memory model allows (docs/rings.md); the venue has no other than this one.
//
// A policy has: Atomic<T> with load, store, exchange, fetch_add and compare_exchange; fence(); wait() and wake() of a
// sleeper on a 32-bit word; is_message<T>, which says what may travel in a slot by plain assignment.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "platform/futex.h"

namespace dcx::ring {

struct StdAtomics {
    template <class T>
    using Atomic = std::atomic<T>;
    // Words in shared memory are used by several processes at different addresses.
    static_assert(Atomic<std::uint64_t>::is_always_lock_free && sizeof(Atomic<std::uint64_t>) == 8);
    static_assert(Atomic<std::uint32_t>::is_always_lock_free && sizeof(Atomic<std::uint32_t>) == 4);

    static void fence(std::memory_order order) { std::atomic_thread_fence(order); }

    // Sleeps while `word` is `expected`, at most `timeout_ns`; may return early. The word may be in shared memory.
    static void wait(Atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t timeout_ns) {
        platform::futex_wait(word, expected, timeout_ns);
    }
    // Wakes the sleeper on `word`, of whichever process; a system call even when there is none.
    static void wake(Atomic<std::uint32_t>& word) { platform::futex_wake(word); }

    template <class T>
    static constexpr bool is_message = std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>;
};

}  // namespace dcx::ring
