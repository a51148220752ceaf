// A transaction of the DeCoin chain: the bytes that are hashed and signed, and the body of POST /transaction
// (docs/protocols/decoin.md). Who has the key signs the hash (wallet/chain_key.h); nothing here knows a key, and
// nothing here checks a signature. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "chain/canonical_json.h"

namespace dcx::chain {

// The node takes no more metadata than this, as text without sorted keys but with escapes.
inline constexpr std::size_t kMaxMetadata = 1024;
// Senders that create coin without a signature. What they send is never a deposit.
inline constexpr std::array<std::string_view, 4> kMinters{"system", "genesis", "coinbase", "mining_reward"};
[[nodiscard]] bool is_minter(std::string_view sender);

struct Transaction {
    std::string type = "standard";  // the chain's name
    std::string sender;
    std::string recipient;  // any text: the chain checks none. Whoever sends looks at it first (model/chain_address.h)
    std::int64_t amount{};
    std::uint64_t nonce{};
    std::int64_t timestamp_s{};
    std::string metadata = "{}";  // JSON, an object; fractions are refused
};
// The name of a type in POST /transaction, and back; empty for a type that there is not, or that can't be posted.
[[nodiscard]] std::string_view posted_name(std::string_view chain_name);
[[nodiscard]] std::string_view chain_name(std::string_view posted_name);

// What is hashed and signed. Of the metadata all but `signatures` and `public_keys`.
[[nodiscard]] std::expected<std::string, CanonicalError> canonical_text(const Transaction& transaction);
// Also what is signed, and what the node calls it by. It has neither signature nor key, so nobody can change it.
[[nodiscard]] std::expected<Digest, CanonicalError> transaction_hash(const Transaction& transaction);

using ChainSignature = std::array<std::byte, 64>;  // r and s, most significant byte first
using ChainKey = std::array<std::byte, 64>;        // x and y
// For one key. A multisig transaction has its keys and signatures in the metadata, and these empty (nullptr).
[[nodiscard]] std::expected<std::string, CanonicalError> post_body(const Transaction& transaction,
                                                                   const ChainSignature* signature,
                                                                   const ChainKey* key);
struct PostedTransaction {
    Transaction transaction;
    std::string signature;   // as they stand there: any text, or empty
    std::string public_key;  //
};
// Whatever the node would take as one, and a number of an error for everything else. A fraction of a second is cut.
[[nodiscard]] std::expected<PostedTransaction, CanonicalError> parse_post_body(std::string_view body);

// The root over hashes of a block: pairs of their hexadecimal text are hashed, an odd last one with itself.
[[nodiscard]] Digest block_merkle_root(std::span<const Digest> hashes);

}  // namespace dcx::chain
