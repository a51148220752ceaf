// A bounded queue from one producer to one consumer, in three parts: the words that both see (SpscWords), the
// producer's side and the consumer's side. SpscRing<T> is all three in one process; over a shared mapping each process
// makes its own side (shared_ring.h).
//
// Wait-free, no allocation after construction; messages are copied by plain assignment. Both sides work in batches: the
// producer writes into claimed slots and publishes them with one store, the consumer reads in place and releases with
// one store. Full: claim() and try_push() give nothing, nothing is overwritten. Words and slots outlive the sides.
//
// Each side belongs to one thread. A side that dies (kill -9 at any instruction) leaves the words valid: what was
// published is there whole, what was not is as if never written, what was read but not released will be read again. A
// new side made on the same words goes on from there. It is made only after the old one is known to be gone (its
// process was waited for, its socket closed): the words do not say whether anybody uses them.
//
// A peer in another process may write anything into the words. Whatever it writes, this side touches no byte outside
// its slots: an impossible position makes the side broken() for ever, and it gives nothing more. In one process such a
// position is a bug of ours, and DCX_CHECK ends the program.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "platform/cpu.h"
#include "ring/atomics.h"
#include "ring/position.h"

namespace dcx::ring {

// All zero at the start. Each position has a line to itself, apart from what its writer writes all the time.
template <class Atomics = StdAtomics>
struct SpscWords {
    alignas(platform::separate_lines) typename Atomics::template Atomic<Position> tail{0};  // stored by the producer
    alignas(platform::separate_lines) typename Atomics::template Atomic<Position> head{0};  // stored by the consumer
};

template <class T, class Atomics = StdAtomics>
class alignas(platform::separate_lines) SpscProducer {
    static_assert(Atomics::template is_message<T>);

  public:
    // `slots` are a power of two and the same as the consumer's. Goes on where the last producer stopped.
    SpscProducer(SpscWords<Atomics>& words, std::span<T> slots, Peer peer)
        : words_(words), slots_(slots.data()), mask_(slots.size() - 1), peer_(peer) {
        DCX_CHECK(std::has_single_bit(slots.size()));
        // Relaxed: only producers store the tail, and the last one is gone. Acquire: as in refresh().
        written_ = words_.tail.load(std::memory_order_relaxed);
        seen_head_ = words_.head.load(std::memory_order_acquire);
        if (written_ - seen_head_ > capacity()) [[unlikely]] {
            seen_head_ = written_ - capacity();  // full
            impossible_position();
        }
    }
    SpscProducer(const SpscProducer&) = delete;
    SpscProducer& operator=(const SpscProducer&) = delete;

    [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
    // The consumer wrote an impossible position. What is already claimed may be written, but leads nowhere.
    [[nodiscard]] bool broken() const { return broken_; }
    // The position of the next message to be written.
    [[nodiscard]] Position position() const { return written_; }

    // Free slots after the last written one: at most `wanted`, fewer when the ring is nearly full or wraps there (ask
    // again for the rest). Writing into them shows nothing to anybody until publish().
    [[nodiscard]] std::span<T> claim(std::size_t wanted) {
        const Position free = free_slots(wanted);
        const Position at = written_ & mask_;
        const Position count = std::min({Position{wanted}, free, mask_ + 1 - at});
        return {slots_ + at, static_cast<std::size_t>(count)};
    }
    // Slots that the consumer has yet to release. Exact when more than `enough`, else perhaps more than there are: the
    // other side's line is read only when the answer needs it.
    [[nodiscard]] Position unreleased(Position enough) {
        if (written_ - seen_head_ > enough) refresh();
        return written_ - seen_head_;
    }
    // The first `count` claimed slots are written, but stay unseen until the next publish() or flush().
    void advance(std::size_t count) {
        DCX_CHECK(count <= capacity() - (written_ - seen_head_));
        written_ += count;
    }
    // Shows the first `count` claimed slots to the consumer, and everything written before.
    void publish(std::size_t count) {
        advance(count);
        // Release: the slots' bytes come before the new tail. Partner: the acquire of the tail in SpscConsumer.
        words_.tail.store(written_, std::memory_order_release);
    }
    // Writes one message that stays unseen until the next publish(), flush() or try_push(). False when full.
    [[nodiscard]] bool try_write(const T& message) {
        if (free_slots(1) == 0) return false;
        slots_[written_ & mask_] = message;
        ++written_;
        return true;
    }
    // Publishes what was written and not yet shown. False when there was nothing.
    bool flush() {
        // Relaxed: only this thread stores the tail.
        if (words_.tail.load(std::memory_order_relaxed) == written_) return false;
        publish(0);
        return true;
    }
    // Writes and publishes one message. False when full.
    [[nodiscard]] bool try_push(const T& message) {
        if (!try_write(message)) return false;
        publish(0);
        return true;
    }

  private:
    // Exact when fewer than `wanted` are known to be free, else a lower bound: the other side's line is read only when
    // needed, because every such read is a cache miss for both.
    Position free_slots(Position wanted) {
        if (capacity() - (written_ - seen_head_) < wanted) refresh();
        return capacity() - (written_ - seen_head_);
    }
    void refresh() {
        // Acquire: the consumer's reads of the slots come before our next writes. Partner: the release in
        // SpscConsumer::release().
        const Position head = words_.head.load(std::memory_order_acquire);
        // Neither behind what we saw nor ahead of what we wrote.
        if (written_ - head > written_ - seen_head_ || broken_) [[unlikely]]
            return impossible_position();
        seen_head_ = head;
    }
    [[gnu::cold, gnu::noinline]] void impossible_position() {
        DCX_CHECK(peer_ == Peer::other_process);
        broken_ = true;
    }

    SpscWords<Atomics>& words_;
    T* slots_;
    Position mask_;
    Position written_;    // >= tail
    Position seen_head_;  // <= head
    Peer peer_;
    bool broken_ = false;
};

template <class T, class Atomics = StdAtomics>
class alignas(platform::separate_lines) SpscConsumer {
    static_assert(Atomics::template is_message<T>);

