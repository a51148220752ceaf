// FeedBook: the book of one instrument, order by order and level by level, rebuilt from events alone. One thread.
//
// Every event is checked against the book (a fill takes the first order of the best level, at its price; what is
// canceled, amended or decremented is as large as we think; sides never cross). An event that does not fit means that
// the book and the venue disagree: a bug, so DCX_CHECK ends the program rather than publish a wrong book.
//
// Memory: 48 bytes an order and 32 a level, kept at the highest number seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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

    // Levels touched since clear_changes(), with what they held before.
    [[nodiscard]] const LevelChanges& changes() const { return changes_; }
    void clear_changes() { changes_.clear(); }

    // CRC-32C of the best `levels` levels, bids then asks, each as little-endian int64 ticks and int64 lots.
    [[nodiscard]] std::uint32_t checksum(std::size_t levels) const;

  private:
    struct Order {
        OrderId id{};
        Price price{};
        Quantity leaves{};
        std::uint32_t next{kNoNode};
        std::uint32_t previous{kNoNode};
        Side side{};
    };

    void add(OrderId id, Side side, Price price, Quantity quantity);
    void remove(std::uint32_t node);
    void reduce(std::uint32_t node, Quantity leaves);
    [[nodiscard]] std::uint32_t find(OrderId id, Side side) const;
    [[nodiscard]] LevelLadder& ladder(Side side) { return side == Side::buy ? bids_ : asks_; }
    void note(Side side, const Level& level);

    LevelLadder bids_{Side::buy};
    LevelLadder asks_{Side::sell};
    OrderIndex index_;
    std::vector<Order> orders_;
    std::vector<std::uint32_t> free_;
    LevelChanges changes_;
};

}  // namespace dcx::feed
