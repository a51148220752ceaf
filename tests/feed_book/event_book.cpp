#include "feed_book/event_book.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace dcx::feed_book {

std::optional<InstrumentId> EventBook::apply(const Event& event) {
    switch (event.header.kind) {
        case EventKind::order_rested: {
            const auto e = event.as<OrderRested>();
            return add(e.instrument, e.side, e.price, {e.order_id, e.quantity});
        }
        case EventKind::order_restored: {
            const auto e = event.as<OrderRestored>();
            return add(e.instrument, e.side, e.price, {e.order_id, e.leaves});
        }
        case EventKind::trade_executed: {
            const auto e = event.as<TradeExecuted>();
            return change(e.instrument, opposite(e.taker_side), e.maker_order_id, e.maker_leaves);
        }
        case EventKind::order_canceled: {
            const auto e = event.as<OrderCanceled>();
            return e.rested == 0 ? std::nullopt : change(e.instrument, e.side, e.order_id, Quantity{});
        }
        case EventKind::order_decremented: {
            const auto e = event.as<OrderDecremented>();
            return e.rested == 0 ? std::nullopt : change(e.instrument, e.side, e.order_id, e.leaves);
        }
        case EventKind::order_amended: {
            const auto e = event.as<OrderAmended>();
            return change(e.instrument, e.side, e.order_id, e.kept_priority == 1 ? e.leaves : Quantity{});
        }
        default: return std::nullopt;
    }
}

std::optional<InstrumentId> EventBook::add(InstrumentId market, Side side, Price price, Order order) {
    queues(market, side)[rank(side, price)].push_back(order);
    return market;
}

std::optional<InstrumentId> EventBook::change(InstrumentId market, Side side, OrderId id, Quantity leaves) {
    Queues& book = queues(market, side);
    for (auto queue = book.begin(); queue != book.end(); ++queue) {
        const auto order = std::ranges::find(queue->second, id, &Order::id);
        if (order == queue->second.end()) continue;
        order->leaves = leaves;
        if (leaves.value == 0) queue->second.erase(order);
        if (queue->second.empty()) book.erase(queue);
        return market;
    }
    FAIL("an event of order " << id.value << ", which is not in the book");
    return std::nullopt;
}

std::vector<core::DepthLevel> EventBook::levels(InstrumentId market, Side side) const {
    std::vector<core::DepthLevel> levels;
    const auto book = books_.find({market, side});
    if (book == books_.end()) return levels;
    for (const auto& [rank, queue] : book->second) {
        core::DepthLevel level{.price = Price{side == Side::buy ? -rank : rank},
                               .orders = static_cast<std::uint32_t>(queue.size())};
        for (const Order& order : queue) level.quantity += order.leaves;
        levels.push_back(level);
    }
    return levels;
}

std::vector<EventBook::Order> EventBook::orders(InstrumentId market, Side side) const {
    std::vector<Order> orders;
    const auto book = books_.find({market, side});
    if (book == books_.end()) return orders;
    for (const auto& [rank, queue] : book->second) orders.insert(orders.end(), queue.begin(), queue.end());
    return orders;
}

}  // namespace dcx::feed_book
