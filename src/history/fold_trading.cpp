// Orders and what becomes of them: executions, trades, and the money that a trade moves.
#include "history/fold_state.h"

namespace dcx::history {
namespace {

AssetId paid_asset(const Instrument& instrument, Side side) {
    return side == Side::buy ? instrument.quote : instrument.base;
}
AssetId received_asset(const Instrument& instrument, Side side) {
    return side == Side::buy ? instrument.base : instrument.quote;
}

}  // namespace

void Fold::State::order_accepted(const Event& event) {
    const auto e = event.as<OrderAccepted>();
    require(registry.has(e.instrument), "a market that was not listed");
    require(e.side == Side::buy || e.side == Side::sell, "a side that there is not");
    require(e.price.value > 0 && e.quantity.value > 0 && e.quantity.value <= kMaxQuantity && e.hold.value > 0,
            "an order of nothing or less");
    const Instrument& instrument = registry.instrument(e.instrument);
    hold(e.account, paid_asset(instrument, e.side), e.hold, e.available, e.held);
    OrderRow& row = orders.accept(e.order_id);
    row.account_id = e.account;
    row.market_id = e.instrument;
    row.session_id = event.header.session;
    row.cl_ord_id = e.cl_ord_id;
    row.side = e.side;
    row.type = e.type;
    row.time_in_force = e.time_in_force;
    row.flags = e.flags;
    row.status = OrderStatus::open;
    row.price = e.price;
    row.quantity = e.quantity;
    row.leaves = e.quantity;
    row.quote_asset = instrument.quote;
    row.day = at.day;
    row.sequence = at.sequence;
    row.time = at.time;
    row.expire_at = e.expire_at;
    row.changed_sequence = at.sequence;
    row.changed_time = at.time;
}

// The open order that an event names, as the event says that it was: `leaves` before it.
template <class Body>
std::uint32_t Fold::State::open_order(const Body& e, Quantity leaves) {
    const std::uint32_t place = orders.find(e.order_id);
    const OrderRow& row = orders[place];
    require(row.account_id == e.account && row.market_id == e.instrument && row.side == e.side,
            "an order of another account, market or side");
    require(row.leaves == leaves, "an order that has another quantity open");
    if constexpr (requires { e.cum; }) require(row.cum == e.cum, "an order that has filled another quantity");
    return place;
}

void Fold::State::order_rested(const Event& event) {
    const auto e = event.as<OrderRested>();
    const std::uint32_t place = open_order(e, e.quantity);
    require(orders[place].price == e.price, "an order of another price");
}

ExecutionRow& Fold::State::execution(ExecType type, const OrderRow& order, ClOrdId cl_ord_id) {
    ExecutionRow& row = tell_row(batch.executions, at);
    row.exec_type = type;
    row.order_id = order.order_id;
    row.cl_ord_id = cl_ord_id;
    row.account_id = order.account_id;
    row.market_id = order.market_id;
    row.side = order.side;
    row.leaves = order.leaves;
    row.cum = order.cum;
    return row;
}

void Fold::State::order_canceled(const OrderCanceled& e) {
    const std::uint32_t place = open_order(e, e.quantity);
    const std::uint32_t slot = balance_of(e.account, paid_asset(registry.instrument(e.instrument), e.side));
    balances.told(at, slot, e.available, e.held);
    OrderRow& order = orders.change(at, place);
    const bool expired = e.reason == CancelReason::expired;
    order.status = expired ? OrderStatus::expired : OrderStatus::canceled;
    order.reason = static_cast<std::uint8_t>(e.reason);
    order.leaves = {};
    ExecutionRow& row = execution(expired ? ExecType::expired : ExecType::canceled, order, e.cl_ord_id);
    row.detail = static_cast<std::uint8_t>(e.reason);
    row.price = e.price;
    row.quantity = e.quantity;
    orders.close(place);
}

void Fold::State::order_amended(const Event& event) {
    const auto e = event.as<OrderAmended>();
    require(e.price.value > 0 && e.leaves.value > 0, "an order of nothing or less");
    const std::uint32_t place = orders.find(e.order_id);
    open_order(e, orders[place].leaves);
    require(e.leaves.value <= kMaxQuantity - e.cum.value, "a quantity beyond what an order can have");
    const std::uint32_t slot = balance_of(e.account, paid_asset(registry.instrument(e.instrument), e.side));
    balances.told(at, slot, e.available, e.held);
    OrderRow& order = orders.change(at, place);
    if (event.header.session == order.session_id) order.cl_ord_id = e.cl_ord_id;
    order.price = e.price;
    order.leaves = e.leaves;
    order.quantity = e.leaves + e.cum;
    ExecutionRow& row = execution(ExecType::replaced, order, e.cl_ord_id);
    row.detail = e.kept_priority;
    row.price = e.price;
    row.quantity = e.leaves;
}

void Fold::State::order_decremented(const OrderDecremented& e) {
    require(e.quantity.value > 0 && e.leaves.value > 0, "an order that lost nothing or all");
    const auto before = checked_add(e.leaves.value, e.quantity.value);
    require(before.has_value(), "a quantity beyond 64 bits");
    const std::uint32_t place = open_order(e, Quantity{*before});
    const std::uint32_t slot = balance_of(e.account, paid_asset(registry.instrument(e.instrument), e.side));
    balances.told(at, slot, e.available, e.held);
    OrderRow& order = orders.change(at, place);
    order.leaves = e.leaves;
    ExecutionRow& row = execution(ExecType::decremented, order, e.cl_ord_id);
    row.price = e.price;
    row.quantity = e.quantity;
}

void Fold::State::trade_executed(const TradeExecuted& e) {
    require(last_trade_is_known ? e.trade_id.value == last_trade.value + 1 : e.trade_id > last_trade,
            "a trade whose number is not the next one");
    require(e.price.value > 0 && e.quantity.value > 0, "a trade of nothing or less");
    const std::array<std::uint32_t, 2> places{orders.find(e.maker_order_id), orders.find(e.taker_order_id)};
    require(places[0] != places[1], "an order that trades with itself");
    const auto fits = [&](const OrderRow& order, AccountId account, Side side, Quantity cum) {
        require(order.account_id == account && order.market_id == e.instrument && order.side == side,
                "an order of another account, market or side");
        require(order.leaves >= e.quantity, "a trade of more than is open");
        require(int128{order.cum.value} + e.quantity.value == cum.value, "an order that has filled another quantity");
    };
    fits(orders[places[0]], e.maker_account, opposite(e.taker_side), e.maker_cum);
    fits(orders[places[1]], e.taker_account, e.taker_side, e.taker_cum);
    require(orders[places[0]].leaves - e.quantity == e.maker_leaves, "an order that has another quantity open");
    require(orders[places[0]].price == e.price, "a trade that is not at its maker's price");
    const Instrument& instrument = registry.instrument(e.instrument);
    const int128 quote = notional_of(instrument, e.price, e.quantity);
    const int128 base = base_of(instrument, e.quantity);
    require(quote <= kMaxIssue && base <= kMaxIssue, "a trade of more than can be issued");
    last_trade = e.trade_id;
    last_trade_is_known = true;

    TradeRow& row = tell_row(batch.trades, at);
    row.trade_id = e.trade_id;
    row.market_id = e.instrument;
    row.price = e.price;
    row.quantity = e.quantity;
    row.taker_side = e.taker_side;
    row.maker_order_id = e.maker_order_id;
    row.taker_order_id = e.taker_order_id;
    row.maker_account = e.maker_account;
    row.taker_account = e.taker_account;
    candles.trade(row);

    const bool taker_buys = e.taker_side == Side::buy;
    const AccountId buyer = taker_buys ? e.taker_account : e.maker_account;
    const AccountId seller = taker_buys ? e.maker_account : e.taker_account;
    balances.post(at,
                  {.kind = LedgerKind::trade_base,
                   .leg = 0,
                   .reference = e.trade_id.value,
                   .debit = seller,
                   .credit = buyer,
                   .asset = instrument.base,
                   .amount = Amount{static_cast<std::int64_t>(base)}},
                  batch.ledger_transfers);
    balances.post(at,
                  {.kind = LedgerKind::trade_quote,
                   .leg = 1,
                   .reference = e.trade_id.value,
                   .debit = buyer,
                   .credit = seller,
                   .asset = instrument.quote,
                   .amount = Amount{static_cast<std::int64_t>(quote)}},
                  batch.ledger_transfers);
    for (const std::uint32_t place : places) {
        OrderRow& order = orders.change(at, place);
        order.cum += e.quantity;
        order.leaves -= e.quantity;
        order.notional = Amount{saturating_add(order.notional.value, static_cast<std::int64_t>(quote))};
        if (order.leaves.value == 0) order.status = OrderStatus::filled;
    }
    Filling& next = filling.emplace();
    next.trade = e;
    next.orders = places;
}

void Fold::State::order_filled(const OrderFilled& e) {
    require(filling.has_value(), "a fill of no trade");
    Filling& f = *filling;
    const std::uint32_t place = f.orders[f.fills];
    const OrderRow& order = orders[place];
    require(e.order_id == order.order_id && e.liquidity == (f.fills == 0 ? Liquidity::maker : Liquidity::taker),
            "a fill of another order than its trade's");
    open_order(e, e.leaves);
    ExecutionRow& row = execution(ExecType::trade, order, e.cl_ord_id);
    row.detail = static_cast<std::uint8_t>(e.liquidity);
    row.trade_id = f.trade.trade_id;
    row.price = f.trade.price;
    row.quantity = f.trade.quantity;
    fee_of_fill(e, row);
    f.told[f.fills++] = e;
    if (f.fills < 2) return;
    pay_rebate();
    settle();
}

// Into the fee account. A maker's rebate is paid when the taker's fee is there to pay it from.
void Fold::State::fee_of_fill(const OrderFilled& e, ExecutionRow& row) {
    if (!e.fee) return;
    const bool rebate = e.fee.value < 0;
    require(!rebate || (e.liquidity == Liquidity::maker && e.fee.value >= -kMaxIssue), "a rebate that there is not");
    const Instrument& instrument = registry.instrument(e.instrument);
    row.fee_asset = rebate ? paid_asset(instrument, e.side) : received_asset(instrument, e.side);
    row.fee = e.fee;
    if (rebate) return;
    balances.post(at,
                  {.kind = LedgerKind::trade_fee,
                   .reference = row.trade_id.value,
                   .debit = e.account,
                   .credit = kFeeAccount,
                   .asset = row.fee_asset,
                   .amount = e.fee},
                  batch.ledger_transfers);
}

void Fold::State::pay_rebate() {
    const OrderFilled& maker = filling->told[0];
    if (maker.fee.value >= 0) return;
    const Instrument& instrument = registry.instrument(maker.instrument);
    balances.post(at,
                  {.kind = LedgerKind::rebate,
                   .leg = 1,
                   .reference = filling->trade.trade_id.value,
                   .debit = kFeeAccount,
                   .credit = maker.account,
                   .asset = paid_asset(instrument, maker.side),
                   .amount = -maker.fee},
                  batch.ledger_transfers);
}

// Both fills are told: now their balances are what the postings have made, and orders without open quantity are done.
void Fold::State::settle() {
    const Instrument& instrument = registry.instrument(filling->trade.instrument);
    for (const OrderFilled& e : filling->told) {
        balances.told(at, balances.slot_of(e.account, instrument.base), e.base_available, e.base_held);
        balances.told(at, balances.slot_of(e.account, instrument.quote), e.quote_available, e.quote_held);
    }
    for (const std::uint32_t place : filling->orders)
        if (orders[place].status == OrderStatus::filled) orders.close(place);
    filling.reset();
}

}  // namespace dcx::history
