#include "feed/level_ladder.h"

#include <algorithm>

namespace dcx::feed {

std::size_t LevelLadder::position_of(std::int64_t rank) const {
    // Most searches end within a few levels of the best.
    constexpr std::size_t near = 8;
    std::size_t end = levels_.size();
    for (std::size_t step = 0; step < near && end > 0; ++step, --end)
        if (rank_of(side_, levels_[end - 1].price) >= rank)
            return end - (rank_of(side_, levels_[end - 1].price) == rank);
    const auto found = std::partition_point(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(end),
                                            [&](const Level& level) { return rank_of(side_, level.price) > rank; });
    return static_cast<std::size_t>(found - levels_.begin());
}

const Level* LevelLadder::find(Price price) const {
    const std::size_t position = position_of(rank_of(side_, price));
    return position < levels_.size() && levels_[position].price == price ? &levels_[position] : nullptr;
}

Level& LevelLadder::find_or_insert(Price price) {
    const std::size_t position = position_of(rank_of(side_, price));
    if (position < levels_.size() && levels_[position].price == price) return levels_[position];
    return *levels_.insert(levels_.begin() + static_cast<std::ptrdiff_t>(position), Level{.price = price});
}

void LevelLadder::erase(const Level& level) { levels_.erase(levels_.begin() + (&level - levels_.data())); }

std::size_t LevelLadder::count_to(std::int64_t rank) const {
    // position_of finds the first level that is not worse than `rank`; all from there to the back are as good.
    return levels_.size() - position_of(rank);
}

}  // namespace dcx::feed
