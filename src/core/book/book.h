// The book of one instrument: strict price-time priority. It knows orders, prices and quantities; accounts, money and
// ids are the core's, and so is the loop that trades (`front`, `reduce`). One thread; orders and levels come from pools
// shared by all books.
#pragma once

#include <array>
#include <cstdint>

#include "base/check.h"
#include "core/book/ladder.h"
#include "core/book/level.h"
#include "core/book/order_pool.h"
#include "model/types.h"

namespace dcx::core {

// Where the orders and levels of all books lie.
struct BookStore {
    BookStore() = default;
    BookStore(MemorySource& memory, std::uint32_t max_orders, std::uint32_t max_levels)
        : orders(memory, max_orders), levels(memory, max_levels) {}

    OrderPool orders;
    LevelStore levels;
};

class Book {
  public:
    // Puts the order at the end of the queue at its price. store.levels.has_room().
    void rest(BookStore& store, std::uint32_t slot) {
        RestingOrder& order = store.orders[slot];
        Level& level = ladder(order.key).open(store.levels, order.key);
        order.next = kNoSlot;
        order.prev = level.tail;
        store.orders[level.tail].next = slot;  // of nobody when it is the first
        level.head |= slot & mask(level.orders == 0);
        level.tail = slot;
        level.open += order.open;
        ++level.orders;
    }
    // Takes the order out of its queue, wherever in it.
    void remove(BookStore& store, std::uint32_t slot) {
        const RestingOrder& order = store.orders[slot];
        Ladder& levels = ladder(order.key);
        Level& level = levels.at(store.levels, order.key);
        unlink(store, levels, level, order);
    }
    // Takes `quantity`, at most all that is open, from an order in the book; one that has nothing left leaves it.
    // True when it did: its slot is the caller's to give back.
    bool reduce(BookStore& store, std::uint32_t slot, Quantity quantity) {
        RestingOrder& order = store.orders[slot];
        DCX_CHECK(quantity.value > 0 && quantity <= order.open);
        Ladder& levels = ladder(order.key);
        Level& level = levels.at(store.levels, order.key);
        if (quantity == order.open) {
            unlink(store, levels, level, order);
            order.open = {};
            return true;
        }
        order.open -= quantity;
        level.open -= quantity;
        return false;
    }

    // The order that trades first on a side that is not empty.
    [[nodiscard]] std::uint32_t front(const BookStore& store, Side side) const {
        const Ladder& levels = ladder(side);
        return levels.find(store.levels, levels.best())->head;
    }
    // An incoming order with this key would trade at once.
    [[nodiscard]] bool crosses(PriceKey taker) const { return ladder(-taker).best() <= limit_of(taker); }
    [[nodiscard]] bool empty(Side side) const { return ladder(side).best() == kNoKey; }
    // Best price of a side that is not empty.
    [[nodiscard]] Price best(Side side) const { return price_of(ladder(side).best()); }

    // An incoming order with this key would trade all of `wanted` with at most `max_fills` orders. Looks at one level
    // after the other, and into the queue of the last one only when its orders could be too many.
    [[nodiscard]] bool can_fill(const BookStore& store, PriceKey taker, Quantity wanted, std::uint32_t max_fills) const;

    // Every level of a side from the best on: visit(level) -> false to stop.
    template <class Visit>
    void for_each_level(const BookStore& store, Side side, Visit&& visit) const {
        const Ladder& levels = ladder(side);
        for (PriceKey key = levels.best(); key != kNoKey; key = levels.next(store.levels, key))
            if (!visit(*levels.find(store.levels, key))) return;
    }
    // nullptr when there are no orders at this price.
    [[nodiscard]] const Level* level(const BookStore& store, Side side, Price price) const {
        return ladder(side).find(store.levels, key_of(side, price));
    }
    // The order behind this one in its side's priority, at whatever price; kNoSlot when it is the last.
    [[nodiscard]] std::uint32_t behind(const BookStore& store, std::uint32_t slot) const;

  private:
    void unlink(BookStore& store, Ladder& levels, Level& level, const RestingOrder& order) {
        if (level.orders == 1) {
            level = {.key = level.key, .open = {}};
            return levels.close(store.levels, order.key);
        }
        // Neighbours that are not there are order 0, which is nobody's: no branches on where in the queue it stands.
        store.orders[order.prev].next = order.next;
        store.orders[order.next].prev = order.prev;
        level.head ^= (level.head ^ order.next) & mask(order.prev == kNoSlot);
        level.tail ^= (level.tail ^ order.prev) & mask(order.next == kNoSlot);
        level.open -= order.open;
        --level.orders;
    }
    [[nodiscard]] static std::uint32_t mask(bool all) { return -std::uint32_t{all}; }
    [[nodiscard]] Ladder& ladder(PriceKey key) { return ladders_[key > 0]; }
    [[nodiscard]] const Ladder& ladder(PriceKey key) const { return ladders_[key > 0]; }
    [[nodiscard]] Ladder& ladder(Side side) { return ladders_[side == Side::sell]; }
    [[nodiscard]] const Ladder& ladder(Side side) const { return ladders_[side == Side::sell]; }

    std::array<Ladder, 2> ladders_;
};

}  // namespace dcx::core
