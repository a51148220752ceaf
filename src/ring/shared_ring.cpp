#include "ring/shared_ring.h"

namespace dcx::ring {

const char* describe(AttachError error) {
    switch (error) {
        case AttachError::too_small: return "the memory is too small for the ring";
        case AttachError::not_aligned: return "the memory does not begin at a cache line";
        case AttachError::no_ring: return "the memory holds no ring";
        case AttachError::other_version: return "the ring has the layout of another version";
        case AttachError::other_kind: return "the ring is of another kind";
        case AttachError::other_slot: return "the ring's messages are of another size";
        case AttachError::bad_capacity: return "the ring's capacity is not a power of two";
    }
    return "unknown";
}

std::expected<std::uint64_t, AttachError> check_shape(std::span<const std::byte> mapping, const RingShape& expected,
                                                      std::size_t front) {
    if (mapping.size() < front) return std::unexpected(AttachError::too_small);
    if (reinterpret_cast<std::uintptr_t>(mapping.data()) % alignof(RingHeader) != 0)
        return std::unexpected(AttachError::not_aligned);
    const auto& header = *reinterpret_cast<const RingHeader*>(mapping.data());
    // Partner: the release in SharedRing::create().
    if (header.magic.load(std::memory_order_acquire) != RingHeader::magic_word)
        return std::unexpected(AttachError::no_ring);
    // Each is read once: what was checked is what is used, whatever the peer writes meanwhile.
    const std::uint64_t capacity = *static_cast<const volatile std::uint64_t*>(&header.capacity);
    if (header.version != RingHeader::current_version) return std::unexpected(AttachError::other_version);
    if (header.kind != expected.kind) return std::unexpected(AttachError::other_kind);
    if (header.slot_size != expected.slot_size) return std::unexpected(AttachError::other_slot);
    // Records need two words.
    const std::uint64_t least = expected.kind == RingKind::records || expected.kind == RingKind::lossy_records ? 2 : 1;
    if (!std::has_single_bit(capacity) || capacity < least) return std::unexpected(AttachError::bad_capacity);
    if (capacity > (mapping.size() - front) / expected.slot_size) return std::unexpected(AttachError::too_small);
    return capacity;
}

}  // namespace dcx::ring
