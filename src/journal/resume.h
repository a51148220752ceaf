// A walk that begins in the middle of a journal: behind the batch that a Position names, as a snapshot or a projection
// kept it. Such a position was taken behind what was durable, so it is a witness as a watermark is: a journal that ends
// before it has lost something. Segments before the position's own may be gone. Changes nothing; one thread.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>

#include "journal/chain.h"
#include "journal/storage.h"

namespace dcx::journal {

// The index of the segment in which the walk begins, with `chain` standing at its beginning: without `from` (or with
// one of an empty journal) before the first batch of segment 1, which must be there. `segments` are not empty. Of
// `from` segment, offset, batch, sequence, epoch, hash and time are used.
[[nodiscard]] std::expected<std::size_t, RecoveryError> begin_walk(Storage& storage, std::span<const Segment> segments,
                                                                   const std::optional<Position>& from, Chain& chain);
// What an empty folder is to a walk from `from` on.
[[nodiscard]] std::expected<void, RecoveryError> check_empty(const std::optional<Position>& from);

}  // namespace dcx::journal
