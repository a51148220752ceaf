#include "proof/merkle.h"

#include <doctest/doctest.h>

#include "proof/test_tree.h"

namespace dcx::proof {
namespace {

using Kind = ProofErrorKind;

template <class Checked>
void refused(const Checked& checked, Kind kind) {
    REQUIRE(!checked);
    CHECK(checked.error().kind == kind);
}

TEST_CASE("the root of leaves that come one by one is that of the definition, at every size") {
    Random random(1);
    const auto leaves = random_digests(random, 300);
    MerkleRoot tree;
    for (std::size_t size = 0; size <= leaves.size(); ++size) {
        REQUIRE(tree.size() == size);
        REQUIRE(tree.root() == naive_root(std::span{leaves}.first(size)));
        REQUIRE(MerkleRoot(size, tree.subtrees()).root() == tree.root());
        if (size < leaves.size()) tree.append(leaves[size]);
    }
}

TEST_CASE("leaf and node have tags of their own, and the empty tree the hash of nothing") {
    CHECK(to_hex(empty_root()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(leaf_hash({})) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    // A node's 65 bytes as an entry: another hash, or a leaf could be passed off as a subtree.
    const std::array<Digest, 2> children{leaf_hash({}), empty_root()};
    CHECK(leaf_hash(std::as_bytes(std::span{children})) != node_hash(children[0], children[1]));
}

TEST_CASE("every inclusion in every small tree is proven, and nothing else by the same proof") {
    Random random(2);
    const auto leaves = random_digests(random, 40);
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        const auto tree = std::span{leaves}.first(size);
        const Digest root = naive_root(tree);
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = naive_path(index, tree);
            REQUIRE(check_inclusion(index, size, leaves[index], proof, root));
            for (std::size_t other = 0; other <= size; ++other)
                if (other != index) REQUIRE(!check_inclusion(other, size, leaves[index], proof, root));
            REQUIRE(!check_inclusion(index, size + size, leaves[index], proof, root));
        }
    }
}

TEST_CASE("every consistency of small trees is proven, and no other sizes by the same proof") {
    Random random(3);
    const auto leaves = random_digests(random, 40);
    for (std::size_t size2 = 1; size2 <= leaves.size(); ++size2) {
        const auto tree = std::span{leaves}.first(size2);
        const Digest root2 = naive_root(tree);
        for (std::size_t size1 = 1; size1 <= size2; ++size1) {
            const auto proof = naive_consistency(size1, tree);
            const Digest root1 = naive_root(tree.first(size1));
            REQUIRE(check_consistency(size1, size2, root1, root2, proof));
            for (std::size_t other = 0; other <= size2; ++other)
                if (other != size1) REQUIRE(!check_consistency(other, size2, root1, root2, proof));
            if (size1 != size2) REQUIRE(!check_consistency(size1, size2, root2, root1, proof));
        }
    }
}

TEST_CASE("subtrees of small trees stand in them, and only where they do") {
    Random random(4);
    const auto leaves = random_digests(random, 33);
    const Digest root = naive_root(leaves);
    for (std::size_t start = 0; start < leaves.size(); ++start)
        for (std::size_t end = start + 1; end <= leaves.size(); ++end) {
            const Digest part = naive_root(std::span{leaves}.subspan(start, end - start));
            const bool valid = start % std::bit_ceil(end - start) == 0;
            REQUIRE(check_subtree_inclusion(start, start, end, leaves[start],
                                            naive_path(0, std::span{leaves}.subspan(start, end - start)), part)
                        .has_value() == valid);
            // One leaf is the subtree whose consistency is its inclusion.
            if (end == start + 1)
                REQUIRE(check_subtree_consistency(start, end, leaves.size(), part, root, naive_path(start, leaves)));
        }
}

TEST_CASE("in random trees of thousands of leaves every one-bit change of proof, leaf, root or number is refused") {
    Random random(5);
    for (int round = 0; round < 12; ++round) {
        const std::size_t size = 1 + random.below(3000);
        const auto leaves = random_digests(random, size);
        const std::size_t index = random.below(size);
        Digest root = naive_root(leaves);
        auto proof = naive_path(index, leaves);
        REQUIRE(check_inclusion(index, size, leaves[index], proof, root));
        for (std::size_t bit = 0; bit < 256; ++bit) {
            Digest leaf = leaves[index];
            flip_bit(leaf, bit);
            refused(check_inclusion(index, size, leaf, proof, root), Kind::wrong_root);
            Digest other = root;
            flip_bit(other, bit);
            refused(check_inclusion(index, size, leaves[index], proof, other), Kind::wrong_root);
            for (Digest& hash : proof) {
                flip_bit(hash, bit);
                refused(check_inclusion(index, size, leaves[index], proof, root), Kind::wrong_root);
                flip_bit(hash, bit);
            }
        }
        for (unsigned bit = 0; bit < 64; ++bit) {
            REQUIRE(!check_inclusion(index ^ std::uint64_t{1} << bit, size, leaves[index], proof, root));
            // Of another size the same path can lead to the same root, when the leaf's way up is the same in both:
            // sizes are signed, so that is no forgery. It never is when the size has other levels.
            const std::uint64_t other = size ^ std::uint64_t{1} << bit;
            if (std::bit_width(other - 1) != std::bit_width(size - 1) && other > index && size > 1)
                REQUIRE(!check_inclusion(index, other, leaves[index], proof, root));
        }
        proof.push_back(root);
        refused(check_inclusion(index, size, leaves[index], proof, root), Kind::wrong_proof_size);
        proof.pop_back();
        if (!proof.empty()) {
            proof.pop_back();
            refused(check_inclusion(index, size, leaves[index], proof, root), Kind::wrong_proof_size);
        }
    }
}

TEST_CASE("in random trees every one-bit change of a consistency proof is refused") {
    Random random(6);
    for (int round = 0; round < 12; ++round) {
        const std::size_t size2 = 2 + random.below(3000);
        const std::size_t size1 = 1 + random.below(size2 - 1);
        const auto leaves = random_digests(random, size2);
        const Digest root1 = naive_root(std::span{leaves}.first(size1));
        const Digest root2 = naive_root(leaves);
        auto proof = naive_consistency(size1, leaves);
        REQUIRE(check_consistency(size1, size2, root1, root2, proof));
        for (std::size_t bit = 0; bit < 256; ++bit) {
            Digest other = root1;
            flip_bit(other, bit);
            refused(check_consistency(size1, size2, other, root2, proof), Kind::wrong_root);
            other = root2;
            flip_bit(other, bit);
            refused(check_consistency(size1, size2, root1, other, proof), Kind::wrong_root);
            for (Digest& hash : proof) {
                flip_bit(hash, bit);
                refused(check_consistency(size1, size2, root1, root2, proof), Kind::wrong_root);
                flip_bit(hash, bit);
            }
        }
        proof.push_back(root2);
        refused(check_consistency(size1, size2, root1, root2, proof), Kind::wrong_proof_size);
        proof.resize(proof.size() - 2);
        CHECK(!check_consistency(size1, size2, root1, root2, proof));
    }
}

TEST_CASE("numbers at the end of 64 bits are answered") {
    const Digest leaf = leaf_hash({});
    const std::uint64_t most = ~std::uint64_t{0};
    const std::vector<Digest> proof(64, leaf);
    refused(check_inclusion(most, most, leaf, proof, leaf), Kind::index_out_of_range);
    refused(check_inclusion(most - 1, most, leaf, proof, leaf), Kind::wrong_proof_size);
    refused(check_inclusion(0, most, leaf, proof, leaf), Kind::wrong_root);
    refused(check_inclusion(0, 0, leaf, {}, leaf), Kind::index_out_of_range);
    refused(check_consistency(most, most - 1, leaf, leaf, proof), Kind::sizes_reversed);
    refused(check_consistency(most - 1, most, leaf, leaf, proof), Kind::wrong_root);
    refused(check_consistency(most - 1, most, leaf, leaf, std::span{proof}.first(63)), Kind::wrong_proof_size);
    refused(check_subtree_consistency(1, most, most, leaf, leaf, proof), Kind::index_out_of_range);
    refused(check_consistency(1, most, leaf, leaf, {}), Kind::wrong_proof_size);
    CHECK(check_consistency(most, most, leaf, leaf, {}));
}

TEST_CASE("of the empty tree") {
    const Digest other = leaf_hash({});
    CHECK(check_consistency(0, 0, empty_root(), empty_root(), {}));
    refused(check_consistency(0, 0, other, other, {}), Kind::wrong_root);
    refused(check_consistency(0, 0, empty_root(), other, {}), Kind::wrong_root);
    refused(check_consistency(0, 0, empty_root(), empty_root(), std::span{&other, 1}), Kind::wrong_proof_size);
    refused(check_consistency(0, 1, empty_root(), other, {}), Kind::index_out_of_range);
}

}  // namespace
}  // namespace dcx::proof
