// LevelChanges: the levels that were touched since some moment, each with what it held then and what it holds now.
// Sorted best first by side, so that a sweep through the book appends.
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
    Quantity quantity{};      // before; 0: there was no such level
    Quantity quantity_now{};  // 0: there is none any more
    std::uint32_t orders{};   // before
    std::uint32_t orders_now{};

    [[nodiscard]] bool same() const { return quantity == quantity_now && orders == orders_now; }
};

class LevelChanges {
  public:
    // The level of this price is about to change; only what it held at the first touch counts. The caller writes what
    // it holds afterwards into the result, which is valid until the next call.
    LevelChange& touch(Side side, Price price, Quantity quantity, std::uint32_t orders) {
        auto& changes = of(side);
        const LevelChange before{.price = price, .quantity = quantity, .orders = orders};
        const std::int64_t rank = rank_of(side, price);
        if (changes.empty() || rank_of(side, changes.back().price) < rank) return changes.emplace_back(before);
        const auto at = lower_bound(changes, side, rank);
        return at->price == price ? *at : *changes.insert(at, before);
    }
    // Changes that came after these.
    void merge(const LevelChanges& later) {
        for (const Side side : {Side::buy, Side::sell})
            for (const LevelChange& change : later.side(side)) {
                LevelChange& mine = touch(side, change.price, change.quantity, change.orders);
                mine.quantity_now = change.quantity_now;
                mine.orders_now = change.orders_now;
            }
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
