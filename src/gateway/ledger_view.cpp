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

EntryKind kind_of(PostingCause cause) {
    switch (cause) {
        case PostingCause::transfer_fee: return EntryKind::transfer_fee;
        case PostingCause::trade_bust: return EntryKind::trade_bust;
        case PostingCause::deposit: return EntryKind::deposit;
        case PostingCause::deposit_reversal: return EntryKind::deposit_reversal;
        case PostingCause::loss_cover: return EntryKind::loss_cover;
        case PostingCause::payout: return EntryKind::payout;
    }
    return EntryKind::transfer_fee;
}

}  // namespace

LedgerView::Account& LedgerView::account(AccountId id) {
    DCX_CHECK(id.value > 0);
    if (id.value >= accounts_.size()) accounts_.resize(std::size_t{id.value} + 1);
    return accounts_[id.value];
}

AssetBook& LedgerView::book(Account& account, AssetId asset) {
    std::vector<AssetBook>& books = account.books;
    // Who has some of everything has it at its place.
    if (const std::size_t place = asset.value - 1; place < books.size() && books[place].asset == asset) [[likely]]
        return books[place];
    const auto found = std::ranges::lower_bound(books, asset, {}, &AssetBook::asset);
    if (found != books.end() && found->asset == asset) return *found;
    return *books.insert(found, {.asset = asset, .holding = {}});
}

void LedgerView::enter(const Cause& cause, Account& account, AssetBook& book, Amount amount, AccountId counterparty) {
    LedgerEntry& entry = account.entries.next(budget_);
    entry.id = cause.id;
    entry.sequence = cause.header.sequence;
    entry.time = cause.header.time;
    entry.trade_id = cause.trade_id;
    entry.amount = amount;
    entry.before = total_of(book);
    entry.counterparty = counterparty;
    entry.asset = book.asset;
    entry.index = cause.header.index;
    entry.kind = cause.kind;
    (amount.value < 0 ? book.debits : book.credits) += amount.value < 0 ? -int128{amount.value} : int128{amount.value};
}

void LedgerView::move(const Cause& cause, AccountId from, AccountId to, AssetId asset, Amount amount) {
    // Each side is looked for when it is its turn: the other may be the same account, or make room for more.
    Account& debited = account(from);
    enter(cause, debited, book(debited, asset), -amount, to);
    Account& credited = account(to);
    enter(cause, credited, book(credited, asset), amount, from);
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
    move({.header = header, .kind = kind_of(event.transfer_kind), .id = event.id}, event.debit_account,
         event.credit_account, event.asset, event.amount);
}

void LedgerView::post(const EventHeader& header, const Posted& event) {
    book(event.debit_account, event.asset).holding.available = event.debit_after;
    book(event.credit_account, event.asset).holding.available = event.credit_after;
    move({.header = header, .kind = kind_of(event.cause), .id = event.id}, event.debit_account, event.credit_account,
         event.asset, event.amount);
}

void LedgerView::settle(const EventHeader& header, const SettledFill& settled) {
    const OrderFilled& fill = settled.fill;
    // Nobody else's books are looked at before the fee account's, and these two are both there after the first look.
    Account& owner = account(fill.account);
    (void)book(owner, settled.base);
    AssetBook& quote = book(owner, settled.quote);
    AssetBook& base = book(owner, settled.base);
    base.holding = {fill.base_available, fill.base_held};
    quote.holding = {fill.quote_available, fill.quote_held};
    const bool buys = fill.side == Side::buy;
    AssetBook& received = buys ? base : quote;
    AssetBook& paid = buys ? quote : base;

    Cause cause{.header = header, .kind = EntryKind::trade, .trade_id = settled.trade_id};
    enter(cause, owner, paid, Amount{buys ? -settled.quote_amount : -settled.base_amount}, {});
    enter(cause, owner, received, Amount{buys ? settled.base_amount : settled.quote_amount}, {});
    if (!fill.fee) return;
    // A fee is taken off what was received, a rebate comes in what was paid. No event shows the fee account's balance,
    // so it is added up.
    cause.kind = EntryKind::trade_fee;
    AssetBook& charged = fill.fee.value > 0 ? received : paid;
    const AssetId asset = charged.asset;
    enter(cause, owner, charged, -fill.fee, kFeeAccount);
    Account& fees = account(kFeeAccount);
    AssetBook& collected = book(fees, asset);
    collected.holding.available += fill.fee;
    enter(cause, fees, collected, fill.fee, fill.account);
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

void LedgerView::look_first(AccountId account) const {
    if (account.value >= accounts_.size()) return;
    const auto* const bytes = reinterpret_cast<const std::byte*>(&accounts_[account.value]);
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + sizeof(Account) - 1);
}

void LedgerView::look_closer(AccountId account) const {
    if (account.value >= accounts_.size()) return;
    const Account& known = accounts_[account.value];
    __builtin_prefetch(known.books.data());
    known.entries.prefetch();
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
