// LevelChanges: the levels that were touched since some moment, each with what it held then. Sorted best first by side,
// so that a sweep through the book appends.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "feed/level_ladder.h"
#include "model/types.h"

namespace dcx::feed {

struct LevelChange {
    Price price{};
    Quantity quantity{};     // before; 0: there was no such level
    std::uint32_t orders{};  // before
};

class LevelChanges {
  public:
    // Only the first note of a level counts.
    void note(Side side, const LevelChange& before) {
        auto& changes = of(side);
        const std::int64_t rank = rank_of(side, before.price);
        if (changes.empty() || rank_of(side, changes.back().price) < rank) {
            changes.push_back(before);
            return;
        }
        const auto at = lower_bound(changes, side, rank);
        if (at->price != before.price) changes.insert(at, before);
    }
    // Changes that came after these.
    void merge(const LevelChanges& later) {
        for (const Side side : {Side::buy, Side::sell})
            for (const LevelChange& change : later.side(side)) note(side, change);
    }
    [[nodiscard]] bool contains(Side side, Price price) const {
        const auto& changes = changes_[side == Side::sell];
        const auto at = lower_bound(changes, side, rank_of(side, price));
        return at != changes.end() && at->price == price;
    }
    [[nodiscard]] std::span<const LevelChange> side(Side side) const { return changes_[side == Side::sell]; }
    [[nodiscard]] bool empty() const { return changes_[0].empty() && changes_[1].empty(); }
    void clear() {
        changes_[0].clear();
        changes_[1].clear();
    }

  private:
    std::vector<LevelChange>& of(Side side) { return changes_[side == Side::sell]; }
    template <class Changes>
    static decltype(std::declval<Changes&>().begin()) lower_bound(Changes& changes, Side side, std::int64_t rank) {
        return std::partition_point(changes.begin(), changes.end(),
                                    [&](const LevelChange& c) { return rank_of(side, c.price) < rank; });
    }

    std::array<std::vector<LevelChange>, 2> changes_;
};

}  // namespace dcx::feed
