// RowBatch: what one transaction writes: the rows of the commands behind `from` up to `to`. Cleared and filled again,
// so that its memory is taken once. One thread.
#pragma once

#include <cstddef>
#include <tuple>
#include <vector>

#include "history/cursor.h"
#include "history/rows.h"
#include "history/rows_chain.h"

namespace dcx::history {

struct RowBatch {
    Cursor from;
    Cursor to;
    // The smallest number of an open order as of `to`; when none is open, one not above the next to be given. Lets a
    // store find the open ones.
    OrderId oldest_open{1ul};

    // Told once: in the order of the log.
    std::vector<TradeRow> trades;
    std::vector<TradeBustRow> trade_busts;
    std::vector<ExecutionRow> executions;
    std::vector<LedgerTransferRow> ledger_transfers;
    std::vector<DepositRow> deposits;
    std::vector<AuditRow> audit_log;
    // Orders as of `to`, by rising id: those accepted behind `from`, and older ones that changed. None is in both.
    std::vector<OrderRow> new_orders;
    std::vector<OrderRow> changed_orders;
    // State as of `to`: each row at most once, by rising key; it may be in the store already.
    std::vector<AssetRow> assets;
    std::vector<MarketRow> markets;
    std::vector<MarketFeeRow> market_fees;
    std::vector<AccountRow> accounts;
    std::vector<KeyRow> keys;
    std::vector<SessionRow> sessions;
    std::vector<BalanceRow> balances;
    std::vector<AccountDayRow> account_days;
    std::vector<CandleRow> candles;
    std::vector<PendingTransferRow> pending_transfers;
    std::vector<WithdrawalRow> withdrawals;
    std::vector<ChainRow> chain;
    std::vector<ChainDepositRow> chain_deposits;
    std::vector<PayoutRow> payouts;
    std::vector<AnchorRow> anchors;

    // Tables whose rows others refer to come first.
    template <class Self>
    static auto state_tables(Self& b) {
        return std::tie(b.assets, b.markets, b.market_fees, b.accounts, b.keys, b.sessions, b.balances, b.account_days,
                        b.candles, b.pending_transfers, b.withdrawals, b.chain, b.chain_deposits, b.payouts, b.anchors);
    }
    template <class Self>
    static auto told_tables(Self& b) {
        return std::tie(b.trades, b.trade_busts, b.executions, b.ledger_transfers, b.deposits, b.audit_log);
    }
    [[nodiscard]] std::size_t rows() const {
        const auto sum = [](const auto&... tables) { return (std::size_t{0} + ... + tables.size()); };
        return std::apply(sum, state_tables(*this)) + std::apply(sum, told_tables(*this)) + new_orders.size() +
               changed_orders.size();
    }
    // Of the next batch, which begins where this one ended.
    void clear() {
        const auto clear_all = [](auto&... tables) { (tables.clear(), ...); };
        std::apply(clear_all, state_tables(*this));
        std::apply(clear_all, told_tables(*this));
        new_orders.clear();
        changed_orders.clear();
        from = to;
    }
};

// What a projection must know to go on from a cursor: the state tables, but only what can still change.
struct StoredState {
    Cursor cursor;
    OrderId oldest_open{1ul};  // as the last batch had it
    std::vector<AssetRow> assets;
    std::vector<MarketRow> markets;
    std::vector<MarketFeeRow> market_fees;
    std::vector<AccountRow> accounts;
    std::vector<KeyRow> keys;
    std::vector<SessionRow> sessions;
    std::vector<BalanceRow> balances;
    std::vector<AccountDayRow> account_days;            // the last day of each account and asset
    std::vector<CandleRow> candles;                     // the last one of each market and interval
    std::vector<PendingTransferRow> pending_transfers;  // still pending
    std::vector<WithdrawalRow> withdrawals;             // still pending
    std::vector<ChainRow> chain;
    std::vector<ChainDepositRow> chain_deposits;  // open
    std::vector<PayoutRow> payouts;               // prepared or posted
    std::vector<OrderRow> open_orders;
};

}  // namespace dcx::history
