#include "gateway/read_model.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::gateway {

ReadModel::ReadModel() {
    add_account(kIssuanceAccount);
    add_account(kFeeAccount);
}

void ReadModel::apply(const Event& event) {
    as_of_ = event.header.sequence;
    switch (event.header.kind) {
        case EventKind::order_accepted:
        case EventKind::trade_executed:
        case EventKind::order_filled:
        case EventKind::order_canceled:
        case EventKind::order_amended:
        case EventKind::order_decremented: apply_order_event(event); break;
        case EventKind::transferred: transfer(event.as<Transferred>()); break;
        default: apply_registry_event(event); break;
    }
}

void ReadModel::apply_order_event(const Event& event) {
    switch (event.header.kind) {
        case EventKind::order_accepted: {
            const auto order = event.as<OrderAccepted>();
            holding(order.account, paid_with(order.instrument, order.side)) = {order.available, order.held};
            break;
        }
        case EventKind::trade_executed:
            last_trade_ = event.as<TradeExecuted>();
            listed(last_trade_.instrument).last_price = last_trade_.price;
            break;
        case EventKind::order_filled: settle(event.as<OrderFilled>()); break;
        case EventKind::order_canceled: {
            const auto order = event.as<OrderCanceled>();
            holding(order.account, paid_with(order.instrument, order.side)) = {order.available, order.held};
            break;
        }
        case EventKind::order_amended: {
            const auto order = event.as<OrderAmended>();
            holding(order.account, paid_with(order.instrument, order.side)) = {order.available, order.held};
            break;
        }
        case EventKind::order_decremented: {
            const auto order = event.as<OrderDecremented>();
            holding(order.account, paid_with(order.instrument, order.side)) = {order.available, order.held};
            break;
        }
        default: break;
    }
}

void ReadModel::apply_registry_event(const Event& event) {
    switch (event.header.kind) {
        case EventKind::epoch_started:
            identity_.epoch = event.as<EpochStarted>().epoch;
            epoch_started_ = true;
            break;
        case EventKind::account_opened: add_account(event.as<AccountOpened>().account); break;
        case EventKind::key_added: add_key(event.as<KeyAdded>()); break;
        case EventKind::key_revoked: {
            const std::size_t index = event.as<KeyRevoked>().key.value - 1;
            DCX_CHECK(index < keys_.size());
            keys_[index].revoked = true;
            break;
        }
        case EventKind::asset_listed: {
            const auto asset = event.as<AssetListed>();
            DCX_CHECK(asset.asset.value == assets_.size() + 1);
            assets_.push_back(asset);
            break;
        }
        case EventKind::instrument_listed: list(event.as<InstrumentListed>()); break;
        case EventKind::phase_changed: set_phase(event.as<PhaseChanged>()); break;
        case EventKind::balance_restored: {
            const auto balance = event.as<BalanceRestored>();
            holding(balance.account, balance.asset) = {balance.available, balance.held};
            break;
        }
        case EventKind::restore_completed: {
            const auto restored = event.as<RestoreCompleted>();
            identity_ = {.venue_id = restored.venue_id, .epoch = restored.epoch};
            restored_ = true;
            break;
        }
        default: break;
    }
}

void ReadModel::add_account(AccountId id) {
    DCX_CHECK(id.value > 0);
    if (id.value > accounts_.size()) accounts_.resize(id.value);
}

void ReadModel::add_key(const KeyAdded& key) {
    DCX_CHECK(key.key.value > 0);
    if (key.key.value > keys_.size()) keys_.resize(key.key.value);
    keys_[key.key.value - 1] = {.public_key = key.public_key,
                                .account = key.account,
                                .permissions = key.permissions,
                                .revoked = key.revoked != 0};
}

void ReadModel::list(const InstrumentListed& instrument) {
    DCX_CHECK(instrument.instrument.value == instruments_.size() + 1);
    instruments_.push_back(instrument);
}

void ReadModel::set_phase(const PhaseChanged& change) {
    if (!change.instrument) {
        for (auto& instrument : instruments_) instrument.phase = change.phase;
        return;
    }
    listed(change.instrument).phase = change.phase;
}

void ReadModel::settle(const OrderFilled& fill) {
    const InstrumentListed& traded = listed(fill.instrument);
    holding(fill.account, traded.base) = {fill.base_available, fill.base_held};
    holding(fill.account, traded.quote) = {fill.quote_available, fill.quote_held};
    // The fee is taken from what the order receives. No event shows the fee account's balance, so it is added up.
    const AssetId received = fill.side == Side::buy ? traded.base : traded.quote;
    if (fill.fee) holding(kFeeAccount, received).available += fill.fee;
}

void ReadModel::transfer(const Transferred& transfer) {
    holding(transfer.debit_account, transfer.asset).available = transfer.debit_available;
    holding(transfer.credit_account, transfer.asset).available = transfer.credit_available;
}

Holding& ReadModel::holding(AccountId account, AssetId asset) {
    DCX_CHECK(account.value > 0 && account.value <= accounts_.size());
    Account& entries = accounts_[account.value - 1];
    const auto found = std::ranges::lower_bound(entries, asset, {}, &Entry::asset);
    if (found != entries.end() && found->asset == asset) return found->holding;
    return entries.insert(found, {.asset = asset, .holding = {}})->holding;
}

InstrumentListed& ReadModel::listed(InstrumentId id) {
    DCX_CHECK(id.value > 0 && id.value <= instruments_.size());
    return instruments_[id.value - 1];
}

AssetId ReadModel::paid_with(InstrumentId id, Side side) {
    const InstrumentListed& traded = listed(id);
    return side == Side::buy ? traded.quote : traded.base;
}

const KnownKey* ReadModel::key(KeyId id) const {
    if (id.value == 0 || id.value > keys_.size()) return nullptr;
    const KnownKey& found = keys_[id.value - 1];
    // A gap in the ids: no key of ours has no permission at all.
    return found.permissions == 0 ? nullptr : &found;
}

bool ReadModel::has_account(AccountId id) const { return id.value > 0 && id.value <= accounts_.size(); }

Holding ReadModel::balance(AccountId account, AssetId asset) const {
    if (!has_account(account)) return {};
    const Account& entries = accounts_[account.value - 1];
    const auto found = std::ranges::lower_bound(entries, asset, {}, &Entry::asset);
    return found != entries.end() && found->asset == asset ? found->holding : Holding{};
}

}  // namespace dcx::gateway
