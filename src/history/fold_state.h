// What a Fold is made of: its parts, the batch, and what an event needs to know of those before it in the same command.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "history/fold.h"
#include "history/fold_balances.h"
#include "history/fold_candles.h"
#include "history/fold_chain.h"
#include "history/fold_orders.h"
#include "history/fold_pending.h"
#include "history/fold_registry.h"
#include "model/event_hash.h"

namespace dcx::history {

struct Fold::State {
    State(const StoredState& stored, StoredRows& rows);

    void apply(const Event& event);

    // fold.cpp: one event. All but the last of them are called with the event that `at` is the place of.
    void enter(const Event& event);
    void dispatch(const Event& event);
    void leave(const Event& event);
    // fold_audit.cpp
    void audit(const Event& event);
    // fold_trading.cpp
    void order_accepted(const Event& event);
    void order_rested(const Event& event);
    void order_canceled(const OrderCanceled& event);
    void order_amended(const Event& event);
    void order_decremented(const OrderDecremented& event);
    void trade_executed(const TradeExecuted& event);
    void order_filled(const OrderFilled& event);
    // fold_money.cpp
    void transferred(const Transferred& event);
    void posted(const Posted& event);
    void transfer_pended(const TransferPended& event);
    void withdrawal_requested(const WithdrawalRequested& event);
    void pending_resolved(const PendingResolved& event);
    void trade_busted(const TradeBusted& event);
    // fold_custody.cpp
    void custody(const Event& event);
    void deposit_credited(const DepositCredited& event);
    void deposit_reversed(const DepositReversed& event);
    void loss_covered(const LossCovered& event);
    void payout_prepared(const PayoutPrepared& event);
    void payout_settled(const PayoutSettled& event);
    void payout_resolved(const PayoutResolved& event);
    void chain_posted(const Posted& event);
    template <class Body>
    const PayoutRow& move_payout(const Body& event, PayoutState to, std::uint64_t height = 0);

    // Of an account and asset that there are.
    [[nodiscard]] std::uint32_t balance_of(AccountId account, AssetId asset);
    template <class Body>
    std::uint32_t open_order(const Body& body, Quantity leaves);
    ExecutionRow& execution(ExecType type, const OrderRow& order, ClOrdId cl_ord_id);
    void fee_of_fill(const OrderFilled& event, ExecutionRow& row);
    void pay_rebate();
    void settle();
    template <class Body>
    void check_and_post(const Body& body, Posting posting);
    template <class Row>
    bool resolve(PendingBook<Row>& book, const PendingResolved& event);
    void hold(AccountId account, AssetId asset, Amount amount, Amount available, Amount held);

    // A trade until both of its fills have been told.
    struct Filling {
        TradeExecuted trade;
        std::array<std::uint32_t, 2> orders{};  // places: maker, taker
        std::array<OrderFilled, 2> told{};
        std::uint32_t fills = 0;
    };

    Registry registry;
    BalanceBook balances;
    OpenOrders orders;
    CandleBook candles;
    PendingBook<PendingTransferRow> pending;
    PendingBook<WithdrawalRow> withdrawals;
    ChainBook chain;

    Cursor cursor;
    EventHash hash;
    RowBatch batch;
    bool sealed = false;
    std::optional<HistoryError> broken;  // what was thrown: nothing may be had any more

    // Of the command whose events are coming.
    EventPlace at{};
    bool at_boundary = true;
    std::optional<Filling> filling;
    std::optional<Transferred> posting;   // what must follow a PendingResolved: accounts, asset and amount
    std::optional<TransferId> fee_payer;  // the transfer just before
    TradeId busted{};                     // the trade whose postings follow
    TradeId last_trade{};
    bool last_trade_is_known = false;  // not after a resume
    std::vector<Posted> due;           // what the chain's event must be followed by, without balances
    std::optional<std::pair<AccountId, TransferId>> paid;  // the withdrawal that must be resolved next, all of it
    std::optional<Digest> resolved;                        // the payout that must be settled next, as two persons said
};

}  // namespace dcx::history
