// The price levels of one side of one book: a 64-ary radix tree over a key in which smaller is better (asks: the price;
// bids: kMaxPrice - price, so that nothing here looks at the side). Every node has a bitmap of its occupied children,
// so the best level is a few count-trailing-zeros away, at any price from 1 to 2^62. The root covers just the keys that
// are there: a market that moves within 4,096 ticks has two levels of nodes, and a far price adds levels only while it
// rests. The shape depends on the keys alone, not on their history.
//
// One thread. Nodes come from a pool shared by all books; a new level needs at most kMaxNodesPerOrder of them, which
// the caller makes sure before it changes anything.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "core/book/order_pool.h"
#include "model/types.h"

namespace dcx::core {

// First-in-first-out queue of the orders at one price.
struct Level {
    std::uint32_t head{};
    std::uint32_t tail{};
};

struct PriceNode {
    std::uint64_t occupied{};  // bit i: child or level i is there; the others are garbage
    union {
        std::array<std::uint32_t, 64> child;
        std::array<Level, 64> level;
    };
};
static_assert(sizeof(PriceNode) == 520);

// Growing to a new root takes at most 10 nodes, the way down to the new level at most 11.
inline constexpr std::uint32_t kMaxNodesPerOrder = 24;

class NodePool {
  public:
    NodePool() = default;
    NodePool(MemorySource& memory, std::uint32_t capacity)
        : nodes_(memory.array<PriceNode>(std::size_t{capacity} + 1)), free_count_(capacity) {}

    [[nodiscard]] std::uint32_t free_count() const { return free_count_; }
    std::uint32_t take() {
        DCX_CHECK(free_count_ > 0);
        --free_count_;
        std::uint32_t node = free_;
        if (node != 0)
            free_ = nodes_[node].child[0];
        else
            node = ++used_;
        nodes_[node].occupied = 0;
        return node;
    }
    void give(std::uint32_t node) {
        nodes_[node].child[0] = free_;
        free_ = node;
        ++free_count_;
    }
    PriceNode& operator[](std::uint32_t node) { return nodes_[node]; }
    const PriceNode& operator[](std::uint32_t node) const { return nodes_[node]; }

  private:
    std::span<PriceNode> nodes_;
    std::uint32_t free_ = 0;
    std::uint32_t used_ = 0;
    std::uint32_t free_count_ = 0;
};

class PriceTree {
  public:
    using Key = std::uint64_t;
    static constexpr Key kNone = ~Key{0};

    // The smallest key; kNone when there is no level.
    [[nodiscard]] Key best() const { return best_; }
    // The level of a key that is there.
    [[nodiscard]] Level& at(NodePool& nodes, Key key) { return nodes[leaf_of(nodes, key)].level[key & 63]; }
    // The level of `key`; a new one is empty ({0, 0}).
    Level& insert(NodePool& nodes, Key key);
    // Takes away a level that is there.
    void erase(NodePool& nodes, Key key);
    // The smallest key above `key` that is there; kNone when there is none. To start: first() is best().
    [[nodiscard]] Key next(const NodePool& nodes, Key key) const;
    [[nodiscard]] const Level* find(const NodePool& nodes, Key key) const;

  private:
    // Keys below the node at `height` share everything above its 6 x (height + 1) low bits.
    [[nodiscard]] static Key prefix_of(Key key, std::uint32_t height) {
        return height >= 10 ? 0 : key >> (6 * (height + 1));
    }
    [[nodiscard]] static std::uint32_t child_of(Key key, std::uint32_t height) {
        return static_cast<std::uint32_t>(key >> (6 * height)) & 63;
    }
    std::uint32_t leaf_of(NodePool& nodes, Key key);
    [[nodiscard]] static Key leftmost(const NodePool& nodes, std::uint32_t node, std::uint32_t height, Key prefix);
    void remove_empty(NodePool& nodes, Key key);

    std::uint32_t root_ = 0;
    std::uint32_t height_ = 0;  // 0: the root is a leaf
    Key prefix_ = 0;            // prefix_of(any key of the tree, height_)
    Key best_ = kNone;
    // The leaf that was used last: nearly every operation is near the one before it.
    Key recent_prefix_ = kNone;
    std::uint32_t recent_leaf_ = 0;
};

}  // namespace dcx::core
