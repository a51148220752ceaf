#include "proof/liabilities.h"
#include "proof/sum_hash.h"

namespace dcx::proof {
namespace {

std::unexpected<ProofError> wrong(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

}  // namespace

std::expected<void, ProofError> check_liability(const LiabilityProof& proof, const SumTreeName& expected,
                                                AccountId account, unsigned depth, const SumNode& root) {
    using enum ProofErrorKind;
    if (proof.tree.venue_id != expected.venue_id)
        return wrong(other_venue, "the proof is of venue " + to_hex(proof.tree.venue_id));
    if (proof.tree.checkpoint != expected.checkpoint)
        return wrong(other_checkpoint, "the proof is of checkpoint " + std::to_string(proof.tree.checkpoint));
    if (proof.tree.asset != expected.asset)
        return wrong(other_asset, "the proof is of asset " + std::to_string(proof.tree.asset.value));
    if (proof.account != account)
        return wrong(wrong_account, "the proof is of account " + std::to_string(proof.account.value));
    if (depth > kMaxSumTreeDepth || proof.siblings.size() != depth)
        return wrong(wrong_depth, "the path has " + std::to_string(proof.siblings.size()) + " levels, the tree " +
                                      std::to_string(depth));
    if (depth < 32 && proof.place >> depth != 0)
        return wrong(index_out_of_range, "place " + std::to_string(proof.place) + " of 2^" + std::to_string(depth));
    if (!sum_in_range(proof.amount.value))
        return wrong(sum_out_of_range, "the amount is " + std::to_string(proof.amount.value));

    SumNode node = SumLeafHash(expected).of(account, proof.key, proof.amount);
    for (unsigned level = 0; level < depth; ++level) {
        const SumNode& beside = proof.siblings[level];
        // In 128 bits before anything is added in 64.
        if (!sum_in_range(beside.sum.value) || !sum_in_range(int128{node.sum.value} + beside.sum.value))
            return wrong(sum_out_of_range, "level " + std::to_string(level) + ": " + std::to_string(node.sum.value) +
                                               " and beside it " + std::to_string(beside.sum.value));
        const SumNodeHash hash(expected, level + 1);
        node = (proof.place >> level) % 2 == 0 ? hash.of(node, beside) : hash.of(beside, node);
    }
    if (node.hash != root.hash) return wrong(wrong_liabilities_root, "the path ends in " + to_hex(node.hash));
    if (node.sum != root.sum)
        return wrong(wrong_liabilities_sum, "the path ends in the sum " + std::to_string(node.sum.value) +
                                                ", signed was " + std::to_string(root.sum.value));
    return {};
}

}  // namespace dcx::proof
