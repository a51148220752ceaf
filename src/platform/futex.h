// The futex of Linux on a word that may be shared between processes. No state, any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace dcx::platform {

// Blocks while `word` is `expected`: until a wake, a signal, or `timeout_ns` is over. Returns at once when the word is
// something else; the kernel compares and falls asleep in one step.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t timeout_ns);

// Wakes one sleeper on `word`, if there is one.
void futex_wake(std::atomic<std::uint32_t>& word);

}  // namespace dcx::platform
