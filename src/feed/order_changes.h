// OrderChanges: what the events of one command did to the resting orders of one market, in their order (the `orders`
// channel). Each apply() hands its event on to the book. Memory: 56 bytes a change, kept at the highest number seen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "feed/feed_book.h"
#include "model/event.h"

namespace dcx::feed {

enum class OrderAction : std::uint8_t {
    add,      // at the end of its level's queue
    change,   // of the open quantity; the place in the queue stays
    execute,  // by a trade, as the first of the best level
    remove,
};

struct OrderChange {
    OrderAction action{};
    Side side{};
    OrderId order{};
    Price price{};
    Quantity quantity{};  // add, change: open now; execute: traded; remove: was open
    TradeId trade{};      // of execute
    std::uint64_t entered{};
};

class OrderChanges {
  public:
    void apply(FeedBook& book, const OrderRested& event) {
        book.apply(event);
        changes_.push_back({.action = OrderAction::add,
                            .side = event.side,
                            .order = event.order_id,
                            .price = event.price,
                            .quantity = event.quantity,
                            .trade = {},
                            .entered = book.last_entered()});
    }
    void apply(FeedBook& book, const TradeExecuted& event) {
        const Side side = opposite(event.taker_side);
        note(OrderAction::execute, side, book.resting(event.maker_order_id, side), event.quantity, event.trade_id);
        book.apply(event);
    }
    void apply(FeedBook& book, const OrderCanceled& event) {
        if (event.rested != 0) remove(event.side, book.resting(event.order_id, event.side));
        book.apply(event);
    }
    // An order that loses its place leaves the book here; what is left of it after its trades comes as a rest.
    void apply(FeedBook& book, const OrderAmended& event) {
        const FeedBook::Resting before = book.resting(event.order_id, event.side);
        if (event.kept_priority != 0)
            note(OrderAction::change, event.side, before, event.leaves);
        else
            remove(event.side, before);
        book.apply(event);
    }
    void apply(FeedBook& book, const OrderDecremented& event) {
        if (event.rested != 0)
            note(OrderAction::change, event.side, book.resting(event.order_id, event.side), event.leaves);
        book.apply(event);
    }
    // A start tells no changes.
    void apply(FeedBook& book, const OrderRestored& event) { book.apply(event); }

    [[nodiscard]] std::span<const OrderChange> list() const { return changes_; }
    [[nodiscard]] bool empty() const { return changes_.empty(); }
    void clear() { changes_.clear(); }

  private:
    void note(OrderAction action, Side side, const FeedBook::Resting& order, Quantity quantity, TradeId trade = {}) {
        changes_.push_back({.action = action,
                            .side = side,
                            .order = order.id,
                            .price = order.price,
                            .quantity = quantity,
                            .trade = trade,
                            .entered = order.entered});
    }
    void remove(Side side, const FeedBook::Resting& order) { note(OrderAction::remove, side, order, order.leaves); }

    std::vector<OrderChange> changes_;
};

}  // namespace dcx::feed
