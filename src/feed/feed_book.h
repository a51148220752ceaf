// FeedBook: the book of one instrument, order by order and level by level, rebuilt from events alone. One thread.
//
// Every event is checked against the book (a fill takes the first order of the best level, at its price; what is
// canceled, amended or decremented is as large as we think; sides never cross). An event that does not fit means that
// the book and the venue disagree: a bug, so DCX_CHECK ends the program rather than publish a wrong book.
//
// Memory: 48 bytes an order and 40 a level, kept at the highest number seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "feed/book_checksum.h"
#include "feed/level_changes.h"
#include "feed/level_ladder.h"
#include "model/event.h"
#include "model/order_index.h"

namespace dcx::feed {

class FeedBook {
  public:
    void apply(const OrderRested& event) { add(event.order_id, event.side, event.price, event.quantity); }
    void apply(const OrderRestored& event) { add(event.order_id, event.side, event.price, event.leaves); }
    void apply(const TradeExecuted& event);
    void apply(const OrderCanceled& event);
    void apply(const OrderAmended& event);
    void apply(const OrderDecremented& event);

    [[nodiscard]] const LevelLadder& bids() const { return bids_; }
    [[nodiscard]] const LevelLadder& asks() const { return asks_; }
    [[nodiscard]] const LevelLadder& side(Side side) const { return side == Side::buy ? bids_ : asks_; }
    [[nodiscard]] std::size_t order_count() const { return index_.size(); }

    // One resting order. `entered` rises with each order that comes into the book or comes back to the end of a queue,
    // and is never given twice, so that within a level the queue is in its order.
    struct Resting {
        OrderId id{};
        Price price{};
        Quantity leaves{};
        std::uint64_t entered{};
    };
    // Must be there.
    [[nodiscard]] Resting resting(OrderId id, Side side) const { return resting_at(find(id, side)); }
    [[nodiscard]] std::uint64_t last_entered() const { return entered_; }
    // The orders of a level that entered behind this one, first in the queue first, until visit(resting) is false.
    // `hint` is where the last one visited was found (kNoNode: nowhere), and is moved along; it saves the walk there.
    template <class Visit>
    void each_order_after(const Level& level, std::uint64_t entered, std::uint32_t& hint, Visit&& visit) const {
        for (std::uint32_t node = first_after(level, entered, hint); node != kNoNode; node = orders_[node].next) {
            if (!visit(resting_at(node))) return;
            hint = node;
        }
    }

    // Levels touched since clear_changes(), with what they held before.
    [[nodiscard]] const LevelChanges& changes() const { return changes_; }
    void clear_changes() { changes_.clear(); }

    // CRC-32C of the best `levels` levels, bids then asks, each as little-endian int64 ticks and int64 lots.
    [[nodiscard]] std::uint32_t checksum(std::size_t levels) const { return checksum_.of(bids_, asks_, levels); }

  private:
    struct Order {
        OrderId id{};
        Price price{};
        Quantity leaves{};
        std::uint32_t next{kNoNode};
        std::uint32_t previous{kNoNode};
        std::uint64_t entered : 56 {};  // 0: the place is free
        Side side : 8 {};
    };
    static_assert(sizeof(Order) == 40);

    void add(OrderId id, Side side, Price price, Quantity quantity);
    void remove(std::uint32_t node);
    void reduce(std::uint32_t node, Quantity leaves);
    [[nodiscard]] std::uint32_t find(OrderId id, Side side) const;
    [[nodiscard]] LevelLadder& ladder(Side side) { return side == Side::buy ? bids_ : asks_; }
    // Before a level changes; told() when it has.
    LevelChange& touch(const LevelLadder& ladder, const Level& level);
    static void told(LevelChange& change, const Level& level);
    [[nodiscard]] Resting resting_at(std::uint32_t node) const {
        const Order& order = orders_[node];
        return {.id = order.id, .price = order.price, .leaves = order.leaves, .entered = order.entered};
    }
    [[nodiscard]] std::uint32_t first_after(const Level& level, std::uint64_t entered, std::uint32_t hint) const;

    LevelLadder bids_{Side::buy};
    LevelLadder asks_{Side::sell};
    OrderIndex index_;
    std::vector<Order> orders_;
    std::vector<std::uint32_t> free_;
    std::uint64_t entered_ = 0;
    LevelChanges changes_;
    mutable BookChecksum checksum_;  // what was computed is kept
};

}  // namespace dcx::feed
