#include "proof/merkle.h"

#include <bit>
#include <string>

#include "base/check.h"
#include "proof/quick_sha256.h"

namespace dcx::proof {
namespace {

constexpr std::byte kLeafTag{0x00};
constexpr std::byte kNodeTag{0x01};

std::unexpected<ProofError> fail(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

std::unexpected<ProofError> wrong_size(std::size_t hashes, std::uint64_t size) {
    return fail(ProofErrorKind::wrong_proof_size,
                std::to_string(hashes) + " hashes do not lead to the root of " + std::to_string(size) + " leaves");
}

std::string range_text(std::uint64_t start, std::uint64_t end) {
    return "leaves " + std::to_string(start) + " .. " + std::to_string(end);
}

bool valid_subtree(std::uint64_t start, std::uint64_t end) {
    if (start > end) return false;
    const std::uint64_t width = end - start;
    if (start == 0 || width <= 1) return true;
    // No power of two of 64 bits is wider than that, so only 0 is a multiple of it.
    if (width > std::uint64_t{1} << 63) return false;
    return (start & (std::bit_ceil(width) - 1)) == 0;
}

}  // namespace

Digest leaf_hash(std::span<const std::byte> entry) {
    QuickSha256 hash;
    hash.update(std::span{&kLeafTag, 1});
    hash.update(entry);
    return hash.finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
    std::array<std::byte, 65> bytes;
    bytes[0] = kNodeTag;
    std::copy(left.begin(), left.end(), bytes.begin() + 1);
    std::copy(right.begin(), right.end(), bytes.begin() + 33);
    return QuickSha256::of(bytes);
}

Digest empty_root() { return QuickSha256::of({}); }

MerkleRoot::MerkleRoot(std::uint64_t size, std::span<const Digest> subtrees)
    : size_(size), stack_(subtrees.begin(), subtrees.end()) {
    DCX_CHECK(static_cast<std::size_t>(std::popcount(size)) == subtrees.size());
}

void MerkleRoot::append(const Digest& leaf) {
    Digest node = leaf;
    // Every one at the end of the size is a perfect subtree that this leaf completes to one of twice its size.
    for (std::uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
        node = node_hash(stack_.back(), node);
        stack_.pop_back();
    }
    stack_.push_back(node);
    ++size_;
}

Digest MerkleRoot::root() const {
    if (stack_.empty()) return empty_root();
    Digest node = stack_.back();
    for (std::size_t i = stack_.size() - 1; i-- > 0;) node = node_hash(stack_[i], node);
    return node;
}

std::expected<void, ProofError> check_inclusion(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                                                std::span<const Digest> proof, const Digest& root) {
    if (index >= size)
        return fail(ProofErrorKind::index_out_of_range,
                    "leaf " + std::to_string(index) + " of a tree of " + std::to_string(size));
    std::uint64_t at = index;
    std::uint64_t last = size - 1;
    Digest node = leaf;
    for (const Digest& sibling : proof) {
        if (last == 0) return wrong_size(proof.size(), size);
        if ((at & 1) != 0 || at == last) {
            node = node_hash(sibling, node);
            // The last node of a level has no right sibling and goes up as it is until it is one itself.
            while ((at & 1) == 0 && at != 0) at >>= 1, last >>= 1;
        } else {
            node = node_hash(node, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if (last != 0) return wrong_size(proof.size(), size);
    if (node != root)
        return fail(ProofErrorKind::wrong_root,
                    "leaf " + std::to_string(index) + " leads to " + to_hex(node) + ", not to " + to_hex(root));
    return {};
}

std::expected<void, ProofError> check_subtree_inclusion(std::uint64_t index, std::uint64_t start, std::uint64_t end,
                                                        const Digest& leaf, std::span<const Digest> proof,
                                                        const Digest& root) {
    if (!valid_subtree(start, end))
        return fail(ProofErrorKind::index_out_of_range, range_text(start, end) + " are no subtree");
    if (index < start)
        return fail(ProofErrorKind::index_out_of_range,
                    "leaf " + std::to_string(index) + " of " + range_text(start, end));
    return check_inclusion(index - start, end - start, leaf, proof, root);
}

std::expected<void, ProofError> check_consistency(std::uint64_t size1, std::uint64_t size2, const Digest& root1,
                                                  const Digest& root2, std::span<const Digest> proof) {
    if (size1 > size2)
        return fail(ProofErrorKind::sizes_reversed, std::to_string(size1) + " leaves before " + std::to_string(size2));
    if (size1 == 0) {
        if (size2 != 0)
            return fail(ProofErrorKind::index_out_of_range, "every tree begins with the empty one: nothing is proven");
        if (root1 != root2) return fail(ProofErrorKind::wrong_root, "two roots of the empty tree");
    }
    return check_subtree_consistency(0, size1, size2, root1, root2, proof);
}

std::expected<void, ProofError> check_subtree_consistency(std::uint64_t start, std::uint64_t end, std::uint64_t size,
                                                          const Digest& subtree_root, const Digest& root,
                                                          std::span<const Digest> proof) {
    if (!valid_subtree(start, end))
        return fail(ProofErrorKind::index_out_of_range, range_text(start, end) + " are no subtree");
    if (end > size)
        return fail(ProofErrorKind::sizes_reversed, range_text(start, end) + " of a tree of " + std::to_string(size));
    if (start == end) {
        if (!proof.empty()) return wrong_size(proof.size(), size);
        if (subtree_root != empty_root())
            return fail(ProofErrorKind::wrong_root, "no leaves have the root " + to_hex(subtree_root));
        return {};
    }
    std::uint64_t first = start;
    std::uint64_t end_at = end - 1;  // last leaf of the subtree
    std::uint64_t last = size - 1;   // last leaf of the tree
    // The largest perfect part at the subtree's end (all of it when it ends where the tree does) is where the way up
    // begins: below it the proof has nothing to say.
    const bool same_end = end_at == last;
    while (first != end_at && (same_end || (end_at & 1) != 0)) first >>= 1, end_at >>= 1, last >>= 1;
    std::size_t used = 0;
    Digest begin = subtree_root;
    if (first != end_at) {
        if (proof.empty()) return wrong_size(proof.size(), size);
        begin = proof[used++];
    }
    Digest small = begin;  // becomes the subtree's root
    Digest large = begin;  // becomes the tree's root
    for (; used < proof.size(); ++used) {
        if (last == 0) return wrong_size(proof.size(), size);
        if ((end_at & 1) != 0 || end_at == last) {
            if (first < end_at) small = node_hash(proof[used], small);
            large = node_hash(proof[used], large);
            while ((end_at & 1) == 0 && end_at != 0) first >>= 1, end_at >>= 1, last >>= 1;
        } else {
            large = node_hash(large, proof[used]);
        }
        first >>= 1;
        end_at >>= 1;
        last >>= 1;
    }
    if (last != 0) return wrong_size(proof.size(), size);
    if (small != subtree_root)
        return fail(ProofErrorKind::wrong_root,
                    range_text(start, end) + " have the root " + to_hex(small) + ", not " + to_hex(subtree_root));
    if (large != root)
        return fail(ProofErrorKind::wrong_root, "the tree of " + std::to_string(size) + " leaves has the root " +
                                                    to_hex(large) + ", not " + to_hex(root));
    return {};
}

}  // namespace dcx::proof
