// Snapshots of a venue's state in a folder of their own: taken behind a batch of the journal by whoever replays it,
// loaded by whoever starts. One that cannot be used is passed over with a reason, and the one before it is tried: that
// costs time, nothing else. One thread; the storage outlives everything here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/memory.h"
#include "core/core.h"
#include "engine/log_replay.h"
#include "journal/snapshot.h"
#include "journal/storage.h"
#include "model/types.h"

namespace dcx::engine {

// Takes one of the core, to which `replay` applied all commands up to `place`, and deletes all but the newest `keep`.
// The names of the deleted ones are forgotten without a sync: they may come back after a crash, and go with the next
// one.
[[nodiscard]] journal::Result<journal::SnapshotHeader> take_snapshot(journal::Storage& storage, const core::Core& core,
                                                                     const LogReplay& replay,
                                                                     const journal::Position& place, std::size_t keep);

struct LoadedSnapshot {
    std::unique_ptr<core::Core> core;
    journal::SnapshotHeader header;
    journal::Position place;  // of its batch
    double seconds{};         // that took, its state hash included

    [[nodiscard]] LogReplay::Mark mark() const { return {header.event_hash, header.since_checkpoint}; }
};
struct LoadResult {
    std::optional<LoadedSnapshot> loaded;
    std::vector<std::string> skipped;  // why, newest first
};

// Up to where a state is wanted.
struct Moment {
    Sequence sequence{std::numeric_limits<std::uint64_t>::max()};  // no command behind this one
    Time time{std::numeric_limits<std::int64_t>::max()};           // and none of a later log time
};

// The newest one that holds nothing behind `moment`. Every byte of it is checked before it is used, and the state's
// hash after. One with another hash leaves what it took of `memory` taken. Fails when the folder can't be listed.
[[nodiscard]] journal::Result<LoadResult> load_snapshot(journal::Storage& storage, MemorySource& memory,
                                                        const Moment& moment = {});

}  // namespace dcx::engine
