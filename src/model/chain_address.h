// The text of an address of the DeCoin chain: exactly ^DEC[0-9a-f]{40}$ or ^DECMS[0-9a-f]{40}$. The chain has no
// checksum and takes any text as a recipient, so coin sent to a mistyped one is lost: nothing is trimmed, folded or
// guessed here. A wrong digit that is a digit can't be noticed.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "model/types.h"

namespace dcx {

enum class AddressError : std::uint8_t {
    wrong_prefix = 1,  // neither DEC nor DECMS
    wrong_length = 2,  // not 40 characters behind the prefix
    wrong_digit = 3,   // one that is not 0-9 or a-f; upper case is none
};
[[nodiscard]] std::string_view to_string(AddressError error);
[[nodiscard]] std::string_view to_string(AddressKind kind);

// Allocates nothing. The kind is never `none`.
[[nodiscard]] std::expected<ChainAddress, AddressError> parse_address(std::string_view text);
// Empty for an address of kind `none`.
[[nodiscard]] std::string address_text(const ChainAddress& address);

}  // namespace dcx
