#include "gateway/order_view.h"

#include <algorithm>

#include "base/checked.h"

namespace dcx::gateway {
namespace {

OrdStatus status_of_open(Quantity cum) { return cum ? OrdStatus::partially_filled : OrdStatus::accepted; }

Amount saturating_sum(Amount sum, std::int64_t more) {
    const auto exact = checked_add(sum.value, more);
    return exact ? Amount{*exact} : Amount{std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

// ---- events

void OrderView::accept(const EventHeader& header, const OrderAccepted& event) {
    insert({.order_id = event.order_id,
            .cl_ord_id = event.cl_ord_id,
            .price = event.price,
            .order_qty = event.quantity,
            .leaves = event.quantity,
            .expire_at = event.expire_at,
            .sequence = header.sequence,
            .session = header.session,
            .account = event.account,
            .instrument = event.instrument,
            .slot = event.slot,
            .side = event.side,
            .type = event.type,
            .time_in_force = event.time_in_force,
            .flags = event.flags,
            .status = OrdStatus::accepted});
}

void OrderView::restore(const EventHeader& header, const OrderRestored& event) {
    const Quantity cum = event.quantity - event.leaves;
    insert({.order_id = event.order_id,
            .cl_ord_id = event.cl_ord_id,
            .price = event.price,
            .order_qty = event.quantity,
            .leaves = event.leaves,
            .cum = cum,
            .cum_notional = event.cum_notional,
            .expire_at = event.expire_at,
            .sequence = header.sequence,
            .session = event.owner,
            .account = event.account,
            .instrument = event.instrument,
            .slot = event.slot,
            .side = event.side,
            .type = OrderType::limit,  // no other rests
            .time_in_force = event.time_in_force,
            .flags = event.flags,
            .status = status_of_open(cum)});
}

void OrderView::trade(const TradeExecuted& event, std::int64_t notional) {
    for (const OrderId id : {event.maker_order_id, event.taker_order_id}) {
        KnownOrder* order = open(id);
        if (order == nullptr) continue;
        order->cum = id == event.maker_order_id ? event.maker_cum : event.taker_cum;
        order->cum_notional = saturating_sum(order->cum_notional, notional);
    }
}

void OrderView::fill(const EventHeader& header, const OrderFilled& event) {
    KnownOrder* order = open(event.order_id);
    told_ = {};
    if (order == nullptr) return;
    order->sequence = header.sequence;
    order->leaves = event.leaves;
    order->order_qty = event.leaves + order->cum;
    order->status = event.leaves ? OrdStatus::partially_filled : OrdStatus::filled;
    told_ = *order;
    if (!event.leaves) finish(*order);
}

void OrderView::cancel(const EventHeader& header, const OrderCanceled& event) {
    KnownOrder* order = open(event.order_id);
    told_ = {};
    if (order == nullptr) return;
    order->sequence = header.sequence;
    order->leaves = {};
    order->order_qty = event.quantity + event.cum;
    order->status = event.reason == CancelReason::expired ? OrdStatus::expired : OrdStatus::canceled;
    order->cancel_reason = event.reason;
    told_ = *order;
    finish(*order);
}

void OrderView::amend(const EventHeader& header, const OrderAmended& event) {
    KnownOrder* order = open(event.order_id);
    told_ = {};
    if (order == nullptr) return;
    // Through another session of the account it keeps the number that it has in its own.
    if (header.session == order->session) order->cl_ord_id = event.cl_ord_id;
    order->sequence = header.sequence;
    order->price = event.price;
    order->leaves = event.leaves;
    order->order_qty = event.leaves + event.cum;
    order->status = status_of_open(event.cum);
    told_ = *order;
}

void OrderView::decrement(const EventHeader& header, const OrderDecremented& event) {
    KnownOrder* order = open(event.order_id);
    told_ = {};
    if (order == nullptr) return;
    order->sequence = header.sequence;
    order->leaves = event.leaves;
    order->order_qty = event.leaves + event.cum;
    told_ = *order;
}

// ---- the pool

OrderView::Account& OrderView::account(AccountId id) {
    if (id.value >= accounts_.size()) accounts_.resize(std::size_t{id.value} + 1);
    return accounts_[id.value];
}

KnownOrder* OrderView::open(OrderId id) {
    const std::uint32_t at = index_.find(id, kNone);
    return at == kNone ? nullptr : &nodes_[at].order;
}

void OrderView::insert(const KnownOrder& order) {
    std::uint32_t at = static_cast<std::uint32_t>(nodes_.size());
    if (free_.empty()) {
        nodes_.emplace_back();
    } else {
        at = free_.back();
        free_.pop_back();
    }
    index_.insert(order.order_id, at);
    Account& owner = account(order.account);
    nodes_[at] = {.order = order, .next = kNone, .previous = owner.last};
    (owner.last == kNone ? owner.first : nodes_[owner.last].next) = at;
    owner.last = at;
    ++owner.count;
    told_ = order;
}

void OrderView::finish(KnownOrder& order) {
    const std::uint32_t at = index_.find(order.order_id, kNone);
    const Node& node = nodes_[at];
    Account& owner = account(order.account);
    (node.previous == kNone ? owner.first : nodes_[node.previous].next) = node.next;
    (node.next == kNone ? owner.last : nodes_[node.next].previous) = node.previous;
    --owner.count;
    owner.done.add(order, budget_);
    index_.erase(order.order_id);
    free_.push_back(at);
}

// ---- questions

const KnownOrder* OrderView::find(OrderId id) const {
    const std::uint32_t at = id ? index_.find(id, kNone) : kNone;
    return at == kNone ? nullptr : &nodes_[at].order;
}

const KnownOrder* OrderView::find(AccountId account, OrderId id) const {
    if (const KnownOrder* order = find(id); order != nullptr) return order->account == account ? order : nullptr;
    const auto& ended = done(account);
    for (std::size_t i = ended.size(); i > 0; --i)
        if (ended[i - 1].order_id == id) return &ended[i - 1];
    return nullptr;
}

const KnownOrder* OrderView::find(AccountId account, SessionId session, ClOrdId id) const {
    const auto is_it = [&](const KnownOrder& order) { return order.session == session && order.cl_ord_id == id; };
    const KnownOrder* found = nullptr;
    each_open(account, [&](const KnownOrder& order) {
        if (is_it(order)) found = &order;
    });
    if (found != nullptr) return found;
    const auto& ended = done(account);
    for (std::size_t i = ended.size(); i > 0; --i)
        if (is_it(ended[i - 1])) return &ended[i - 1];
    return nullptr;
}

std::vector<OrderId> OrderView::open_orders(AccountId account, InstrumentId instrument) const {
    std::vector<OrderId> ids;
    each_open(account, [&](const KnownOrder& order) {
        if (!instrument || order.instrument == instrument) ids.push_back(order.order_id);
    });
    // Restored ones were told book by book.
    std::ranges::sort(ids);
    return ids;
}

std::uint32_t OrderView::open_count(AccountId account) const {
    return account.value < accounts_.size() ? accounts_[account.value].count : 0;
}

const RecentRing<KnownOrder>& OrderView::done(AccountId account) const {
    static const RecentRing<KnownOrder> none;
    return account.value < accounts_.size() ? accounts_[account.value].done : none;
}

}  // namespace dcx::gateway
