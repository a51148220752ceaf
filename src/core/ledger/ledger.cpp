#include "core/ledger/ledger.h"

namespace dcx::core {

AccountId Ledger::open(AccountKind kind) {
    DCX_CHECK(account_room());
    accounts_[++account_count_] = {.kind = kind};
    return AccountId{account_count_};
}

AssetId Ledger::list(AssetSymbol symbol, unsigned scale, Amount issue_cap) {
    DCX_CHECK(asset_room());
    const AssetId id{++asset_count_};
    assets_[id.value] = {.id = id, .symbol = symbol, .issue_cap = issue_cap, .scale = scale};
    return id;
}

bool Ledger::symbol_taken(AssetSymbol symbol) const {
    for (std::uint32_t i = 1; i <= asset_count_; ++i)
        if (assets_[i].symbol == symbol) return true;
    return false;
}

void Ledger::move(AccountId debit, AccountId credit, AssetId asset, Amount amount) {
    Balance& from = balance(debit, asset);
    DCX_CHECK(amount.value >= 0 && (debit == kIssuanceAccount || from.available >= amount));
    from.available -= amount;
    balance(credit, asset).available += amount;
}

}  // namespace dcx::core
