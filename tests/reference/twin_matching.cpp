// What an order meets in the book: fills with their fees and rebates, the self-trade rules, FOK, budgets.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

// ceil(sum of rate x received / 1'000'000), a negative rate counting as 0
int128 fee_of(const std::vector<Twin::Fill>& fills) {
    int128 sum = 0;
    for (const Twin::Fill& f : fills) sum += f.received * std::max<std::int64_t>(f.rate, 0);
    return (sum + (kFeeRateOne - 1)) / kFeeRateOne;
}

}  // namespace

std::size_t Twin::index_of(OrderId id) const {
    const auto found = std::find_if(orders_.begin(), orders_.end(), [&](const Order& o) { return o.id == id; });
    DCX_CHECK(found != orders_.end());
    return static_cast<std::size_t>(found - orders_.begin());
}

// Of the resting orders that the taker crosses: the best price, at one price the earliest arrival.
std::optional<std::size_t> Twin::next_maker(const Order& taker) const {
    std::optional<std::size_t> next;
    const bool buys = taker.side == Side::buy;
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        const Order& o = orders_[i];
        if (o.arrival == 0 || o.instrument != taker.instrument || o.side == taker.side) continue;
        if (buys ? o.price > taker.price : o.price < taker.price) continue;
        if (next) {
            const Order& best = orders_[*next];
            const bool better = buys ? o.price < best.price : o.price > best.price;
            if (!better && (o.price != best.price || o.arrival > best.arrival)) continue;
        }
        next = i;
    }
    return next;
}

// The order, which is open and not in the book, takes what it crosses, then rests, is canceled or is done.
void Twin::take(OrderId id, TimeInForce time_in_force) {
    const bool tries = time_in_force != TimeInForce::fok || fills_wholly(id);
    const Took took = tries ? match(id) : Took::rest;
    const std::size_t index = index_of(id);
    Order& order = orders_[index];
    const auto cancel = [&](CancelReason reason) { report_cancel(order, reason, order.cl_ord_id, order.session); };
    if (!tries) {
        cancel(CancelReason::fok_unfilled);
    } else if (took == Took::too_much) {
        cancel(CancelReason::fill_limit);
    } else if (took == Took::budget_spent) {
        cancel(CancelReason::budget_spent);
    } else if (took == Took::rest && time_in_force == TimeInForce::ioc) {
        cancel(CancelReason::ioc_remainder);
    } else if (took == Took::rest) {
        DCX_CHECK(time_in_force != TimeInForce::fok && !order.has_budget);
        order.arrival = ++arrivals_;
        emit(OrderRested{.order_id = order.id,
                         .price = order.price,
                         .quantity = Quantity{order.open},
                         .account = order.account,
                         .instrument = order.instrument,
                         .slot = order.slot,
                         .side = order.side},
             SessionId{});
        return;
    }
    finish(index);
}

// The venue as it would be afterwards says whether all of the order is filled: this copy of it is thrown away.
bool Twin::fills_wholly(OrderId id) const {
    Twin trial = *this;
    const std::int64_t wanted = trial.orders_[trial.index_of(id)].open;
    trial.match(id);
    return trial.orders_[trial.index_of(id)].filled == wanted;
}

Twin::Took Twin::match(OrderId id) {
    for (std::uint32_t meetings = 0;; ++meetings) {
        const std::size_t taker = index_of(id);
        if (orders_[taker].open == 0) return Took::all;
        const std::optional<std::size_t> maker = next_maker(orders_[taker]);
        if (!maker) return Took::rest;
        if (meetings == genesis_->max_fills_per_command) return Took::too_much;
        if (affordable(orders_[taker], orders_[*maker].price) == 0) return Took::budget_spent;
        const bool own = orders_[*maker].account == orders_[taker].account;
        if (own && rule_of(orders_[taker].account) != SelfTradeRule::none) {
            if (!meet_own(*maker, taker)) return Took::canceled;
        } else {
            fill(orders_[*maker], orders_[taker]);
            if (orders_[*maker].open == 0) finish(*maker);
        }
    }
}

// Two orders of one account with a rule. False: the taker is canceled.
bool Twin::meet_own(std::size_t maker, std::size_t taker) {
    const SelfTradeRule rule = rule_of(orders_[taker].account);
    const OrderId taker_id = orders_[taker].id;
    if (rule == SelfTradeRule::decrement_and_cancel) {
        const std::int64_t quantity = std::min(orders_[maker].open, orders_[taker].open);
        const bool taker_is_done = orders_[taker].open == quantity;
        const bool maker_is_done = orders_[maker].open == quantity;
        decrement(maker, quantity);
        decrement(taker, quantity);
        if (maker_is_done) finish(maker);
        return !taker_is_done;
    }
    if (rule == SelfTradeRule::cancel_maker || rule == SelfTradeRule::cancel_both) {
        cancel_own(orders_[maker]);
        finish(maker);
    }
    if (rule == SelfTradeRule::cancel_maker) return true;
    cancel_own(orders_[index_of(taker_id)]);
    return false;
}

void Twin::cancel_own(const Order& order) {
    report_cancel(order, CancelReason::self_trade, order.cl_ord_id, order.session);
}

