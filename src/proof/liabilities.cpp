#include "proof/liabilities.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "proof/random_places.h"
#include "proof/sum_hash.h"

namespace dcx::proof {

unsigned sum_tree_depth(std::uint32_t max_accounts) {
    return max_accounts <= 1 ? 0 : static_cast<unsigned>(std::bit_width(max_accounts - 1));
}

Secret liabilities_nonce(const Secret& liabilities_key, std::uint64_t checkpoint) {
    constexpr std::string_view label = "dcx liabilities of checkpoint";
    return KeyedHmac(liabilities_key).of(Preimage<label.size() + 8>().text(label).value(checkpoint).bytes());
}

SumTree::SumTree(const SumTreeName& name, unsigned depth, const Secret& nonce, std::vector<Liability> liabilities)
    : name_(name), depth_(depth), nonce_(nonce), liabilities_(std::move(liabilities)) {
    DCX_CHECK(depth <= kMaxSumTreeDepth && liabilities_.size() <= std::uint64_t{1} << depth);
    int128 sum = 0;
    for (std::size_t i = 0; i < liabilities_.size(); ++i) {
        DCX_CHECK(sum_in_range(liabilities_[i].amount.value));
        DCX_CHECK(i == 0 || liabilities_[i - 1].account < liabilities_[i].account);
        sum += liabilities_[i].amount.value;
    }
    DCX_CHECK(sum_in_range(sum));
    levels_.reserve(depth + 1);
    levels_.push_back(leaves());
    for (unsigned level = 1; level <= depth; ++level) levels_.push_back(above(levels_.back(), level));
    if (levels_.back().nodes.empty()) levels_.back() = {.places = {0}, .nodes = {empty_sum(nonce_, name_, depth, 0)}};
}

Secret SumTree::key_of(AccountId account) const {
    constexpr std::string_view label = "dcx liability";
    return nonce_.of(Preimage<label.size() + 8>().text(label).value(name_.asset.value).value(account.value).bytes());
}

SumTree::Level SumTree::leaves() {
    constexpr std::string_view label = "dcx places";
    RandomPlaces drawn(nonce_.of(Preimage<label.size() + 4>().text(label).value(name_.asset.value).bytes()), depth_);
    places_.reserve(liabilities_.size());
    for (std::size_t i = 0; i < liabilities_.size(); ++i) places_.push_back(drawn.draw());

    Level result{.places = drawn.sorted(), .nodes = std::vector<SumNode>(liabilities_.size())};
    const PlaceRanks ranks(drawn);
    const SumLeafHash hash(name_);
    for (std::size_t i = 0; i < liabilities_.size(); ++i) {
        // A node's place is far from the last one's: its memory is fetched while others are hashed.
        constexpr std::size_t ahead = 8;
        if (i + ahead < liabilities_.size()) {
            const SumNode& later = result.nodes[ranks.of(places_[i + ahead])];
            __builtin_prefetch(&later.hash, 1);
            __builtin_prefetch(&later.sum, 1);
        }
        result.nodes[ranks.of(places_[i])] =
            hash.of(liabilities_[i].account, key_of(liabilities_[i].account), liabilities_[i].amount);
    }
    return result;
}

SumTree::Level SumTree::above(const Level& below, unsigned level) const {
    Level result;
    for (const std::uint32_t place : below.places)
        if (result.places.empty() || result.places.back() != place / 2) result.places.push_back(place / 2);
    result.nodes.reserve(result.places.size());

    const SumNodeHash hash(name_, level);
    std::size_t next = 0;
    const auto child = [&](std::uint32_t place) {
        if (next < below.places.size() && below.places[next] == place) return below.nodes[next++];
        return empty_sum(nonce_, name_, level - 1, place);
    };
    for (const std::uint32_t place : result.places) {
        const SumNode left = child(2 * place);
        result.nodes.push_back(hash.of(left, child(2 * place + 1)));
    }
    return result;
}

std::expected<LiabilityProof, ProofError> SumTree::prove(AccountId account) const {
    const auto found = std::lower_bound(liabilities_.begin(), liabilities_.end(), account,
                                        [](const Liability& l, AccountId id) { return l.account < id; });
    if (found == liabilities_.end() || found->account != account)
        return std::unexpected(ProofError{ProofErrorKind::wrong_account,
                                          "account " + std::to_string(account.value) + " is not in this tree"});
    LiabilityProof proof{.tree = name_,
                         .account = account,
                         .key = key_of(account),
                         .amount = found->amount,
                         .place = places_[static_cast<std::size_t>(found - liabilities_.begin())],
                         .siblings = {}};
    for (unsigned level = 0; level < depth_; ++level) {
        const std::uint32_t beside = (proof.place >> level) ^ 1u;
        const Level& nodes = levels_[level];
        const auto at = std::lower_bound(nodes.places.begin(), nodes.places.end(), beside);
        proof.siblings.push_back(at != nodes.places.end() && *at == beside
                                     ? nodes.nodes[static_cast<std::size_t>(at - nodes.places.begin())]
                                     : empty_sum(nonce_, name_, level, beside));
    }
    return proof;
}

}  // namespace dcx::proof
