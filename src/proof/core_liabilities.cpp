#include "proof/core_liabilities.h"

#include <string>

#include "proof/sum_hash.h"

namespace dcx::proof {
namespace {

int128 balance_of(const core::Core& core, AccountId account, AssetId asset) {
    const core::Core::BalanceView balance = core.balance(account, asset);
    return int128{balance.available.value} + balance.held.value;
}

}  // namespace

std::expected<std::vector<Liability>, ProofError> core_liabilities(const core::Core& core, AssetId asset) {
    int128 owed = 0;
    for (std::uint32_t id = 1; id < kFirstCustomer.value; ++id) owed -= balance_of(core, AccountId{id}, asset);

    std::vector<Liability> liabilities;
    if (core.accounts() >= kFirstCustomer.value) liabilities.reserve(core.accounts() - kFirstCustomer.value + 1);
    int128 sum = 0;
    for (std::uint32_t id = kFirstCustomer.value; id <= core.accounts(); ++id) {
        const int128 amount = balance_of(core, AccountId{id}, asset);
        sum += amount;
        if (!sum_in_range(amount) || !sum_in_range(sum))
            return std::unexpected(
                ProofError{ProofErrorKind::sum_out_of_range,
                           "account " + std::to_string(id) + " in asset " + std::to_string(asset.value)});
        liabilities.push_back({.account = AccountId{id}, .amount = Amount{static_cast<std::int64_t>(amount)}});
    }
    if (sum != owed)
        return std::unexpected(ProofError{ProofErrorKind::wrong_liabilities_sum,
                                          "the customers' accounts of asset " + std::to_string(asset.value) +
                                              " are not what the venue's accounts say"});
    return liabilities;
}

}  // namespace dcx::proof
