// The event ring: the public part of the log's events, in one file that programs of the venue's user map read-only, so
// that feeds can run in processes of their own; or in memory without a name, for the venue's own projections. These are
// its bytes: this header, then a lossy ring of events (ring/shared_ring.h). Written by engine/event_ring_writer.h, read
// by engine/event_ring_reader.h.
//
// Public: durable, and told to its owners. There is everything of those commands, so also what is for one account: the
// file is for its owner alone. Restored events are not in it; who begins takes the state from a snapshot and the
// journal, up to `sequence`, and goes on in the ring.
//
// The fixed words stand before the file has its name; each word of the second half is valid by itself. The file never
// changes its size. While the writer lives it is locked (flock, exclusive).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/layout.h"
#include "model/types.h"

namespace dcx {

// "DCXEVNT1" as bytes.
inline constexpr std::uint64_t kEventRingMagic = 0x3154'4E56'4558'4344;
inline constexpr std::uint32_t kEventRingVersion = 1;

enum class EventRingState : std::uint64_t { restoring = 0, live = 1, closed = 2 };

struct EventRingHeader {
    std::uint64_t magic = kEventRingMagic;
    std::uint32_t version = kEventRingVersion;
    std::uint32_t ring_offset{};
    std::array<std::byte, 16> venue_id{};
    std::uint64_t pid{};        // of the writer
    std::int64_t created_ns{};  // wall clock
    std::array<std::uint64_t, 10> zero{};
    // Written as it runs, the sequences in this order and before the events that they tell of are published: who has
    // seen an event published sees here numbers at least as high.
    EventRingState state{};
    std::uint64_t epoch{};
    Sequence durable{};   // so far the journal may be read: ends a batch
    Sequence written{};   // the last command of which something is in the ring
    Sequence sequence{};  // the last command that is whole in the ring, or behind it: so far the journal is public
    std::array<std::uint64_t, 11> zero_too{};
};
static_assert(FixedLayout<EventRingHeader> && sizeof(EventRingHeader) == 256 &&
              offsetof(EventRingHeader, state) == 128);

}  // namespace dcx
