// Random: a small seeded generator (SplitMix64, Steele et al. 2014) for simulated traders, tests and benchmarks. The
// same seed gives the same numbers on every machine; nothing secret may come from it (random_bytes in ed25519.h).
#pragma once

#include <cstdint>

#include "base/checked.h"

namespace dcx {

class Random {
  public:
    explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

    constexpr std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    // Uniform in [0, bound), bound > 0 (multiply-shift; its bias is below 2^-32 for bounds below 2^32).
    constexpr std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>((uint128{next()} * bound) >> 64);
    }
    // Uniform in [low, high].
    constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
    }
    // True in `percent` of a hundred cases.
    constexpr bool chance(unsigned percent) { return below(100) < percent; }
    // Uniform in [0, 1).
    constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  private:
    std::uint64_t state_;
};

}  // namespace dcx
