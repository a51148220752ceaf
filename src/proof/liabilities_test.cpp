#include "proof/liabilities.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <map>
#include <set>

#include "proof/random_places.h"
#include "proof/test_sum_tree.h"

namespace dcx::proof {
namespace {

// The numbers below 2^bits as liabilities.h draws them, `count` of them.
std::vector<std::uint32_t> plain_places(const Secret& key, unsigned bits, std::size_t count) {
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
    const unsigned char counter[16] = {};
    EVP_EncryptInit_ex(cipher, EVP_aes_256_ctr(), nullptr, reinterpret_cast<const unsigned char*>(key.data()), counter);
    std::vector<std::uint32_t> places;
    std::set<std::uint32_t> taken;
    while (places.size() < count) {
        const unsigned char zeros[4] = {};
        std::uint32_t drawn = 0;
        int size = 0;
        EVP_EncryptUpdate(cipher, reinterpret_cast<unsigned char*>(&drawn), &size, zeros, 4);
        const std::uint32_t place = bits == 32 ? drawn : drawn % (1u << bits);
        if (taken.insert(place).second) places.push_back(place);
    }
    EVP_CIPHER_CTX_free(cipher);
    return places;
}

struct PlainTree {
    SumTreeName name;
    Secret nonce;
    std::map<std::uint32_t, SumNode> leaves;

