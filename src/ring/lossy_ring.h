// Broadcast that never waits: one writer, any number of readers that cost it nothing, not even a cursor. A reader that
// falls more than a ring behind is lapped: it is told how much it missed and goes on with what is still there. (Readers
// that must see everything and so gate the writer: broadcast_ring.h.)
//
// A reader needs no write access: over a read-only mapping a reader that is killed, stopped or malicious is nothing to
// the writer. So it can't ask to be woken either; it polls (wait.h without block).
//
// Slots are relaxed atomic words that are copied out and checked afterwards, by position instead of a sequence in each
// slot: before the writer touches a slot it announces how far it is going to write; a copy counts if its positions were
// not among the announced ones a whole ring ago.
//     positions   . . . | may be overwritten | readable            | being written |
//                                             announced - capacity   published       announced
// A writer that dies leaves whole messages up to `published`; the next one goes on there once the first is known to be
// gone. One thread for the writer and for each reader.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "platform/cpu.h"
#include "ring/position.h"
#include "ring/words.h"

namespace dcx::ring {

// All zero at the start. Apart from each other, because waiting readers look at `published` alone.
template <class Atomics = StdAtomics>
struct LossyWords {
    alignas(platform::separate_lines) typename Atomics::template Atomic<Position> published{0};
    alignas(platform::separate_lines) typename Atomics::template Atomic<Position> announced{0};  // >= published
};

template <class Atomics = StdAtomics>
using LossyWord = typename Atomics::template Atomic<std::uint64_t>;

template <WordMessage T, class Atomics = StdAtomics>
class LossyWriter {
  public:
    // `slots` are words_of<T> words for each of `capacity` messages, a power of two.
    LossyWriter(LossyWords<Atomics>& words, std::span<LossyWord<Atomics>> slots)
        : words_(words), slots_(slots.data()), mask_(slots.size() / words_of<T> - 1) {
        DCX_CHECK(slots.size() % words_of<T> == 0 && std::has_single_bit(mask_ + 1));
        // Relaxed: only writers store them, and the last one is gone. Slots up to its announcement may be half written,
        // so the announcement stands until we are past it.
        written_ = words_.published.load(std::memory_order_relaxed);
        announced_ = std::max(written_, words_.announced.load(std::memory_order_relaxed));
    }
    LossyWriter(const LossyWriter&) = delete;
    LossyWriter& operator=(const LossyWriter&) = delete;

    [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
    [[nodiscard]] Position position() const { return written_; }
    // How many may be announced at a time: half of the ring, so that readers have the other half.
    [[nodiscard]] std::size_t longest() const { return std::max<std::size_t>(1, capacity() / 2); }

    // Says that the next `count` <= longest() messages will be written: once a batch, before its first write(). It
    // says so for an eighth of the ring at once, because every reader looks at that line after every copy.
    void announce(std::size_t count) {
        DCX_CHECK(count <= longest());
        if (written_ + count > announced_) {
            announced_ = written_ + std::max(count, capacity() / 8);
            // Release: who sees it also sees published() as it was then. Partner: the acquire fence in
            // LossyReader::lap().
            words_.announced.store(announced_, std::memory_order_release);
        }
        // The announcement comes before the slots' words. Partner: the acquire fence in LossyReader::copy().
        Atomics::fence(std::memory_order_release);
    }
    // The next message; unseen until publish().
    void write(const T& message) {
        DCX_CHECK(written_ < announced_);
        store_words(slots_ + (written_ & mask_) * words_of<T>, message);
        ++written_;
    }
    // Shows everything written.
    void publish() {
        // Release: the slots' words come before the position. Partner: the acquire in LossyReader::look().
        words_.published.store(written_, std::memory_order_release);
    }
    void push(const T& message) {
        announce(1);
        write(message);
        publish();
    }

  private:
    LossyWords<Atomics>& words_;
    LossyWord<Atomics>* slots_;
    Position mask_;
    Position written_;
    Position announced_;
};

enum class LossyStatus : std::uint8_t {
    messages,  // `count` of them were copied
    nothing,   // none is published yet
    lapped,    // `count` positions were missed; the next read goes on behind them
    broken,    // the writer's words are impossible; nothing more comes
};

struct LossyResult {
    LossyStatus status;
    Position count;
};

template <WordMessage T, class Atomics = StdAtomics>
class LossyReader {
  public:
    // Begins with what is published from now on. When it is lapped it goes on with the newer half of the ring.
    LossyReader(const LossyWords<Atomics>& words, std::span<const LossyWord<Atomics>> slots)
        : LossyReader(words, slots, slots.size() / words_of<T> / 2) {}
    // When it is lapped it goes on `behind` <= capacity() / 2 messages before the newest.
    LossyReader(const LossyWords<Atomics>& words, std::span<const LossyWord<Atomics>> slots, std::size_t behind)
        : words_(words), slots_(slots.data()), mask_(slots.size() / words_of<T> - 1), behind_(behind) {
        DCX_CHECK(slots.size() % words_of<T> == 0 && std::has_single_bit(mask_ + 1));
        DCX_CHECK(behind_ <= capacity() / 2);
        read_ = published_ = words_.published.load(std::memory_order_acquire);
    }
    LossyReader(const LossyReader&) = delete;
    LossyReader& operator=(const LossyReader&) = delete;

