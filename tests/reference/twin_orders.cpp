// Orders: place, cancel, amend, matching and fees.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

bool crosses(Side taker, Price limit, Price resting) {
    return taker == Side::buy ? resting <= limit : resting >= limit;
}
bool price_ok(Price price) { return price.value >= 1 && price.value <= kMaxPrice; }
bool quantity_ok(std::int64_t quantity, std::int64_t most) { return quantity >= 1 && quantity <= most; }

// ceil(sum of rate x received / 1'000'000)
int128 fee_of(const std::vector<Twin::Fill>& fills) {
    int128 sum = 0;
    for (const Twin::Fill& f : fills) sum += f.received * f.rate;
    return (sum + (kFeeRateOne - 1)) / kFeeRateOne;
}

bool place_has_meaning(const PlaceOrder& b) {
    const bool side = b.side == Side::buy || b.side == Side::sell;
    const bool type = b.type == OrderType::limit || b.type == OrderType::market;
    const bool tif = b.time_in_force == TimeInForce::gtc || b.time_in_force == TimeInForce::ioc;
    return side && type && tif && (b.flags & ~kOrderPostOnly) == 0 && b.zero == 0;
}

}  // namespace

bool Twin::notional_fits(const Market& m, std::int64_t price, std::int64_t quantity) const {
    int128 notional = int128{price} * quantity;
    return !__builtin_mul_overflow(notional, m.quote_per_tick_lot, &notional) && notional <= kMaxIssue;
}

int128 Twin::hold_of(InstrumentId instrument, Side side, Price price, std::int64_t open) const {
    const Market& m = market(instrument);
    return side == Side::buy ? int128{price.value} * open * m.quote_per_tick_lot : m.base_per_lot * open;
}

AssetId Twin::paid_with(const Order& order) const {
    const InstrumentListed& listing = market(order.instrument).listing;
    return order.side == Side::buy ? listing.quote : listing.base;
}

bool Twin::would_trade(InstrumentId instrument, Side side, Price price) const {
    return std::any_of(orders_.begin(), orders_.end(), [&](const Order& o) {
        return o.arrival != 0 && o.instrument == instrument && o.side == opposite(side) &&
               crosses(side, price, o.price);
    });
}

RejectReason Twin::check_number(ClOrdId cl_ord_id, SessionId from) {
    if (cl_ord_id <= session(from).last_cl_ord_id) return RejectReason::duplicate_cl_ord_id;
    session(from).last_cl_ord_id = cl_ord_id;
    return RejectReason::none;
}

RejectReason Twin::check_place(const PlaceOrder& b, SessionId from) {
    if (!place_has_meaning(b)) return RejectReason::malformed_field;
    const AccountId account = account_of(from);
    if (account.value == 0 || b.account != account) return RejectReason::not_your_account;
    if (const RejectReason reason = check_number(b.cl_ord_id, from); reason != RejectReason::none) return reason;
    if (!exists(instruments_, b.instrument)) return RejectReason::unknown_instrument;
    const Market& m = market(b.instrument);
    if (m.phase != Phase::trading) return RejectReason::instrument_halted;
    if (!price_ok(b.price)) return RejectReason::price_out_of_range;
    if (!quantity_ok(b.quantity.value, m.listing.max_quantity.value)) return RejectReason::quantity_out_of_range;
    if (!notional_fits(m, b.price.value, b.quantity.value)) return RejectReason::notional_out_of_range;
    if (hold_of(b.instrument, Side::buy, b.price, b.quantity.value) < m.listing.min_notional.value)
        return RejectReason::notional_too_small;
    const bool post_only = (b.flags & kOrderPostOnly) != 0;
    const bool ioc = b.time_in_force == TimeInForce::ioc;
    if (b.type == OrderType::market && (!ioc || post_only)) return RejectReason::unsupported_combination;
    if (post_only && ioc) return RejectReason::unsupported_combination;
    if (post_only && would_trade(b.instrument, b.side, b.price)) return RejectReason::post_only_would_cross;
    if (orders_.size() == genesis_->max_orders) return RejectReason::capacity_exhausted;
    const AssetId paid = b.side == Side::buy ? m.listing.quote : m.listing.base;
    const int128 available = owned(account, paid) - held(account, paid);
    if (available < hold_of(b.instrument, b.side, b.price, b.quantity.value)) return RejectReason::insufficient_funds;
    return RejectReason::none;
}

