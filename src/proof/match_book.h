// MatchBook: the open orders of all instruments for the indexed checker: a hash from order ids, price levels by price,
// queues in the order of resting. Memory grows with what is open. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/types.h"
#include "proof/match_checker.h"

namespace dcx::proof {

class MatchBook {
  public:
    using Place = std::uint32_t;  // of an order; 0: none
    struct Level {
        Place head = 0;
        Place tail = 0;
    };
    struct Order {
        OrderId id{};
        Price price{};
        Quantity open{};
        Place next = 0;
        Place before = 0;
        Level* level = nullptr;
        InstrumentId instrument{};
        Side side{};
        bool post_only{};
    };

    MatchBook();
    void add_instrument() { sides_.emplace_back(), sides_.emplace_back(); }
    [[nodiscard]] std::size_t instruments() const { return sides_.size() / 2; }

    // Null when it is not open. Valid until rest().
    [[nodiscard]] Order* find(OrderId id);
    void prefetch(OrderId id) const { __builtin_prefetch(&index_[home(id)]); }
    // The first in the queue at the best price; null when there is none.
    [[nodiscard]] Order* best(InstrumentId instrument, Side side) {
        const Levels& levels = side_of(instrument, side);
        return levels.empty() ? nullptr : &orders_[levels.begin()->second.head];
    }
    // To the end of the queue at its price. Its id is not open.
    void rest(const Order& order);
    void remove(Order& order);
    // The first `makers` orders that a taker of `side` at `limit` crosses have this quantity together.
    [[nodiscard]] bool has(InstrumentId instrument, Side side, Price limit, Quantity quantity, std::uint32_t makers);

    [[nodiscard]] std::size_t size() const { return used_; }
    [[nodiscard]] std::vector<MatchDepth> depth(InstrumentId instrument, Side side) const;

  private:
    // By price, better ones first: a bid's counts negative.
    using Levels = std::map<std::int64_t, Level>;
    static std::int64_t key(Side side, Price price) { return side == Side::buy ? -price.value : price.value; }
    static std::size_t number_of(InstrumentId instrument, Side side) {
        return (instrument.value - 1) * std::size_t{2} + (side == Side::buy ? 0 : 1);
    }
    [[nodiscard]] Levels& side_of(InstrumentId instrument, Side side) { return sides_[number_of(instrument, side)]; }
    [[nodiscard]] std::size_t home(OrderId id) const { return (id.value * 0x9E3779B97F4A7C15u) >> shift_; }
    void enter(OrderId id, Place place);
    void forget(OrderId id);
    void grow();

    struct Entry {
        OrderId id{};  // 0: free
        Place place = 0;
        std::uint32_t zero = 0;
    };
    std::vector<Order> orders_;  // place 0 is nobody's
    Place free_ = 0;
    std::vector<Entry> index_;
    unsigned shift_;
    std::size_t used_ = 0;
    std::vector<Levels> sides_;
};

}  // namespace dcx::proof