    [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
    // The position of the next message to be read.
    [[nodiscard]] Position position() const { return read_; }
    // To begin elsewhere, for example with what is still there: from(position() - n). May turn out to be lapped.
    void from(Position position) { read_ = std::min(position, published_); }

    // Copies the next messages, at most out.size(). Only a copy that was checked is told as messages.
    [[nodiscard]] LossyResult read(std::span<T> out) {
        const LossyResult seen = look();
        if (seen.status != LossyStatus::messages) return seen;
        const Position count = std::min<Position>(seen.count, out.size());
        if (!copy(read_, out.first(static_cast<std::size_t>(count)))) return lap();
        read_ += count;
        return {LossyStatus::messages, count};
    }

    // ---- the steps of read(), for a frame over the words (LossyRecordReader) ----

    // How many messages are published behind position(), as far as is known when there are some.
    [[nodiscard]] LossyResult look() {
        if (published_ == read_) {
            // Acquire: the slots' words come with the position. Partner: the release in LossyWriter::publish().
            published_ = words_.published.load(std::memory_order_acquire);
            if (published_ < read_) broken_ = true;
        }
        if (broken_) [[unlikely]]
            return {LossyStatus::broken, 0};
        if (published_ == read_) return {LossyStatus::nothing, 0};
        if (published_ - read_ > capacity()) return lap();
        return {LossyStatus::messages, published_ - read_};
    }
    // Copies the messages from position `from`, known to be published. False when some of them may have been
    // overwritten meanwhile: `out` is then anything.
    [[nodiscard]] bool copy(Position from, std::span<T> out) const {
        for (T& message : out) load_words(slots_ + (from++ & mask_) * words_of<T>, message);
        // If one of these words was written for a later round, the writer's release fence before it comes before this
        // fence: the load below sees that round announced.
        Atomics::fence(std::memory_order_acquire);
        const Position announced = words_.announced.load(std::memory_order_relaxed);
        return announced - (from - out.size()) <= capacity();
    }
    // `count` messages are done with.
    void advance(Position count) { read_ += count; }
    // We are too late for position().
    LossyResult lap() {
        // The announcement that made us too late was stored after a newer `published`, which we now see.
        Atomics::fence(std::memory_order_acquire);
        // Acquire: as in look().
        published_ = words_.published.load(std::memory_order_acquire);
        const Position next = published_ - std::min(behind_, published_);
        // A writer of ours announces no more than half of the ring beyond `published`, so we always go forward.
        if (next <= read_) return stop();
        const Position missed = next - read_;
        read_ = next;
        return {LossyStatus::lapped, missed};
    }
    LossyResult stop() {
        broken_ = true;
        return {LossyStatus::broken, 0};
    }

  private:
    const LossyWords<Atomics>& words_;
    const LossyWord<Atomics>* slots_;
    Position mask_;
    Position behind_;
    Position read_;
    Position published_;
    bool broken_ = false;
};

}  // namespace dcx::ring
