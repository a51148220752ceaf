#include "gateway/ledger_view.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace dcx::gateway {
namespace {

// A total fits, because no more of an asset is ever issued than 2^62.
Amount total_of(const AssetBook& book) {
    const auto total = narrow(book.credits - book.debits);
    DCX_CHECK(total.has_value());
    return Amount{*total};
}

int128 from_halves(std::uint64_t low, std::uint64_t high) {
    return static_cast<int128>((static_cast<uint128>(high) << 64) | low);
}

EntryKind kind_of(TransferKind kind) {
    switch (kind) {
        case TransferKind::mint: return EntryKind::mint;
        case TransferKind::burn: return EntryKind::burn;
        case TransferKind::post: return EntryKind::post;
        default: return EntryKind::transfer;
    }
}

LedgerEntry entry_of(const EventHeader& header, EntryKind kind) {
    return {.id = {}, .sequence = header.sequence, .time = header.time, .index = header.index, .kind = kind};
}

}  // namespace

AssetBook& LedgerView::book(AccountId account, AssetId asset) {
    DCX_CHECK(account.value > 0);
    if (account.value >= accounts_.size()) accounts_.resize(std::size_t{account.value} + 1);
    std::vector<AssetBook>& books = accounts_[account.value].books;
    const auto found = std::ranges::lower_bound(books, asset, {}, &AssetBook::asset);
    if (found != books.end() && found->asset == asset) return *found;
    return *books.insert(found, {.asset = asset, .holding = {}});
}

void LedgerView::enter(const LedgerEntry& entry, const Change& change) {
    AssetBook& book = this->book(change.account, change.asset);
    LedgerEntry told = entry;
    told.amount = change.amount;
    told.before = total_of(book);
    told.counterparty = change.counterparty;
    told.asset = change.asset;
    (change.amount.value < 0 ? book.debits : book.credits) +=
        change.amount.value < 0 ? -int128{change.amount.value} : int128{change.amount.value};
    accounts_[change.account.value].entries.add(told, budget_);
}

void LedgerView::restore(const BalanceRestored& event) {
    AssetBook& restored = book(event.account, event.asset);
    restored.holding = {event.available, event.held};
    restored.debits = from_halves(event.debits_low, event.debits_high);
    restored.credits = from_halves(event.credits_low, event.credits_high);
}

void LedgerView::transfer(const EventHeader& header, const Transferred& event) {
    book(event.debit_account, event.asset).holding.available = event.debit_after;
    book(event.credit_account, event.asset).holding.available = event.credit_after;
    LedgerEntry entry = entry_of(header, kind_of(event.transfer_kind));
    entry.id = event.id;
    enter(entry, {event.debit_account, event.asset, -event.amount, event.credit_account});
    enter(entry, {event.credit_account, event.asset, event.amount, event.debit_account});
}

void LedgerView::post(const EventHeader& header, const Posted& event) {
    book(event.debit_account, event.asset).holding.available = event.debit_after;
    book(event.credit_account, event.asset).holding.available = event.credit_after;
    LedgerEntry entry =
        entry_of(header, event.cause == PostingCause::trade_bust ? EntryKind::trade_bust : EntryKind::transfer_fee);
    entry.id = event.id;
    enter(entry, {event.debit_account, event.asset, -event.amount, event.credit_account});
    enter(entry, {event.credit_account, event.asset, event.amount, event.debit_account});
}

void LedgerView::settle(const EventHeader& header, const SettledFill& settled) {
    const OrderFilled& fill = settled.fill;
    set(fill.account, settled.base, {fill.base_available, fill.base_held});
    set(fill.account, settled.quote, {fill.quote_available, fill.quote_held});
    const bool buys = fill.side == Side::buy;
    const AssetId received = buys ? settled.base : settled.quote;
    const AssetId paid = buys ? settled.quote : settled.base;
    const Amount brings{buys ? settled.base_amount : settled.quote_amount};
    const Amount costs{buys ? settled.quote_amount : settled.base_amount};

    LedgerEntry entry = entry_of(header, EntryKind::trade);
    entry.trade_id = settled.trade_id;
    enter(entry, {fill.account, paid, -costs, {}});
    enter(entry, {fill.account, received, brings, {}});
    if (!fill.fee) return;
    // A fee is taken off what was received, a rebate comes in what was paid. No event shows the fee account's balance,
    // so it is added up.
    entry.kind = EntryKind::trade_fee;
    const AssetId asset = fill.fee.value > 0 ? received : paid;
    book(kFeeAccount, asset).holding.available += fill.fee;
    enter(entry, {fill.account, asset, -fill.fee, kFeeAccount});
    enter(entry, {kFeeAccount, asset, fill.fee, fill.account});
}

void LedgerView::pend(const EventHeader& header, const TransferPended& event) {
    // What is told again after a start says nothing of balances: BalanceRestored does.
    if ((header.flags & kRestored) == 0) set(event.debit_account, event.asset, {event.available, event.held});
    add({.number = next_number_++,
         .id = event.id,
         .amount = event.amount,
         .expires = event.expires,
         .debit_account = event.debit_account,
         .credit_account = event.credit_account,
         .asset = event.asset,
         .scope = event.scope});
}

void LedgerView::withdraw(const EventHeader& header, const WithdrawalRequested& event) {
    if ((header.flags & kRestored) == 0) set(event.account, event.asset, {event.available, event.held});
    add({.number = next_number_++,
         .id = event.id,
         .amount = event.amount,
         .expires = {},
         .debit_account = event.account,
         .credit_account = kWithdrawalsAccount,
         .asset = event.asset,
         .scope = event.scope,
         .address = event.address});
}

void LedgerView::add(const Pending& pending) {
    pendings_.emplace(pending.number, pending);
    by_id_[{pending.scope, pending.id}] = pending.number;
    by_account_.emplace(pending.debit_account, pending.number);
    by_account_.emplace(pending.credit_account, pending.number);
}

void LedgerView::resolve(const PendingResolved& event) {
    set(event.account, event.asset, {event.available, event.held});
    const auto found = by_id_.find({event.scope, event.pending_id});
    if (found == by_id_.end()) return;
    const auto pending = pendings_.find(found->second);
    DCX_CHECK(pending != pendings_.end());
    by_account_.erase({pending->second.debit_account, found->second});
    by_account_.erase({pending->second.credit_account, found->second});
    pendings_.erase(pending);
    by_id_.erase(found);
}

// ---- questions

Holding LedgerView::balance(AccountId account, AssetId asset) const {
    const auto all = books(account);
    const auto found = std::ranges::lower_bound(all, asset, {}, &AssetBook::asset);
    return found != all.end() && found->asset == asset ? found->holding : Holding{};
}

std::span<const AssetBook> LedgerView::books(AccountId account) const {
    if (account.value >= accounts_.size()) return {};
    return accounts_[account.value].books;
}

const RecentRing<LedgerEntry>& LedgerView::entries(AccountId account) const {
    static const RecentRing<LedgerEntry> none;
    return account.value < accounts_.size() ? accounts_[account.value].entries : none;
}

const LedgerView::Pending* LedgerView::next_pending(AccountId account, std::uint64_t above) const {
    const auto found = by_account_.upper_bound({account, above});
    if (found == by_account_.end() || found->first != account) return nullptr;
    return &pendings_.at(found->second);
}

}  // namespace dcx::gateway
