// Merkle trees of RFC 6962 (2.1) with the proofs of RFC 9162 (2.1.3, 2.1.4): leaf = SHA-256(0x00, entry), node =
// SHA-256(0x01, left, right), the root of no leaves SHA-256 of nothing. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "base/sha256.h"
#include "proof/proof_error.h"

namespace dcx::proof {

[[nodiscard]] Digest leaf_hash(std::span<const std::byte> entry);
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);
[[nodiscard]] Digest empty_root();

// The root of leaves that come one by one, in the memory of one hash per level.
class MerkleRoot {
  public:
    MerkleRoot() = default;
    // Of a tree of `size` leaves, by its perfect subtrees from the largest (left) to the smallest: popcount(size).
    MerkleRoot(std::uint64_t size, std::span<const Digest> subtrees);

    void append(const Digest& leaf);
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] Digest root() const;
    [[nodiscard]] std::span<const Digest> subtrees() const { return stack_; }

  private:
    std::uint64_t size_ = 0;
    std::vector<Digest> stack_;
};

// Proofs are checked, never trusted: sizes, counts and hashes can be anything.
[[nodiscard]] std::expected<void, ProofError> check_inclusion(std::uint64_t index, std::uint64_t size,
                                                              const Digest& leaf, std::span<const Digest> proof,
                                                              const Digest& root);
// A tree of `size1` leaves is the beginning of one of `size2`. Nothing is proven from the empty tree to another, so
// that is refused; to itself with no proof and its own root.
[[nodiscard]] std::expected<void, ProofError> check_consistency(std::uint64_t size1, std::uint64_t size2,
                                                                const Digest& root1, const Digest& root2,
                                                                std::span<const Digest> proof);
// The same of leaves [start, end) alone: they stand in the tree of `size` leaves. A subtree begins at a multiple of the
// least power of two that is no smaller than it. An empty one has the empty tree's root and is in every tree.
[[nodiscard]] std::expected<void, ProofError> check_subtree_inclusion(std::uint64_t index, std::uint64_t start,
                                                                      std::uint64_t end, const Digest& leaf,
                                                                      std::span<const Digest> proof,
                                                                      const Digest& root);
[[nodiscard]] std::expected<void, ProofError> check_subtree_consistency(std::uint64_t start, std::uint64_t end,
                                                                        std::uint64_t size, const Digest& subtree_root,
                                                                        const Digest& root,
                                                                        std::span<const Digest> proof);

}  // namespace dcx::proof
