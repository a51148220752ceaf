// RLP, the encoding of Ethereum's transactions: byte strings and lists of them. Reading is strict: one value has one
// encoding. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::chain {

[[nodiscard]] std::string rlp_bytes(std::string_view bytes);
// Big-endian without leading zeros; 0 is the empty string.
[[nodiscard]] std::string rlp_number(std::uint64_t number);
// Of items that are encoded already.
[[nodiscard]] std::string rlp_list(std::string_view items);

// The byte strings of a list that has nothing else, and behind which nothing stands. Nothing when it is no such, when
// a length is not the shortest, or when there are more than `limit`.
[[nodiscard]] std::optional<std::vector<std::string>> rlp_strings(std::string_view list, std::size_t limit);
// What rlp_number() made a byte string of.
[[nodiscard]] std::optional<std::uint64_t> rlp_number_of(std::string_view bytes);

}  // namespace dcx::chain
