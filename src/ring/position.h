// Words that all rings share.
#pragma once

#include <cstdint>
#include <limits>

namespace dcx::ring {

// Positions count messages (or words) since the start and never wrap (2^64); the slot of a position is
// position & (capacity - 1).
using Position = std::uint64_t;
inline constexpr Position no_limit = std::numeric_limits<Position>::max();

// Who is at the other end, and so what an impossible position means: a bug of ours, or a peer that is broken.
enum class Peer : std::uint8_t { same_process, other_process };

}  // namespace dcx::ring
