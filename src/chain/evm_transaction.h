// An EVM transaction of the first kind, bound to its chain by EIP-155: every EVM chain takes it. Addresses and hashes
// are bytes, most significant first. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "chain/signer.h"

namespace dcx::chain {

using EvmAddress = std::array<std::byte, 20>;

struct EvmTransaction {
    std::uint64_t nonce{};
    std::uint64_t gas_price{};  // wei
    std::uint64_t gas_limit{};
    std::optional<EvmAddress> to{};  // none: it makes a contract
    std::uint64_t value{};           // wei
    std::string data;                // bytes
    std::uint64_t chain_id{};
    friend bool operator==(const EvmTransaction&, const EvmTransaction&) = default;
};
// Chains above would not fit into a signature's v.
inline constexpr std::uint64_t kMaxEvmChainId = std::uint64_t{1} << 62;

// What is hashed and signed; the transaction's hash is that of the signed one.
[[nodiscard]] std::string unsigned_rlp(const EvmTransaction& transaction);
// Exactly what unsigned_rlp() makes of a transaction; the text says what is wrong. For whoever signs: what it is.
[[nodiscard]] std::expected<EvmTransaction, std::string> parse_unsigned_rlp(std::string_view rlp);
[[nodiscard]] std::string signed_rlp(const EvmTransaction& transaction, const EvmSignature& signature);
[[nodiscard]] Digest evm_hash(std::string_view bytes);

// Of a public key's x and y.
[[nodiscard]] EvmAddress evm_address_of(const std::array<std::byte, 64>& public_key);
[[nodiscard]] std::string to_text(const EvmAddress& address);  // 0x and 40 lower-case digits
// Those digits; in mixed case only with the capital letters of EIP-55.
[[nodiscard]] std::optional<EvmAddress> parse_evm_address(std::string_view text);

}  // namespace dcx::chain
