// A ring in shared memory (platform/shared_memory.h): who creates it writes its shape in front, who attaches checks
// that shape against what it expects and against the mapping before it believes a word of it. Afterwards nothing of the
// shape is read again, so a peer that changes it later changes nothing.
//     header | consumer's wait word | producer's wait word | the two positions | slots
// Each process makes its own side from words() and slots(), with Peer::other_process. One producer and one consumer;
// several producers: a ring each (ring/lanes.h). Lossy readers attach to a read-only mapping.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <new>
#include <span>
#include <type_traits>

#include "base/check.h"
#include "platform/cpu.h"
#include "ring/lossy_ring.h"
#include "ring/record_ring.h"
#include "ring/spsc_ring.h"
#include "ring/wait_word.h"

namespace dcx::ring {

enum class RingKind : std::uint32_t { messages = 1, records, lossy_messages, lossy_records };

enum class AttachError {
    too_small = 1,  // no room for a header, or for the slots that it tells of
    not_aligned,    // the mapping does not begin at a line
    no_ring,        // another magic: not a ring, or not finished
    other_version,  // of another build's layout
    other_kind,     // not the kind of ring that is expected
    other_slot,     // slots of another size
    bad_capacity,   // not a power of two
};
[[nodiscard]] const char* describe(AttachError error);

struct alignas(platform::separate_lines) RingHeader {
    static constexpr std::uint64_t magic_word = 0x31676e6972786364;  // "dcxring1"
    static constexpr std::uint32_t current_version = 1;

    std::atomic<std::uint64_t> magic{0};  // stored last
    std::uint32_t version = 0;
    RingKind kind{};
    std::uint64_t slot_size = 0;
    std::uint64_t capacity = 0;
};

// What must be the same on both sides.
struct RingShape {
    RingKind kind;
    std::uint64_t slot_size;
};

// Checks the header of `mapping` and that it holds the slots behind `front` bytes. The result is the capacity.
[[nodiscard]] std::expected<std::uint64_t, AttachError> check_shape(std::span<const std::byte> mapping,
                                                                    const RingShape& expected, std::size_t front);

// `Slot`: the message; for records std::uint64_t. `Byte` is const std::byte over a read-only mapping.
template <RingKind kind, class Slot, class Byte = std::byte>
class SharedRing {
    static constexpr bool lossy = kind == RingKind::lossy_messages || kind == RingKind::lossy_records;
    static constexpr bool read_only = std::is_const_v<Byte>;
    static_assert(lossy || !read_only, "only lossy readers need not write");
    // Plain slots, or the words that a lossy message is made of.
    using Stored = std::conditional_t<lossy, LossyWord<>, Slot>;
    static constexpr std::size_t stored_per_slot = lossy ? sizeof(Slot) / sizeof(Stored) : 1;

    struct Front {
        RingHeader header;
        WaitWord<> consumer_bell;
        WaitWord<> producer_bell;
        std::conditional_t<lossy, LossyWords<>, SpscWords<>> words;
    };
    template <class Object>
    using Access = std::conditional_t<read_only, const Object, Object>;

  public:
    using Words = std::conditional_t<lossy, LossyWords<>, SpscWords<>>;

    // Bytes that a ring of `capacity` slots takes.
    [[nodiscard]] static constexpr std::size_t size(std::size_t capacity) {
        return sizeof(Front) + capacity * sizeof(Slot);
    }
    // In fresh memory (zero bytes) of at least size(capacity), before its descriptor is passed on. `capacity` is a
    // power of two.
    [[nodiscard]] static SharedRing create(std::span<std::byte> mapping, std::size_t capacity) {
        DCX_CHECK(std::has_single_bit(capacity) && mapping.size() >= size(capacity));
        DCX_CHECK(reinterpret_cast<std::uintptr_t>(mapping.data()) % platform::separate_lines == 0);
        Front* front = new (mapping.data()) Front;
        front->header.version = RingHeader::current_version;
        front->header.kind = kind;
        front->header.slot_size = sizeof(Slot);
        front->header.capacity = capacity;
        // Release: the shape comes before the magic. Partner: the acquire in check_shape().
        front->header.magic.store(RingHeader::magic_word, std::memory_order_release);
        return SharedRing(front, capacity);
    }
    // In memory that another process made.
    [[nodiscard]] static std::expected<SharedRing, AttachError> attach(std::span<Byte> mapping) {
        const auto capacity = check_shape(mapping, {kind, sizeof(Slot)}, sizeof(Front));
        if (!capacity) return std::unexpected(capacity.error());
        return SharedRing(reinterpret_cast<Access<Front>*>(mapping.data()), *capacity);
    }

    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] Access<Words>& words() const { return front_->words; }
    [[nodiscard]] std::span<Access<Stored>> slots() const {
        return {reinterpret_cast<Access<Stored>*>(front_ + 1), capacity_ * stored_per_slot};
    }
    // Where the consumer sleeps for messages and the producer for room.
    [[nodiscard]] WaitWord<>& consumer_bell() const
        requires(!lossy)
    {
        return front_->consumer_bell;
    }
    [[nodiscard]] WaitWord<>& producer_bell() const
        requires(!lossy)
    {
        return front_->producer_bell;
    }

  private:
    SharedRing(Access<Front>* front, std::uint64_t capacity) : front_(front), capacity_(capacity) {}

    Access<Front>* front_;
    std::uint64_t capacity_;
};

template <class T>
using SharedSpsc = SharedRing<RingKind::messages, T>;
using SharedRecords = SharedRing<RingKind::records, std::uint64_t>;
template <class T>
using SharedLossy = SharedRing<RingKind::lossy_messages, T>;
template <class T>
using ReadOnlyLossy = SharedRing<RingKind::lossy_messages, T, const std::byte>;
using SharedLossyRecords = SharedRing<RingKind::lossy_records, std::uint64_t>;
using ReadOnlyLossyRecords = SharedRing<RingKind::lossy_records, std::uint64_t, const std::byte>;

}  // namespace dcx::ring