OrderSlot Twin::take_slot() {
    if (free_slots_.empty()) return OrderSlot{++slots_used_};
    const OrderSlot slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
}

void Twin::place(const PlaceOrder& b, SessionId from) {
    if (const RejectReason reason = check_place(b, from); reason != RejectReason::none) {
        emit(OrderRejected{.cl_ord_id = b.cl_ord_id,
                           .price = b.price,
                           .quantity = b.quantity,
                           .account = b.account,
                           .instrument = b.instrument,
                           .side = b.side,
                           .type = b.type,
                           .time_in_force = b.time_in_force,
                           .flags = b.flags,
                           .reason = reason},
             from);
        return;
    }
    const Market& m = market(b.instrument);
    orders_.push_back({.id = OrderId{++order_count_},
                       .cl_ord_id = b.cl_ord_id,
                       .session = from,
                       .account = b.account,
                       .instrument = b.instrument,
                       .slot = take_slot(),
                       .side = b.side,
                       .flags = b.flags,
                       .price = b.price,
                       .open = b.quantity.value,
                       .maker_rate = m.listing.maker_fee.value,
                       .taker_rate = m.listing.taker_fee.value});
    const Order& order = orders_.back();
    const Balance paid = balance(order.account, paid_with(order));
    emit(OrderAccepted{.order_id = order.id,
                       .cl_ord_id = b.cl_ord_id,
                       .price = b.price,
                       .quantity = b.quantity,
                       .account = b.account,
                       .instrument = b.instrument,
                       .slot = order.slot,
                       .side = b.side,
                       .type = b.type,
                       .time_in_force = b.time_in_force,
                       .flags = b.flags,
                       .hold = Amount{*narrow(hold_of(b.instrument, b.side, b.price, b.quantity.value))},
                       .available = paid.available,
                       .held = paid.held},
         from);
    take(orders_.size() - 1, b.time_in_force == TimeInForce::gtc);
}

// Of the orders that the taker crosses: the best price, at one price the earliest arrival.
std::optional<std::size_t> Twin::best_opposite(const Order& taker) const {
    const std::vector<Order> resting = queue(taker.instrument, opposite(taker.side));
    if (resting.empty() || !crosses(taker.side, taker.price, resting.front().price)) return std::nullopt;
    for (std::size_t i = 0; i < orders_.size(); ++i)
        if (orders_[i].id == resting.front().id) return i;
    return std::nullopt;
}

