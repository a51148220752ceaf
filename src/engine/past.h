// The state of a venue at any moment of its log: the newest snapshot before it, and the replay from there. For tools
// and tests: it needs no lock, changes nothing, and sees what was in the journal when it came to its end. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/memory.h"
#include "base/sha256.h"
#include "core/core.h"
#include "engine/replay_gauge.h"
#include "engine/snapshots.h"
#include "journal/storage.h"

namespace dcx::engine {

struct PastOptions {
    Moment moment{};                        // the end of the log, if it has no more
    journal::Storage* archived = nullptr;   // the journal with its archive, for a replay from the start
    journal::Storage* snapshots = nullptr;  // none: from the first command
    std::function<void(const ReplayProgress&)> on_progress;  // about once a second
};

struct Past {
    std::unique_ptr<core::Core> core;
    Sequence snapshot{};                         // where it began; 0: with the first command
    std::vector<std::string> skipped_snapshots;  // that could not be used, and why
    std::uint64_t event_hash{};                  // over all events of the log up to there
    std::uint64_t commands{};                    // replayed
    double seconds{};                            // that took, with the snapshot
};

// Checks every checkpoint that it passes. `memory` holds the core's pools and outlives it.
[[nodiscard]] std::expected<Past, std::string> replay_past(journal::Storage& journal, MemorySource& memory,
                                                           const PastOptions& options = {});

}  // namespace dcx::engine
