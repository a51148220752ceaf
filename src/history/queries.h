// Queries: what REST, FIX, the page and the commands ask of the history, the same for both stores. Each reads one
// snapshot and says as of which command it is; rows are in the engine's units (render.h makes texts of them).
//
// Every query goes by an index and looks at a bounded number of rows a page (page.h), however large the store is:
//   statement            ledger_transfers (debit_account, sequence) and (credit_account, sequence)
//   daily                account_days' key (account_id, asset_id, day)
//   orders               orders (account_id, order_id)
//   order                orders' key, executions (account_id, sequence)
//   my_trades            executions (account_id, sequence)
//   trades               trades (market_id, sequence)
//   candles              candles' key (market_id, interval_s, start)
//   deposits             deposits (account_id, sequence)
//   withdrawals          withdrawals (account_id, sequence)
//   pending_transfers    pending_transfers (debit_account, sequence) and (credit_account, sequence)
//   balances             balances' key
//   balances_at          account_days' key, then as a statement, within a day
//   audit                audit_log's key (day, sequence, event_index)
// There is no index on time: times rise with sequences, so a moment is looked up by halving, by the same keys. Where a
// table has a part for each day, a page asks for few days at a time (read_by_days).
//
// One thread an object; the reader outlives it. Throws HistoryError: bad_request and not_found for what was asked, all
// others from the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "history/page.h"
#include "history/row_reader.h"
#include "history/rows.h"

namespace dcx::history {

// One posting as its account sees it. An account that pays itself sees it twice: debited, then credited.
struct StatementEntry {
    LedgerTransferRow posting;
    bool credited{};
    Amount change{};          // + or - the posting's amount
    Amount balance{};         // available + held, afterwards
    std::uint64_t version{};  // of the account's postings in that asset, without gaps
    AccountId other{};        // the other side
};
[[nodiscard]] Fields fields_of(const StatementEntry& entry, const Names& names);

struct OrderFilter {
    AccountId account{};
    std::optional<InstrumentId> market{};
    std::optional<OrderStatus> status{};
    std::optional<Side> side{};
};

struct OrderPage {
    OrderRow order;
    Page<ExecutionRow> executions;  // oldest first
};

struct Balances {
    Cursor as_of;
    Names names;
    std::vector<BalanceRow> entries;
};

struct PastBalance {
    AssetId asset{};
    Amount total{};           // available + held
    std::uint64_t version{};  // postings up to then
};
struct PastBalances {
    Cursor as_of;
    Names names;
    Sequence at{};  // behind this command
    std::vector<PastBalance> entries;
};

class Queries {
  public:
    explicit Queries(StoreReader& reader) : reader_(reader) {}

    [[nodiscard]] Page<StatementEntry> statement(AccountId account, std::optional<AssetId> asset,
                                                 const PageRequest& page);
    // By asset, then day; the range is of times, and takes whole days.
    [[nodiscard]] Page<AccountDayRow> daily(AccountId account, std::optional<AssetId> asset, const PageRequest& page);
    [[nodiscard]] Balances balances(AccountId account);
    // Behind the command of that sequence, or behind the last one of that time or before. A past that is ahead of the
    // history is refused; one whose day was pruned is not found unless the account had no posting on that day after it.
    [[nodiscard]] PastBalances balances_at(AccountId account, const Bound& moment);

    [[nodiscard]] Page<DepositRow> deposits(AccountId account, const PageRequest& page);
    [[nodiscard]] Page<WithdrawalRow> withdrawals(AccountId account, std::optional<PendingState> state,
                                                  const PageRequest& page);
    // Of both sides.
    [[nodiscard]] Page<PendingTransferRow> pending_transfers(AccountId account, std::optional<PendingState> state,
                                                             const PageRequest& page);

    // By the order in which they were accepted.
    [[nodiscard]] Page<OrderRow> orders(const OrderFilter& filter, const PageRequest& page);
    // Of the page only limit and token are used.
    [[nodiscard]] OrderPage order(OrderId order, const PageRequest& page);
    [[nodiscard]] Page<ExecutionRow> my_trades(AccountId account, std::optional<InstrumentId> market,
                                               const PageRequest& page);
    // Of a market; those taken back are among them.
    [[nodiscard]] Page<TradeRow> trades(InstrumentId market, const PageRequest& page);
    // The range is of times: those that begin in it.
    [[nodiscard]] Page<CandleRow> candles(InstrumentId market, std::uint32_t interval_s, const PageRequest& page);
    [[nodiscard]] Page<AuditRow> audit(const PageRequest& page);

    // By symbol.
    [[nodiscard]] AssetId asset(std::string_view symbol);
    [[nodiscard]] InstrumentId market(std::string_view symbol);

  private:
    void require_account(AccountId account);

    StoreReader& reader_;
};

}  // namespace dcx::history
