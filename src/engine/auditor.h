// Auditor: a second core that follows the durable journal, on a thread or in a process of its own, and believes nothing
// of the first one. It reads the journal's bytes again with all their checks, replays them, compares the rolling event
// hash at every Checkpoint, recomputes the ledger's and the books' invariants, and takes the snapshots, so that the
// engine never pauses for them. It writes nothing but snapshots and needs no lock.
//
// On a difference (damage of what is durable, another hash, a broken invariant) it stops for good and says where; the
// venue halts on it. When it only cannot read or write for now (no descriptors, no space for a snapshot), it says so
// and goes on.
//
// An observer is shown what was audited. Then the auditor begins where the observer's own record ends, and takes no
// snapshot of what the observer has not put down.
//
// One thread polls; health() and request_snapshot() any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/memory.h"
#include "core/core.h"
#include "engine/audit_observer.h"
#include "engine/durable_sequence.h"
#include "engine/engine_start.h"
#include "engine/log_replay.h"
#include "engine/snapshots.h"
#include "journal/storage.h"
#include "journal/tail.h"
#include "platform/pollable.h"

namespace dcx::engine {

struct AuditorOptions {
    std::uint64_t snapshot_every = 10'000'000;         // commands; 0: not by count
    std::int64_t snapshot_every_ns = 600'000'000'000;  // 0: not by time
    std::size_t keep_snapshots = 3;
    std::int64_t invariants_every_ns = 10'000'000'000;  // they cost a walk over the whole state
    std::int64_t poll_every_ns = 10'000'000;            // how soon it looks again when it has come to the end
};

struct AuditorGround {
    Clock& clock;
    MemorySource& memory;  // for its own core
    journal::Storage& journal;
    journal::Storage* archived =
        nullptr;  // the same with its archive, for a beginning without a snapshot; none: itself
    journal::Storage* snapshots = nullptr;     // none: it takes none, and begins with the first command
    const DurableSequence* durable = nullptr;  // of an engine in this process; none: the journal's watermarks tell
    AuditObserver* observer = nullptr;         // none: nobody is shown anything
};

// Every number is exact, two of them read together need not be of the same moment.
struct AuditorHealth {
    std::atomic<std::uint64_t> sequence{};     // the last command audited
    std::atomic<std::uint64_t> checkpoints{};  // compared, all of them equal
    std::atomic<std::uint64_t> invariants{};   // times all of them held
    std::atomic<std::uint64_t> snapshots{};    // taken
    std::atomic<std::uint64_t> snapshot_failures{};
    std::atomic<std::uint64_t> snapshot_sequence{};  // of the newest one; 0: none
    std::atomic<std::int64_t> snapshot_time{};       // when it was taken, wall clock
    std::atomic<std::int64_t> snapshot_ns{};         // how long it took
    std::atomic<std::uint64_t> observer_failures{};  // times that the observer could not put down what it was shown
    std::atomic<bool> failed{};                      // it found a difference; reason() says which
};

class Auditor final : public platform::Pollable {
  public:
    // The first poll() begins at the newest snapshot that can be used, otherwise at the first command.
    Auditor(const AuditorGround& ground, const AuditorOptions& options);
    ~Auditor() override;

    // Audits what is durable, at most a few thousand commands a call; or takes a snapshot that is due, which takes as
    // long as it takes.
    bool poll() override;
    int max_sleep_ms() override;

    // As soon as at least this command has been audited.
    void request_snapshot(Sequence at_least = {});
    // Called once, on the polling thread, when a difference was found.
    void on_difference(std::function<void(const std::string&)> told) { on_difference_ = std::move(told); }
    // Called after each snapshot on the polling thread: what it made old may go.
    void on_snapshot(std::function<void(const journal::SnapshotHeader&)> told) { on_snapshot_ = std::move(told); }

    [[nodiscard]] const AuditorHealth& health() const { return health_; }
    // What it found, or why the last snapshot failed; empty otherwise.
    [[nodiscard]] std::string reason() const;
    [[nodiscard]] Sequence sequence() const { return Sequence{health_.sequence.load(std::memory_order_acquire)}; }

    // The polling thread's, once it has begun.
    [[nodiscard]] bool begun() const { return replay_.has_value(); }
    [[nodiscard]] const core::Core& core() const { return *core_; }
    // Where the next batch lies: no segment from there on may be deleted.
    [[nodiscard]] const journal::Position& place() const { return tail_->position(); }
    [[nodiscard]] const LogReplay& replay() const { return *replay_; }
    // Its core, for an engine that goes on in its place; audits the rest of the batch first. It is good for nothing
    // afterwards. Nothing when it has found a difference.
    [[nodiscard]] std::optional<WarmCore> take_over();
    // Snapshots that could not be used, and why.
    [[nodiscard]] const std::vector<std::string>& skipped_snapshots() const { return skipped_; }

  private:
    bool begin();
    bool load_state();
    bool begin_without_observer(const std::string& why);
    bool next_batch();
    bool tell_batch();
    bool flush_observer();
    bool observer_failed(const ObserverError& error);
    void audit(std::span<const Command> commands);
    [[nodiscard]] bool snapshot_due() const;
    void take_snapshot();
    void check_invariants();
    void differ(const std::string& what);
    void set_reason(std::string reason);

    static constexpr std::size_t kMaxAudited = 4096;

    AuditorGround ground_;
    AuditorOptions options_;
    std::unique_ptr<core::Core> core_;
    std::optional<journal::Position> begin_at_;  // of the snapshot it began with
    LogReplay::Mark begin_mark_;
    std::optional<journal::Tail> tail_;
    std::optional<LogReplay> replay_;
    std::vector<std::string> skipped_;
    std::span<const Command> batch_;  // what is left of it
    bool untold_ = false;             // the observer does not know yet that the last batch has ended
    bool blocked_ = false;            // it could not put something down, and is asked again
    std::function<void(const std::string&)> on_difference_;
    std::function<void(const journal::SnapshotHeader&)> on_snapshot_;
    AuditorHealth health_;
    mutable std::mutex mutex_;
    std::string reason_;
    // 0: none is asked for; else the command it must hold, and 1 more.
    std::atomic<std::uint64_t> wanted_{0};
    Sequence last_snapshot_{};  // or one that was there before and is ahead of the core
    std::int64_t last_snapshot_at_ = 0;
    std::int64_t last_invariants_at_ = 0;
};

}  // namespace dcx::engine
