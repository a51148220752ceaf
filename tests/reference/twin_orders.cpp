// What clients ask of orders: place, cancel, amend, mass cancel.
#include <algorithm>
#include <set>
#include <tuple>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

bool crosses(Side taker, Price limit, Price resting) {
    return taker == Side::buy ? resting <= limit : resting >= limit;
}
bool price_ok(Price price) { return price.value >= 1 && price.value <= kMaxPrice; }
bool quantity_ok(std::int64_t quantity, std::int64_t most) { return quantity >= 1 && quantity <= most; }

bool place_has_meaning(const PlaceOrder& b) {
    const bool side = b.side == Side::buy || b.side == Side::sell;
    const bool type = b.type == OrderType::limit || b.type == OrderType::market;
    const bool tif = b.time_in_force == TimeInForce::gtc || b.time_in_force == TimeInForce::ioc ||
                     b.time_in_force == TimeInForce::fok;
    return side && type && tif && (b.flags & ~kOrderPostOnly) == 0 && b.zero == 0;
}

bool keeps_priority(const AmendOrder& b, const Twin::Order& order, std::int64_t open) {
    return (b.flags & kAmendReplace) == 0 && b.price == order.price && open <= order.open;
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

bool Twin::would_trade(InstrumentId instrument, Side side, Price price) const {
    return std::any_of(orders_.begin(), orders_.end(), [&](const Order& o) {
        return o.arrival != 0 && o.instrument == instrument && o.side == opposite(side) &&
               crosses(side, price, o.price);
    });
}

// Each instrument, side and price with a resting order is one.
bool Twin::levels_are_full() const {
    if (orders_.size() < genesis_->max_price_levels) return false;
    std::set<std::tuple<InstrumentId, Side, Price>> levels;
    for (const Order& o : orders_)
        if (o.arrival != 0) levels.insert({o.instrument, o.side, o.price});
    return levels.size() >= genesis_->max_price_levels;
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
    const bool gtc = b.time_in_force == TimeInForce::gtc;
    if (b.type == OrderType::market && (gtc || post_only)) return RejectReason::unsupported_combination;
    if (post_only && !gtc) return RejectReason::unsupported_combination;
    if (post_only && would_trade(b.instrument, b.side, b.price)) return RejectReason::post_only_would_cross;
    if (orders_.size() == genesis_->max_orders || levels_are_full()) return RejectReason::capacity_exhausted;
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
                       .pays = b.side == Side::buy ? m.listing.quote : m.listing.base,
                       .side = b.side,
                       .flags = b.flags,
                       .price = b.price,
                       .open = b.quantity.value,
                       .maker_rate = m.listing.maker_fee.value,
                       .taker_rate = m.listing.taker_fee.value});
    const Order& order = orders_.back();
    const Balance paid = balance(order.account, order.pays);
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
                       .hold = Amount{*narrow(hold_of(order))},
                       .available = paid.available,
                       .held = paid.held},
         from);
    take(OrderId{order_count_}, b.time_in_force);
}

// What is open of the order is given back: from here on it holds nothing.
void Twin::report_cancel(const Order& order, CancelReason reason, ClOrdId by, SessionId to) {
    const int128 still_held = held(order.account, order.pays) - hold_of(order);
    emit(OrderCanceled{.order_id = order.id,
                       .cl_ord_id = by,
                       .orig_cl_ord_id = order.cl_ord_id,
                       .price = order.price,
                       .quantity = Quantity{order.open},
                       .cum = Quantity{order.filled},
                       .account = order.account,
                       .instrument = order.instrument,
                       .available = Amount{*narrow(owned(order.account, order.pays) - still_held)},
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
    if (!keeps_priority(b, order, open) && levels_are_full()) return RejectReason::capacity_exhausted;
    const int128 available = owned(order.account, order.pays) - held(order.account, order.pays);
    if (available + hold_of(order) < hold_of(order.instrument, order.side, b.price, open))
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
    const bool keeps = keeps_priority(b, order, open);
    const ClOrdId before = order.cl_ord_id;
    if (from == order.session) order.cl_ord_id = b.cl_ord_id;
    order.price = b.price;
    order.open = open;
    if (!keeps) order.arrival = 0;
    const Balance paid = balance(account, order.pays);
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
    if (!keeps) take(order.id, TimeInForce::gtc);
}

RejectReason Twin::check_mass_cancel(const MassCancel& b, SessionId from) {
    const bool side = b.side == Side{} || b.side == Side::buy || b.side == Side::sell;
    if (!side || b.zero != std::array<std::uint8_t, 7>{}) return RejectReason::malformed_field;
    const AccountId account = account_of(from);
    if (account.value == 0 || b.account != account) return RejectReason::not_your_account;
    if (const RejectReason reason = check_number(b.cl_ord_id, from); reason != RejectReason::none) return reason;
    if (b.instrument.value != 0 && !exists(instruments_, b.instrument)) return RejectReason::unknown_instrument;
    return RejectReason::none;
}

void Twin::mass_cancel(const MassCancel& b, SessionId from) {
    if (const RejectReason reason = check_mass_cancel(b, from); reason != RejectReason::none) {
        emit(
            CancelRejected{
                .cl_ord_id = b.cl_ord_id, .account = b.account, .command = CommandKind::mass_cancel, .reason = reason},
            from);
        return;
    }
    const auto first = [&]() -> std::optional<std::size_t> {
        for (std::size_t i = 0; i < orders_.size(); ++i) {
            const Order& o = orders_[i];
            if (o.account == b.account && (b.instrument.value == 0 || o.instrument == b.instrument) &&
                (b.side == Side{} || o.side == b.side))
                return i;
        }
        return std::nullopt;
    };
    std::uint32_t canceled = 0;
    while (canceled < genesis_->max_fills_per_command) {
        const auto index = first();
        if (!index) break;
        report_cancel(orders_[*index], CancelReason::mass_cancel, b.cl_ord_id, from);
        finish(*index);
        ++canceled;
    }
    emit(MassCanceled{.cl_ord_id = b.cl_ord_id,
                      .account = b.account,
                      .instrument = b.instrument,
                      .canceled = canceled,
                      .side = b.side,
                      .complete = !first()},
         from);
}

std::vector<const Twin::Order*> Twin::queue(InstrumentId instrument, Side side) const {
    std::vector<const Order*> result;
    for (const Order& o : orders_)
        if (o.arrival != 0 && o.instrument == instrument && o.side == side) result.push_back(&o);
    std::sort(result.begin(), result.end(), [&](const Order* a, const Order* b) {
        if (a->price != b->price) return side == Side::buy ? a->price > b->price : a->price < b->price;
        return a->arrival < b->arrival;
    });
    return result;
}

std::vector<Twin::Level> Twin::depth(InstrumentId instrument, Side side) const {
    std::vector<Level> result;
    for (const Order* o : queue(instrument, side)) {
        if (result.empty() || result.back().price != o->price) result.push_back({.price = o->price});
        result.back().quantity += o->open;
        ++result.back().orders;
    }
    return result;
}

}  // namespace dcx::reference
