// NaiveHistory: a second program from events to rows, written from history/rows.h, model/event.h, docs/rules.md and
// docs/ledger.md and never from history::Fold, slow and plain: it keeps every posting and trade that ever was, and
// makes balances before and after, versions, statements and candles by going through all of them again.
//
// Events that contradict one another (balances that do not follow from the postings, an order nobody accepted) throw
// std::runtime_error. One thread; memory grows with the log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "history/cursor.h"
#include "history/rows.h"
#include "history/rows_chain.h"
#include "model/event.h"

namespace dcx::naive {

// All tables, each in the order of its key.
struct Tables {
    std::vector<history::TradeRow> trades;
    std::vector<history::TradeBustRow> trade_busts;
    std::vector<history::ExecutionRow> executions;
    std::vector<history::LedgerTransferRow> ledger_transfers;
    std::vector<history::DepositRow> deposits;
    std::vector<history::AuditRow> audit_log;
    std::vector<history::OrderRow> orders;
    std::vector<history::AssetRow> assets;
    std::vector<history::MarketRow> markets;
    std::vector<history::MarketFeeRow> market_fees;
    std::vector<history::AccountRow> accounts;
    std::vector<history::KeyRow> keys;
    std::vector<history::SessionRow> sessions;
    std::vector<history::BalanceRow> balances;
    std::vector<history::AccountDayRow> account_days;
    std::vector<history::CandleRow> candles;
    std::vector<history::PendingTransferRow> pending_transfers;
    std::vector<history::WithdrawalRow> withdrawals;
    std::vector<history::ChainRow> chain;
    std::vector<history::ChainDepositRow> chain_deposits;
    std::vector<history::PayoutRow> payouts;
    std::vector<history::AnchorRow> anchors;

    template <class Self>
    static auto all(Self& t) {
        return std::tie(t.trades, t.trade_busts, t.executions, t.ledger_transfers, t.deposits, t.audit_log, t.orders,
                        t.assets, t.markets, t.market_fees, t.accounts, t.keys, t.sessions, t.balances, t.account_days,
                        t.candles, t.pending_transfers, t.withdrawals, t.chain, t.chain_deposits, t.payouts, t.anchors);
    }
    [[nodiscard]] std::size_t rows() const {
        return std::apply([](const auto&... tables) { return (std::size_t{0} + ... + tables.size()); }, all(*this));
    }
};

class NaiveHistory {
  public:
    // The next event of the log.
    void apply(const Event& event);
    // Of all commands so far. At the end of a command.
    [[nodiscard]] Tables tables() const;
    [[nodiscard]] const history::Cursor& cursor() const { return cursor_; }
    // The smallest number of an open order; when none is open the next one to be given, and false.
    [[nodiscard]] std::pair<OrderId, bool> oldest_open() const;

  private:
    // One movement of money, in the order in which they were made: what one row of ledger_transfers is made of.
    struct Posting {
        EventHeader header{};
        std::uint8_t leg{};
        history::LedgerKind kind{};
        TransferId id{};
        TradeId trade{};
        AccountId debit{};
        AccountId credit{};
        AssetId asset{};
        Amount amount{};
    };
    using Holder = std::pair<AccountId, AssetId>;
    struct Told {
        Amount available{};
        Amount held{};
        Sequence sequence{};  // when it last changed
        Time time{};
    };
    // A trade while its two fills are told.
    struct Filling {
        EventHeader header{};
        TradeExecuted trade{};
        std::optional<Posting> rebate;  // made when both fees have been
    };

    void venue(const Event& event);
    void registry(const Event& event);
    void limits(const Event& event);
    void order_accepted(const Event& event);
    void order_changed(const Event& event);
    void trade(const Event& event);
    void filled(const Event& event);
    void money(const Event& event);
    void pending(const Event& event);
    void chain_tables(Tables& tables) const;
    void audit(const Event& event);
    void end_of_command(const Event& event);

    void post(const Posting& posting);
    void tell(const Event& event, AccountId account, AssetId asset, Amount available, std::optional<Amount> held);
    history::OrderRow& order(OrderId id);
    [[nodiscard]] AssetId paid_with(InstrumentId market, Side side) const;
    [[nodiscard]] const history::MarketRow& market(InstrumentId id) const;
    // Minor units of the base in these lots, of the quote at this price.
    [[nodiscard]] Amount base_of(InstrumentId market, Quantity quantity) const;
    [[nodiscard]] int128 notional_of(InstrumentId market, Price price, Quantity quantity) const;

    [[nodiscard]] std::vector<history::LedgerTransferRow> ledger_rows() const;  // in the order of the postings
    [[nodiscard]] static std::vector<history::AccountDayRow> days_of(const std::vector<history::LedgerTransferRow>&);
    [[nodiscard]] std::vector<history::CandleRow> candles() const;

    history::Cursor cursor_;
    std::uint64_t hash_ = 0;
    std::uint64_t last_order_ = 0;
    std::vector<history::TradeRow> trades_;
    std::vector<history::TradeBustRow> busts_;
    std::vector<history::ExecutionRow> executions_;
    std::vector<history::DepositRow> deposits_;
    std::vector<history::AuditRow> audits_;
    std::vector<Posting> postings_;
    std::map<OrderId, history::OrderRow> orders_;
    std::map<AssetId, history::AssetRow> assets_;
    std::map<InstrumentId, history::MarketRow> markets_;
    std::map<std::pair<InstrumentId, std::uint8_t>, history::MarketFeeRow> fees_;
    std::map<AccountId, history::AccountRow> accounts_;
    std::map<KeyId, history::KeyRow> keys_;
    std::map<SessionId, history::SessionRow> sessions_;
    std::map<Holder, Told> told_;
    std::map<Holder, int128> totals_;  // what the postings add up to
    std::vector<Holder> touched_;      // by this command
    std::map<std::pair<AccountId, TransferId>, history::PendingTransferRow> pendings_;
    std::map<std::pair<AccountId, TransferId>, history::WithdrawalRow> withdrawals_;
    std::vector<Event> chain_events_;
    Filling filling_;
    TradeId busted_{};  // the trade whose postings are told
};

}  // namespace dcx::naive
