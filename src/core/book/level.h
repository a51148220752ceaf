// One price of one side of a book: the first-in-first-out queue of its orders and what they have open together. And the
// two pools from which the levels of all books come: frames of 64 neighbouring prices, for where a market is dense, and
// single levels, for everywhere else. One thread; capacities are fixed.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "core/book/order_pool.h"
#include "core/book/price_key.h"

namespace dcx::core {

struct Level {
    PriceKey key{};
    Quantity open{};  // the sum is at most kMaxIssue: every lot is held by money that was issued
    std::uint32_t head{kNoSlot};
    std::uint32_t tail{kNoSlot};
    std::uint32_t orders{};
    std::uint32_t zero{};
};
static_assert(sizeof(Level) == 32);

struct Frame {
    std::array<Level, 64> level;  // all zero but for the key where there is none
};

// A node of the tree over the single levels, see far_levels.h.
struct FarNode {
    std::uint64_t prefix{};  // of every position below it
    std::uint16_t occupied{};
    std::uint16_t shift{};  // of the four bits that tell its children apart
    std::array<std::uint32_t, 16> child;
};
static_assert(sizeof(FarNode) == 80);

// Where a free element of a pool names the next one.
inline std::uint32_t& free_link(Level& level) { return level.head; }
inline std::uint32_t& free_link(Frame& frame) { return frame.level[0].head; }
inline std::uint32_t& free_link(FarNode& node) { return node.child[0]; }

// A pool with a last-in-first-out list of free elements; element 0 is none. What is taken is as it was given back, all
// zero at first.
template <class T>
class LevelPool {
  public:
    LevelPool() = default;
    LevelPool(MemorySource& memory, std::uint32_t capacity)
        : elements_(memory.array<T>(std::size_t{capacity} + 1)), free_count_(capacity) {}

    [[nodiscard]] std::uint32_t free_count() const { return free_count_; }
    // The caller knows that there is one.
    std::uint32_t take() {
        DCX_CHECK(free_count_ > 0);
        --free_count_;
        const std::uint32_t index = free_;
        if (index == 0) return ++used_;
        free_ = free_link(elements_[index]);
        free_link(elements_[index]) = 0;
        return index;
    }
    void give(std::uint32_t index) {
        free_link(elements_[index]) = free_;
        free_ = index;
        ++free_count_;
    }
    T& operator[](std::uint32_t index) { return elements_[index]; }
    const T& operator[](std::uint32_t index) const { return elements_[index]; }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.free_, self.free_count_);
        image.prefix(self.elements_, self.used_, 1);
    }

  private:
    std::span<T> elements_;
    std::uint32_t free_ = 0;
    std::uint32_t used_ = 0;
    std::uint32_t free_count_ = 0;
};

// `capacity` levels always find a place, wherever they are: frames only make some of them faster.
struct LevelStore {
    LevelStore() = default;
    LevelStore(MemorySource& memory, std::uint32_t capacity)
        : max_levels(capacity),
          frames(memory, frames_for(capacity)),
          far_levels(memory, capacity),
          far_nodes(memory, capacity) {}

    [[nodiscard]] bool has_room() const { return in_use < max_levels; }
    // A frame costs as much as 18 single levels and holds at least one: enough for markets, not for the worst case.
    [[nodiscard]] static constexpr std::uint32_t frames_for(std::uint32_t capacity) { return capacity / 16 + 64; }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.in_use);
        image.parts(self.frames, self.far_levels, self.far_nodes);
    }

    std::uint32_t in_use = 0;  // levels with orders
    std::uint32_t max_levels = 0;
    LevelPool<Frame> frames;
    LevelPool<Level> far_levels;
    LevelPool<FarNode> far_nodes;  // fewer than levels: each has two children at least
};

}  // namespace dcx::core