// The order at `index`, which is not in the book: takes what it crosses, then rests, is canceled or is done.
void Twin::take(std::size_t index, bool may_rest) {
    const OrderId id = orders_[index].id;
    const auto taker = [&]() -> Order& {
        return *std::find_if(orders_.begin(), orders_.end(), [&](const Order& o) { return o.id == id; });
    };
    std::uint32_t fills = 0;
    std::optional<std::size_t> maker;
    while (taker().open > 0 && (maker = best_opposite(taker())) && fills < genesis_->max_fills_per_command) {
        fill(orders_[*maker], taker());
        ++fills;
        if (orders_[*maker].open == 0) finish(*maker);
    }
    Order& order = taker();
    if (order.open > 0 && maker) {
        report_cancel(order, CancelReason::fill_limit, order.cl_ord_id, order.session);
    } else if (order.open > 0 && !may_rest) {
        report_cancel(order, CancelReason::ioc_remainder, order.cl_ord_id, order.session);
    } else if (order.open > 0) {
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
    finish(static_cast<std::size_t>(&order - orders_.data()));
}

// The fee of one more fill: what the formula gives with it, less what it gave before.
int128 Twin::charge(Order& order, std::int64_t rate, int128 received) {
    const int128 before = fee_of(order.fills);
    order.fills.push_back({.rate = rate, .received = received});
    return fee_of(order.fills) - before;
}

void Twin::fill(Order& maker, Order& taker) {
    const InstrumentId instrument = taker.instrument;
    const Market& m = market(instrument);
    const Price price = maker.price;
    const std::int64_t quantity = std::min(maker.open, taker.open);
    for (Order* order : {&maker, &taker}) {
        order->open -= quantity;
        order->filled += quantity;
    }
    Order& buyer = taker.side == Side::buy ? taker : maker;
    Order& seller = taker.side == Side::buy ? maker : taker;
    const int128 base = m.base_per_lot * quantity;
    const int128 quote = int128{price.value} * quantity * m.quote_per_tick_lot;
    const auto rate = [&](const Order& order) { return &order == &maker ? order.maker_rate : order.taker_rate; };
    const int128 buyer_fee = charge(buyer, rate(buyer), base);
    const int128 seller_fee = charge(seller, rate(seller), quote);
    post(seller.account, buyer.account, m.listing.base, base);
    post(buyer.account, seller.account, m.listing.quote, quote);
    post(buyer.account, kFeeAccount, m.listing.base, buyer_fee);
    post(seller.account, kFeeAccount, m.listing.quote, seller_fee);
    instruments_.at(instrument.value - 1).last_price = price;

    emit(TradeExecuted{.trade_id = TradeId{++trade_count_},
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
    report_fill(maker, Liquidity::maker, &buyer == &maker ? buyer_fee : seller_fee);
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

// What is open of the order is given back: from here on it holds nothing.
void Twin::report_cancel(const Order& order, CancelReason reason, ClOrdId by, SessionId to) {
    const AssetId paid = paid_with(order);
    const int128 still_held =
        held(order.account, paid) - hold_of(order.instrument, order.side, order.price, order.open);
    emit(OrderCanceled{.order_id = order.id,
                       .cl_ord_id = by,
                       .orig_cl_ord_id = order.cl_ord_id,
                       .price = order.price,
                       .quantity = Quantity{order.open},
                       .cum = Quantity{order.filled},
                       .account = order.account,
                       .instrument = order.instrument,
                       .available = Amount{*narrow(owned(order.account, paid) - still_held)},
                       .held = Amount{*narrow(still_held)},
                       .side = order.side,
                       .reason = reason,
                       .rested = order.arrival != 0},
         to);
}

void Twin::finish(std::size_t index) {
    free_slots_.push_back(orders_.at(index).slot);
    orders_.erase(orders_.begin() + static_cast<std::ptrdiff_t>(index));
}

std::optional<std::size_t> Twin::find_order(AccountId account, OrderId id, ClOrdId orig, SessionId from) const {
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        const Order& o = orders_[i];
        const bool named = id.value != 0 ? o.id == id : o.session == from && o.cl_ord_id == orig;
        if (named && o.account == account) return i;
    }
    return std::nullopt;
}

void Twin::cancel(const CancelOrder& b, SessionId from) {
    const AccountId account = account_of(from);
    RejectReason reason = RejectReason::none;
    std::optional<std::size_t> index;
    if (account.value == 0 || b.account != account) reason = RejectReason::not_your_account;
    if (reason == RejectReason::none) reason = check_number(b.cl_ord_id, from);
    if (reason == RejectReason::none) {
        index = find_order(account, b.order_id, b.orig_cl_ord_id, from);
        if (!index) reason = RejectReason::unknown_order;
    }
    if (reason != RejectReason::none) {
        emit(CancelRejected{.cl_ord_id = b.cl_ord_id,
                            .orig_cl_ord_id = b.orig_cl_ord_id,
                            .order_id = b.order_id,
                            .account = b.account,
                            .command = CommandKind::cancel_order,
                            .reason = reason},
             from);
        return;
    }
    report_cancel(orders_[*index], CancelReason::requested, b.cl_ord_id, from);
    finish(*index);
}

// Steps 5 to 11; `open` becomes the new open quantity.
RejectReason Twin::check_amend(const AmendOrder& b, const Order& order, std::int64_t& open) const {
    const Market& m = market(order.instrument);
    if (m.phase != Phase::trading) return RejectReason::instrument_halted;
    if (!price_ok(b.price)) return RejectReason::price_out_of_range;
    if (!quantity_ok(b.quantity.value, m.listing.max_quantity.value)) return RejectReason::quantity_out_of_range;
    const bool replace = (b.flags & kAmendReplace) != 0;
    if (!replace && b.quantity.value <= order.filled) return RejectReason::quantity_not_above_filled;
    if (replace && int128{order.filled} + b.quantity.value > kMaxQuantity) return RejectReason::quantity_out_of_range;
    open = replace ? b.quantity.value : b.quantity.value - order.filled;
    if (!notional_fits(m, b.price.value, open)) return RejectReason::notional_out_of_range;
    if (hold_of(order.instrument, Side::buy, b.price, open) < m.listing.min_notional.value)
        return RejectReason::notional_too_small;
    if ((order.flags & kOrderPostOnly) != 0 && would_trade(order.instrument, order.side, b.price))
        return RejectReason::post_only_would_cross;
    const AssetId paid = paid_with(order);
    const int128 available = owned(order.account, paid) - held(order.account, paid);
    if (available + hold_of(order.instrument, order.side, order.price, order.open) <
        hold_of(order.instrument, order.side, b.price, open))
        return RejectReason::insufficient_funds;
    return RejectReason::none;
}

void Twin::amend(const AmendOrder& b, SessionId from) {
    const AccountId account = account_of(from);
    RejectReason reason = RejectReason::none;
    std::optional<std::size_t> index;
    std::int64_t open = 0;
    if ((b.flags & ~kAmendReplace) != 0 || b.zero != std::array<std::uint8_t, 7>{})
        reason = RejectReason::malformed_field;
    else if (account.value == 0 || b.account != account)
        reason = RejectReason::not_your_account;
    else
        reason = check_number(b.cl_ord_id, from);
    if (reason == RejectReason::none) {
        index = find_order(account, b.order_id, b.orig_cl_ord_id, from);
        reason = index ? check_amend(b, orders_[*index], open) : RejectReason::unknown_order;
    }
    if (reason != RejectReason::none) {
        emit(CancelRejected{.cl_ord_id = b.cl_ord_id,
                            .orig_cl_ord_id = b.orig_cl_ord_id,
                            .order_id = b.order_id,
                            .account = b.account,
                            .command = CommandKind::amend_order,
                            .reason = reason},
             from);
        return;
    }
    Order& order = orders_[*index];
    const bool keeps = (b.flags & kAmendReplace) == 0 && b.price == order.price && open <= order.open;
    const ClOrdId before = order.cl_ord_id;
    if (from == order.session) order.cl_ord_id = b.cl_ord_id;
    order.price = b.price;
    order.open = open;
    if (!keeps) order.arrival = 0;
    const Balance paid = balance(account, paid_with(order));
    emit(OrderAmended{.order_id = order.id,
                      .cl_ord_id = b.cl_ord_id,
                      .orig_cl_ord_id = before,
                      .price = order.price,
                      .leaves = Quantity{open},
                      .cum = Quantity{order.filled},
                      .account = account,
                      .instrument = order.instrument,
                      .available = paid.available,
                      .held = paid.held,
                      .side = order.side,
                      .kept_priority = keeps},
         from);
    if (!keeps) take(*index, true);
}

std::vector<Twin::Order> Twin::queue(InstrumentId instrument, Side side) const {
    std::vector<Order> result;
    for (const Order& o : orders_)
        if (o.arrival != 0 && o.instrument == instrument && o.side == side) result.push_back(o);
    std::sort(result.begin(), result.end(), [&](const Order& a, const Order& b) {
        if (a.price != b.price) return side == Side::buy ? a.price > b.price : a.price < b.price;
        return a.arrival < b.arrival;
    });
    return result;
}

std::vector<Twin::Level> Twin::depth(InstrumentId instrument, Side side) const {
    std::vector<Level> result;
    for (const Order& o : queue(instrument, side)) {
        if (result.empty() || result.back().price != o.price) result.push_back({.price = o.price});
        result.back().quantity += o.open;
        ++result.back().orders;
    }
    return result;
}

}  // namespace dcx::reference