  public:
    static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

    // `slots` are a power of two and the same as the producer's. Goes on where the last consumer stopped: what that one
    // saw and did not release comes again.
    SpscConsumer(SpscWords<Atomics>& words, std::span<const T> slots, Peer peer)
        : words_(words), slots_(slots.data()), mask_(slots.size() - 1), peer_(peer) {
        DCX_CHECK(std::has_single_bit(slots.size()));
        // Relaxed: only consumers store the head, and the last one is gone.
        read_ = seen_tail_ = words_.head.load(std::memory_order_relaxed);
        refresh();
    }
    SpscConsumer(const SpscConsumer&) = delete;
    SpscConsumer& operator=(const SpscConsumer&) = delete;

    [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
    // The producer wrote an impossible position. What peek() has shown may still be read.
    [[nodiscard]] bool broken() const { return broken_; }
    // The position of the next message that peek() shows.
    [[nodiscard]] Position position() const { return read_; }

    // Published messages in order, at most `max`; fewer when the ring wraps there (ask again after release()). A
    // producer that is not trusted can change them while they are read: copy first, then check the copy.
    [[nodiscard]] std::span<const T> peek(std::size_t max = all) {
        const Position known = known_messages();
        const Position at = read_ & mask_;
        const Position count = std::min({Position{max}, known, mask_ + 1 - at});
        return {slots_ + at, static_cast<std::size_t>(count)};
    }
    // Gives back the first `count` slots of what peek() showed; their bytes may be overwritten from now on.
    void release(std::size_t count) {
        DCX_CHECK(count <= seen_tail_ - read_);
        read_ += count;
        // Release: our reads of the slots come before the producer's next writes. Partner: the acquire of the head in
        // SpscProducer.
        words_.head.store(read_, std::memory_order_release);
    }
    [[nodiscard]] bool try_pop(T& message) {
        if (known_messages() == 0) return false;
        message = slots_[read_ & mask_];
        release(1);
        return true;
    }

  private:
    Position known_messages() {
        if (seen_tail_ == read_) refresh();
        return seen_tail_ - read_;
    }
    void refresh() {
        // Acquire: the slots' bytes come with the tail. Partner: the release in SpscProducer::publish().
        const Position tail = words_.tail.load(std::memory_order_acquire);
        // Neither behind what we read nor further ahead than there are slots.
        if (tail - read_ > capacity() || broken_) [[unlikely]]
            return impossible_position();
        seen_tail_ = tail;
    }
    [[gnu::cold, gnu::noinline]] void impossible_position() {
        DCX_CHECK(peer_ == Peer::other_process);
        broken_ = true;
    }

    SpscWords<Atomics>& words_;
    const T* slots_;
    Position mask_;
    Position read_;       // == head
    Position seen_tail_;  // <= tail
    Peer peer_;
    bool broken_ = false;
};

// Both sides and their words in one process.
template <class T, class Atomics = StdAtomics>
class SpscRing {
  public:
    static constexpr std::size_t all = SpscConsumer<T, Atomics>::all;

    // `capacity` is a power of two; all of its slots are usable.
    SpscRing(std::size_t capacity, MemorySource& memory) : SpscRing(memory.array<T>(capacity)) {}
    explicit SpscRing(std::span<T> slots)
        : producer_(words_, slots, Peer::same_process), consumer_(words_, slots, Peer::same_process) {}

    [[nodiscard]] std::size_t capacity() const { return producer_.capacity(); }

    // ---- producer ----
    [[nodiscard]] SpscProducer<T, Atomics>& producer() { return producer_; }
    [[nodiscard]] std::span<T> claim(std::size_t wanted) { return producer_.claim(wanted); }
    void publish(std::size_t count) { producer_.publish(count); }
    [[nodiscard]] bool try_write(const T& message) { return producer_.try_write(message); }
    bool flush() { return producer_.flush(); }
    [[nodiscard]] bool try_push(const T& message) { return producer_.try_push(message); }

    // ---- consumer ----
    [[nodiscard]] SpscConsumer<T, Atomics>& consumer() { return consumer_; }
    [[nodiscard]] std::span<const T> peek(std::size_t max = all) { return consumer_.peek(max); }
    void release(std::size_t count) { consumer_.release(count); }
    [[nodiscard]] bool try_pop(T& message) { return consumer_.try_pop(message); }

  private:
    SpscWords<Atomics> words_;
    SpscProducer<T, Atomics> producer_;
    SpscConsumer<T, Atomics> consumer_;
};

}  // namespace dcx::ring
