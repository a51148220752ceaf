#include "history/balance_book.h"

#include <algorithm>
#include <string>

#include "history/history_error.h"

namespace dcx::history {
namespace {

// Far above what a venue is configured for; an id beyond is a defect and must not take memory for what lies between.
constexpr std::uint32_t kMaxId = 1u << 28;

[[noreturn]] void refuse(const char* what, std::uint64_t id, Sequence sequence) {
    throw HistoryError(ErrorCode::impossible_event, std::string("an event of command ") +
                                                        std::to_string(sequence.value) + " names " + what + " " +
                                                        std::to_string(id) + ", which the log never told of");
}

}  // namespace

void BalanceBook::apply(const Event& event) {
    sequence_ = event.header.sequence;
    time_ = event.header.time;
    // Restored events are no commands: each is a part of the state behind one.
    boundary_ = (event.header.flags & (kLastOfCommand | kRestored)) != 0;
    switch (event.header.kind) {
        case EventKind::order_accepted: set_paying(event.as<OrderAccepted>()); break;
        case EventKind::order_filled: settle(event.as<OrderFilled>()); break;
        case EventKind::order_canceled: set_paying(event.as<OrderCanceled>()); break;
        case EventKind::order_amended: set_paying(event.as<OrderAmended>()); break;
        case EventKind::order_decremented: set_paying(event.as<OrderDecremented>()); break;
        case EventKind::asset_listed: list(event.as<AssetListed>()); break;
        case EventKind::instrument_listed: list(event.as<InstrumentListed>()); break;
        case EventKind::account_opened: open(event.as<AccountOpened>().account); break;
        case EventKind::genesis_applied:
            venue_id_ = event.as<GenesisApplied>().venue_id;
            for (AccountId id{1u}; id < kFirstCustomer; ++id.value) open(id);
            complete_ = true;
            break;
        case EventKind::restore_completed: {
            // Of a log that has not begun: its first command says whose it is.
            if (!sequence_) break;
            venue_id_ = event.as<RestoreCompleted>().venue_id;
            complete_ = true;
            break;
        }
        default: apply_money(event); break;
    }
}

void BalanceBook::apply_money(const Event& event) {
    // What is told again after a start says nothing of balances: BalanceRestored does.
    const bool restored = (event.header.flags & kRestored) != 0;
    switch (event.header.kind) {
        case EventKind::transferred: move(event.as<Transferred>()); break;
        case EventKind::posted: move(event.as<Posted>()); break;
        case EventKind::transfer_pended: {
            const auto pended = event.as<TransferPended>();
            if (!restored) set(pended.debit_account, pended.asset, pended.available, pended.held);
            break;
        }
        case EventKind::withdrawal_requested: {
            const auto pended = event.as<WithdrawalRequested>();
            if (!restored) set(pended.account, pended.asset, pended.available, pended.held);
            break;
        }
        case EventKind::pending_resolved: {
            const auto resolved = event.as<PendingResolved>();
            set(resolved.account, resolved.asset, resolved.available, resolved.held);
            break;
        }
        case EventKind::balance_restored: {
            const auto told = event.as<BalanceRestored>();
            set(told.account, told.asset, told.available, told.held);
            break;
        }
        default: break;  // changes no balance
    }
}

void BalanceBook::settle(const OrderFilled& fill) {
    const Market traded = market(fill.instrument);
    set(fill.account, traded.base, fill.base_available, fill.base_held);
    set(fill.account, traded.quote, fill.quote_available, fill.quote_held);
    if (!fill.fee) return;
    // A fee is taken off what was received, a rebate comes in what was paid. No event shows the fee account's balance,
    // so it is added up.
    const bool in_base = (fill.side == Side::buy) == (fill.fee.value > 0);
    const AssetId asset = in_base ? traded.base : traded.quote;
    set_available(kFeeAccount, asset, balance(kFeeAccount, asset).available + fill.fee);
}

void BalanceBook::open(AccountId id) {
    if (!id || id.value > kMaxId) refuse("account", id.value, sequence_);
    if (id.value >= accounts_.size()) accounts_.resize(std::size_t{id.value} + 1);
    Account& account = accounts_[id.value];
    account.known = true;
    account.grown = true;
    account.sequence = sequence_;
    if (account.changed) return;
    account.changed = true;
    changed_.push_back(id);
}

void BalanceBook::list(const AssetListed& listing) {
    if (!listing.asset || listing.asset.value > kMaxId) refuse("asset", listing.asset.value, sequence_);
    if (listing.asset.value >= assets_.size()) assets_.resize(std::size_t{listing.asset.value} + 1);
    assets_[listing.asset.value] = {.symbol = listing.symbol, .scale = listing.scale};
}

void BalanceBook::list(const InstrumentListed& listing) {
    if (!listing.instrument || listing.instrument.value > kMaxId) refuse("market", listing.instrument.value, sequence_);
    if (listing.instrument.value >= markets_.size()) markets_.resize(std::size_t{listing.instrument.value} + 1);
    markets_[listing.instrument.value] = {.base = listing.base, .quote = listing.quote};
}

BalanceBook::Market BalanceBook::market(InstrumentId id) const {
    if (id.value >= markets_.size() || !markets_[id.value].base) refuse("market", id.value, sequence_);
    return markets_[id.value];
}

BalanceBook::Account& BalanceBook::account_of(AccountId id) {
    if (id.value >= accounts_.size() || !accounts_[id.value].known) refuse("account", id.value, sequence_);
    return accounts_[id.value];
}

BalanceBook::Balance& BalanceBook::balance(AccountId id, AssetId asset) {
    if (asset.value >= assets_.size() || assets_[asset.value].symbol == AssetSymbol{})
        refuse("asset", asset.value, sequence_);
    Account& account = account_of(id);
    std::vector<Balance>& all = account.balances;
    const auto found = std::ranges::lower_bound(all, asset, {}, &Balance::asset);
    if (found != all.end() && found->asset == asset) return *found;
    account.grown = true;
    return *all.insert(found, Balance{.asset = asset, .available = {}, .held = {}});
}

void BalanceBook::set(AccountId id, AssetId asset, Amount available, Amount held) {
    Balance& changed = balance(id, asset);
    changed.available = available;
    changed.held = held;
    changed.changed = true;
    Account& account = accounts_[id.value];
    account.sequence = sequence_;
    if (account.changed) return;
    account.changed = true;
    changed_.push_back(id);
}

void BalanceBook::set_available(AccountId id, AssetId asset, Amount available) {
    set(id, asset, available, balance(id, asset).held);
}

void BalanceBook::forget_changed(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        Account& account = accounts_[changed_[i].value];
        account.changed = account.grown = false;
        for (Balance& one : account.balances) one.changed = false;
    }
    changed_.erase(changed_.begin(), changed_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace dcx::history
