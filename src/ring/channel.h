// Channel<T>: an SpscRing from one producer thread to one consumer thread whose consumer may sleep on a Doorbell.
// The producer writes a batch and flushes once: one store and one look at the bell for the whole batch. Nothing is seen
// before flush(), except that a full ring is flushed so that a producer which retries cannot wait for itself.
// Full: try_write() says false; nobody rings the producer when space comes back, so it must poll
// (Pollable::max_sleep_ms).
#pragma once

#include "platform/doorbell.h"
#include "ring/spsc_ring.h"

namespace dcx::ring {

template <class T, class Atomics = StdAtomics, class Bell = platform::Doorbell>
class Channel {
  public:
    // `consumer` is the bell of the thread that consumes.
    Channel(std::size_t capacity, MemorySource& memory, Bell& consumer)
        : Channel(memory.array<T>(capacity), consumer) {}
    Channel(std::span<T> slots, Bell& consumer) : ring_(slots), consumer_(consumer) {}

    [[nodiscard]] std::size_t capacity() const { return ring_.capacity(); }

    // ---- producer ----
    [[nodiscard]] bool try_write(const T& message) {
        if (ring_.try_write(message)) [[likely]]
            return true;
        flush();
        return false;
    }
    // To write in place: fill some of the claimed slots, then publish() their number, which is a flush().
    [[nodiscard]] std::span<T> claim(std::size_t wanted) { return ring_.claim(wanted); }
    void publish(std::size_t count) {
        ring_.publish(count);
        consumer_.ring();
    }
    // Shows everything written to the consumer and wakes it. False when there was nothing.
    bool flush() {
        if (!ring_.flush()) return false;
        consumer_.ring();
        return true;
    }

    // ---- consumer ----
    [[nodiscard]] std::span<const T> peek(std::size_t max = SpscRing<T, Atomics>::all) { return ring_.peek(max); }
    void release(std::size_t count) { ring_.release(count); }
    [[nodiscard]] bool try_pop(T& message) { return ring_.try_pop(message); }

  private:
    SpscRing<T, Atomics> ring_;
    Bell& consumer_;
};

}  // namespace dcx::ring
