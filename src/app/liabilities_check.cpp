#include "app/liabilities_check.h"

#include <algorithm>

#include "proof/core_liabilities.h"
#include "proof/kept_liabilities.h"
#include "proof/liabilities.h"

namespace dcx::app {
namespace {

using proof::ProofError;
using proof::ProofErrorKind;

std::optional<ProofError> check_line(const core::Core& core, const proof::Checkpoint& checkpoint,
                                     const proof::LiabilitiesLine& line, const proof::Secret* nonce) {
    const Asset asset = core.asset(line.asset);
    const std::string where =
        "checkpoint " + std::to_string(checkpoint.number) + ", asset " + std::to_string(line.asset.value) + ": ";
    if (asset.symbol != line.symbol || asset.scale != line.scale)
        return ProofError{ProofErrorKind::other_asset, where + "is not " + std::string(line.symbol.view())};
    auto owed = proof::core_liabilities(core, line.asset);
    if (!owed) return owed.error();
    Amount sum{};
    for (const proof::Liability& liability : *owed) sum += liability.amount;
    if (sum != line.sum)
        return ProofError{ProofErrorKind::wrong_liabilities_sum,
                          where + "signed " + std::to_string(line.sum.value) + ", owed " + std::to_string(sum.value)};
    if (nonce == nullptr) return std::nullopt;
    const proof::SumTree tree({.venue_id = checkpoint.venue_id, .checkpoint = checkpoint.number, .asset = line.asset},
                              proof::sum_tree_depth(core.genesis().max_accounts), *nonce, *owed);
    if (tree.root().hash != line.root)
        return ProofError{ProofErrorKind::wrong_liabilities_root,
                          where + "signed " + to_hex(line.root) + ", the accounts give " + to_hex(tree.root().hash)};
    return std::nullopt;
}

}  // namespace

std::optional<ProofError> check_liabilities(const core::Core& core, const proof::Checkpoint& checkpoint,
                                            const proof::Secret* liabilities_key) {
    if (checkpoint.liabilities.size() != core.assets())
        return ProofError{ProofErrorKind::other_asset, "checkpoint " + std::to_string(checkpoint.number) +
                                                           ": has liabilities of " +
                                                           std::to_string(checkpoint.liabilities.size()) +
                                                           " assets, there are " + std::to_string(core.assets())};
    proof::Secret nonce{};
    if (liabilities_key != nullptr) nonce = proof::liabilities_nonce(*liabilities_key, checkpoint.number);
    for (const proof::LiabilitiesLine& line : checkpoint.liabilities)
        if (auto wrong = check_line(core, checkpoint, line, liabilities_key == nullptr ? nullptr : &nonce))
            return wrong;
    return std::nullopt;
}

std::optional<ProofError> check_kept_liabilities(const core::Core& core, const proof::Checkpoint& checkpoint,
                                                 const std::string& folder) {
    const auto kept = proof::read_kept_liabilities(folder, checkpoint.number);
    if (!kept) return kept.error();
    const std::string where = folder + '/' + proof::kept_liabilities_name(checkpoint.number);
    if (kept->venue_id != checkpoint.venue_id) return ProofError{ProofErrorKind::other_venue, where};
    if (kept->assets.size() != core.assets() || kept->accounts != core.accounts() ||
        kept->depth != proof::sum_tree_depth(core.genesis().max_accounts))
        return ProofError{ProofErrorKind::other_asset, where + ": other assets or accounts than the replay has"};
    for (const proof::AssetLiabilities& asset : kept->assets) {
        const auto owed = proof::core_liabilities(core, asset.asset);
        if (!owed) return owed.error();
        const auto same = [](const proof::Liability& a, const proof::Liability& b) {
            return a.account == b.account && a.amount == b.amount;
        };
        if (!std::ranges::equal(*owed, asset.liabilities, same))
            return ProofError{ProofErrorKind::wrong_liabilities_sum,
                              where + ": other amounts of asset " + std::to_string(asset.asset.value)};
    }
    return std::nullopt;
}

}  // namespace dcx::app
