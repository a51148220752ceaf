// BroadcastRing<T>: one writer, several obligatory readers that each see every message. No slot is overwritten before
// all of them released it: the slowest gates the writer. Readers are added before the first publish().
//
// The writer writes in place, as many messages as there is room for, and publishes a position later: everything before
// the published position is visible, nothing after it. So it can run ahead of what it may show (events whose command is
// not durable yet). Positions count messages since the start; slot = position & mask().
// A reader can be told to go no further than others have: pass slowest(those) as the limit of its peek().
// Writer calls, and each Reader's calls, belong to one thread each; cursor() and published() are for everybody.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/memory.h"
#include "platform/cpu.h"
#include "platform/doorbell.h"
#include "ring/atomics.h"
#include "ring/position.h"

namespace dcx::ring {

template <class T, class Atomics = StdAtomics, class Bell = platform::Doorbell>
class BroadcastRing {
    static_assert(Atomics::template is_message<T>);

  public:
    class Reader;

    // `capacity` is a power of two.
    BroadcastRing(std::size_t capacity, MemorySource& memory) : BroadcastRing(memory.array<T>(capacity)) {}
    explicit BroadcastRing(std::span<T> slots) : slots_(slots.data()), mask_(slots.size() - 1) {
        DCX_CHECK(std::has_single_bit(slots.size()));
    }
    BroadcastRing(const BroadcastRing&) = delete;
    BroadcastRing& operator=(const BroadcastRing&) = delete;

    // Before the first publish(). The reader lives as long as the ring; `bell` (of the reader's thread) is rung by
    // wake_readers().
    Reader& add_reader(Bell* bell = nullptr) {
        DCX_CHECK(written_ == 0 && published_.load(std::memory_order_relaxed) == 0);
        readers_.push_back(std::unique_ptr<Reader>(new Reader(*this)));
        // One bell for several readers on one thread is rung once.
        if (bell != nullptr && std::ranges::find(bells_, bell) == bells_.end()) bells_.push_back(bell);
        return *readers_.back();
    }

    [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }

    // ---- writer ----

    [[nodiscard]] T* slots() { return slots_; }
    [[nodiscard]] std::uint64_t mask() const { return mask_; }
    [[nodiscard]] T& slot(Position position) { return slots_[position & mask_]; }
    // The next position to write. Up to free_slots() messages may be written from here on.
    [[nodiscard]] Position position() const { return written_; }
    // Exact: asks every reader's cursor.
    [[nodiscard]] std::size_t free_slots() {
        seen_slowest_ = written_;
        // Partner of each acquire in cursor(): the release in Reader::release(); its reads come before our next writes.
        for (const auto& reader : readers_) seen_slowest_ = std::min(seen_slowest_, reader->cursor());
        return capacity() - static_cast<std::size_t>(written_ - seen_slowest_);
    }
    // At least so many are free, without touching the readers' lines: as known since the last look at them.
    [[nodiscard]] std::size_t free_slots_known() const {
        return capacity() - static_cast<std::size_t>(written_ - seen_slowest_);
    }
    // Whether so many are free, without touching the readers' lines as long as the answer is known to be yes.
    [[nodiscard]] bool has_room(std::size_t wanted) { return free_slots_known() >= wanted || free_slots() >= wanted; }
    // Everything before `position` is written, but not yet to be seen.
    void advance(Position position) {
        DCX_CHECK(position >= written_ && position - seen_slowest_ <= capacity());
        written_ = position;
    }
    // Everything before `position` is written and visible to the readers from now on. Rings no bell.
    void publish(Position position) {
        // Relaxed: only this thread stores published_.
        DCX_CHECK(position >= published_.load(std::memory_order_relaxed));
        if (position > written_) advance(position);
        // Release: the slots' bytes come before the position. Partner: the acquire in published().
        published_.store(position, std::memory_order_release);
    }
    // Once after one or more publish(): one fence for all bells.
    void wake_readers() {
        Bell::fence();
        for (auto* bell : bells_) bell->ring_after_fence();
    }

    // Any thread. Partner: the release in publish().
    [[nodiscard]] Position published() const { return published_.load(std::memory_order_acquire); }

  private:
    // The writer's own line, the shared position, and (after them) nothing that anybody writes.
    alignas(platform::separate_lines) T* slots_;
    std::uint64_t mask_;
    Position written_ = 0;
    Position seen_slowest_ = 0;  // no reader's cursor is below it
    std::vector<std::unique_ptr<Reader>> readers_;
    std::vector<Bell*> bells_;
    alignas(platform::separate_lines) typename Atomics::template Atomic<Position> published_{0};
};

template <class T, class Atomics, class Bell>
class BroadcastRing<T, Atomics, Bell>::Reader {
  public:
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // Visible messages before position `limit`, in order, at most `max`; fewer when the ring wraps there (ask again
    // after release()).
    [[nodiscard]] std::span<const T> peek(Position limit = no_limit,
                                          std::size_t max = std::numeric_limits<std::size_t>::max()) {
        if (seen_published_ == read_) seen_published_ = ring_.published();
        const Position end = std::min(seen_published_, limit);
        if (end <= read_) return {};
        const Position at = read_ & mask_;
        const Position count = std::min({Position{max}, end - read_, mask_ + 1 - at});
        return {slots_ + at, static_cast<std::size_t>(count)};
    }
    // The first `count` messages of what peek() showed are done with; their slots may be overwritten from now on.
    void release(std::size_t count) {
        if (count == 0) return;
        DCX_CHECK(count <= seen_published_ - read_);
        read_ += count;
        // Release: our reads of the slots come before the writer's next writes, and what we did with the messages
        // before whatever a reader behind us does. Partner: the acquire in cursor().
        cursor_.store(read_, std::memory_order_release);
        if (followers_.empty()) return;
        Bell::fence();
        for (auto* bell : followers_) bell->ring_after_fence();
    }
    // Before the start: release() rings this bell from now on. For a thread that waits for this reader's cursor (a
    // reader that must stay behind it, the writer that waits for room); without it such a thread has to poll.
    void add_follower(Bell& bell) { followers_.push_back(&bell); }
    // The position of the next message that peek() shows. This reader's thread.
    [[nodiscard]] Position position() const { return read_; }
    // Any thread: everything before it was released. Partner: the release in release().
    [[nodiscard]] Position cursor() const { return cursor_.load(std::memory_order_acquire); }

  private:
    friend class BroadcastRing;
    explicit Reader(BroadcastRing& ring) : ring_(ring), slots_(ring.slots_), mask_(ring.mask_) {}

    // Copies of the ring's constants, because the writer writes on the line where they stand.
    alignas(platform::separate_lines) BroadcastRing& ring_;
    const T* slots_;
    std::uint64_t mask_;
    Position read_ = 0;
    Position seen_published_ = 0;
    std::vector<Bell*> followers_;
    alignas(platform::separate_lines) typename Atomics::template Atomic<Position> cursor_{0};
};

// How far all of `readers` have come; no_limit when there are none. Any thread.
template <class Reader>
[[nodiscard]] Position slowest(std::span<const Reader* const> readers) {
    Position result = no_limit;
    for (const Reader* reader : readers) result = std::min(result, reader->cursor());
    return result;
}

}  // namespace dcx::ring
