// Venues that owe more than they sign, and what becomes of them. Forged nodes are hashed as the format says, so that
// nothing but the rule that a case names can refuse them.
#include <doctest/doctest.h>

#include <functional>

#include "proof/test_sum_tree.h"

namespace dcx::proof {
namespace {

using enum ProofErrorKind;

constexpr unsigned kDepth = 4;
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

struct SmallTree {
    std::vector<Liability> liabilities = some_liabilities(11);
    SumTree tree{kSmallTree, kDepth, kSmallNonce, liabilities};

    LiabilityProof proof(std::size_t i = 0) const { return *tree.prove(liabilities[i].account); }
    // What a customer answers to it: 0 when he is content.
    ProofErrorKind check(const LiabilityProof& p, const SumTreeName& name = kSmallTree) const {
        return check(p, p.account, name);
    }
    ProofErrorKind check(const LiabilityProof& p, AccountId account, const SumTreeName& name = kSmallTree) const {
        return check_with_root(p, account, name, tree.root());
    }
    static ProofErrorKind check_with_root(const LiabilityProof& p, AccountId account, const SumTreeName& name,
                                          const SumNode& root) {
        const auto answer = check_liability(p, name, account, kDepth, root);
        return answer ? ProofErrorKind{} : answer.error().kind;
    }
};

// A proof by a venue that makes every node of the path itself, above `leaf` and beside what it likes.
LiabilityProof forged(const LiabilityProof& shape, std::int64_t amount, const std::vector<SumNode>& siblings,
                      SumNode& root) {
    LiabilityProof proof = shape;
    proof.amount = Amount{amount};
    proof.siblings = siblings;
    root = plain_leaf(proof.tree, proof.account, proof.key, amount);
    for (unsigned level = 0; level < siblings.size(); ++level) {
        const bool left = (proof.place >> level) % 2 == 0;
        const auto sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(root.sum.value) +
                                                   static_cast<std::uint64_t>(siblings[level].sum.value));
        root = left ? plain_node(proof.tree, level + 1, root, siblings[level], sum)
                    : plain_node(proof.tree, level + 1, siblings[level], root, sum);
    }
    return proof;
}

TEST_CASE("liability attack: forging itself is right when nothing is forged") {
    const SmallTree t;
    SumNode root;
    const LiabilityProof proof = forged(t.proof(), t.proof().amount.value, t.proof().siblings, root);
    CHECK(root == t.tree.root());
    CHECK(t.check(proof) == ProofErrorKind{});
}

TEST_CASE("liability attack: sums that are shown otherwise to each customer (only their total hashed)") {
    const SmallTree t;
    for (std::size_t who = 0; who < t.liabilities.size(); ++who)
        for (unsigned level = 0; level < kDepth; ++level) {
            // Less beside the customer, and a smaller total signed.
            LiabilityProof proof = t.proof(who);
            if (proof.siblings[level].sum.value == 0) continue;
            SumNode root = t.tree.root();
            root.sum -= proof.siblings[level].sum;
            proof.siblings[level].sum = Amount{};
            CHECK(SmallTree::check_with_root(proof, proof.account, kSmallTree, root) == wrong_liabilities_root);
            // The same total, otherwise divided.
            proof = t.proof(who);
            proof.siblings[level].sum -= Amount{std::int64_t{1}};
            proof.siblings[(level + 1) % kDepth].sum += Amount{std::int64_t{1}};
            CHECK(t.check(proof) == wrong_liabilities_root);
            // His own amount made larger at the cost of what is beside him.
            proof = t.proof(who);
            proof.siblings[level].sum -= Amount{std::int64_t{1}};
            proof.amount += Amount{std::int64_t{1}};
            CHECK(t.check(proof) == wrong_liabilities_root);
        }
}

TEST_CASE("liability attack: a smaller sum is signed beside the right root") {
    const SmallTree t;
    SumNode root = t.tree.root();
    root.sum -= Amount{std::int64_t{1}};
    CHECK(SmallTree::check_with_root(t.proof(), t.proof().account, kSmallTree, root) == wrong_liabilities_sum);
}

TEST_CASE("liability attack: two customers with the same amount are shown one leaf") {
    std::vector<Liability> liabilities{{AccountId{6u}, Amount{std::int64_t{500}}},
                                       {AccountId{7u}, Amount{std::int64_t{500}}}};
    // Account 7 was left out of the tree.
    const SumTree tree(kSmallTree, kDepth, kSmallNonce, {liabilities[0]});
    LiabilityProof proof = *tree.prove(AccountId{6u});
    CHECK(SmallTree::check_with_root(proof, AccountId{7u}, kSmallTree, tree.root()) == wrong_account);
    proof.account = AccountId{7u};
    CHECK(SmallTree::check_with_root(proof, AccountId{7u}, kSmallTree, tree.root()) == wrong_liabilities_root);
    // With the key that account 7 would have.
    const SumTree honest(kSmallTree, kDepth, kSmallNonce, liabilities);
    proof.key = honest.prove(AccountId{7u})->key;
    CHECK(SmallTree::check_with_root(proof, AccountId{7u}, kSmallTree, tree.root()) == wrong_liabilities_root);
}

TEST_CASE("liability attack: another key or amount for the same leaf") {
    const SmallTree t;
    for (std::size_t i = 0; i < 32; ++i) {
        LiabilityProof proof = t.proof();
        proof.key[i] ^= std::byte{1};
        CHECK(t.check(proof) == wrong_liabilities_root);
    }
    for (const std::int64_t amount : {std::int64_t{0}, t.proof().amount.value + 1, t.proof().amount.value - 1}) {
        LiabilityProof proof = t.proof();
        proof.amount = Amount{amount};
        CHECK(t.check(proof) == wrong_liabilities_root);
    }
}

TEST_CASE("liability attack: hashes that agree in all bytes but one") {
    const SmallTree t;
    for (unsigned level = 0; level < kDepth; ++level)
        for (std::size_t i = 0; i < 32; ++i) {
            LiabilityProof proof = t.proof();
            proof.siblings[level].hash[i] ^= std::byte{0x80};
            CHECK(t.check(proof) == wrong_liabilities_root);
            SumNode root = t.tree.root();
            root.hash[i] ^= std::byte{1};
            CHECK(SmallTree::check_with_root(t.proof(), t.proof().account, kSmallTree, root) == wrong_liabilities_root);
        }
}

TEST_CASE("liability attack: negative subtrees and sums that wrap, in nodes that are hashed as they should be") {
    const SmallTree t;
    for (unsigned level = 0; level < kDepth; ++level)
        for (const std::int64_t beside :
             {std::int64_t{-1}, -t.proof().amount.value, -kLargest - 1, kLargest, kLargest - 5, kMaxIssue + 1,
              kMaxIssue - t.proof().amount.value + 1, kMaxIssue}) {
            std::vector<SumNode> siblings(kDepth);
            siblings[level].sum = Amount{beside};
            SumNode root;
            const LiabilityProof proof = forged(t.proof(), t.proof().amount.value, siblings, root);
            CAPTURE(level);
            CAPTURE(beside);
            CHECK(SmallTree::check_with_root(proof, proof.account, kSmallTree, root) == sum_out_of_range);
        }
    // Each in range, and only together not, so that a sum in 64 bits would come out small and positive again.
    std::vector<SumNode> siblings(kDepth);
    for (SumNode& beside : siblings) beside.sum = Amount{kMaxIssue};
    SumNode root;
    const LiabilityProof proof = forged(t.proof(), 7, siblings, root);
    CHECK(root.sum.value == 7);
    CHECK(SmallTree::check_with_root(proof, proof.account, kSmallTree, root) == sum_out_of_range);
}

TEST_CASE("liability attack: a negative leaf") {
    const SmallTree t;
    for (const std::int64_t amount : {std::int64_t{-1}, -kLargest - 1, kMaxIssue + 1, kLargest}) {
        SumNode root;
        const LiabilityProof proof = forged(t.proof(), amount, std::vector<SumNode>(kDepth), root);
        CHECK(SmallTree::check_with_root(proof, proof.account, kSmallTree, root) == sum_out_of_range);
    }
}

TEST_CASE("liability attack: paths that are shorter or longer than the tree") {
    const SmallTree t;
    for (const unsigned length : {0u, 1u, kDepth - 1, kDepth + 1, 31u, 32u, 33u, 1000u}) {
        LiabilityProof proof = t.proof();
        proof.siblings.resize(length);
        CHECK(t.check(proof) == wrong_depth);
        // Nor does it help to say so: the levels stand in the hashes.
        SumNode root;
        if (length <= kMaxSumTreeDepth) {
            proof.place &= length >= 32 ? ~0u : (1u << length) - 1;
            const auto answer = check_liability(proof, kSmallTree, proof.account, length, t.tree.root());
            CHECK(answer.error().kind == wrong_liabilities_root);
        } else {
            CHECK(check_liability(proof, kSmallTree, proof.account, length, t.tree.root()).error().kind == wrong_depth);
        }
    }
    // A small tree for one customer, hung under the root of the others as if it were of full height.
    const SumTree small(kSmallTree, kDepth - 1, kSmallNonce, {t.liabilities[0]});
    LiabilityProof proof = *small.prove(t.liabilities[0].account);
    proof.siblings.push_back(t.tree.root());
    SumNode sum =
        plain_node(kSmallTree, kDepth, small.root(), t.tree.root(), small.root().sum.value + t.tree.root().sum.value);
    CHECK(SmallTree::check_with_root(proof, proof.account, kSmallTree, sum) == ProofErrorKind{});
    // The others' paths do not fit below it.
    LiabilityProof other = t.proof(1);
    other.siblings.push_back(small.root());
    other.place |= 1u << kDepth;
    CHECK(check_liability(other, kSmallTree, other.account, kDepth + 1, sum).error().kind == wrong_liabilities_root);
}

TEST_CASE("liability attack: the proof of another asset, checkpoint or venue") {
    const SmallTree t;
    const std::vector<std::pair<ProofErrorKind, std::function<void(SumTreeName&)>>> others{
        {other_venue, [](SumTreeName& n) { n.venue_id[15] = std::byte{1}; }},
        {other_checkpoint, [](SumTreeName& n) { ++n.checkpoint; }},
        {other_asset, [](SumTreeName& n) { n.asset = AssetId{1u}; }}};
    for (const auto& [kind, change] : others) {
        SumTreeName name = kSmallTree;
        change(name);
        CHECK(t.check(t.proof(), name) == kind);
        LiabilityProof renamed = t.proof();
        renamed.tree = name;
        CHECK(t.check(renamed) == kind);
        // Renamed, and asked for under the new name.
        CHECK(t.check(renamed, name) == wrong_liabilities_root);
        // A tree of its own, with the same nonce and amounts.
        const SumTree tree(name, kDepth, kSmallNonce, t.liabilities);
        CHECK(tree.root().sum == t.tree.root().sum);
        CHECK(tree.root().hash != t.tree.root().hash);
        LiabilityProof moved = *tree.prove(t.liabilities[0].account);
        moved.tree = kSmallTree;
        CHECK(t.check(moved) == wrong_liabilities_root);
    }
}

TEST_CASE("liability attack: siblings swapped, and other places") {
    const SmallTree t;
    for (unsigned a = 0; a < kDepth; ++a)
        for (unsigned b = 0; b < a; ++b) {
            LiabilityProof proof = t.proof();
            std::swap(proof.siblings[a], proof.siblings[b]);
            CHECK(t.check(proof) == wrong_liabilities_root);
        }
    for (std::uint32_t place = 0; place < 1u << kDepth; ++place) {
        LiabilityProof proof = t.proof();
        if (place == proof.place) continue;
        proof.place = place;
        CHECK(t.check(proof) == wrong_liabilities_root);
    }
    for (const std::uint32_t place : {1u << kDepth, (1u << kDepth) + t.proof().place, ~0u}) {
        LiabilityProof proof = t.proof();
        proof.place = place;
        CHECK(t.check(proof) == index_out_of_range);
    }
}

TEST_CASE("liability attack: an inner node shown as a leaf, and a leaf as an inner node") {
    const SmallTree t;
    // A customer's way from level 1 on, as if the node there were a leaf: whatever key and amount are said of it, the
    // hash of a leaf has another tag and size, and the levels above count on.
    const LiabilityProof whole = t.proof();
    LiabilityProof proof = whole;
    proof.siblings.erase(proof.siblings.begin());
    proof.siblings.push_back({.hash = t.tree.root().hash, .sum = Amount{}});
    proof.place >>= 1;
    proof.amount = Amount{whole.amount.value + whole.siblings[0].sum.value};
    std::copy(whole.siblings[0].hash.begin(), whole.siblings[0].hash.end(), proof.key.begin());
    CHECK(t.check(proof) == wrong_liabilities_root);
    const auto shorter = check_liability(proof, kSmallTree, proof.account, kDepth - 1, t.tree.root());
    CHECK(!shorter.has_value());
    // Nodes with the same children have another hash at each level.
    const SumNode& beside = whole.siblings[0];
    CHECK(plain_node(kSmallTree, 1, beside, beside, 0).hash != plain_node(kSmallTree, 2, beside, beside, 0).hash);
    // A node whose left child is itself a leaf of level 0, one level too high.
    std::vector<SumNode> siblings = whole.siblings;
    SumNode root = plain_leaf(whole.tree, whole.account, whole.key, whole.amount.value);
    for (unsigned level = 0; level < kDepth; ++level) {
        const bool left = (whole.place >> level) % 2 == 0;
        const std::int64_t sum = root.sum.value + siblings[level].sum.value;
        root = left ? plain_node(whole.tree, level + 2, root, siblings[level], sum)
                    : plain_node(whole.tree, level + 2, siblings[level], root, sum);
    }
    CHECK(SmallTree::check_with_root(whole, whole.account, kSmallTree, root) == wrong_liabilities_root);
}

TEST_CASE("liability attack: an empty place shown as a customer's") {
    const SmallTree t;
    // Of the tree with 11 of 16 places taken: a place beside somebody that is empty.
    for (std::size_t who = 0; who < t.liabilities.size(); ++who) {
        const LiabilityProof neighbour = t.proof(who);
        if (neighbour.siblings[0] != plain_empty(kSmallTree, kSmallNonce, 0, neighbour.place ^ 1u)) continue;
        LiabilityProof proof = neighbour;
        proof.place ^= 1;
        proof.account = AccountId{900u};
        proof.amount = Amount{};
        proof.siblings[0] = plain_leaf(kSmallTree, neighbour.account, neighbour.key, neighbour.amount.value);
        for (const Secret& key : {kSmallNonce, Secret{}, neighbour.siblings[0].hash}) {
            proof.key = key;
            CHECK(t.check(proof) == wrong_liabilities_root);
        }
        return;
    }
    FAIL("no account stands beside an empty place");
}

}  // namespace
}  // namespace dcx::proof
