// PostgreSQL's binary form of a numeric, to and from whole steps: a value is units x 10^-scale, exact in both
// directions, never a float in between.
//
// On the wire (network byte order): digits, weight, sign and display scale as 16 bits each, then `digits` digits of
// base 10,000, the first worth 10,000^weight. We write it as the server itself would: no leading or trailing zero
// digits, the display scale that of the asset or market.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/checked.h"

namespace dcx::history {

// Enough for any 128 bits with 255 decimals.
inline constexpr std::size_t kNumericBytes = 8 + 2 * 48;

// Writes units x 10^-scale to `out` and returns its length. |units| below 2^127.
std::size_t write_numeric(char* out, int128 units, std::uint8_t scale);

// How many steps of mantissa x 10^-scale it is. Nothing when it is not a whole number of them, does not fit 64 bits, or
// is no number (NaN, infinite, damaged bytes).
std::optional<std::int64_t> read_numeric(std::string_view bytes, std::int64_t mantissa, std::uint8_t scale);

}  // namespace dcx::history
