// What the code must know of the processor.
#pragma once

#include <cstddef>
#include <thread>

namespace dcx::platform {

inline constexpr std::size_t cache_line = 64;
// Fields written by different threads stand this far apart: prefetchers of x86 fetch lines in pairs.
inline constexpr std::size_t separate_lines = 2 * cache_line;

// Tells the processor that this is a waiting loop: less power, and the sibling hyperthread gets the units.
inline void relax_cpu() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

}  // namespace dcx::platform
