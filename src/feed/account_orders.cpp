#include "feed/account_orders.h"

#include <limits>

#include "base/checked.h"

namespace dcx::feed {

const AccountOrder* AccountOrders::accept(const EventHeader& header, const OrderAccepted& event) {
    return insert({.order_id = event.order_id,
                   .cl_ord_id = event.cl_ord_id,
                   .price = event.price,
                   .order_qty = event.quantity,
                   .leaves = event.quantity,
                   .expire_at = event.expire_at,
                   .session = header.session,
                   .account = event.account,
                   .instrument = event.instrument,
                   .side = event.side,
                   .type = event.type,
                   .time_in_force = event.time_in_force,
                   .flags = event.flags});
}

const AccountOrder* AccountOrders::restore(const OrderRestored& event) {
    return insert({.order_id = event.order_id,
                   .cl_ord_id = event.cl_ord_id,
                   .price = event.price,
                   .order_qty = event.quantity,
                   .leaves = event.leaves,
                   .cum = event.quantity - event.leaves,
                   .cum_notional = event.cum_notional,
                   .expire_at = event.expire_at,
                   .session = event.owner,
                   .account = event.account,
                   .instrument = event.instrument,
                   .side = event.side,
                   .type = OrderType::limit,  // no other rests
                   .time_in_force = event.time_in_force,
                   .flags = event.flags});
}

const AccountOrder* AccountOrders::fill(const OrderFilled& event, const TradeExecuted& trade, std::int64_t notional) {
    Node* const node = known(event.order_id);
    if (node == nullptr) return nullptr;
    AccountOrder& order = node->order;
    order.cum = event.liquidity == Liquidity::maker ? trade.maker_cum : trade.taker_cum;
    order.leaves = event.leaves;
    order.order_qty = order.leaves + order.cum;
    const auto sum = checked_add(order.cum_notional.value, notional);
    order.cum_notional = Amount{sum ? *sum : std::numeric_limits<std::int64_t>::max()};
    return order.leaves ? &order : finish(*node);
}

const AccountOrder* AccountOrders::cancel(const OrderCanceled& event) {
    Node* const node = known(event.order_id);
    if (node == nullptr) return nullptr;
    node->order.leaves = {};
    node->order.order_qty = event.quantity + event.cum;
    return finish(*node);
}

const AccountOrder* AccountOrders::amend(const EventHeader& header, const OrderAmended& event) {
    Node* const node = known(event.order_id);
    if (node == nullptr) return nullptr;
    AccountOrder& order = node->order;
    // Through another session of the account it keeps the number that it has in its own.
    if (header.session == order.session) order.cl_ord_id = event.cl_ord_id;
    order.price = event.price;
    order.leaves = event.leaves;
    order.order_qty = event.leaves + event.cum;
    return &order;
}

const AccountOrder* AccountOrders::decrement(const OrderDecremented& event) {
    Node* const node = known(event.order_id);
    if (node == nullptr) return nullptr;
    node->order.leaves = event.leaves;
    node->order.order_qty = event.leaves + event.cum;
    return &node->order;
}

const AccountOrder* AccountOrders::find(OrderId id) const {
    const std::uint32_t at = id ? index_.find(id, kNone) : kNone;
    return at == kNone ? nullptr : &nodes_[at].order;
}

std::uint32_t AccountOrders::open(AccountId account) const {
    return account.value < lists_.size() ? lists_[account.value].count : 0;
}

AccountOrders::Node* AccountOrders::known(OrderId id) {
    const std::uint32_t at = index_.find(id, kNone);
    return at == kNone ? nullptr : &nodes_[at];
}

const AccountOrder* AccountOrders::insert(const AccountOrder& order) {
    std::uint32_t at = static_cast<std::uint32_t>(nodes_.size());
    if (free_.empty()) {
        nodes_.emplace_back();
    } else {
        at = free_.back();
        free_.pop_back();
    }
    index_.insert(order.order_id, at);
    if (order.account.value >= lists_.size()) lists_.resize(std::size_t{order.account.value} + 1);
    List& list = lists_[order.account.value];
    nodes_[at] = {.order = order, .next = kNone, .previous = list.last};
    (list.last == kNone ? list.first : nodes_[list.last].next) = at;
    list.last = at;
    ++list.count;
    return &nodes_[at].order;
}

const AccountOrder* AccountOrders::finish(Node& node) {
    List& list = lists_[node.order.account.value];
    (node.previous == kNone ? list.first : nodes_[node.previous].next) = node.next;
    (node.next == kNone ? list.last : nodes_[node.next].previous) = node.previous;
    --list.count;
    index_.erase(node.order.order_id);
    free_.push_back(static_cast<std::uint32_t>(&node - nodes_.data()));
    return &node.order;
}

}  // namespace dcx::feed
