// Canonical JSON: the one text of a value that the DeCoin chain hashes and signs (docs/protocols/decoin.md). Objects,
// lists, text, whole numbers of 64 bits, true, false and null; keys in the order of their code points, ASCII alone. A
// number with a fraction is refused: its text would depend on another language's way to print it. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace dcx::chain {

// Numbers are given once.
enum class CanonicalError : std::uint8_t {
    not_json = 1,           // text that is no JSON, or nested too deep
    fraction = 2,           // a number that is not whole
    number_too_large = 3,   // outside -2^63 .. 2^63 - 1
    not_utf8 = 4,           // text that is not UTF-8
    not_an_object = 5,      // where one must stand
    unknown_type = 6,       // a transaction of a type that the chain does not have
    field_missing = 7,      // of a transaction, or of another form than it must have
    value_out_of_range = 8  // of a transaction: a negative amount, nonce or time
};
[[nodiscard]] std::string_view to_string(CanonicalError error);

inline constexpr int kMaxJsonDepth = 32;
// Of what is read: a stranger's metadata may be all brackets, and what it stands in must be readable all the same.
inline constexpr int kMaxReadDepth = 2000;

[[nodiscard]] std::expected<std::string, CanonicalError> canonical_json(const nlohmann::json& value);
// What is read is bounded in depth, so that no answer of a stranger can exhaust the stack. An unexpected value is
// returned as it is: only writing leaves things out.
[[nodiscard]] std::expected<nlohmann::json, CanonicalError> parse_json(std::string_view text);

}  // namespace dcx::chain
