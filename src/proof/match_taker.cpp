// What comes of an order that has come in: rules 5 to 8 of docs/protocols/match-log.md.
#include "proof/indexed_match_checker.h"

namespace dcx::proof {

// Rules 5 and 7.
MatchResult IndexedMatchChecker::take(MatchCursor& cursor, Taker& taker) {
    fills_ = 0;
    self_trade_rule_ = 0;
    while (taker.order.open.value > 0) {
        MatchBook::Order* const maker = crossed(taker.order);
        if (maker == nullptr) break;
        if (fills_ == most_fills_) {
            if (taker.fok) break;
            return end(cursor, taker, CancelReason::fill_limit);
        }
        Quantity quantity = std::min(taker.order.open, maker->open);
        if (taker.has_budget) {
            const int128 pays = taker.budget.value / wide_mul(maker->price.value, taker.market->unit);
            if (pays == 0) return end(cursor, taker, CancelReason::budget_spent);
            if (pays < quantity.value) quantity = Quantity{static_cast<std::int64_t>(pays)};
        }
        ++fills_;
        const MatchResult met = cursor.next_is(MatchRecordKind::self_trade) ? self_trade(cursor, taker, *maker)
                                                                            : trade(cursor, taker, *maker, quantity);
        if (!met) return met;
    }
    if (taker.order.open.value == 0) return {};
    if (taker.fok) return cursor.wrong_outcome("a FOK is filled wholly or not at all");
    if (taker.time_in_force == TimeInForce::ioc) return end(cursor, taker, CancelReason::ioc_remainder);
    if (auto passed = cursor.expect({.kind = MatchRecordKind::rest,
                                     .side = static_cast<std::uint8_t>(taker.order.side),
                                     .instrument = taker.order.instrument,
                                     .order_id = taker.order.id,
                                     .price = taker.order.price,
                                     .quantity = taker.order.open});
        !passed)
        return passed;
    book_.rest(taker.order);
    return {};
}

MatchResult IndexedMatchChecker::trade(MatchCursor& cursor, Taker& taker, MatchBook::Order& maker, Quantity quantity) {
    const TradeId id{last_trade_.value + 1};
    if (auto passed = cursor.expect({.kind = MatchRecordKind::trade,
                                     .side = static_cast<std::uint8_t>(taker.order.side),
                                     .instrument = taker.order.instrument,
                                     .order_id = taker.order.id,
                                     .other_id = maker.id,
                                     .price = maker.price,
                                     .quantity = quantity,
                                     .trade_id = id});
        !passed)
        return passed;
    last_trade_ = id;
    ++counts_.trades;
    if (taker.has_budget) {
        const int128 paid = wide_mul(maker.price.value, taker.market->unit) * quantity.value;
        taker.budget -= Amount{static_cast<std::int64_t>(paid)};
    }
    taker.order.open -= quantity;
    maker.open -= quantity;
    if (maker.open.value == 0) book_.remove(maker);
    return {};
}

// Rule 6.
MatchResult IndexedMatchChecker::self_trade(MatchCursor& cursor, Taker& taker, MatchBook::Order& maker) {
    const MatchRecord& r = *cursor.peek();
    if (r.a < 1 || r.a > 4 || (self_trade_rule_ != 0 && self_trade_rule_ != r.a))
        return cursor.impossible("not the rule of one account");
    const auto rule = SelfTradeRule{r.a};
    if (taker.fok && rule != SelfTradeRule::cancel_maker) return cursor.impossible("a FOK would not have been matched");
    const Quantity smaller = std::min(taker.order.open, maker.open);
    Quantity lost = maker.open;
    if (rule == SelfTradeRule::cancel_taker) lost = taker.order.open;
    if (rule == SelfTradeRule::decrement_and_cancel) lost = smaller;
    if (r.order_id != taker.order.id || r.other_id != (rule == SelfTradeRule::cancel_taker ? OrderId{} : maker.id))
        return cursor.impossible("these orders do not meet");
    if (r.quantity != lost) return cursor.impossible("another quantity is lost");
    if (rule == SelfTradeRule::cancel_both && taker.order.open == maker.open)
        return cursor.impossible("told as the wrong rule");
    if (auto passed = cursor.expect_input({.kind = r.kind,
                                           .side = static_cast<std::uint8_t>(taker.order.side),
                                           .a = r.a,
                                           .instrument = taker.order.instrument,
                                           .order_id = r.order_id,
                                           .other_id = r.other_id,
                                           .quantity = r.quantity});
        !passed)
        return passed;
    ++counts_.inputs;
    ++counts_.self_trades;
    self_trade_rule_ = r.a;
    if (rule == SelfTradeRule::decrement_and_cancel) {
        taker.order.open -= smaller;
        maker.open -= smaller;
        if (maker.open.value == 0) book_.remove(maker);
        return {};
    }
    if (rule != SelfTradeRule::cancel_taker) book_.remove(maker);
    if (rule != SelfTradeRule::cancel_maker) taker.order.open = {};
    return {};
}

MatchResult IndexedMatchChecker::end(MatchCursor& cursor, const Taker& taker, CancelReason reason) {
    return cursor.expect({.kind = MatchRecordKind::canceled,
                          .side = static_cast<std::uint8_t>(taker.order.side),
                          .reason = static_cast<std::uint8_t>(reason),
                          .instrument = taker.order.instrument,
                          .order_id = taker.order.id,
                          .price = taker.order.price,
                          .quantity = taker.order.open});
}

}  // namespace dcx::proof
