// The book of one instrument: strict price-time priority, trades at the maker's price. It knows orders, prices and
// quantities; accounts, money and ids are the core's. One thread; orders and nodes come from pools shared by all books.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/check.h"
#include "core/book/order_pool.h"
#include "core/book/price_tree.h"
#include "model/types.h"

namespace dcx::core {

class Book {
  public:
    // Trades an incoming order of `side` with the other side, best price first and first in first out at a price, while
    // it crosses `limit`, `open` is left and `fills_left` allows. For each fill calls
    //     on_fill(maker_slot, price, quantity, maker_done)
    // after the maker's open quantity was reduced; a maker that is done has left the book, its slot is the caller's to
    // give back.
    template <class OnFill>
    void match(OrderPool& orders, NodePool& nodes, Side side, Price limit, Quantity& open, std::uint32_t& fills_left,
               OnFill&& on_fill) {
        PriceTree& makers = tree(opposite(side));
        const PriceTree::Key worst = key_of(opposite(side), limit);
        while (open.value > 0 && makers.best() <= worst && fills_left > 0) {
            const PriceTree::Key key = makers.best();
            Level& level = makers.at(nodes, key);
            const Price price = price_of(opposite(side), key);
            while (true) {
                const std::uint32_t slot = level.head;
                RestingOrder& maker = orders[slot];
                const Quantity traded{std::min(open.value, maker.open.value)};
                open -= traded;
                maker.open -= traded;
                --fills_left;
                const bool done = maker.open.value == 0;
                bool last_of_level = false;
                if (done) {
                    level.head = maker.next;
                    if (level.head == kNoSlot)
                        last_of_level = true;
                    else
                        orders[level.head].prev = kNoSlot;
                }
                on_fill(slot, price, traded, done);
                if (last_of_level) {
                    makers.erase(nodes, key);
                    break;
                }
                if (open.value == 0 || fills_left == 0) return;
            }
        }
    }

    // Puts the order at the end of the queue at its price. At least kMaxNodesPerOrder nodes are free.
    void rest(OrderPool& orders, NodePool& nodes, Side side, std::uint32_t slot) {
        RestingOrder& order = orders[slot];
        Level& level = tree(side).insert(nodes, key_of(side, order.price));
        order.next = kNoSlot;
        order.prev = level.tail;
        if (level.head == kNoSlot)
            level.head = slot;
        else
            orders[level.tail].next = slot;
        level.tail = slot;
    }

    // Takes the order out of its queue, wherever in it.
    void remove(OrderPool& orders, NodePool& nodes, Side side, std::uint32_t slot) {
        const RestingOrder& order = orders[slot];
        const PriceTree::Key key = key_of(side, order.price);
        if (order.prev == kNoSlot && order.next == kNoSlot) {
            tree(side).erase(nodes, key);
            return;
        }
        Level& level = tree(side).at(nodes, key);
        if (order.prev == kNoSlot)
            level.head = order.next;
        else
            orders[order.prev].next = order.next;
        if (order.next == kNoSlot)
            level.tail = order.prev;
        else
            orders[order.next].prev = order.prev;
    }

    // An incoming order of `side` at `price` would trade at once.
    [[nodiscard]] bool crosses(Side side, Price price) const {
        return tree(opposite(side)).best() <= key_of(opposite(side), price);
    }
    [[nodiscard]] bool empty(Side side) const { return tree(side).best() == PriceTree::kNone; }
    // Best price of a side that is not empty.
    [[nodiscard]] Price best(Side side) const { return price_of(side, tree(side).best()); }

    // Every level of a side from the best on: visit(price, level) -> false to stop.
    template <class Visit>
    void for_each_level(const NodePool& nodes, Side side, Visit&& visit) const {
        const PriceTree& levels = tree(side);
        for (auto key = levels.best(); key != PriceTree::kNone; key = levels.next(nodes, key))
            if (!visit(price_of(side, key), *levels.find(nodes, key))) return;
    }
    // First order of the next worse level behind `price`; kNoSlot when there is none.
    [[nodiscard]] std::uint32_t head_behind(const NodePool& nodes, Side side, Price price) const {
        const auto key = tree(side).next(nodes, key_of(side, price));
        return key == PriceTree::kNone ? kNoSlot : tree(side).find(nodes, key)->head;
    }
    [[nodiscard]] const Level* find_level(const NodePool& nodes, Side side, Price price) const {
        return tree(side).find(nodes, key_of(side, price));
    }

  private:
    // Smaller keys are better prices, on both sides.
    [[nodiscard]] static PriceTree::Key key_of(Side side, Price price) {
        return static_cast<PriceTree::Key>(side == Side::sell ? price.value : kMaxPrice - price.value);
    }
    [[nodiscard]] static Price price_of(Side side, PriceTree::Key key) {
        return Price{side == Side::sell ? static_cast<std::int64_t>(key) : kMaxPrice - static_cast<std::int64_t>(key)};
    }
    [[nodiscard]] PriceTree& tree(Side side) { return trees_[side == Side::sell]; }
    [[nodiscard]] const PriceTree& tree(Side side) const { return trees_[side == Side::sell]; }

    std::array<PriceTree, 2> trees_;
};

}  // namespace dcx::core
