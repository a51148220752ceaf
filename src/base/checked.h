// Integer arithmetic that reports overflow instead of wrapping, and 128-bit products.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace dcx {

__extension__ using int128 = __int128;
__extension__ using uint128 = unsigned __int128;

// Each returns nothing when the exact result does not fit into T.
template <class T>
[[nodiscard]] constexpr std::optional<T> checked_add(T a, T b) {
    T result;
    if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
    return result;
}
template <class T>
[[nodiscard]] constexpr std::optional<T> checked_sub(T a, T b) {
    T result;
    if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
    return result;
}
template <class T>
[[nodiscard]] constexpr std::optional<T> checked_mul(T a, T b) {
    T result;
    if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
    return result;
}

[[nodiscard]] constexpr int128 wide_mul(std::int64_t a, std::int64_t b) { return int128{a} * int128{b}; }

// The value as int64 when it fits.
[[nodiscard]] constexpr std::optional<std::int64_t> narrow(int128 v) {
    if (v < std::numeric_limits<std::int64_t>::min() || v > std::numeric_limits<std::int64_t>::max())
        return std::nullopt;
    return static_cast<std::int64_t>(v);
}

// 10^exponent for exponents 0..18.
[[nodiscard]] constexpr std::int64_t power_of_ten(unsigned exponent) {
    std::int64_t result = 1;
    while (exponent-- > 0) result *= 10;
    return result;
}

}  // namespace dcx
