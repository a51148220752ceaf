// An order meets the book: fill or kill, trades and the money that follows them, self-trades, and what is left.
#include <algorithm>
#include <limits>

#include "base/canary.h"
#include "core/apply.h"

namespace dcx::core {

// An order that is in no queue: trades what crosses, then rests, is canceled, or is done.
void Apply::match_and_rest(std::uint32_t slot, Time expires) {
    const OpenOrder& taker = s_.details[slot];
    Market& market = s_.market_of(taker);
    RestingOrder& order = s_.store.orders[slot];
    if (taker.time_in_force == TimeInForce::fok && !would_fill(slot))
        return cancel_open(slot, taker.session, taker.cl_ord_id, CancelReason::fok_unfilled, false);
    const SelfTradeRule rule = s_.ledger.account(taker.account).self_trade_rule;
    std::uint32_t fills_left = s_.genesis.max_fills_per_command;
    while (order.open.value > 0 && fills_left > 0 && market.book.crosses(order.key)) {
        --fills_left;
        const std::uint32_t maker = market.book.front(s_.store, opposite(taker.side));
        const Price price = s_.store.orders[maker].price();
        const Quantity payable = slot == budget_slot_ ? payable_at(market.instrument, price) : order.open;
        if (payable.value == 0)
            return cancel_open(slot, taker.session, taker.cl_ord_id, CancelReason::budget_spent, false);
        if (rule != SelfTradeRule::none && s_.details[maker].account == taker.account) {
            if (!meet_own(rule, maker, slot)) return;
            continue;
        }
        const Quantity quantity = std::min({order.open, s_.store.orders[maker].open, payable});
        order.open -= quantity;
        const bool maker_done = market.book.reduce(s_.store, maker, quantity);
        market.last_price = price;
        settle(maker, slot, price, quantity);
        if (maker_done) forget_order(maker);
    }
    if (order.open.value == 0) return forget_order(slot);
    if (fills_left == 0 && market.book.crosses(order.key))
        return cancel_open(slot, taker.session, taker.cl_ord_id, CancelReason::fill_limit, false);
    if (taker.time_in_force == TimeInForce::ioc || taker.time_in_force == TimeInForce::fok)
        return cancel_open(slot, taker.session, taker.cl_ord_id, CancelReason::ioc_remainder, false);
    market.book.rest(s_.store, slot);
    if (expires)
        s_.deadlines.set(s_.details[slot].deadline,
                         {.time = expires, .id = order.id.value, .kind = DeadlineKind::order, .slot = slot});
    emit(OrderRested{.order_id = order.id,
                     .price = order.price(),
                     .quantity = order.open,
                     .account = taker.account,
                     .instrument = taker.instrument,
                     .slot = OrderSlot{slot},
                     .side = taker.side,
                     .zero = {}});
}

// What is left of the budget pays for so many lots.
Quantity Apply::payable_at(const Instrument& instrument, Price price) const {
    const int128 lot = notional_of(instrument, price, Quantity{std::int64_t{1}});
    return Quantity{static_cast<std::int64_t>(budget_left_.value / lot)};
}

// A fill-or-kill order would be filled by the loop above. The book's sums tell, unless orders of its own account are in
// the way: then one order after the other.
bool Apply::would_fill(std::uint32_t slot) const {
    const OpenOrder& taker = s_.details[slot];
    const RestingOrder& order = s_.store.orders[slot];
    const Book& book = s_.market_of(taker).book;
    const SelfTradeRule rule = s_.ledger.account(taker.account).self_trade_rule;
    std::uint32_t fills_left = s_.genesis.max_fills_per_command;
    if (rule == SelfTradeRule::none || !may_meet_own(slot))
        return book.can_fill(s_.store, order.key, order.open, fills_left);
    if (!book.crosses(order.key)) return false;
    Quantity wanted = order.open;
    std::uint32_t maker = book.front(s_.store, opposite(taker.side));
    for (; maker != kNoSlot && fills_left > 0; maker = book.behind(s_.store, maker), --fills_left) {
        const RestingOrder& resting = s_.store.orders[maker];
        if (resting.key > limit_of(order.key)) return false;
        if (s_.details[maker].account == taker.account) {
            if (rule != SelfTradeRule::cancel_maker) return false;
            continue;
        }
        if (resting.open >= wanted) return true;
        wanted -= resting.open;
    }
    return false;
}

// The account has a resting order that this one crosses, or more orders than one command may look at.
bool Apply::may_meet_own(std::uint32_t slot) const {
    const OpenOrder& taker = s_.details[slot];
    const PriceKey limit = limit_of(s_.store.orders[slot].key);
    std::uint32_t looks_left = s_.genesis.max_fills_per_command;
    for (std::uint32_t own = s_.ledger.account(taker.account).first_order; own != kNoSlot;
         own = s_.details[own].account_next) {
        if (looks_left-- == 0) return true;
        if (s_.details[own].instrument == taker.instrument && s_.details[own].side != taker.side &&
            s_.store.orders[own].key <= limit)
            return true;
    }
    return false;
}

// The next maker is of the taker's account. False when the taker is canceled.
bool Apply::meet_own(SelfTradeRule rule, std::uint32_t maker, std::uint32_t taker) {
    const Quantity maker_open = s_.store.orders[maker].open;
    const Quantity taker_open = s_.store.orders[taker].open;
    const Quantity smaller = std::min(maker_open, taker_open);
    switch (rule) {
        case SelfTradeRule::none: break;
        case SelfTradeRule::cancel_taker: lose(taker, taker_open, false); return false;
        case SelfTradeRule::cancel_maker: lose(maker, maker_open, true); return true;
        case SelfTradeRule::cancel_both:
            lose(maker, maker_open, true);
            lose(taker, taker_open, false);
            return false;
        case SelfTradeRule::decrement_and_cancel:
            lose(maker, smaller, true);
            lose(taker, smaller, false);
            return taker_open > smaller;
    }
    DCX_CHECK(false);
}

// Takes open quantity from an order of a self-trade; with nothing left it is canceled.
void Apply::lose(std::uint32_t slot, Quantity quantity, bool rested) {
    const OpenOrder& details = s_.details[slot];
    RestingOrder& order = s_.store.orders[slot];
    Market& market = s_.market_of(details);
    if (quantity == order.open) {
        if (rested) market.book.remove(s_.store, slot);
        return cancel_open(slot, details.session, details.cl_ord_id, CancelReason::self_trade, rested);
    }
    if (rested)
        market.book.reduce(s_.store, slot, quantity);
    else
        order.open -= quantity;
    const AssetId asset = State::paid_asset(market.instrument, details.side);
    // A budget is money, not quantity: it stays.
    if (slot != budget_slot_)
        s_.ledger.release(details.account, asset,
                          State::hold_of(market.instrument, details.side, order.price(), quantity));
    s_.exposures(details.account, details.instrument).open(details.side) -= quantity;
    const Balance& balance = s_.ledger.balance(details.account, asset);
    emit(OrderDecremented{.order_id = order.id,
                          .cl_ord_id = details.cl_ord_id,
                          .price = order.price(),
                          .quantity = quantity,
                          .leaves = order.open,
                          .cum = details.cum,
                          .account = details.account,
                          .instrument = details.instrument,
                          .available = balance.available,
                          .held = balance.held,
                          .side = details.side,
                          .rested = std::uint8_t{rested},
                          .zero = {}},
         details.session);
}

// Both open quantities are reduced already; here the money follows and both sides are told.
void Apply::settle(std::uint32_t maker, std::uint32_t taker, Price price, Quantity quantity) {
    OpenOrder& m = s_.details[maker];
    OpenOrder& t = s_.details[taker];
    m.cum += quantity;
    t.cum += quantity;
    const Instrument& instrument = s_.market_of(t).instrument;
    const bool taker_buys = t.side == Side::buy;
    OpenOrder& buyer = taker_buys ? t : m;
    OpenOrder& seller = taker_buys ? m : t;
    const FeeRate maker_rate{std::max(0, m.maker_fee.value)};
    const FeeRate buyer_rate = taker_buys ? t.taker_fee : maker_rate;
    const FeeRate seller_rate = taker_buys ? maker_rate : t.taker_fee;

    const Amount paid = State::hold_of(instrument, Side::buy, price, quantity);
    const Amount base = State::hold_of(instrument, Side::sell, price, quantity);
    const Amount base_fee = charge_fee(buyer_rate, base.value, buyer.fee_prepaid);
    const Amount quote_fee = charge_fee(seller_rate, paid.value, seller.fee_prepaid);
    const Amount taker_fee = taker_buys ? base_fee : quote_fee;
    const Amount rebate = rebate_of(m.maker_fee, taker_buys ? base.value : paid.value, taker_fee);
    // The buyer's hold was made at his own price: what the better price saves returns to him at once. With a budget the
    // rest returns when the order is done.
    Amount reserved =
        State::hold_of(instrument, Side::buy, s_.store.orders[taker_buys ? taker : maker].price(), quantity);
    if (taker == budget_slot_) {
        budget_left_ -= paid;
        reserved = s_.store.orders[taker].open.value == 0 ? paid + budget_left_ : paid;
    }

    Ledger& ledger = s_.ledger;
    ledger.release(buyer.account, instrument.quote, reserved);
    ledger.release(seller.account, instrument.base, base);
    ledger.move(buyer.account, seller.account, instrument.quote, paid);
    ledger.move(seller.account, buyer.account, instrument.base, base);
    ledger.move(buyer.account, kFeeAccount, instrument.base, base_fee);
    ledger.move(seller.account, kFeeAccount, instrument.quote, quote_fee);
    if (rebate) ledger.move(kFeeAccount, m.account, taker_buys ? instrument.base : instrument.quote, rebate);

    const std::uint32_t today = day_of(s_.time);
    const auto expose = [&](const OpenOrder& order) {
        Exposure& exposure = s_.exposures(order.account, order.instrument);
        exposure.open(order.side) -= quantity;
        exposure.trade(order.side, today, quantity, paid);
    };
    expose(buyer);
    expose(seller);
    for (OpenOrder* const order : {&buyer, &seller})
        order->cum_notional = Amount{
            checked_add(order->cum_notional.value, paid.value).value_or(std::numeric_limits<std::int64_t>::max())};
    s_.trades.add() = {.time = s_.time,
                       .price = price,
                       .quantity = quantity,
                       .buyer_fee = base_fee,
                       .seller_fee = quote_fee,
                       .rebate = rebate,
                       .buyer = buyer.account,
                       .seller = seller.account,
                       .instrument = t.instrument,
                       .taker_side = t.side,
                       .busted = 0,
                       .zero = 0};

    if (!canary::strikes(canary::Plant::reused_id) || s_.last_trade_id % 32 != 31) ++s_.last_trade_id;
    emit(TradeExecuted{.trade_id = TradeId{s_.last_trade_id},
                       .maker_order_id = s_.store.orders[maker].id,
                       .taker_order_id = s_.store.orders[taker].id,
                       .price = price,
                       .quantity = quantity,
                       .maker_leaves = s_.store.orders[maker].open,
                       .maker_cum = m.cum,
                       .taker_cum = t.cum,
                       .maker_account = m.account,
                       .taker_account = t.account,
                       .instrument = t.instrument,
                       .taker_side = t.side,
                       .zero = {}});
    const bool swapped = canary::strikes(canary::Plant::swapped_events) && s_.last_trade_id % 16 == 15;
    if (swapped) emit_filled(taker, Liquidity::taker, taker_fee);
    emit_filled(maker, Liquidity::maker, (taker_buys ? quote_fee : base_fee) - rebate);
    if (!swapped) emit_filled(taker, Liquidity::taker, taker_fee);
}

void Apply::emit_filled(std::uint32_t slot, Liquidity liquidity, Amount fee) {
    const OpenOrder& order = s_.details[slot];
    const Instrument& instrument = s_.market_of(order).instrument;
    const Balance& base = s_.ledger.balance(order.account, instrument.base);
    const Balance& quote = s_.ledger.balance(order.account, instrument.quote);
    emit(OrderFilled{.order_id = s_.store.orders[slot].id,
                     .cl_ord_id = order.cl_ord_id,
                     .leaves = s_.store.orders[slot].open,
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

}  // namespace dcx::core