void Twin::decrement(std::size_t index, std::int64_t quantity) {
    Order& order = orders_[index];
    if (order.open == quantity) {
        cancel_own(order);
        // From here on it holds nothing, though it is still in the list.
        order.open = 0;
        return;
    }
    order.open -= quantity;
    const Balance paid = balance(order.account, order.pays);
    emit(OrderDecremented{.order_id = order.id,
                          .cl_ord_id = order.cl_ord_id,
                          .price = order.price,
                          .quantity = Quantity{quantity},
                          .leaves = Quantity{order.open},
                          .cum = Quantity{order.filled},
                          .account = order.account,
                          .instrument = order.instrument,
                          .available = paid.available,
                          .held = paid.held,
                          .side = order.side,
                          .rested = order.arrival != 0},
         order.session);
}

// The fee of one more fill: what the formula gives with it, less what it gave before.
int128 Twin::charge(Order& order, Fill fill) {
    const int128 before = fee_of(order.fills);
    order.fills.push_back(fill);
    return fee_of(order.fills) - before;
}

// How much of an order its budget pays at a price; all that is open without one.
std::int64_t Twin::affordable(const Order& taker, Price price) const {
    if (!taker.has_budget) return taker.open;
    const int128 lots = taker.budget / notional_of(market(taker.instrument), price, 1);
    return lots < taker.open ? static_cast<std::int64_t>(lots) : taker.open;
}

void Twin::fill(Order& maker, Order& taker) {
    const InstrumentId instrument = taker.instrument;
    const Market& m = market(instrument);
    const Price price = maker.price;
    const std::int64_t quantity = std::min(maker.open, affordable(taker, price));
    for (Order* order : {&maker, &taker}) {
        order->open -= quantity;
        order->filled += quantity;
    }
    Order& buyer = taker.side == Side::buy ? taker : maker;
    Order& seller = taker.side == Side::buy ? maker : taker;
    const int128 base = m.base_per_lot * quantity;
    const int128 quote = notional_of(m, price, quantity);
    if (taker.has_budget) taker.budget -= quote;
    const auto rate = [&](const Order& order) { return &order == &maker ? order.maker_rate : order.taker_rate; };
    const int128 buyer_fee =
        charge(buyer, {.rate = rate(buyer), .received = base, .quantity = quantity, .notional = quote});
    const int128 seller_fee =
        charge(seller, {.rate = rate(seller), .received = quote, .quantity = quantity, .notional = quote});
    post(buyer.account, seller.account, m.listing.quote, quote);
    post(seller.account, buyer.account, m.listing.base, base);
    post(buyer.account, kFeeAccount, m.listing.base, buyer_fee);
    post(seller.account, kFeeAccount, m.listing.quote, seller_fee);
    // A rebate is paid in what the taker received and paid his fee in.
    const bool in_base = &taker == &buyer;
    const int128 rebate = std::min(in_base ? buyer_fee : seller_fee,
                                   std::max<int128>(-maker.maker_rate, 0) * (in_base ? base : quote) / kFeeRateOne);
    post(kFeeAccount, maker.account, in_base ? m.listing.base : m.listing.quote, rebate);
    change_position(buyer.account, instrument, quantity, -quote);
    change_position(seller.account, instrument, -quantity, quote);
    market(instrument).last_price = price;
    trades_.push_back({.id = TradeId{static_cast<std::uint64_t>(trades_.size() + 1)},
                       .time = time_,
                       .instrument = instrument,
                       .price = price,
                       .quantity = quantity,
                       .buyer = buyer.account,
                       .seller = seller.account,
                       .taker_side = taker.side,
                       .base = base,
                       .notional = quote,
                       .buyer_fee = buyer_fee,
                       .seller_fee = seller_fee,
                       .base_rebate = in_base ? rebate : 0,
                       .quote_rebate = in_base ? 0 : rebate});

    emit(TradeExecuted{.trade_id = trades_.back().id,
                       .maker_order_id = maker.id,
                       .taker_order_id = taker.id,
                       .price = price,
                       .quantity = Quantity{quantity},
                       .maker_leaves = Quantity{maker.open},
                       .maker_cum = Quantity{maker.filled},
                       .taker_cum = Quantity{taker.filled},
                       .maker_account = maker.account,
                       .taker_account = taker.account,
                       .instrument = instrument,
                       .taker_side = taker.side},
         SessionId{});
    // A maker with a rebate has a rate below 0, so he pays nothing.
    report_fill(maker, Liquidity::maker, (&buyer == &maker ? buyer_fee : seller_fee) - rebate);
    report_fill(taker, Liquidity::taker, &buyer == &taker ? buyer_fee : seller_fee);
}

void Twin::report_fill(const Order& order, Liquidity liquidity, int128 fee) {
    const InstrumentListed& listing = market(order.instrument).listing;
    const Balance base = balance(order.account, listing.base);
    const Balance quote = balance(order.account, listing.quote);
    emit(OrderFilled{.order_id = order.id,
                     .cl_ord_id = order.cl_ord_id,
                     .leaves = Quantity{order.open},
                     .fee = Amount{*narrow(fee)},
                     .base_available = base.available,
                     .base_held = base.held,
                     .quote_available = quote.available,
                     .quote_held = quote.held,
                     .account = order.account,
                     .instrument = order.instrument,
                     .side = order.side,
                     .liquidity = liquidity},
         order.session);
}

}  // namespace dcx::reference