    PlainTree(const SumTreeName& n, unsigned depth, const Secret& secret, const std::vector<Liability>& liabilities)
        : name(n), nonce(secret) {
        PlainBytes seed;
        const auto places = plain_places(plain_hmac(nonce, seed.text("dcx places").number(name.asset.value)), depth,
                                         liabilities.size());
        for (std::size_t i = 0; i < liabilities.size(); ++i) {
            PlainBytes label;
            label.text("dcx liability").number(name.asset.value).number(liabilities[i].account.value);
            leaves[places[i]] =
                plain_leaf(name, liabilities[i].account, plain_hmac(nonce, label), liabilities[i].amount.value);
        }
    }
    SumNode node(unsigned level, std::uint32_t place) const {
        const auto first = leaves.lower_bound(place << level);
        if (first == leaves.end() || first->first >> level != place) return plain_empty(name, nonce, level, place);
        if (level == 0) return first->second;
        const SumNode left = node(level - 1, 2 * place);
        const SumNode right = node(level - 1, 2 * place + 1);
        return plain_node(name, level, left, right, left.sum.value + right.sum.value);
    }
};

TEST_CASE("liabilities: the depth is the least that has room") {
    CHECK(sum_tree_depth(0) == 0);
    CHECK(sum_tree_depth(1) == 0);
    CHECK(sum_tree_depth(2) == 1);
    CHECK(sum_tree_depth(6) == 3);
    CHECK(sum_tree_depth(8) == 3);
    CHECK(sum_tree_depth(9) == 4);
    CHECK(sum_tree_depth(1u << 24) == 24);
    CHECK(sum_tree_depth(0xFFFFFFFF) == 32);
}

TEST_CASE("liabilities: a nonce for each checkpoint, as HMAC gives it") {
    PlainBytes message;
    message.text("dcx liabilities of checkpoint").number(std::uint64_t{5});
    CHECK(liabilities_nonce(kSmallNonce, 5) == plain_hmac(kSmallNonce, message));
    CHECK(liabilities_nonce(kSmallNonce, 6) != liabilities_nonce(kSmallNonce, 5));
}

TEST_CASE("liabilities: every node is what the text of the format gives, in trees from empty to full") {
    for (const unsigned depth : {0u, 1u, 2u, 3u, 6u, 7u})
        for (const std::size_t count : {0u, 1u, 2u, 3u, 5u, 8u, 60u, 64u, 128u}) {
            if (count > std::size_t{1} << depth) continue;
            CAPTURE(depth);
            CAPTURE(count);
            const auto liabilities = some_liabilities(count, depth + count);
            const SumTree tree(kSmallTree, depth, kSmallNonce, liabilities);
            const PlainTree plain(kSmallTree, depth, kSmallNonce, liabilities);
            CHECK(tree.root() == plain.node(depth, 0));
            for (const Liability& l : liabilities) {
                const auto proof = tree.prove(l.account);
                REQUIRE(proof.has_value());
                CHECK(proof->siblings.size() == depth);
                for (unsigned level = 0; level < proof->siblings.size(); ++level)
                    CHECK(proof->siblings[level] == plain.node(level, (proof->place >> level) ^ 1u));
            }
        }
}

TEST_CASE("liabilities: a big sparse tree costs what its accounts cost") {
    const auto liabilities = some_liabilities(40);
    const SumTree sparse(kSmallTree, 24, kSmallNonce, liabilities);
    CHECK(sparse.root() == PlainTree(kSmallTree, 24, kSmallNonce, liabilities).node(24, 0));
}

TEST_CASE("liabilities: every customer's proof verifies, for nobody else") {
    const auto liabilities = some_liabilities(100);
    const SumTree tree(kSmallTree, 7, kSmallNonce, liabilities);
    for (const Liability& l : liabilities) {
        const auto proof = tree.prove(l.account);
        REQUIRE(proof.has_value());
        CHECK(proof->amount == l.amount);
        CHECK(check_liability(*proof, kSmallTree, l.account, 7, tree.root()).has_value());
        for (const Liability& other : liabilities)
            if (other.account != l.account)
                CHECK(check_liability(*proof, kSmallTree, other.account, 7, tree.root()).error().kind ==
                      ProofErrorKind::wrong_account);
    }
    CHECK(tree.prove(AccountId{5u}).error().kind == ProofErrorKind::wrong_account);
    CHECK(tree.prove(AccountId{1'000'000u}).error().kind == ProofErrorKind::wrong_account);
}

TEST_CASE("liabilities: the largest sum there can be") {
    const std::vector<Liability> liabilities{{AccountId{6u}, Amount{kMaxIssue - 1}},
                                             {AccountId{7u}, Amount{std::int64_t{1}}}};
    const SumTree tree(kSmallTree, 3, kSmallNonce, liabilities);
    CHECK(tree.root().sum == Amount{kMaxIssue});
    for (const Liability& l : liabilities)
        CHECK(check_liability(*tree.prove(l.account), kSmallTree, l.account, 3, tree.root()).has_value());
}

TEST_CASE("liabilities: places are drawn anew for each checkpoint and asset") {
    const auto liabilities = some_liabilities(200);
    const auto places = [&](const SumTreeName& name, std::uint64_t checkpoint) {
        const SumTree tree(name, 8, liabilities_nonce(kSmallNonce, checkpoint), liabilities);
        std::vector<std::uint32_t> result;
        for (const Liability& l : liabilities) result.push_back(tree.prove(l.account)->place);
        return result;
    };
    SumTreeName other = kSmallTree;
    other.asset = AssetId{3u};
    CHECK(places(kSmallTree, 1) == places(kSmallTree, 1));
    CHECK(places(kSmallTree, 1) != places(kSmallTree, 2));
    CHECK(places(kSmallTree, 1) != places(other, 1));
}

TEST_CASE("liabilities: every place is as likely as every other") {
    // Of 64 places 40 are drawn, 4000 times: each is then taken about 2500 times, standard deviation 31.
    std::array<int, 64> taken{};
    std::array<int, 64> first{};
    for (std::uint32_t i = 0; i < 4000; ++i) {
        Secret key{};
        std::memcpy(key.data(), &i, sizeof i);
        RandomPlaces places(key, 6);
        for (int n = 0; n < 40; ++n) {
            const std::uint32_t place = places.draw();
            ++taken.at(place);
            if (n == 39) ++first.at(place);
        }
    }
    for (const int count : taken) CHECK_MESSAGE(std::abs(count - 2500) < 180, count);
    // The last one drawn: 62.5 times each, standard deviation 7.9.
    for (const int count : first) CHECK_MESSAGE(std::abs(count - 62) < 48, count);
}

}  // namespace
}  // namespace dcx::proof
