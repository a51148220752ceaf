// Keys of the DeCoin chain (secp256k1) and the addresses that they have. Any thread.
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
#include "model/chain_address.h"
#include "wallet/secret.h"

namespace dcx::wallet {

// A number of 1 .. n - 1, n the order of the curve, most significant byte first.
using PrivateKey = SecretBytes<32>;
// x and y, most significant byte first, without the 04 that others put before them.
using PublicKey = std::array<std::byte, 64>;

[[nodiscard]] bool well_formed(const PrivateKey& key);
// Nothing when the key is not well formed.
[[nodiscard]] std::optional<PublicKey> public_key_of(const PrivateKey& key);
// Adds a number to a well-formed key modulo n. Nothing when the number is n or more, or the sum is zero: neither is a
// key.
[[nodiscard]] std::optional<PrivateKey> add_to_key(const PrivateKey& key, const SecretBytes<32>& number);

// r and s, most significant byte first.
using Signature = std::array<std::byte, 64>;
// ECDSA of a hash that the caller has made of what he signs. The nonce is that of RFC 6979, so the same hash has the
// same signature; s is the lower one of the two. Nothing when the key is not well formed.
[[nodiscard]] std::optional<Signature> sign(const PrivateKey& key, const Digest& hash);
// With the number 0 .. 3 by which the key can be had from signature and hash.
struct RecoverableSignature {
    Signature rs{};
    std::uint8_t recovery{};
};
[[nodiscard]] std::optional<RecoverableSignature> sign_recoverable(const PrivateKey& key, const Digest& hash);
// Either s is taken, as the chain does: others write the higher one too.
[[nodiscard]] bool verify(const PublicKey& key, const Digest& hash, const Signature& signature);

// "DEC": RIPEMD-160 of SHA-256 of the key.
[[nodiscard]] ChainAddress address_of(const PublicKey& key);

enum class SignersError : std::uint8_t {
    too_few = 1,        // no signer, or fewer than are required
    too_many = 2,       // more than kMaxSigners
    none_required = 3,  // zero signatures would do
    not_a_key = 4,      // a signer that is not a DEC address
    repeated = 5,       // a signer given twice would count as two
};
[[nodiscard]] std::string_view to_string(SignersError error);

// The node takes at most 1024 characters of metadata in a transaction, and the signers, the signatures and their keys
// all stand there: 1 of n can be spent up to n = 12, 2 of n up to n = 4, three required signatures never fit.
inline constexpr std::size_t kMaxSigners = 16;

// "DECMS": RIPEMD-160 of SHA-256 of signers_text(). The order of the signers makes no difference.
[[nodiscard]] std::expected<ChainAddress, SignersError> multisig_address(unsigned required,
                                                                         std::span<const ChainAddress> signers);
// {"required": m, "signers": [addresses in ascending order]}, as the chain writes JSON.
[[nodiscard]] std::expected<std::string, SignersError> signers_text(unsigned required,
                                                                    std::span<const ChainAddress> signers);

}  // namespace dcx::wallet
