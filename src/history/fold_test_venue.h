// For tests: the log of fold_test_log.h with orders, trades, transfers in two phases and busts.
#pragma once

#include <map>

#include "history/fold_test_log.h"

namespace dcx::history {

class TestVenue : public TestLog {
  public:
    struct Order {
        OrderAccepted as;
        SessionId session;
        std::int64_t leaves = 0;
        std::int64_t cum = 0;
    };

    std::map<OrderId, Order> orders;

    // Accepted, nothing else.
    OrderId place(AccountId account, Side side, std::int64_t price, std::int64_t quantity,
                  TimeInForce tif = TimeInForce::gtc) {
        const SessionId session = account == kAlice ? kAliceSession : kBobSession;
        const std::int64_t hold = side == Side::buy ? price * quantity : quantity;
        Holding& h = of(account, paid(side));
        h.available -= hold;
        h.held += hold;
        const OrderAccepted body{.order_id = OrderId{++last_order_},
                                 .cl_ord_id = ClOrdId{++last_cl_ord_id_},
                                 .price = Price{price},
                                 .quantity = Quantity{quantity},
                                 .account = account,
                                 .instrument = kDecUsd,
                                 .side = side,
                                 .type = OrderType::limit,
                                 .time_in_force = tif,
                                 .hold = Amount{hold},
                                 .available = Amount{h.available},
                                 .held = Amount{h.held}};
        tell(body, session);
        orders[body.order_id] = {.as = body, .session = session, .leaves = quantity};
        return body.order_id;
    }
    void rest(OrderId id) {
        const Order& o = orders.at(id);
        tell(OrderRested{.order_id = id,
                         .price = o.as.price,
                         .quantity = Quantity{o.leaves},
                         .account = o.as.account,
                         .instrument = kDecUsd,
                         .side = o.as.side});
    }
    OrderId rested(AccountId account, Side side, std::int64_t price, std::int64_t quantity) {
        const OrderId id = place(account, side, price, quantity);
        rest(id);
        end();
        return id;
    }
    // At the maker's price, with both fills; fees as in OrderFilled.
    TradeId fill(OrderId maker, OrderId taker, std::int64_t quantity, std::int64_t maker_fee = 0,
                 std::int64_t taker_fee = 0) {
        Order& m = orders.at(maker);
        Order& t = orders.at(taker);
        for (Order* o : {&m, &t}) {
            o->leaves -= quantity;
            o->cum += quantity;
        }
        const std::int64_t price = m.as.price.value;
        for (Order* o : {&m, &t}) {
            const bool buys = o->as.side == Side::buy;
            of(o->as.account, paid(o->as.side)).held -= buys ? o->as.price.value * quantity : quantity;
            if (buys) of(o->as.account, kUsd).available += (o->as.price.value - price) * quantity;
            of(o->as.account, received(o->as.side)).available += buys ? quantity : price * quantity;
        }
        fee(m, maker_fee);
        fee(t, taker_fee);
        const TradeId id{++last_trade_};
        tell(TradeExecuted{.trade_id = id,
                           .maker_order_id = maker,
                           .taker_order_id = taker,
                           .price = Price{price},
                           .quantity = Quantity{quantity},
                           .maker_leaves = Quantity{m.leaves},
                           .maker_cum = Quantity{m.cum},
                           .taker_cum = Quantity{t.cum},
                           .maker_account = m.as.account,
                           .taker_account = t.as.account,
                           .instrument = kDecUsd,
                           .taker_side = t.as.side});
        filled(m, Liquidity::maker, maker_fee);
        filled(t, Liquidity::taker, taker_fee);
        return id;
    }
    // A whole command: `taker` places an order of that quantity against `maker`, who has it open.
    TradeId trade(OrderId maker, AccountId taker, std::int64_t quantity, std::int64_t maker_fee = 0,
                  std::int64_t taker_fee = 0) {
        const Order& m = orders.at(maker);
        const OrderId id = place(taker, opposite(m.as.side), m.as.price.value, quantity);
        const TradeId trade = fill(maker, id, quantity, maker_fee, taker_fee);
        end();
        return trade;
    }
    void cancel(OrderId id, CancelReason reason = CancelReason::requested) {
        Order& o = orders.at(id);
        release(o, o.leaves);
        const Holding& h = of(o.as.account, paid(o.as.side));
        tell(OrderCanceled{.order_id = id,
                           .cl_ord_id = o.as.cl_ord_id,
                           .orig_cl_ord_id = o.as.cl_ord_id,
                           .price = o.as.price,
                           .quantity = Quantity{o.leaves},
                           .cum = Quantity{o.cum},
                           .account = o.as.account,
                           .instrument = kDecUsd,
                           .available = Amount{h.available},
                           .held = Amount{h.held},
                           .side = o.as.side,
                           .reason = reason,
                           .rested = 1},
             o.session);
        o.leaves = 0;
    }
    void amend(OrderId id, SessionId by, std::int64_t price, std::int64_t leaves, bool kept) {
        Order& o = orders.at(id);
        release(o, o.leaves);
        Holding& h = of(o.as.account, paid(o.as.side));
        const std::int64_t hold = o.as.side == Side::buy ? price * leaves : leaves;
        h.available -= hold;
        h.held += hold;
        const ClOrdId cl_ord_id{++last_cl_ord_id_};
        tell(OrderAmended{.order_id = id,
                          .cl_ord_id = cl_ord_id,
                          .orig_cl_ord_id = o.as.cl_ord_id,
                          .price = Price{price},
                          .leaves = Quantity{leaves},
                          .cum = Quantity{o.cum},
                          .account = o.as.account,
                          .instrument = kDecUsd,
                          .available = Amount{h.available},
                          .held = Amount{h.held},
                          .side = o.as.side,
                          .kept_priority = std::uint8_t{kept}},
             by);
        if (by == o.session) o.as.cl_ord_id = cl_ord_id;
        o.as.price = Price{price};
        o.leaves = leaves;
    }
    void decrement(OrderId id, std::int64_t quantity) {
        Order& o = orders.at(id);
        release(o, quantity);
        o.leaves -= quantity;
        const Holding& h = of(o.as.account, paid(o.as.side));
        tell(OrderDecremented{.order_id = id,
                              .cl_ord_id = o.as.cl_ord_id,
                              .price = o.as.price,
                              .quantity = Quantity{quantity},
                              .leaves = Quantity{o.leaves},
                              .cum = Quantity{o.cum},
                              .account = o.as.account,
                              .instrument = kDecUsd,
                              .available = Amount{h.available},
                              .held = Amount{h.held},
                              .side = o.as.side,
                              .rested = 1},
             o.session);
    }
    // Both pended by alice.
    TransferId pend(AccountId to, AssetId asset, std::int64_t amount) {
        Holding& h = held(asset, amount);
        const TransferId id = next_id();
        tell(TransferPended{.id = id,
                            .amount = Amount{amount},
                            .available = Amount{h.available},
                            .held = Amount{h.held},
                            .debit_account = kAlice,
                            .credit_account = to,
                            .asset = asset,
                            .scope = kAlice},
             kAliceSession);
        return id;
    }
    TransferId withdraw(AssetId asset, std::int64_t amount) {
        Holding& h = held(asset, amount);
        const TransferId id = next_id();
        WithdrawalRequested body{.id = id,
                                 .amount = Amount{amount},
                                 .available = Amount{h.available},
                                 .held = Amount{h.held},
                                 .account = kAlice,
                                 .asset = asset,
                                 .scope = kAlice};
        body.address.kind = AddressKind::dec;
        tell(body, kAliceSession);
        return id;
    }
    void resolve(TransferId pending, TransferId id, AssetId asset, std::int64_t amount, std::int64_t posted,
                 PendingState state, SessionId session) {
        Holding& h = held(asset, -amount);
        tell(PendingResolved{.id = id,
                             .pending_id = pending,
                             .amount = Amount{posted},
                             .released = Amount{amount - posted},
                             .available = Amount{h.available},
                             .held = Amount{h.held},
                             .account = kAlice,
                             .asset = asset,
                             .scope = kAlice,
                             .state = state},
             session);
    }
    // Of a trade without fees: what was paid goes back.
    void bust(TradeId id, Time traded, AccountId buyer, AccountId seller, std::int64_t price, std::int64_t quantity) {
        tell(TradeBusted{.trade_id = id,
                         .traded = traded,
                         .price = Price{price},
                         .quantity = Quantity{quantity},
                         .buyer = buyer,
                         .seller = seller,
                         .instrument = kDecUsd,
                         .taker_side = Side::buy},
             kOperator);
        post(PostingCause::trade_bust, {}, buyer, seller, kDec, quantity, kOperator);
        post(PostingCause::trade_bust, {}, seller, buyer, kUsd, price * quantity, kOperator);
        end();
    }

