// What a start does with a journal: lock the folder, walk and check it (wholly, or from a snapshot on), then make its
// end fit to be continued, or refuse. A torn tail, and the space in which one could lie, is overwritten with zeros;
// batches above the watermark are written once more and synced, because a page that the kernel failed to write looks
// clean and is nowhere but in memory.
//
//     auto recovery = recover(storage, {.visit = [&](const Batch& b) { for (auto& c : b.commands) apply(c); }});
//     auto writer = Writer::open(storage, *recovery, options);
//
// One thread; nothing else may use the storage meanwhile.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "journal/reader.h"
#include "journal/storage.h"

namespace dcx::journal {

struct RecoverOptions {
    // Called with every batch as it is read, so that the replay costs no second pass. When recovery then refuses, what
    // was made of the batches must not be used.
    std::function<void(const Batch&)> visit{};
    // Called once before the first batch: the commands that a replay must not apply.
    std::function<void(std::span<const QuarantinedCommand>)> quarantined{};
    // Read and check on a thread of its own, ahead of `visit`.
    bool read_ahead = false;
    // Behind which batch the walk begins, as a snapshot recorded it; see Reader::open. What lies before is not read, so
    // its rot is not found here.
    std::optional<Position> from{};
};

struct Recovery {
    VenueId venue_id{};                           // zeros when the journal is empty
    std::uint32_t engine_version{};               // of the program that began the last segment
    Position end;                                 // epoch, sequence, hash and place of the last batch
    std::optional<AmbiguousTail> tail;            // what was cut
    std::vector<QuarantinedCommand> quarantined;  // as the journal has recorded them

    [[nodiscard]] bool empty() const { return end.segment_name.empty(); }
};

[[nodiscard]] std::expected<Recovery, RecoveryError> recover(Storage& storage, const RecoverOptions& options = {});

}  // namespace dcx::journal
