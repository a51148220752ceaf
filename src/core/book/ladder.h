// The price levels of one side of one book, by key (price_key.h): any price from 1 to 2^62.
//
// A window of kFrames frames of 64 keys follows the market. Within it a level is an array element, and two bitmaps
// (levels of a frame, frames of the window) give the next better or worse one. A frame takes memory only while it has a
// level. Levels outside the window lie in a tree (far_levels.h). Keys in the window's range are never in the tree, so a
// key has one place.
//
// The window moves when a level is opened outside of it. One such opening moves at most kMoves levels out of it and as
// many into it (each with the rest of a frame), so no command waits for it: what it did not reach stays in the tree,
// which is exact, only slower. Where a level lies can't be seen from outside: it depends on the history, events do not.
//
// One thread. Levels come from pools shared by all books; the caller asks LevelStore::has_room() before open().
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "core/book/far_levels.h"
#include "core/book/level.h"

namespace dcx::core {

class Ladder {
  public:
    static constexpr std::uint32_t kFrames = 2048;
    static constexpr std::uint32_t kMoves = 64;

    // The smallest key; kNoKey when there is no level.
    [[nodiscard]] PriceKey best() const { return best_; }
    // The level of a key that is there.
    [[nodiscard]] Level& at(LevelStore& store, PriceKey key) {
        const std::int64_t frame = frame_of(key);
        if (in_window(frame)) [[likely]]
            return store.frames[frame_[ring(frame)]].level[bit_of(key)];
        return far_at(store, key);
    }
    // The level of a key, which may be there; a new one is all zero but for its key and gets its first order at once.
    Level& open(LevelStore& store, PriceKey key) {
        if (in_window(frame_of(key))) [[likely]]
            return open_in_window(store, key);
        return open_outside(store, key);
    }
    // Takes away a level that is there and whose record is all zero again but for its key.
    void close(LevelStore& store, PriceKey key) {
        --store.in_use;
        const std::int64_t frame = frame_of(key);
        if (!in_window(frame)) [[unlikely]]
            return close_outside(store, key);
        const std::uint32_t place = ring(frame);
        const std::uint64_t left = occupied_[place] & ~(std::uint64_t{1} << bit_of(key));
        occupied_[place] = left;
        if (left == 0) drop_frame(store, place);
        if (key == best_) best_ = first_from(frame);
    }
    // nullptr when it is not there.
    [[nodiscard]] const Level* find(const LevelStore& store, PriceKey key) const;
    // The smallest key above `key` that is there; kNoKey when there is none.
    [[nodiscard]] PriceKey next(const LevelStore& store, PriceKey key) const;
    // Levels within the window; slow, for tests.
    [[nodiscard]] std::uint32_t window_levels() const;

  private:
    // ---- keys and frames: a frame is a key without its last six bits
    [[nodiscard]] static std::int64_t frame_of(PriceKey key) { return key >> 6; }
    [[nodiscard]] static std::uint32_t bit_of(PriceKey key) { return static_cast<std::uint32_t>(key & 63); }
    [[nodiscard]] static PriceKey first_key(std::int64_t frame, std::uint64_t occupied) {
        return frame << 6 | std::countr_zero(occupied);
    }
    [[nodiscard]] PriceKey first_key(std::int64_t frame) const { return first_key(frame, occupied_[ring(frame)]); }
    // The window's range lies on a ring: frames keep their place when it moves.
    [[nodiscard]] static std::uint32_t ring(std::int64_t frame) {
        return static_cast<std::uint32_t>(static_cast<std::uint64_t>(frame) % kFrames);
    }
    [[nodiscard]] std::int64_t frame_at(std::uint32_t place) const { return first_ + (place - ring(first_)) % kFrames; }
    [[nodiscard]] bool in_window(std::int64_t frame) const {
        return static_cast<std::uint64_t>(frame - first_) < span_;
    }
    [[nodiscard]] std::int64_t end() const { return first_ + span_; }

    // ---- frames with levels
    static constexpr std::int64_t kNoFrame = std::numeric_limits<std::int64_t>::max();
    // The first from `frame` on, which is in the window or its end; kNoFrame when there is none at all. There is one
    // from `frame` on, or none before it.
    [[nodiscard]] std::int64_t next_frame(std::int64_t frame) const {
        const std::uint32_t place = ring(frame);
        const std::uint64_t here = group_[place / 64] & ~std::uint64_t{0} << place % 64;
        // Places count as frames do, 64 by 64.
        if (here != 0) [[likely]]
            return (frame & ~std::int64_t{63}) | std::countr_zero(here);
        return next_group(place / 64);
    }
    [[nodiscard]] std::int64_t next_group(std::uint32_t group) const;
    [[nodiscard]] std::int64_t last_frame() const;  // kNoFrame when there is none
    [[nodiscard]] bool empty_window() const { return next_frame(first_) == kNoFrame; }
    // The best key when nothing better than `frame` is left.
    [[nodiscard]] PriceKey first_from(std::int64_t frame) const {
        const std::int64_t next = next_frame(frame);
        return next != kNoFrame ? first_key(next) : far_.best();
    }

    // Without a branch on whether the level is there: that can't be guessed. One that is not there is all zero but for
    // its key.
    Level& open_in_window(LevelStore& store, PriceKey key) {
        const std::int64_t frame = frame_of(key);
        const std::uint32_t place = ring(frame);
        if (occupied_[place] == 0 && !take_frame(store, frame)) [[unlikely]]
            return open_far(store, key);
        occupied_[place] |= std::uint64_t{1} << bit_of(key);
        best_ = std::min(best_, key);
        Level& level = store.frames[frame_[place]].level[bit_of(key)];
        store.in_use += level.orders == 0;
        level.key = key;
        return level;
    }
    bool take_frame(LevelStore& store, std::int64_t frame) {
        if (store.frames.free_count() == 0 && !spare_frame(store, frame)) [[unlikely]]
            return false;
        const std::uint32_t place = ring(frame);
        frame_[place] = store.frames.take();
        group_[place / 64] |= std::uint64_t{1} << place % 64;
        return true;
    }
    void drop_frame(LevelStore& store, std::uint32_t place) {
        store.frames.give(frame_[place]);
        group_[place / 64] &= ~(std::uint64_t{1} << place % 64);
    }

    // ---- ladder.cpp: outside the window, and its moves
    Level& far_at(LevelStore& store, PriceKey key);
    Level& open_outside(LevelStore& store, PriceKey key);
    Level& open_far(LevelStore& store, PriceKey key);
    void close_outside(LevelStore& store, PriceKey key);
    bool make_room(LevelStore& store, std::int64_t frame);
    bool place_anew(LevelStore& store, std::int64_t frame);
    bool reach_down(LevelStore& store, std::int64_t frame);
    bool reach_up(LevelStore& store, std::int64_t frame);
    void take_in(LevelStore& store);
    void give_up(LevelStore& store, std::int64_t keep_below);
    std::uint32_t move_out(LevelStore& store, std::int64_t frame);
    bool spare_frame(LevelStore& store, std::int64_t frame);

    PriceKey best_ = kNoKey;
    std::int64_t first_ = 0;  // the window: frames first_ .. first_ + span_ - 1
    std::uint32_t span_ = 0;  // at most kFrames
    FarLevels far_;
    std::array<std::uint64_t, kFrames / 64> group_{};  // bit i of g: frame at place 64 g + i has levels
    std::array<std::uint64_t, kFrames> occupied_{};    // bit b of p: level b of the frame at place p is there
    std::array<std::uint32_t, kFrames> frame_{};       // of a place with levels: its frame
};

}  // namespace dcx::core
