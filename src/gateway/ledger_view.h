// LedgerView: the money of the venue from events alone: what every account has, all that it was ever given and taken,
// its last entries, and the transfers that are pending. It trusts its events, which come from our own core, but keeps
// two books: what events tell as balances, and what their amounts add up to; an audit compares them.
//
// One thread. Memory grows with accounts, with the assets an account ever held and with pending transfers; entries are
// bounded by RecentRing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "gateway/recent_ring.h"
#include "model/event.h"
#include "model/wire_query.h"

namespace dcx::gateway {

struct Holding {
    Amount available{};
    Amount held{};
    friend bool operator==(const Holding&, const Holding&) = default;
};

// An account's balance of one asset, and its turnover.
struct AssetBook {
    AssetId asset{};
    Holding holding;
    int128 debits{};
    int128 credits{};
};

struct LedgerEntry {
    TransferId id{};
    Sequence sequence{};
    Time time{};
    TradeId trade_id{};
    Amount amount{};
    Amount before{};
    AccountId counterparty{};
    AssetId asset{};
    std::uint32_t index{};
    EntryKind kind{};
};

// A fill in amounts, for one of its two sides.
struct SettledFill {
    const OrderFilled& fill;
    TradeId trade_id{};
    AssetId base{};
    AssetId quote{};
    std::int64_t base_amount{};
    std::int64_t quote_amount{};
};

class LedgerView {
  public:
    struct Pending {
        std::uint64_t number{};
        TransferId id{};
        Amount amount{};
        Time expires{};
        AccountId debit_account{};
        AccountId credit_account{};
        AssetId asset{};
        AccountId scope{};
        ChainAddress address{};
    };

    // ---- events
    void set(AccountId account, AssetId asset, Holding holding) { book(account, asset).holding = holding; }
    void restore(const BalanceRestored& event);
    void transfer(const EventHeader& header, const Transferred& event);
    void post(const EventHeader& header, const Posted& event);
    void settle(const EventHeader& header, const SettledFill& settled);
    void pend(const EventHeader& header, const TransferPended& event);
    void withdraw(const EventHeader& header, const WithdrawalRequested& event);
    void resolve(const PendingResolved& event);
    // Two looks ahead at an account of events to come (see OrderView).
    void look_first(AccountId account) const;
    void look_closer(AccountId account) const;

    // ---- questions
    [[nodiscard]] Holding balance(AccountId account, AssetId asset) const;
    // In the order of their ids.
    [[nodiscard]] std::span<const AssetBook> books(AccountId account) const;
    [[nodiscard]] const RecentRing<LedgerEntry>& entries(AccountId account) const;
    [[nodiscard]] std::size_t accounts() const { return accounts_.empty() ? 0 : accounts_.size() - 1; }
    // The first pending transfer from or to the account whose number is above this one; nullptr when there is none.
    [[nodiscard]] const Pending* next_pending(AccountId account, std::uint64_t above) const;
    [[nodiscard]] const std::map<std::uint64_t, Pending>& pendings() const { return pendings_; }

  private:
    struct Account {
        std::vector<AssetBook> books;
        RecentRing<LedgerEntry> entries;
    };
    // Of both sides of a posting, or of one side of a fill.
    struct Cause {
        const EventHeader& header;
        EntryKind kind{};
        TransferId id{};
        TradeId trade_id{};
    };

    [[nodiscard]] Account& account(AccountId id);
    // Valid until the account gets a book of another asset.
    [[nodiscard]] static AssetBook& book(Account& account, AssetId asset);
    [[nodiscard]] AssetBook& book(AccountId id, AssetId asset) { return book(account(id), asset); }
    // `amount` is added to the book's credits (or, below 0, to its debits), and told in its account's entries.
    void enter(const Cause& cause, Account& account, AssetBook& book, Amount amount, AccountId counterparty);
    void move(const Cause& cause, AccountId from, AccountId to, AssetId asset, Amount amount);
    void add(const Pending& pending);

    std::vector<Account> accounts_;  // by id
    RecentBudget budget_;
    std::uint64_t next_number_ = 1;
    std::map<std::uint64_t, Pending> pendings_;                        // by number
    std::map<std::pair<AccountId, TransferId>, std::uint64_t> by_id_;  // scope and id: number
    std::set<std::pair<AccountId, std::uint64_t>> by_account_;         // each stands in it under both of its accounts
};

}  // namespace dcx::gateway
