#include "core/ledger/ledger.h"

namespace dcx::core {

AccountId Ledger::open(AccountKind kind, AccountId owner) {
    DCX_CHECK(account_room());
    const AccountId id{++account_count_};
    accounts_[id.value] = {.kind = kind, .owner = owner};
    if (!owner) return id;
    Account& of = account(owner);
    if (of.last_sub)
        account(of.last_sub).next_sub = id;
    else
        of.first_sub = id;
    of.last_sub = id;
    return id;
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

}  // namespace dcx::core
