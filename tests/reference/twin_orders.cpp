// What clients ask of open orders: cancel, amend, mass cancel; and the book as a reader sees it.
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
bool keeps_priority(const AmendOrder& b, const Twin::Order& order, std::int64_t open) {
    return (b.flags & kAmendReplace) == 0 && b.price == order.price && open <= order.open;
}

}  // namespace

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
    RejectReason reason = RejectReason::none;
    std::optional<std::size_t> index;
    if (!acts_for(from, b.account)) reason = RejectReason::not_your_account;
    if (reason == RejectReason::none) reason = check_number(b.cl_ord_id, from);
    if (reason == RejectReason::none) {
        index = find_order(b.account, b.order_id, b.orig_cl_ord_id, from);
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

// Steps 5 to 12; `open` becomes the new open quantity.
RejectReason Twin::check_amend(const AmendOrder& b, const Order& order, std::int64_t& open,
                               std::int64_t& wait_ns) const {
    const Market& m = market(order.instrument);
    if (m.phase != Phase::trading) return RejectReason::instrument_halted;
    if (b.price.value < 1 || b.price.value > kMaxPrice) return RejectReason::price_out_of_range;
    if (b.quantity.value < 1 || b.quantity > m.limits.max_quantity) return RejectReason::quantity_out_of_range;
    const bool replace = (b.flags & kAmendReplace) != 0;
    if (!replace && b.quantity.value <= order.filled) return RejectReason::quantity_not_above_filled;
    if (replace && int128{order.filled} + b.quantity.value > kMaxQuantity) return RejectReason::quantity_out_of_range;
    open = replace ? b.quantity.value : b.quantity.value - order.filled;
    const int128 notional = notional_of(m, b.price, open);
    if (notional > m.limits.max_notional.value) return RejectReason::notional_out_of_range;
    if (notional < m.limits.min_notional.value) return RejectReason::notional_too_small;
    const Asked asked{.account = order.account,
                      .instrument = order.instrument,
                      .side = order.side,
                      .price = b.price,
                      .open = open,
                      .amended = order.id};
    if (const RejectReason reason = check_risk(asked, wait_ns); reason != RejectReason::none) return reason;
    if ((order.flags & kOrderPostOnly) != 0 && would_trade(order.instrument, order.side, b.price))
        return RejectReason::post_only_would_cross;
    if (!keeps_priority(b, order, open) && levels_are_full()) return RejectReason::capacity_exhausted;
    const int128 available = owned(order.account, order.pays) - held(order.account, order.pays);
    if (available + hold_of(order) < hold_of(order.instrument, order.side, b.price, open))
        return RejectReason::insufficient_funds;
    return RejectReason::none;
}

void Twin::amend(const AmendOrder& b, SessionId from) {
    RejectReason reason = RejectReason::none;
    std::optional<std::size_t> index;
    std::int64_t open = 0;
    std::int64_t wait_ns = 0;
    if ((b.flags & ~kAmendReplace) != 0 || b.zero != std::array<std::uint8_t, 7>{})
        reason = RejectReason::malformed_field;
    else if (!acts_for(from, b.account))
        reason = RejectReason::not_your_account;
    else
        reason = check_number(b.cl_ord_id, from);
    if (reason == RejectReason::none) {
        index = find_order(b.account, b.order_id, b.orig_cl_ord_id, from);
        reason = index ? check_amend(b, orders_[*index], open, wait_ns) : RejectReason::unknown_order;
    }
    if (reason != RejectReason::none) {
        emit(CancelRejected{.cl_ord_id = b.cl_ord_id,
                            .orig_cl_ord_id = b.orig_cl_ord_id,
                            .order_id = b.order_id,
                            .account = b.account,
                            .command = CommandKind::amend_order,
                            .reason = reason,
                            .wait_ns = wait_ns},
             from);
        return;
    }
    spend_throttle(b.account);
    Order& order = orders_[*index];
    const bool keeps = keeps_priority(b, order, open);
    const ClOrdId before = order.cl_ord_id;
    if (from == order.session) order.cl_ord_id = b.cl_ord_id;
    order.price = b.price;
    order.open = open;
    if (!keeps) order.arrival = 0;
    const Balance paid = balance(b.account, order.pays);
    emit(OrderAmended{.order_id = order.id,
                      .cl_ord_id = b.cl_ord_id,
                      .orig_cl_ord_id = before,
                      .price = order.price,
                      .leaves = Quantity{open},
                      .cum = Quantity{order.filled},
                      .account = b.account,
                      .instrument = order.instrument,
                      .available = paid.available,
                      .held = paid.held,
                      .side = order.side,
                      .kept_priority = keeps},
         from);
    if (!keeps) take(order.id, order.time_in_force);
}

RejectReason Twin::check_mass_cancel(const MassCancel& b, SessionId from) {
    const bool side = b.side == Side{} || b.side == Side::buy || b.side == Side::sell;
    const bool scope = b.scope == MassCancelScope::account || (b.scope == MassCancelScope::session && rules_ >= 5);
    if (!side || !scope || b.zero != std::array<std::uint8_t, 6>{}) return RejectReason::malformed_field;
    if (!acts_for(from, b.account)) return RejectReason::not_your_account;
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
                (b.side == Side{} || o.side == b.side) && (b.scope == MassCancelScope::account || o.session == from))
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
