// EventRingWriter: copies what a public reader of the live ring sees into the event ring (model/event_ring.h), for
// feeds in processes of their own. It waits for none of its readers; the engine waits for it as for any reader, and all
// it does is copy.
//
// One thread for all, but ready(), written(): any; close(): any, when the others are over.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/durable_sequence.h"
#include "model/event_ring.h"
#include "model/event_source.h"
#include "ring/shared_ring.h"

namespace dcx::engine {

class EventRingWriter {
  public:
    struct Options {
        std::size_t capacity = 1 << 18;  // events, a power of two of at least kCapacityMin
        std::array<std::byte, 16> venue_id{};
        std::uint64_t pid{};
        std::int64_t created_ns{};
    };
    static constexpr std::size_t kCapacityMin = 2048;
    [[nodiscard]] static std::size_t bytes(const Options& options);

    // `words` are zeros, bytes(options) long, and outlive the writer's use.
    EventRingWriter(std::span<std::atomic<std::uint64_t>> words, const Options& options);
    EventRingWriter(const EventRingWriter&) = delete;
    EventRingWriter& operator=(const EventRingWriter&) = delete;

    // From now on it reads there. Before the first poll(); both outlive it.
    void follow(EventSource& source, const DurableSequence& durable) { source_ = &source, durable_ = &durable; }
    // A bounded amount of work; true when there was any.
    bool poll();
    // The restored state has passed. Any thread.
    [[nodiscard]] bool ready() const { return ready_.load(std::memory_order_acquire); }
    // The last command that is in it wholly. Any thread.
    [[nodiscard]] Sequence written() const {
        return Sequence{words_[offsetof(EventRingHeader, sequence) / 8].load(std::memory_order_acquire)};
    }
    // Readers are told that nothing comes any more.
    void close();

  private:
    static constexpr std::size_t kBatch = 512;
    using Ring = ring::SharedLossy<Event>;

    [[nodiscard]] std::atomic<std::uint64_t>& word(std::size_t offset) { return words_[offset / 8]; }
    // How many of the events belong to the state that is told first.
    std::size_t pass_restored(std::span<const Event> events);
    void write(std::span<const Event> events);
    void store_sequences(Sequence written, Sequence whole);

    std::span<std::atomic<std::uint64_t>> words_;
    std::optional<ring::LossyWriter<Event>> ring_;
    EventSource* source_ = nullptr;
    const DurableSequence* durable_ = nullptr;
    std::atomic<bool> ready_{false};
};

}  // namespace dcx::engine
