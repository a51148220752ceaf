// Numbers, hashes and bytes as JSON-RPC writes them: hexadecimal digits behind 0x. Reading takes the one form that the
// protocol has, in either case. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/checked.h"
#include "base/sha256.h"

namespace dcx::chain {

[[nodiscard]] std::string quantity_text(std::uint64_t number);
// Without leading zeros; below 2^64.
[[nodiscard]] std::optional<std::uint64_t> parse_quantity(std::string_view text);
// Up to 2^256 as the protocol has it; what is 2^128 or more is told as 2^128 - 1.
[[nodiscard]] std::optional<uint128> parse_big_quantity(std::string_view text);
[[nodiscard]] std::string hex_text(std::string_view bytes);
[[nodiscard]] std::optional<std::string> parse_bytes(std::string_view text);
[[nodiscard]] std::string hash_text(const Digest& hash);
[[nodiscard]] std::optional<Digest> parse_hash(std::string_view text);

}  // namespace dcx::chain