  private:
    static AssetId paid(Side side) { return side == Side::buy ? kUsd : kDec; }
    static AssetId received(Side side) { return side == Side::buy ? kDec : kUsd; }
    Holding& held(AssetId asset, std::int64_t amount) {
        Holding& h = of(kAlice, asset);
        h.available -= amount;
        h.held += amount;
        return h;
    }
    void release(const Order& o, std::int64_t quantity) {
        Holding& h = of(o.as.account, paid(o.as.side));
        const std::int64_t hold = o.as.side == Side::buy ? o.as.price.value * quantity : quantity;
        h.available += hold;
        h.held -= hold;
    }
    void fee(const Order& o, std::int64_t amount) {
        const AssetId asset = amount < 0 ? paid(o.as.side) : received(o.as.side);
        of(o.as.account, asset).available -= amount;
        of(kFeeAccount, asset).available += amount;
    }
    void filled(const Order& o, Liquidity liquidity, std::int64_t fee) {
        const Holding& base = of(o.as.account, kDec);
        const Holding& quote = of(o.as.account, kUsd);
        tell(OrderFilled{.order_id = o.as.order_id,
                         .cl_ord_id = o.as.cl_ord_id,
                         .leaves = Quantity{o.leaves},
                         .fee = Amount{fee},
                         .base_available = Amount{base.available},
                         .base_held = Amount{base.held},
                         .quote_available = Amount{quote.available},
                         .quote_held = Amount{quote.held},
                         .account = o.as.account,
                         .instrument = kDecUsd,
                         .side = o.as.side,
                         .liquidity = liquidity},
             o.session);
    }
    std::uint64_t last_order_ = 0;
    std::uint64_t last_trade_ = 0;
    std::uint64_t last_cl_ord_id_ = 0;
};

}  // namespace dcx::history
