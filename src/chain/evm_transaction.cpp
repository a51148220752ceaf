#include "chain/evm_transaction.h"

#include <algorithm>

#include "chain/keccak.h"
#include "chain/rlp.h"

namespace dcx::chain {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string body_of(const EvmTransaction& t) {
    return rlp_number(t.nonce) + rlp_number(t.gas_price) + rlp_number(t.gas_limit) +
           (t.to ? rlp_bytes(text_of(*t.to)) : rlp_bytes("")) + rlp_number(t.value) + rlp_bytes(t.data);
}

// A number of the curve: like other numbers without leading zeros.
std::string rlp_scalar(std::span<const std::byte> bytes) {
    while (!bytes.empty() && bytes.front() == std::byte{}) bytes = bytes.subspan(1);
    return rlp_bytes(text_of(bytes));
}

}  // namespace

Digest evm_hash(std::string_view bytes) { return keccak256(std::as_bytes(std::span{bytes})); }

std::string unsigned_rlp(const EvmTransaction& t) {
    return rlp_list(body_of(t) + rlp_number(t.chain_id) + rlp_number(0) + rlp_number(0));
}

std::string signed_rlp(const EvmTransaction& t, const EvmSignature& signature) {
    return rlp_list(body_of(t) + rlp_number(2 * t.chain_id + 35 + signature.recovery) +
                    rlp_scalar(std::span{signature.rs}.first<32>()) + rlp_scalar(std::span{signature.rs}.last<32>()));
}

std::expected<EvmTransaction, std::string> parse_unsigned_rlp(std::string_view rlp) {
    const auto fields = rlp_strings(rlp, 9);
    if (!fields || fields->size() != 9) return std::unexpected("not an EVM transaction without signature");
    const auto number = [&](std::size_t i) { return rlp_number_of((*fields)[i]); };
    for (const std::size_t i : {0u, 1u, 2u, 4u, 6u})
        if (!number(i)) return std::unexpected("field " + std::to_string(i) + " is no number below 2^64");
    if (!(*fields)[7].empty() || !(*fields)[8].empty()) return std::unexpected("it has a signature");
    if (*number(6) == 0 || *number(6) > kMaxEvmChainId) return std::unexpected("of no chain");
    EvmTransaction t{.nonce = *number(0),
                     .gas_price = *number(1),
                     .gas_limit = *number(2),
                     .to = {},
                     .value = *number(4),
                     .data = (*fields)[5],
                     .chain_id = *number(6)};
    if (const std::string& to = (*fields)[3]; !to.empty()) {
        if (to.size() != t.to.emplace().size()) return std::unexpected("to is no address");
        const auto bytes = std::as_bytes(std::span{to});
        std::copy(bytes.begin(), bytes.end(), t.to->begin());
    }
    return t;
}

EvmAddress evm_address_of(const std::array<std::byte, 64>& public_key) {
    const Digest hash = keccak256(public_key);
    EvmAddress address;
    std::copy(hash.end() - 20, hash.end(), address.begin());
    return address;
}

std::string to_text(const EvmAddress& address) { return "0x" + to_hex(address); }

std::optional<EvmAddress> parse_evm_address(std::string_view text) {
    if (!text.starts_with("0x")) return {};
    text.remove_prefix(2);
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    EvmAddress address;
    if (!from_hex(lower, address)) return {};
    const bool any_upper = lower != text;
    const bool any_lower = std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a'; });
    if (!any_upper || !any_lower) return address;
    // EIP-55: a letter is a capital when the digit of the hash at its place is 8 or more.
    const std::string hash = to_hex(evm_hash(lower));
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool letter = lower[i] >= 'a';
        if (letter && (text[i] < 'a') != (hash[i] >= '8')) return {};
    }
    return address;
}

}  // namespace dcx::chain
