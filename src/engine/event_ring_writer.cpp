#include "engine/event_ring_writer.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::engine {

std::size_t EventRingWriter::bytes(const Options& options) {
    return sizeof(EventRingHeader) + Ring::size(options.capacity);
}

EventRingWriter::EventRingWriter(std::span<std::atomic<std::uint64_t>> words, const Options& options) : words_(words) {
    DCX_CHECK(options.capacity >= kCapacityMin && words.size_bytes() >= bytes(options));
    EventRingHeader header;
    header.ring_offset = sizeof(EventRingHeader);
    header.venue_id = options.venue_id;
    header.pid = options.pid;
    header.created_ns = options.created_ns;
    ring::store_words(words_.data(), header);
    const auto behind = words.subspan(sizeof(EventRingHeader) / sizeof(std::uint64_t));
    const Ring ring =
        Ring::create({reinterpret_cast<std::byte*>(behind.data()), behind.size_bytes()}, options.capacity);
    ring_.emplace(ring.words(), ring.slots());
}

bool EventRingWriter::poll() {
    const std::span<const Event> events = source_->peek(kBatch);
    if (events.empty()) return false;
    const std::size_t restored = ready() ? 0 : pass_restored(events);
    if (restored < events.size()) write(events.subspan(restored));
    source_->release(events.size());
    return true;
}

std::size_t EventRingWriter::pass_restored(std::span<const Event> events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].header.kind != EventKind::restore_completed) continue;
        const Sequence sequence = events[i].header.sequence;
        word(offsetof(EventRingHeader, epoch)).store(events[i].as<RestoreCompleted>().epoch, std::memory_order_relaxed);
        store_sequences(sequence, sequence);
        // Release: the numbers come first. Partner: the acquire in EventRingReader::state().
        word(offsetof(EventRingHeader, state))
            .store(static_cast<std::uint64_t>(EventRingState::live), std::memory_order_release);
        ready_.store(true, std::memory_order_release);
        return i + 1;
    }
    return events.size();
}

void EventRingWriter::write(std::span<const Event> events) {
    ring_->announce(events.size());
    for (const Event& event : events) {
        ring_->write(event);
        if (event.header.kind == EventKind::epoch_started)
            word(offsetof(EventRingHeader, epoch)).store(event.as<EpochStarted>().epoch, std::memory_order_relaxed);
    }
    const auto whole = std::ranges::find_if(
        events.rbegin(), events.rend(), [](const Event& event) { return (event.header.flags & kLastOfCommand) != 0; });
    store_sequences(events.back().header.sequence, whole == events.rend() ? Sequence{} : whole->header.sequence);
    ring_->publish();
}

// Before the publication, which releases them: who sees the events sees these. `whole` 0: as before.
void EventRingWriter::store_sequences(Sequence written, Sequence whole) {
    word(offsetof(EventRingHeader, durable)).store(durable_->get().value, std::memory_order_relaxed);
    word(offsetof(EventRingHeader, written)).store(written.value, std::memory_order_relaxed);
    if (whole.value == 0) return;
    // Release: durable is at least as high. Partner: the acquire in EventRingReader::begin().
    word(offsetof(EventRingHeader, sequence)).store(whole.value, std::memory_order_release);
}

void EventRingWriter::close() {
    word(offsetof(EventRingHeader, state))
        .store(static_cast<std::uint64_t>(EventRingState::closed), std::memory_order_release);
}

}  // namespace dcx::engine
