// SpscRing<T>: a bounded queue from one producer thread to one consumer thread.
// Wait-free, no allocation after construction; T is trivially copyable and lives in slots of the MemorySource. Both
// sides work in batches: the producer writes into claimed slots and publishes them with one store, the consumer reads
// in place and releases with one store. Full: claim() and try_push() give nothing, nothing is overwritten. Memory must
// outlive it.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include "base/check.h"
#include "base/memory.h"
#include "platform/cpu.h"

namespace dcx::ring {

template <class T>
class SpscRing {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

  public:
    static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

    // `capacity` is a power of two; all of its slots are usable.
    SpscRing(std::size_t capacity, MemorySource& memory)
        : producer_{.slots = memory.array<T>(capacity).data(), .mask = capacity - 1},
          consumer_{.slots = producer_.slots, .mask = capacity - 1} {
        DCX_CHECK(std::has_single_bit(capacity));
    }
    SpscRing(const SpscRing&) = delete;
    SpscRing& operator=(const SpscRing&) = delete;

    [[nodiscard]] std::size_t capacity() const { return producer_.mask + 1; }

    // ---- producer ----

    // Free slots after the last written one: at most `wanted`, fewer when the ring is nearly full or wraps there (ask
    // again for the rest). Writing into them shows nothing to anybody until publish().
    [[nodiscard]] std::span<T> claim(std::size_t wanted) {
        const std::uint64_t free = free_slots(wanted);
        const std::uint64_t at = producer_.written & producer_.mask;
        const std::uint64_t count = std::min({std::uint64_t{wanted}, free, producer_.mask + 1 - at});
        return {producer_.slots + at, static_cast<std::size_t>(count)};
    }
    // Shows the first `count` claimed slots to the consumer, and everything written by try_write() before.
    void publish(std::size_t count) {
        DCX_CHECK(count <= capacity() - (producer_.written - producer_.seen_head));
        producer_.written += count;
        // Release: the slots' bytes come before the new tail. Partner: the acquire of tail_ in known_messages().
        tail_.store(producer_.written, std::memory_order_release);
    }
    // Writes one message that stays unseen until the next publish(), flush() or try_push(). False when full.
    [[nodiscard]] bool try_write(const T& message) {
        if (free_slots(1) == 0) return false;
        producer_.slots[producer_.written & producer_.mask] = message;
        ++producer_.written;
        return true;
    }
    // Publishes what try_write() wrote. False when there was nothing.
    bool flush() {
        // Relaxed: only this thread stores tail_.
        if (tail_.load(std::memory_order_relaxed) == producer_.written) return false;
        publish(0);
        return true;
    }
    // Writes and publishes one message. False when full.
    [[nodiscard]] bool try_push(const T& message) {
        if (!try_write(message)) return false;
        publish(0);
        return true;
    }

    // ---- consumer ----

    // Published messages in order, at most `max`; fewer when the ring wraps there (ask again after release()).
    [[nodiscard]] std::span<const T> peek(std::size_t max = all) {
        const std::uint64_t known = known_messages();
        const std::uint64_t at = consumer_.read & consumer_.mask;
        const std::uint64_t count = std::min({std::uint64_t{max}, known, consumer_.mask + 1 - at});
        return {consumer_.slots + at, static_cast<std::size_t>(count)};
    }
    // Gives back the first `count` slots of what peek() showed; their bytes may be overwritten from now on.
    void release(std::size_t count) {
        DCX_CHECK(count <= consumer_.seen_tail - consumer_.read);
        consumer_.read += count;
        // Release: our reads of the slots come before the producer's next writes. Partner: the acquire in free_slots().
        head_.store(consumer_.read, std::memory_order_release);
    }
    [[nodiscard]] bool try_pop(T& message) {
        if (known_messages() == 0) return false;
        message = consumer_.slots[consumer_.read & consumer_.mask];
        release(1);
        return true;
    }

  private:
    // Exact when fewer than `wanted` are known to be free, else a lower bound: the other side's line is read only when
    // needed, because every such read is a cache miss for both.
    std::uint64_t free_slots(std::uint64_t wanted) {
        const std::uint64_t known = producer_.mask + 1 - (producer_.written - producer_.seen_head);
        if (known >= wanted) return known;
        // Partner: the release of head_ in release().
        producer_.seen_head = head_.load(std::memory_order_acquire);
        return producer_.mask + 1 - (producer_.written - producer_.seen_head);
    }
    std::uint64_t known_messages() {
        if (consumer_.seen_tail == consumer_.read) {
            // Partner: the release of tail_ in publish().
            consumer_.seen_tail = tail_.load(std::memory_order_acquire);
        }
        return consumer_.seen_tail - consumer_.read;
    }

    // Positions count messages since the start and never wrap (2^64). Each shared one has a line to itself, apart from
    // what its own thread writes all the time.
    struct alignas(platform::separate_lines) ProducerSide {
        T* slots;
        std::uint64_t mask;
        std::uint64_t written = 0;    // >= tail_
        std::uint64_t seen_head = 0;  // <= head_
    };
    struct alignas(platform::separate_lines) ConsumerSide {
        const T* slots;
        std::uint64_t mask;
        std::uint64_t read = 0;       // == head_
        std::uint64_t seen_tail = 0;  // <= tail_
    };

    ProducerSide producer_;
    alignas(platform::separate_lines) std::atomic<std::uint64_t> tail_{0};
    ConsumerSide consumer_;
    alignas(platform::separate_lines) std::atomic<std::uint64_t> head_{0};
};

}  // namespace dcx::ring
