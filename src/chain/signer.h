// Signer: whoever has the seed. It derives the key of a path, writes the transaction itself from these fields, checks
// them against its own rules, and signs. `dcx signer serve` is one behind a socket; tests have one in memory.
// Derivation: docs/protocols/addresses.md; customers' addresses have their account and index, the venue's own the
// account below. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>

#include "base/sha256.h"
#include "model/types.h"

namespace dcx::chain {

// Of the venue's own addresses: accounts that no customer has.
inline constexpr std::uint32_t kHotPath = 4;     // withdrawals' account: the hot addresses by index
inline constexpr std::uint32_t kAnchorPath = 1;  // addresses that send anchors
inline constexpr std::uint32_t kEvmPath = 2;     // keys of the EVM anchor

struct KeyPath {
    std::uint32_t account{};
    std::uint32_t index{};
};
struct TransferRequest {
    KeyPath from;
    std::string recipient;
    std::int64_t amount{};
    std::uint64_t nonce{};
    std::int64_t timestamp_s{};
    std::string metadata = "{}";  // canonical JSON; of an anchor more
    std::string type = "standard";
};
struct SignedTransfer {
    Digest hash{};
    std::string body;  // of POST /transaction
};
struct EvmSignature {
    std::array<std::byte, 64> rs{};
    std::uint8_t recovery{};
};

class Signer {
  public:
    virtual ~Signer() = default;
    // An error is a text for the operator: refused by the signer's rules, or away.
    virtual std::expected<std::string, std::string> address(const KeyPath& path) = 0;
    virtual std::expected<SignedTransfer, std::string> sign(const TransferRequest& request) = 0;
    // Of an EVM transaction's Keccak-256 hash, by the key of `path`; the signer is given the whole transaction (RLP)
    // and hashes it itself.
    virtual std::expected<EvmSignature, std::string> sign_evm(const KeyPath& path, const std::string& unsigned_rlp) = 0;
    virtual std::expected<std::array<std::byte, 20>, std::string> evm_address(const KeyPath& path) = 0;
};

}  // namespace dcx::chain
