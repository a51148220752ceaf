#include "feed/account_view.h"

#include <limits>

#include "base/check.h"

namespace dcx::feed {

namespace {

template <class T>
T& grown(std::vector<T>& list, std::size_t place) {
    if (place >= list.size()) list.resize(place + 1);
    return list[place];
}

}  // namespace

void AccountView::apply(const Event& event) {
    changes_ = 0;
    order_ = nullptr;
    switch (event.header.kind) {
        case EventKind::order_accepted: {
            const auto order = event.as<OrderAccepted>();
            set_paying(order);
            order_ = orders_.accept(event.header, order);
            break;
        }
        case EventKind::trade_executed: {
            trade_ = event.as<TradeExecuted>();
            const auto& units = listings_[trade_.instrument.value].units;
            traded_quote_ = units ? narrow(notional_of(*units, trade_.price, trade_.quantity))
                                        .value_or(std::numeric_limits<std::int64_t>::max())
                                  : 0;
            break;
        }
        case EventKind::order_filled: fill(event.as<OrderFilled>()); break;
        case EventKind::order_canceled: {
            const auto order = event.as<OrderCanceled>();
            set_paying(order);
            order_ = orders_.cancel(order);
            break;
        }
        case EventKind::order_amended: {
            const auto order = event.as<OrderAmended>();
            set_paying(order);
            order_ = orders_.amend(event.header, order);
            break;
        }
        case EventKind::order_decremented: {
            const auto order = event.as<OrderDecremented>();
            set_paying(order);
            order_ = orders_.decrement(order);
            break;
        }
        case EventKind::order_restored: order_ = orders_.restore(event.as<OrderRestored>()); break;
        case EventKind::order_rested: break;
        default: apply_money(event); break;
    }
}

void AccountView::apply_money(const Event& event) {
    switch (event.header.kind) {
        case EventKind::transferred: {
            const auto moved = event.as<Transferred>();
            set_available(moved.debit_account, moved.asset, moved.debit_after);
            set_available(moved.credit_account, moved.asset, moved.credit_after);
            break;
        }
        case EventKind::posted: {
            const auto moved = event.as<Posted>();
            set_available(moved.debit_account, moved.asset, moved.debit_after);
            set_available(moved.credit_account, moved.asset, moved.credit_after);
            break;
        }
        case EventKind::transfer_pended: {
            const auto pending = event.as<TransferPended>();
            set(pending.debit_account, pending.asset, {pending.available, pending.held});
            break;
        }
        case EventKind::withdrawal_requested: {
            const auto pending = event.as<WithdrawalRequested>();
            set(pending.account, pending.asset, {pending.available, pending.held});
            break;
        }
        case EventKind::pending_resolved: {
            const auto pending = event.as<PendingResolved>();
            set(pending.account, pending.asset, {pending.available, pending.held});
            break;
        }
        case EventKind::balance_restored: {
            const auto restored = event.as<BalanceRestored>();
            set(restored.account, restored.asset, {restored.available, restored.held});
            break;
        }
        default: apply_registry(event); break;
    }
}

void AccountView::apply_registry(const Event& event) {
    switch (event.header.kind) {
        case EventKind::asset_listed: {
            const auto listed = event.as<AssetListed>();
            grown(assets_, listed.asset.value) = {.symbol = std::string{listed.symbol.view()},
                                                  .format = {.mantissa = 1, .scale = listed.scale}};
            break;
        }
        case EventKind::instrument_listed: list(event.as<InstrumentListed>()); break;
        case EventKind::account_opened: open(event.as<AccountOpened>()); break;
        case EventKind::key_added: {
            const auto added = event.as<KeyAdded>();
            grown(keys_, added.key.value) = {.public_key = added.public_key,
                                             .account = added.account,
                                             .permissions = added.permissions,
                                             .revoked = added.revoked != 0};
            break;
        }
        case EventKind::key_revoked: grown(keys_, event.as<KeyRevoked>().key.value).revoked = true; break;
        // Sessions, limits, phases and proposals change nothing that is told here.
        default: break;
    }
}

void AccountView::list(const InstrumentListed& event) {
    DCX_CHECK(event.base.value < assets_.size() && event.quote.value < assets_.size());
    const auto asset = [&](AssetId id) {
        return dcx::Asset{.id = id, .symbol = {}, .issue_cap = {}, .scale = assets_[id.value].format.scale};
    };
    grown(listings_, event.instrument.value) = {
        .symbol = std::string{event.symbol.view()},
        .base = event.base,
        .quote = event.quote,
        .price = {.mantissa = event.tick_mantissa, .scale = event.tick_scale},
        .quantity = {.mantissa = event.lot_mantissa, .scale = event.lot_scale},
        .units = derive_instrument(event, asset(event.base), asset(event.quote))};
}

void AccountView::open(const AccountOpened& event) {
    Account& account = grown(accounts_, event.account.value);
    if (account.exists) return;
    account.exists = true;
    account.owner = event.owner;
    if (event.owner) sub_accounts_[event.owner.value].push_back(event.account);
}

void AccountView::fill(const OrderFilled& event) {
    const Listing& traded = listings_[event.instrument.value];
    set(event.account, traded.base, {event.base_available, event.base_held});
    set(event.account, traded.quote, {event.quote_available, event.quote_held});
    order_ = orders_.fill(event, trade_, traded_quote_);
}

AccountBalance& AccountView::at(AccountId account, AssetId asset) {
    DCX_CHECK(asset.value > 0);
    return grown(grown(accounts_, account.value).balances, asset.value - 1);
}

void AccountView::note(AccountId account, AssetId asset) { changed_[changes_++] = {account, asset}; }

void AccountView::set(AccountId account, AssetId asset, AccountBalance balance) {
    at(account, asset) = balance;
    note(account, asset);
}

void AccountView::set_available(AccountId account, AssetId asset, Amount available) {
    at(account, asset).available = available;
    note(account, asset);
}

void AccountView::look_ahead(const Event& event) const {
    const auto look = [this](OrderId order, AccountId account) {
        orders_.prefetch(order);
        if (account.value < accounts_.size()) __builtin_prefetch(&accounts_[account.value]);
    };
    switch (event.header.kind) {
        case EventKind::order_accepted: {
            const auto order = event.as<OrderAccepted>();
            return look(order.order_id, order.account);
        }
        case EventKind::order_canceled: {
            const auto order = event.as<OrderCanceled>();
            return look(order.order_id, order.account);
        }
        case EventKind::order_filled: {
            const auto order = event.as<OrderFilled>();
            return look(order.order_id, order.account);
        }
        default: return;
    }
}

const AccountKey* AccountView::key(KeyId id) const {
    return id.value > 0 && id.value < keys_.size() && keys_[id.value].permissions != 0 ? &keys_[id.value] : nullptr;
}

bool AccountView::owns(AccountId owner, AccountId account) const {
    if (!owner || account.value >= accounts_.size() || !accounts_[account.value].exists) return false;
    return account == owner || accounts_[account.value].owner == owner;
}

std::vector<AccountId> AccountView::accounts_of(AccountId owner) const {
    std::vector<AccountId> result{owner};
    if (const auto found = sub_accounts_.find(owner.value); found != sub_accounts_.end())
        result.insert(result.end(), found->second.begin(), found->second.end());
    return result;
}

AccountBalance AccountView::balance(AccountId account, AssetId asset) const {
    const auto all = balances(account);
    return asset.value > 0 && asset.value <= all.size() ? all[asset.value - 1] : AccountBalance{};
}

std::span<const AccountBalance> AccountView::balances(AccountId account) const {
    if (account.value >= accounts_.size()) return {};
    return accounts_[account.value].balances;
}

}  // namespace dcx::feed
