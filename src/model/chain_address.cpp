#include "model/chain_address.h"

#include "base/sha256.h"

namespace dcx {
namespace {

constexpr std::string_view kKeyPrefix = "DEC";
constexpr std::string_view kMultisigPrefix = "DECMS";

}  // namespace

std::string_view to_string(AddressError error) {
    switch (error) {
        case AddressError::wrong_prefix: return "wrong_prefix";
        case AddressError::wrong_length: return "wrong_length";
        case AddressError::wrong_digit: return "wrong_digit";
    }
    return "unknown";
}

std::string_view to_string(AddressKind kind) {
    switch (kind) {
        case AddressKind::none: return "none";
        case AddressKind::dec: return "dec";
        case AddressKind::decms: return "decms";
    }
    return "unknown";
}

std::expected<ChainAddress, AddressError> parse_address(std::string_view text) {
    if (!text.starts_with(kKeyPrefix)) return std::unexpected(AddressError::wrong_prefix);
    ChainAddress address;
    // The longer prefix begins with the shorter one; what follows can't be mistaken, since M is no digit.
    address.kind = text.starts_with(kMultisigPrefix) ? AddressKind::decms : AddressKind::dec;
    text.remove_prefix(address.kind == AddressKind::decms ? kMultisigPrefix.size() : kKeyPrefix.size());
    if (text.size() != 2 * address.hash.size()) return std::unexpected(AddressError::wrong_length);
    if (!from_hex(text, address.hash)) return std::unexpected(AddressError::wrong_digit);
    return address;
}

std::string address_text(const ChainAddress& address) {
    if (address.kind == AddressKind::none) return {};
    std::string text{address.kind == AddressKind::decms ? kMultisigPrefix : kKeyPrefix};
    return text += to_hex(address.hash);
}

}  // namespace dcx
