#include "market/trader_account.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::market {

void TraderAccount::restart(AccountId account, ClOrdId last_cl_ord_id) {
    account_ = account;
    last_cl_ord_id_ = last_cl_ord_id;
    base_ = {};
    quote_ = {};
    orders_.clear();
}

void TraderAccount::set_balance(AssetId asset, Amount total) {
    if (asset == instrument_.base) base_ = total;
    if (asset == instrument_.quote) quote_ = total;
}

// ---- requests

PlaceOrder TraderAccount::place(const NewOrder& order) {
    const ClOrdId id = next_id();
    OwnOrder own;
    own.cl_ord_id = id;
    own.side = order.side;
    own.state = OrderState::placing;
    own.rests = order.time_in_force == TimeInForce::gtc;
    own.mark = order.mark;
    own.price = order.price;
    own.leaves = order.quantity;
    orders_.push_back(own);
    return {.cl_ord_id = id,
            .price = order.price,
            .quantity = order.quantity,
            .account = account_,
            .instrument = instrument_.id,
            .side = order.side,
            .type = order.type,
            .time_in_force = order.time_in_force,
            .flags = order.flags};
}

CancelOrder TraderAccount::cancel(OwnOrder& order) {
    DCX_CHECK(order.state == OrderState::open);
    order.state = OrderState::canceling;
    return {.cl_ord_id = next_id(),
            .orig_cl_ord_id = order.cl_ord_id,
            .order_id = order.order_id,
            .account = account_,
            .slot_hint = order.slot};
}

AmendOrder TraderAccount::amend(OwnOrder& order, Price price, Quantity leaves, bool replace) {
    DCX_CHECK(order.state == OrderState::open);
    order.state = OrderState::amending;
    order.amend_id = next_id();
    order.new_price = price;
    order.new_leaves = leaves;
    return {.cl_ord_id = order.amend_id,
            .orig_cl_ord_id = order.cl_ord_id,
            .order_id = order.order_id,
            .price = price,
            .quantity = replace ? leaves : leaves + order.cum,
            .account = account_,
            .slot_hint = order.slot,
            .flags = replace ? kAmendReplace : std::uint8_t{0},
            .zero = {}};
}

CancelOrder TraderAccount::cancel_unknown(ClOrdId orig_cl_ord_id) {
    return {.cl_ord_id = next_id(), .orig_cl_ord_id = orig_cl_ord_id, .order_id = {}, .account = account_};
}

// ---- reports

OwnOrder* TraderAccount::find(const ExecutionReport& report) {
    const auto is_it = [&](const OwnOrder& order) {
        if (order.order_id) return order.order_id == report.order_id;
        return order.cl_ord_id == report.cl_ord_id;
    };
    const auto found = std::find_if(orders_.begin(), orders_.end(), is_it);
    return found == orders_.end() ? nullptr : &*found;
}

void TraderAccount::erase(const OwnOrder& order) { orders_.erase(orders_.begin() + (&order - orders_.data())); }

void TraderAccount::settle(const ExecutionReport& trade) {
    const Amount base{hold_of(instrument_, Side::sell, trade.last_px, trade.last_qty)};
    const Amount quote{hold_of(instrument_, Side::buy, trade.last_px, trade.last_qty)};
    base_ += trade.side == Side::buy ? base : -base;
    quote_ += trade.side == Side::buy ? -quote : quote;
    // A fee is taken off what was received; a rebate, below 0, comes in what was paid.
    const bool in_base = (trade.side == Side::buy) == (trade.fee.value >= 0);
    (in_base ? base_ : quote_) -= trade.fee;
}

void TraderAccount::on_execution(const ExecutionReport& report) {
    // Money moves whether or not the order is one of those known since the login.
    if (report.exec_type == ExecType::trade) settle(report);
    OwnOrder* const order = find(report);
    if (order == nullptr) return;
    switch (report.exec_type) {
        case ExecType::accepted:
            order->order_id = report.order_id;
            order->slot = report.slot;
            order->state = OrderState::open;
            break;
        case ExecType::rejected:
        case ExecType::expired:
        case ExecType::canceled: return erase(*order);
        case ExecType::trade:
            if (report.ord_status == OrdStatus::filled) return erase(*order);
            order->leaves = report.leaves_qty;
            order->cum = report.cum_qty;
            break;
        // A request under way for it, if any, is answered by itself.
        case ExecType::restated: order->leaves = report.leaves_qty; break;
        case ExecType::status: break;  // never asked for
        case ExecType::replaced:
            order->cl_ord_id = report.cl_ord_id;
            order->price = report.price;
            order->leaves = report.leaves_qty;
            order->cum = report.cum_qty;
            order->state = OrderState::open;
            break;
    }
}

void TraderAccount::on_cancel_rejected(const CancelRejected& report) {
    const auto found = std::find_if(orders_.begin(), orders_.end(),
                                    [&](const OwnOrder& order) { return order.order_id == report.order_id; });
    if (!report.order_id || found == orders_.end()) return;
    // It is not there although nothing said that it ended: forget it, or it would be asked for again for ever.
    if (report.reason == RejectReason::unknown_order) return erase(*found);
    found->state = OrderState::open;
}

// ---- what is known

Amount TraderAccount::total(AssetId asset) const {
    DCX_CHECK(asset == instrument_.base || asset == instrument_.quote);
    return asset == instrument_.base ? base_ : quote_;
}

Amount TraderAccount::held(const OwnOrder& order) const {
    const Amount now = hold_of(instrument_, order.side, order.price, order.leaves);
    if (order.state != OrderState::amending) return now;
    return std::max(now, hold_of(instrument_, order.side, order.new_price, order.new_leaves));
}

Amount TraderAccount::free(Side side, const OwnOrder* besides) const {
    Amount left = total(paid_asset(instrument_, side));
    for (const OwnOrder& order : orders_)
        if (order.side == side && &order != besides) left -= held(order);
    return std::max(left, Amount{});
}

std::size_t TraderAccount::under_way() const {
    return static_cast<std::size_t>(std::count_if(
        orders_.begin(), orders_.end(), [](const OwnOrder& order) { return order.state != OrderState::open; }));
}

std::optional<Price> TraderAccount::own_best(Side side) const {
    std::optional<Price> best;
    const auto look = [&](Price price) {
        if (!best || (side == Side::buy ? price < *best : price > *best)) best = price;
    };
    for (const OwnOrder& order : orders_) {
        if (order.side == side || !order.rests) continue;
        look(order.price);
        if (order.state == OrderState::amending) look(order.new_price);
    }
    return best;
}

}  // namespace dcx::market
