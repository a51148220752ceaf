// Exact decimal text of scaled integers: 12345 with scale 4 is "1.2345". No floats anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/checked.h"

namespace dcx {

// The value x 10^-scale in plain notation with exactly `scale` decimals (0 .. 27). "-0.50" for (-50, 2).
[[nodiscard]] std::string decimal_text(int128 value, unsigned scale);
// The text as an integer at the given scale. Nothing when it is not plain decimal notation (an optional '-', digits,
// an optional point with digits on both sides), has more decimals than `scale` unless they are zeros, or overflows.
[[nodiscard]] std::optional<std::int64_t> parse_decimal(std::string_view text, unsigned scale);

}  // namespace dcx
