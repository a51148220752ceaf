// Orders: placing, amending, canceling, and what a fill does to money.
#include "core/apply.h"
#include "core/risk/order_checks.h"

namespace dcx::core {

// A cl_ord_id counts as used from here on, whatever becomes of its request: a request sent twice can't act twice.
RejectReason Apply::take_cl_ord_id(ClOrdId id) {
    if (id <= session().last_cl_ord_id) return RejectReason::duplicate_cl_ord_id;
    session().last_cl_ord_id = id;
    return RejectReason::none;
}

RejectReason Apply::check_place(const PlaceOrder& place) {
    if (!well_formed(place)) return RejectReason::malformed_field;
    if (!owns(place.account)) return RejectReason::not_your_account;
    if (const auto reason = take_cl_ord_id(place.cl_ord_id); reason != RejectReason::none) return reason;
    if (!s_.has(place.instrument)) return RejectReason::unknown_instrument;
    const Market& market = s_.markets[place.instrument.value];
    if (market.phase != Phase::trading) return RejectReason::instrument_halted;
    if (const auto reason = check_size(market.instrument, place.price, place.quantity); reason != RejectReason::none)
        return reason;
    if (const auto reason = check_notional(market.instrument, place.price, place.quantity);
        reason != RejectReason::none)
        return reason;
    if (!combination_supported(place)) return RejectReason::unsupported_combination;
    if ((place.flags & kOrderPostOnly) != 0 && market.book.crosses(place.side, place.price))
        return RejectReason::post_only_would_cross;
    if (!s_.orders.has_free() || s_.nodes.free_count() < kMaxNodesPerOrder) return RejectReason::capacity_exhausted;
    const Amount hold = State::hold_of(market.instrument, place.side, place.price, place.quantity);
    const AssetId asset = State::paid_asset(market.instrument, place.side);
    return s_.ledger.balance(place.account, asset).available < hold ? RejectReason::insufficient_funds
                                                                    : RejectReason::none;
}

void Apply::place() {
    const auto body = command_.as<PlaceOrder>();
    if (const auto reason = check_place(body); reason != RejectReason::none) {
        emit(OrderRejected{.cl_ord_id = body.cl_ord_id,
                           .price = body.price,
                           .quantity = body.quantity,
                           .account = body.account,
                           .instrument = body.instrument,
                           .side = body.side,
                           .type = body.type,
                           .time_in_force = body.time_in_force,
                           .flags = body.flags,
                           .reason = reason,
                           .zero = 0},
             sender());
        return;
    }
    const Instrument& instrument = s_.markets[body.instrument.value].instrument;
    const AssetId asset = State::paid_asset(instrument, body.side);
    const Amount hold = State::hold_of(instrument, body.side, body.price, body.quantity);
    s_.ledger.hold(body.account, asset, hold);

    const std::uint32_t slot = s_.orders.take();
    const OrderId id{++s_.last_order_id};
    s_.orders[slot] = {.id = id, .open = body.quantity, .price = body.price, .next = kNoSlot, .prev = kNoSlot};
    s_.details[slot] = {.cl_ord_id = body.cl_ord_id,
                        .cum = {},
                        .account = body.account,
                        .instrument = body.instrument,
                        .session = sender(),
                        .maker_fee = instrument.maker_fee,
                        .taker_fee = instrument.taker_fee,
                        .fee_prepaid = 0,
                        .side = body.side,
                        .type = body.type,
                        .time_in_force = body.time_in_force,
                        .flags = body.flags,
                        .zero = 0};
    s_.order_index.insert(hash_of(id.value), slot);
    s_.cl_ord_index.insert(hash_of(body.cl_ord_id.value, sender().value), slot);
    const Balance& balance = s_.ledger.balance(body.account, asset);
    emit(OrderAccepted{.order_id = id,
                       .cl_ord_id = body.cl_ord_id,
                       .price = body.price,
                       .quantity = body.quantity,
                       .account = body.account,
                       .instrument = body.instrument,
                       .slot = OrderSlot{slot},
                       .side = body.side,
                       .type = body.type,
                       .time_in_force = body.time_in_force,
                       .flags = body.flags,
                       .hold = hold,
                       .available = balance.available,
                       .held = balance.held},
         sender());
    match_and_rest(slot);
}

// An order that is in no queue: trades what crosses, then rests, is canceled, or is done.
void Apply::match_and_rest(std::uint32_t slot) {
    OpenOrder& taker = s_.details[slot];
    Market& market = s_.market_of(taker);
    RestingOrder& order = s_.orders[slot];
    std::uint32_t fills_left = s_.genesis.max_fills_per_command;
    market.book.match(s_.orders, s_.nodes, taker.side, order.price, order.open, fills_left,
                      [&](std::uint32_t maker_slot, Price price, Quantity quantity, bool maker_done) {
                          market.last_price = price;
                          settle(maker_slot, slot, price, quantity);
                          if (maker_done) forget_order(maker_slot);
                      });
    if (order.open.value == 0) return forget_order(slot);
    const SessionId owner = taker.session;
    if (fills_left == 0 && market.book.crosses(taker.side, order.price))
        return cancel_open(slot, owner, taker.cl_ord_id, CancelReason::fill_limit, false);
    if (taker.time_in_force == TimeInForce::ioc)
        return cancel_open(slot, owner, taker.cl_ord_id, CancelReason::ioc_remainder, false);
    market.book.rest(s_.orders, s_.nodes, taker.side, slot);
    emit(OrderRested{.order_id = order.id,
                     .price = order.price,
                     .quantity = order.open,
                     .account = taker.account,
                     .instrument = taker.instrument,
                     .slot = OrderSlot{slot},
                     .side = taker.side,
                     .zero = {}});
}

// The book has already reduced both open quantities; here the money follows and both sides are told.
void Apply::settle(std::uint32_t maker, std::uint32_t taker, Price price, Quantity quantity) {
    OpenOrder& m = s_.details[maker];
    OpenOrder& t = s_.details[taker];
    m.cum += quantity;
    t.cum += quantity;
    const Instrument& instrument = s_.market_of(t).instrument;
    const bool taker_buys = t.side == Side::buy;
    OpenOrder& buyer = taker_buys ? t : m;
    OpenOrder& seller = taker_buys ? m : t;
    const FeeRate buyer_rate = taker_buys ? t.taker_fee : m.maker_fee;
    const FeeRate seller_rate = taker_buys ? m.maker_fee : t.taker_fee;

    // The buyer's hold was made at his own price: what the better price saves returns to him at once.
    const Price buyer_price = s_.orders[taker_buys ? taker : maker].price;
    const Amount reserved = State::hold_of(instrument, Side::buy, buyer_price, quantity);
    const Amount paid = State::hold_of(instrument, Side::buy, price, quantity);
    const Amount base = State::hold_of(instrument, Side::sell, price, quantity);
    const Amount base_fee = charge_fee(buyer_rate, base.value, buyer.fee_prepaid);
    const Amount quote_fee = charge_fee(seller_rate, paid.value, seller.fee_prepaid);

    Ledger& ledger = s_.ledger;
    ledger.release(buyer.account, instrument.quote, reserved);
    ledger.release(seller.account, instrument.base, base);
    ledger.move(buyer.account, seller.account, instrument.quote, paid);
    ledger.move(seller.account, buyer.account, instrument.base, base);
    ledger.move(buyer.account, kFeeAccount, instrument.base, base_fee);
    ledger.move(seller.account, kFeeAccount, instrument.quote, quote_fee);

    emit(TradeExecuted{.trade_id = TradeId{++s_.last_trade_id},
                       .maker_order_id = s_.orders[maker].id,
                       .taker_order_id = s_.orders[taker].id,
                       .price = price,
                       .quantity = quantity,
                       .maker_leaves = s_.orders[maker].open,
                       .maker_cum = m.cum,
                       .taker_cum = t.cum,
                       .maker_account = m.account,
                       .taker_account = t.account,
                       .instrument = t.instrument,
                       .taker_side = t.side,
                       .zero = {}});
    emit_filled(maker, Liquidity::maker, taker_buys ? quote_fee : base_fee);
    emit_filled(taker, Liquidity::taker, taker_buys ? base_fee : quote_fee);
}

void Apply::emit_filled(std::uint32_t slot, Liquidity liquidity, Amount fee) {
    const OpenOrder& order = s_.details[slot];
    const Instrument& instrument = s_.market_of(order).instrument;
    const Balance& base = s_.ledger.balance(order.account, instrument.base);
    const Balance& quote = s_.ledger.balance(order.account, instrument.quote);
    emit(OrderFilled{.order_id = s_.orders[slot].id,
                     .cl_ord_id = order.cl_ord_id,
                     .leaves = s_.orders[slot].open,
                     .fee = fee,
                     .base_available = base.available,
                     .base_held = base.held,
                     .quote_available = quote.available,
                     .quote_held = quote.held,
                     .account = order.account,
                     .instrument = order.instrument,
                     .side = order.side,
                     .liquidity = liquidity,
                     .zero = {}},
         order.session);
}

// The order is in no queue any more: releases its money, tells it and forgets it.
void Apply::cancel_open(std::uint32_t slot, SessionId report_to, ClOrdId cl_ord_id, CancelReason reason, bool rested) {
    const OpenOrder& details = s_.details[slot];
    const RestingOrder& order = s_.orders[slot];
    const Instrument& instrument = s_.market_of(details).instrument;
    const AssetId asset = State::paid_asset(instrument, details.side);
    s_.ledger.release(details.account, asset, State::hold_of(instrument, details.side, order.price, order.open));
    const Balance& balance = s_.ledger.balance(details.account, asset);
    emit(OrderCanceled{.order_id = order.id,
                       .cl_ord_id = cl_ord_id,
                       .orig_cl_ord_id = details.cl_ord_id,
                       .price = order.price,
                       .quantity = order.open,
                       .cum = details.cum,
                       .account = details.account,
                       .instrument = details.instrument,
                       .available = balance.available,
                       .held = balance.held,
                       .side = details.side,
                       .reason = reason,
                       .rested = std::uint8_t{rested},
                       .zero = {}},
         report_to);
    forget_order(slot);
}

// All three or none: a stale entry of an index would let a later cancel reach a recycled slot.
void Apply::forget_order(std::uint32_t slot) {
    const OpenOrder& details = s_.details[slot];
    s_.order_index.erase(hash_of(s_.orders[slot].id.value), slot);
    s_.cl_ord_index.erase(hash_of(details.cl_ord_id.value, details.session.value), slot);
    s_.orders.give(slot);
}

// By order id, or by the session's own cl_ord_id when that is 0. Somebody else's order is as unknown as none.
std::uint32_t Apply::named_order(OrderId id, OrderSlot hint, ClOrdId orig, AccountId account) const {
    const std::uint32_t slot = id ? s_.find_order(id, hint) : s_.find_order(sender(), orig);
    return slot != kNoSlot && s_.details[slot].account == account ? slot : kNoSlot;
}

void Apply::cancel() {
    const auto body = command_.as<CancelOrder>();
    RejectReason reason = RejectReason::none;
    std::uint32_t slot = kNoSlot;
    if (!owns(body.account)) reason = RejectReason::not_your_account;
    if (reason == RejectReason::none) reason = take_cl_ord_id(body.cl_ord_id);
    if (reason == RejectReason::none) {
        slot = named_order(body.order_id, body.slot_hint, body.orig_cl_ord_id, body.account);
        if (slot == kNoSlot) reason = RejectReason::unknown_order;
    }
    if (reason != RejectReason::none) return reject_change(body, reason);
    const OpenOrder& details = s_.details[slot];
    s_.market_of(details).book.remove(s_.orders, s_.nodes, details.side, slot);
    cancel_open(slot, sender(), body.cl_ord_id, CancelReason::requested, true);
}

RejectReason Apply::check_amend(const AmendOrder& amend, std::uint32_t& slot, Quantity& open) {
    if (!well_formed(amend)) return RejectReason::malformed_field;
    if (!owns(amend.account)) return RejectReason::not_your_account;
    if (const auto reason = take_cl_ord_id(amend.cl_ord_id); reason != RejectReason::none) return reason;
    slot = named_order(amend.order_id, amend.slot_hint, amend.orig_cl_ord_id, amend.account);
    if (slot == kNoSlot) return RejectReason::unknown_order;
    const OpenOrder& details = s_.details[slot];
    const RestingOrder& order = s_.orders[slot];
    const Market& market = s_.market_of(details);
    if (market.phase != Phase::trading) return RejectReason::instrument_halted;
    if (const auto reason = check_size(market.instrument, amend.price, amend.quantity); reason != RejectReason::none)
        return reason;
    const bool replace = (amend.flags & kAmendReplace) != 0;
    if (!replace && amend.quantity <= details.cum) return RejectReason::quantity_not_above_filled;
    // What is filled so far counts into the order's total, which must stay a quantity.
    if (replace && amend.quantity.value > kMaxQuantity - details.cum.value) return RejectReason::quantity_out_of_range;
    open = replace ? amend.quantity : amend.quantity - details.cum;
    if (const auto reason = check_notional(market.instrument, amend.price, open); reason != RejectReason::none)
        return reason;
    if ((details.flags & kOrderPostOnly) != 0 && market.book.crosses(details.side, amend.price))
        return RejectReason::post_only_would_cross;
    if (!keeps_priority(amend, order, open) && s_.nodes.free_count() < kMaxNodesPerOrder)
        return RejectReason::capacity_exhausted;
    const Amount old_hold = State::hold_of(market.instrument, details.side, order.price, order.open);
    const Amount new_hold = State::hold_of(market.instrument, details.side, amend.price, open);
    const Balance& balance = s_.ledger.balance(details.account, State::paid_asset(market.instrument, details.side));
    return balance.available + old_hold < new_hold ? RejectReason::insufficient_funds : RejectReason::none;
}

void Apply::amend() {
    const auto body = command_.as<AmendOrder>();
    std::uint32_t slot = kNoSlot;
    Quantity open{};
    if (const auto reason = check_amend(body, slot, open); reason != RejectReason::none)
        return reject_change(body, reason);
    OpenOrder& details = s_.details[slot];
    RestingOrder& order = s_.orders[slot];
    Market& market = s_.market_of(details);
    const bool keeps = keeps_priority(body, order, open);
    const AssetId asset = State::paid_asset(market.instrument, details.side);
    s_.ledger.release(details.account, asset, State::hold_of(market.instrument, details.side, order.price, order.open));
    s_.ledger.hold(details.account, asset, State::hold_of(market.instrument, details.side, body.price, open));
    if (!keeps) market.book.remove(s_.orders, s_.nodes, details.side, slot);
    order.price = body.price;
    order.open = open;

    const ClOrdId orig = details.cl_ord_id;
    if (sender() == details.session) {
        s_.cl_ord_index.erase(hash_of(orig.value, details.session.value), slot);
        details.cl_ord_id = body.cl_ord_id;
        s_.cl_ord_index.insert(hash_of(body.cl_ord_id.value, details.session.value), slot);
    }
    const Balance& balance = s_.ledger.balance(details.account, asset);
    emit(OrderAmended{.order_id = order.id,
                      .cl_ord_id = body.cl_ord_id,
                      .orig_cl_ord_id = orig,
                      .price = order.price,
                      .leaves = order.open,
                      .cum = details.cum,
                      .account = details.account,
                      .instrument = details.instrument,
                      .available = balance.available,
                      .held = balance.held,
                      .side = details.side,
                      .kept_priority = std::uint8_t{keeps},
                      .zero = {}},
         sender());
    if (!keeps) match_and_rest(slot);
}

}  // namespace dcx::core
