#include "core/book/ladder.h"

#include <algorithm>

namespace dcx::core {
namespace {

// Frames between a new window's start and the level it is placed for: how far the market may better itself before the
// window has to move.
constexpr std::int64_t kSlack = Ladder::kFrames / 8;

constexpr std::uint64_t from_bit(std::uint32_t bit) { return ~std::uint64_t{0} << bit; }
constexpr std::uint64_t up_to_bit(std::uint32_t bit) { return ~std::uint64_t{0} >> (63 - bit); }
std::uint32_t lowest(std::uint64_t bits) { return static_cast<std::uint32_t>(std::countr_zero(bits)); }
std::uint32_t highest(std::uint64_t bits) { return static_cast<std::uint32_t>(63 - std::countl_zero(bits)); }

}  // namespace

std::int64_t Ladder::next_group(std::uint32_t group) const {
    // Around the ring, to the places of this group that come last.
    for (std::uint32_t i = 1; i <= group_.size(); ++i) {
        const std::uint32_t next = (group + i) % static_cast<std::uint32_t>(group_.size());
        if (group_[next] != 0) return frame_at(next * 64 + lowest(group_[next]));
    }
    return kNoFrame;
}

std::int64_t Ladder::last_frame() const {
    const std::uint32_t place = ring(end() - 1);
    if (const std::uint64_t here = group_[place / 64] & up_to_bit(place % 64); here != 0)
        return frame_at(place / 64 * 64 + highest(here));
    for (std::uint32_t i = 1; i <= group_.size(); ++i) {
        const std::uint32_t next = (place / 64 - i) % static_cast<std::uint32_t>(group_.size());
        if (group_[next] != 0) return frame_at(next * 64 + highest(group_[next]));
    }
    return kNoFrame;
}

const Level* Ladder::find(const LevelStore& store, PriceKey key) const {
    const std::int64_t frame = frame_of(key);
    if (!in_window(frame)) return far_.find(store, key);
    if ((occupied_[ring(frame)] >> bit_of(key) & 1) == 0) return nullptr;
    return &store.frames[frame_[ring(frame)]].level[bit_of(key)];
}

PriceKey Ladder::next(const LevelStore& store, PriceKey key) const {
    PriceKey in_window_next = kNoKey;
    if (!empty_window() && frame_of(key) < end()) {
        std::int64_t frame = std::max(frame_of(key), first_);
        std::uint64_t here = occupied_[ring(frame)];
        if (frame == frame_of(key)) here &= bit_of(key) == 63 ? 0 : from_bit(bit_of(key) + 1);
        if (here != 0) {
            in_window_next = first_key(frame, here);
        } else if (frame < last_frame()) {
            in_window_next = first_key(next_frame(frame + 1));
        }
    }
    return std::min(in_window_next, far_.next(store, key));
}

std::uint32_t Ladder::window_levels() const {
    std::uint32_t levels = 0;
    for (const std::uint64_t occupied : occupied_) levels += static_cast<std::uint32_t>(std::popcount(occupied));
    return levels;
}

Level& Ladder::far_at(LevelStore& store, PriceKey key) {
    Level* level = far_.find(store, key);
    DCX_CHECK(level != nullptr);
    return *level;
}

Level& Ladder::open_outside(LevelStore& store, PriceKey key) {
    if (Level* level = far_.find(store, key); level != nullptr) return *level;
    return make_room(store, frame_of(key)) ? open_in_window(store, key) : open_far(store, key);
}

Level& Ladder::open_far(LevelStore& store, PriceKey key) {
    ++store.in_use;
    if (key < best_) best_ = key;
    return far_.insert(store, key);
}

void Ladder::close_outside(LevelStore& store, PriceKey key) {
    far_.erase(store, key);
    if (key != best_) return;
    best_ = std::min(far_.best(), first_from(first_));
}

// Moves the window so that it has `frame`, if that can be done for one opening.
bool Ladder::make_room(LevelStore& store, std::int64_t frame) {
    if (empty_window()) return place_anew(store, frame);
    return frame < first_ ? reach_down(store, frame) : reach_up(store, frame);
}

// The window is empty: it may begin anywhere. Where the best level is, or will be.
bool Ladder::place_anew(LevelStore& store, std::int64_t frame) {
    const std::int64_t best = far_.best() == kNoKey ? frame : std::min(frame, frame_of(far_.best()));
    first_ = best - kSlack;
    span_ = 0;
    take_in(store);
    return in_window(frame);
}

// `frame` is better than the window.
bool Ladder::reach_down(LevelStore& store, std::int64_t frame) {
    if (far_.best() < first_ << 6) {
        // A level far better than the window is there already: leave what is here step by step and begin anew there.
        give_up(store, first_);
        return empty_window() && place_anew(store, frame);
    }
    give_up(store, frame - kSlack + kFrames);
    if (empty_window()) return place_anew(store, frame);
    // Nothing lies between, so the window may begin anywhere down there that leaves its last level inside.
    const std::int64_t new_first = std::max(frame - kSlack, last_frame() + 1 - kFrames);
    if (new_first > frame) return false;
    const std::int64_t new_end = std::min(end(), new_first + kFrames);
    first_ = new_first;
    span_ = static_cast<std::uint32_t>(new_end - new_first);
    return true;
}

// `frame` is behind the window.
bool Ladder::reach_up(LevelStore& store, std::int64_t frame) {
    if (frame - first_ >= kFrames) {
        // The room below the window's best level is empty, and free to give.
        const std::int64_t new_first = next_frame(first_) - kSlack;
        if (new_first > first_) {
            span_ -= static_cast<std::uint32_t>(new_first - first_);
            first_ = new_first;
        }
        if (frame - first_ >= kFrames) return false;
    }
    take_in(store);
    return in_window(frame);
}

// Widens the window upwards, as far as the ring goes and the moves for one opening take in what is there.
void Ladder::take_in(LevelStore& store) {
    std::uint32_t moved = 0;
    while (true) {
        PriceKey key = far_.next(store, (end() << 6) - 1);
        const std::int64_t frame = frame_of(key);
        if (key == kNoKey || frame - first_ >= kFrames) {
            span_ = kFrames;
            return;
        }
        span_ = static_cast<std::uint32_t>(frame - first_);
        if (moved >= kMoves || store.frames.free_count() == 0) return;
        ++span_;
        for (; key != kNoKey && frame_of(key) == frame; key = far_.next(store, key), ++moved) {
            const Level level = *far_.find(store, key);
            far_.erase(store, key);
            --store.in_use;
            open_in_window(store, key) = level;
        }
    }
}

// Moves the window's worst levels out until it has none from `keep_below` on, or the moves for one opening are made.
void Ladder::give_up(LevelStore& store, std::int64_t keep_below) {
    for (std::uint32_t moved = 0; moved < kMoves && !empty_window() && last_frame() >= keep_below;)
        moved += move_out(store, last_frame());
}

// The window's last frame goes to the tree, and the window ends before it. How many levels that were.
std::uint32_t Ladder::move_out(LevelStore& store, std::int64_t frame) {
    const std::uint32_t place = ring(frame);
    Frame& from = store.frames[frame_[place]];
    std::uint32_t moved = 0;
    for (std::uint64_t left = occupied_[place]; left != 0; left &= left - 1, ++moved) {
        Level& level = from.level[lowest(left)];
        far_.insert(store, level.key) = level;
        level = {};
    }
    occupied_[place] = 0;
    drop_frame(store, place);
    span_ = static_cast<std::uint32_t>(frame - first_);
    return moved;
}

// All frames of the pool are in use: gives up this side's worst one, if that is worse than `frame`. Otherwise the
// window ends before `frame`.
bool Ladder::spare_frame(LevelStore& store, std::int64_t frame) {
    if (!empty_window() && last_frame() > frame) {
        move_out(store, last_frame());
        return true;
    }
    span_ = static_cast<std::uint32_t>(frame - first_);
    return false;
}

}  // namespace dcx::core
