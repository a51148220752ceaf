// Decimal digits of numbers, from a table of pairs and several at a time, so that a number costs no loop. Each function
// may write up to 8 bytes behind what it returns.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dcx::feed {

static_assert(std::endian::native == std::endian::little);

// "00" to "99", the first digit in the lower byte.
inline constexpr auto kDigitPairs = [] {
    std::array<std::uint16_t, 100> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i)
        pairs[i] = static_cast<std::uint16_t>(('0' + i / 10) | ('0' + i % 10) << 8);
    return pairs;
}();

// The digits of a number below 10^4 or 10^8, zeros in front included, the first one in the lowest byte.
constexpr std::uint32_t four_digits(std::uint32_t number) {
    return kDigitPairs[number / 100] | std::uint32_t{kDigitPairs[number % 100]} << 16;
}
constexpr std::uint64_t eight_digits(std::uint32_t number) {
    return four_digits(number / 10'000) | std::uint64_t{four_digits(number % 10'000)} << 32;
}

// Exactly so many digits (1 to 19), with zeros in front; the number has no more.
inline char* write_digits(char* at, std::uint64_t number, unsigned digits) {
    constexpr std::uint64_t eight = 100'000'000;
    if (digits <= 4) {
        const std::uint32_t text = four_digits(static_cast<std::uint32_t>(number)) >> 8 * (4 - digits);
        std::memcpy(at, &text, sizeof text);
        return at + digits;
    }
    if (digits > 8) {
        at = write_digits(at, number / eight, digits - 8);
        number %= eight;
        digits = 8;
    }
    const std::uint64_t text = eight_digits(static_cast<std::uint32_t>(number)) >> 8 * (8 - digits);
    std::memcpy(at, &text, sizeof text);
    return at + digits;
}

// As many digits as it has.
inline char* write_number(char* at, std::uint64_t number) {
    constexpr std::uint64_t eight = 100'000'000;
    if (number < 10) {
        *at = static_cast<char>('0' + number);
        return at + 1;
    }
    if (number >= eight) {
        at = write_number(at, number / eight);
        return write_digits(at, number % eight, 8);
    }
    // Zeros in front go: none of their bytes differs from '0'.
    constexpr std::uint64_t zeros = 0x3030'3030'3030'3030;
    const auto small = static_cast<std::uint32_t>(number);
    const bool short_one = small < 10'000;
    const std::uint64_t digits = short_one ? four_digits(small) : eight_digits(small);
    const auto in_front = static_cast<unsigned>(std::countr_zero(digits ^ zeros)) / 8;
    const std::uint64_t text = digits >> 8 * in_front;
    std::memcpy(at, &text, sizeof text);
    return at + (short_one ? 4 : 8) - in_front;
}

}  // namespace dcx::feed
