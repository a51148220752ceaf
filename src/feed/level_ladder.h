// LevelLadder: the price levels of one side, best first, with any place in constant time. A flat sorted array with its
// best level at the back, because nearly all changes happen near the best: those move few bytes. An insertion far from
// it moves 40 bytes for each better level. References and pointers hold until the next insertion or removal.
//
// The levels' ranks stand once more in an array of their own, which is what searches read: counting the ranks that are
// good enough, many at a time, is faster than a search that must guess its way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "model/types.h"

namespace dcx::feed {

inline constexpr std::uint32_t kNoNode = 0xFFFFFFFFu;

struct Level {
    Price price{};
    Quantity quantity{};  // of all its orders
    std::uint32_t orders{};
    std::uint32_t first{kNoNode};  // its orders in the queue, as places in the book's pool
    std::uint32_t last{kNoNode};
    std::uint32_t zero{};
};

// Orders prices of either side by one comparison: the smaller rank is the better price.
constexpr std::int64_t rank_of(Side side, Price price) { return side == Side::buy ? -price.value : price.value; }
inline constexpr std::int64_t kWorstRank = std::numeric_limits<std::int64_t>::max();

class LevelLadder {
  public:
    explicit LevelLadder(Side side) : side_(side) {}

    [[nodiscard]] Side side() const { return side_; }
    [[nodiscard]] std::size_t size() const { return levels_.size(); }
    [[nodiscard]] bool empty() const { return levels_.empty(); }
    // The level at this place from the best, which is 0.
    [[nodiscard]] const Level& operator[](std::size_t place) const { return levels_[levels_.size() - 1 - place]; }
    [[nodiscard]] const Level& best() const { return levels_.back(); }
    [[nodiscard]] std::size_t place_of(const Level& level) const {
        return static_cast<std::size_t>(&levels_.back() - &level);
    }

    [[nodiscard]] const Level* find(Price price) const;
    [[nodiscard]] Level* find(Price price) { return const_cast<Level*>(std::as_const(*this).find(price)); }
    [[nodiscard]] Level& find_or_insert(Price price);
    void erase(const Level& level);

    // How many levels are at least as good as this rank: the place of the first worse one.
    [[nodiscard]] std::size_t count_to(std::int64_t rank) const;

  private:
    // Where a level of this rank stands or would stand in levels_.
    [[nodiscard]] std::size_t position_of(std::int64_t rank) const;

    Side side_;
    // Both worst first.
    std::vector<Level> levels_;
    std::vector<std::int64_t> ranks_;
};

}  // namespace dcx::feed
