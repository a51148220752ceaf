// Base64 (RFC 4648, with padding), as notes and proof files have it. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::proof {

[[nodiscard]] std::string to_base64(std::span<const std::byte> bytes);
// Exactly what to_base64() makes of some bytes: no spaces, no missing padding, no stray bits in the last digit.
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64(std::string_view text);
// The same of so many bytes as `out` has.
[[nodiscard]] bool from_base64(std::string_view text, std::span<std::byte> out);

}  // namespace dcx::proof
