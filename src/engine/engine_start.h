// The start of an engine: what comes before its threads. The log is recovered and replayed into a fresh core; a new log
// gets its Genesis and its further founding keys, which are applied here and then wait for the journal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory.h"
#include "core/core.h"
#include "engine/breadcrumb.h"
#include "engine/log_replay.h"
#include "engine/replay_gauge.h"
#include "journal/format.h"
#include "journal/recovery.h"
#include "journal/storage.h"
#include "journal/writer.h"
#include "model/command.h"
#include "model/event_hash.h"
#include "platform/doorbell.h"

namespace dcx::engine {

struct EngineOptions {
    Genesis genesis{};                             // begins a new log; an old one has its own
    std::uint32_t rules = kNewestRules;            // of a new log; an old one goes on under its own
    std::vector<GenesisKey> founding_keys{};       // of a new log, behind its genesis
    std::size_t event_ring_capacity = 1u << 15;    // raised until two of the largest commands' events fit
    std::size_t command_ring_capacity = 1u << 14;  // to the journal: two of its largest batches
    std::uint64_t checkpoint_every = 100'000;      // commands
    std::uint64_t segment_size = journal::kDefaultSegmentSize;
    bool prepare_segments = true;                            // ahead, on a thread of the journal's
    bool read_ahead = true;                                  // of open(): the journal is checked on another thread
    std::function<void(const ReplayProgress&)> on_progress;  // of open(), about once a second
};

// A core that has followed the journal up to the batch at `place`: a start goes on from there.
struct WarmCore {
    std::unique_ptr<core::Core> core;
    LogReplay::Mark mark;
    journal::Position place;
};

// What an engine stands on; everything outlives it.
struct EngineGround {
    platform::Doorbell& bell;  // of the thread that will poll it
    Clock& clock;
    MemorySource& memory;
    journal::Storage* storage = nullptr;    // none: durability is `memory`, and nothing survives
    journal::Storage* archived = nullptr;   // the same with its archive, for a start without a snapshot; none: itself
    journal::Storage* snapshots = nullptr;  // none: every start replays from the first command
    Breadcrumb* breadcrumb = nullptr;       // none: a command that kills the engine is not noticed
    WarmCore* warm = nullptr;               // taken from, instead of a snapshot; its pools are of `memory`
};

// What open() found.
struct StartReport {
    bool fresh = false;                          // the log begins with this start
    Sequence snapshot{};                         // the last command of the snapshot it began with; 0: none
    std::vector<std::string> skipped_snapshots;  // that could not be used, and why
    Sequence replayed{};                         // the last command that was in the log
    double seconds{};                            // that took, with the snapshot
    std::uint64_t epoch{};                       // the running one
    std::uint32_t rules{};                       // under which it begins
    std::optional<journal::AmbiguousTail> tail;  // what was cut
    std::optional<DeadlyCommand> died_on;        // what the process before was applying when it died
    std::int64_t log_ahead_ns{};                 // the log's last time is this far in the wall clock's future: until
                                                 // then log time stands still
};

// What start_engine() made.
struct EngineStart {
    std::unique_ptr<core::Core> core;
    EventHash hash;
    std::unique_ptr<journal::Writer> writer;  // none without a storage
    std::vector<Command> founding;            // of a new log: applied, not yet in the journal
    std::uint64_t since_checkpoint{};
    StartReport report;
};

// Refuses with a text for the operator; Engine::open() says what.
[[nodiscard]] std::expected<EngineStart, std::string> start_engine(const EngineGround& ground,
                                                                   const EngineOptions& options);

// A command of the engine's own.
template <MessageBody Body>
[[nodiscard]] Command engine_command(const Body& body, Sequence sequence, Time time) {
    CommandHeader header{};
    header.sequence = sequence;
    header.time = time;
    return Command::make(body, header);
}

}  // namespace dcx::engine
