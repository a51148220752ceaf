// Liabilities: of each asset a Merkle-sum tree over all accounts that are not the venue's own, so that every customer
// can check that what the venue owes him is in the sum that it signed. docs/protocols/liabilities.md is the reference.
//
//   leaf = SHA-256(head, account u32, key 32, amount i64)                                         108 bytes
//   node = SHA-256(head, left hash 32, left sum i64, right hash 32, right sum i64)                144 bytes
//   head = tag 8 ("dcxsum1l" leaf, "dcxsum1n" node, "dcxsum1e" empty), venue id 16, checkpoint u64, asset u32,
//          level u32, zeros 24: 64 bytes, a block of SHA-256
//   key  = HMAC-SHA-256(nonce, "dcx liability", asset u32, account u32)
//
// Level 0 is the leaves'. The depth is fixed by the capacity of accounts in genesis: the least d with 2^d >=
// max_accounts. A subtree without any account, a single place too, is not made of smaller ones: it has the sum 0 and
// the hash HMAC-SHA-256(nonce, head, place u32), which nobody without the nonce can tell from another one; place counts
// the subtrees of its level from the left. The nonce is the checkpoint's own: HMAC-SHA-256(liabilities key, "dcx
// liabilities of checkpoint", u64 number). Accounts get their places by rising id: each the next of the numbers that
// the low d bits of a stream of u32 give and that no account has yet; the stream is AES-256-CTR of zeros, counter from
// 0, by the key HMAC-SHA-256(nonce, "dcx places", asset u32).
//
// Amounts are available + held. Every sum is 0 .. 2^62; a checker refuses everything else at every level. As the level
// stands in each preimage, a root is the root of one depth alone: all who verify against it have paths of one length.
//
// What a path shows to its owner: the sums of the subtrees beside his way, without their accounts. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "base/sha256.h"
#include "journal/format.h"
#include "model/types.h"
#include "proof/leaf.h"
#include "proof/proof_error.h"
#include "proof/quick_sha256.h"

namespace dcx::proof {

// The core opens at most 2^24 accounts.
inline constexpr unsigned kMaxSumTreeDepth = 32;

struct Liability {
    AccountId account{};
    Amount amount{};  // available + held, 0 or more
};
struct SumNode {
    Digest hash{};
    Amount sum{};
    friend bool operator==(const SumNode&, const SumNode&) = default;
};
// What every preimage is bound to.
struct SumTreeName {
    journal::VenueId venue_id{};
    std::uint64_t checkpoint{};
    AssetId asset{};
    friend bool operator==(const SumTreeName&, const SumTreeName&) = default;
};
struct LiabilityProof {
    SumTreeName tree;
    AccountId account{};
    Secret key{};
    Amount amount{};
    std::uint32_t place{};
    std::vector<SumNode> siblings;  // from the leaves up
};

[[nodiscard]] unsigned sum_tree_depth(std::uint32_t max_accounts);
[[nodiscard]] Secret liabilities_nonce(const Secret& liabilities_key, std::uint64_t checkpoint);

// The tree of one asset. `liabilities` by rising account, each once, amounts and their sum in range, at most 2^depth:
// CHECKed. Its memory: about 50 bytes for each node that has accounts below it, 110 MB of 1 M accounts.
class SumTree {
  public:
    SumTree(const SumTreeName& name, unsigned depth, const Secret& nonce, std::vector<Liability> liabilities);
    [[nodiscard]] const SumNode& root() const { return levels_.back().nodes.front(); }
    // wrong_account when it is not in it.
    [[nodiscard]] std::expected<LiabilityProof, ProofError> prove(AccountId account) const;

  private:
    // The nodes that have accounts below them, by rising place.
    struct Level {
        std::vector<std::uint32_t> places;
        std::vector<SumNode> nodes;
    };
    [[nodiscard]] Level leaves();
    [[nodiscard]] Level above(const Level& below, unsigned level) const;
    [[nodiscard]] Secret key_of(AccountId account) const;

    SumTreeName name_;
    unsigned depth_;
    KeyedHmac nonce_;
    std::vector<Level> levels_;  // from the leaves up to the root
    std::vector<Liability> liabilities_;
    std::vector<std::uint32_t> places_;  // of each account, in the order of liabilities_
};

// That `account` is in the tree of `expected` whose root was signed, with proof.amount. The proof is anybody's bytes.
// Whether proof.amount is what the account had is for its owner to say. `depth` is that of the venue's trees: a proof
// of another length is refused.
[[nodiscard]] std::expected<void, ProofError> check_liability(const LiabilityProof& proof, const SumTreeName& expected,
                                                              AccountId account, unsigned depth, const SumNode& root);

}  // namespace dcx::proof
