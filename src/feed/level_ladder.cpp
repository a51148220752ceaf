#include "feed/level_ladder.h"

namespace dcx::feed {

namespace {

// How many of a block are at least as good.
constexpr std::size_t kBlock = 16;
std::size_t as_good(const std::int64_t* ranks, std::size_t count, std::int64_t rank) {
    std::size_t good = 0;
    for (std::size_t i = 0; i < count; ++i) good += ranks[i] <= rank;
    return good;
}

// The first in a sorted array, worst first, that is at least as good; without a branch that depends on the data.
std::size_t first_as_good(const std::int64_t* ranks, std::size_t count, std::int64_t rank) {
    const std::int64_t* base = ranks;
    while (count > 0) {
        const std::size_t half = count / 2;
        const bool worse = base[half] > rank;
        base = worse ? base + half + 1 : base;
        count = worse ? count - half - 1 : half;
    }
    return static_cast<std::size_t>(base - ranks);
}

}  // namespace

std::size_t LevelLadder::position_of(std::int64_t rank) const {
    std::size_t end = ranks_.size();
    // Takers and most makers mean the best level.
    if (end == 0 || ranks_[end - 1] > rank) return end;
    if (ranks_[end - 1] == rank) return end - 1;
    // Most others end in the first blocks.
    constexpr std::size_t blocks = 4;
    for (std::size_t block = 0; block < blocks && end >= kBlock; ++block, end -= kBlock) {
        const std::size_t good = as_good(ranks_.data() + end - kBlock, kBlock, rank);
        if (good < kBlock) return end - good;
    }
    return first_as_good(ranks_.data(), end, rank);
}

const Level* LevelLadder::find(Price price) const {
    const std::size_t position = position_of(rank_of(side_, price));
    return position < levels_.size() && levels_[position].price == price ? &levels_[position] : nullptr;
}

Level& LevelLadder::find_or_insert(Price price) {
    const std::size_t position = position_of(rank_of(side_, price));
    if (position < levels_.size() && levels_[position].price == price) return levels_[position];
    ranks_.insert(ranks_.begin() + static_cast<std::ptrdiff_t>(position), rank_of(side_, price));
    return *levels_.insert(levels_.begin() + static_cast<std::ptrdiff_t>(position), Level{.price = price});
}

void LevelLadder::erase(const Level& level) {
    const std::ptrdiff_t position = &level - levels_.data();
    ranks_.erase(ranks_.begin() + position);
    levels_.erase(levels_.begin() + position);
}

std::size_t LevelLadder::count_to(std::int64_t rank) const {
    // position_of finds the first level that is not worse than `rank`; all from there to the back are as good.
    return levels_.size() - position_of(rank);
}

}  // namespace dcx::feed
