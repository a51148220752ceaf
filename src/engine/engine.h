// Engine: takes submissions, gives them their place and time in the log, and turns them into events.
//
//     gateways' rings → stamp sequence and time → journal's ring → core → event ring → readers, when durable
//
// The journal gets a command before the core does, so that disk and core work side by side; no reader is shown an event
// before its command is durable (without a storage: applied). Everything is bounded: with no room for the largest
// possible answer of a command the engine waits for its slowest reader, without room in the journal's ring for the
// disk, and then gateways find their rings full.
//
// Life: open() recovers the log and replays it; a new log gets its Genesis. Producers and readers are added. Then
// poll() runs on one thread: it tells the readers the state where the replay ended, up to RestoreCompleted, logs
// StartEpoch, whose events (EpochStarted, a SessionDisconnected for every session that was open) are the first live
// ones, and only then takes submissions. So a reader has the whole log: the state up to a command, and every event
// after it. A failed disk, or a wall clock that jumps, ends it: status() says why, and a new start decides what the log
// holds.
//
// Threads: add_*, and open(), before any poll(). poll() and max_sleep_ms() one thread; request_stop(), halt(),
// status(), applied(), durable() any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory.h"
#include "core/core.h"
#include "engine/durable_sequence.h"
#include "engine/engine_start.h"
#include "engine/engine_status.h"
#include "engine/journal_thread.h"
#include "engine/live_source.h"
#include "engine/log_clock.h"
#include "model/command.h"
#include "model/event_hash.h"
#include "model/submission.h"
#include "platform/doorbell.h"
#include "platform/pollable.h"
#include "ring/broadcast_ring.h"
#include "ring/channel.h"
#include "ring/lanes.h"

namespace dcx::engine {

class Engine final : public platform::Pollable {
  public:
    // Refuses, with a text for the operator: a folder that another engine holds, a log that is damaged, under
    // rules that this program doesn't know or replays differently, a genesis that the core refuses.
    static std::expected<std::unique_ptr<Engine>, std::string> open(const EngineGround& ground,
                                                                    const EngineOptions& options);
    ~Engine() override;

    [[nodiscard]] const StartReport& start_report() const { return report_; }

    // The ring of one gateway, which is its only producer.
    ring::Channel<Submission>& add_producer(std::size_t capacity);
    // A reader that the engine waits for; `bell` is its thread's.
    LiveSource& add_reader(platform::Doorbell& bell);
    // One that sees no further than all of `followed` have released.
    LiveSource& add_public_reader(platform::Doorbell& bell, std::span<LiveSource* const> followed);
    // Runs on a worker of its own, which sleeps on its bell(). Null without a storage.
    [[nodiscard]] JournalThread* journal() { return journal_.get(); }

    bool poll() override;
    int max_sleep_ms() override;

    // Takes what is submitted until then, logs a checkpoint, and when all of it is durable the status is `stopped`.
    void request_stop();
    // Logs a checkpoint soon. Any thread.
    void request_checkpoint() { checkpoint_wanted_.store(true, std::memory_order_relaxed), bell_.ring(); }
    // Logs that another process will carry the venue on: from handover_logged() on, sessions that end keep what they
    // have open for at least so long, 0 .. kMaxGraceMs. Any thread.
    void request_handover(std::uint32_t grace_ms);
    [[nodiscard]] bool handover_logged() const { return handover_logged_.load(std::memory_order_acquire); }

    // Ends it as a failed disk does, any thread: an auditor has found that what it did can't be right.
    void halt(std::string reason);
    [[nodiscard]] const EngineStatus& status() const { return status_; }
    // Events up to this command are published; up to durable() they are seen.
    [[nodiscard]] Sequence applied() const { return Sequence{applied_.load(std::memory_order_relaxed)}; }
    [[nodiscard]] Sequence durable() const { return durable_.get(); }
    [[nodiscard]] const DurableSequence& durable_sequence() const { return durable_; }

    // The polling thread's.
    [[nodiscard]] const core::Core& core() const { return *core_; }
    [[nodiscard]] std::uint64_t event_hash() const { return hash_.value(); }

  private:
    Engine(const EngineGround& ground, const EngineOptions& options, EngineStart start);

    bool tell_restored_state();
    bool stage_next();
    bool start_epoch();
    bool stage_handover();
    // Where the next commands are written: the journal's ring itself, or a buffer in its place.
    std::span<Command> room_for_commands(std::size_t wanted);
    void stage(std::span<Command> commands);
    bool stage_submissions();
    std::size_t take_from(ring::Channel<Submission>& producer, std::span<Command> room);
    template <MessageBody Body>
    bool stage_own(const Body& body);
    [[nodiscard]] bool deadline_due() const;
    bool stage_checkpoint();
    bool apply_staged();
    void publish(Sequence first, ring::Position begin);
    bool finish();

    // Commands taken from one gateway at a time, and between two publications of events.
    static constexpr std::size_t kMaxTaken = 256;
    static constexpr std::size_t kMaxApplied = 32;

    Clock& clock_;
    platform::Doorbell& bell_;
    MemorySource& memory_;
    Breadcrumb* breadcrumb_;
    StartReport report_;
    EngineStatus status_;
    DurableSequence durable_;

    std::unique_ptr<core::Core> core_;
    EventHash hash_;
    LogClock log_clock_;
    ring::BroadcastRing<Event> events_;
    std::vector<std::unique_ptr<LiveSource>> sources_;
    ring::Lanes<ring::Channel<Submission>> producers_;
    std::unique_ptr<JournalThread> journal_;
    std::vector<Command> buffer_;  // without a journal

    std::span<const Command> staged_;  // stamped and handed to the journal, not yet applied
    Sequence last_{};                  // stamped
    std::uint64_t max_events_;         // of one command
    std::uint64_t checkpoint_every_;
    std::uint64_t since_checkpoint_;  // commands stamped
    core::RestoreCursor restore_cursor_;
    bool restored_ = false;
    bool epoch_started_ = false;
    bool waits_for_disk_ = false;  // the journal's ring was full
    bool closed_ = false;          // the last command is staged
    std::atomic<bool> stop_requested_{false};
    std::atomic<bool> checkpoint_wanted_{false};
    std::atomic<std::uint64_t> handover_wanted_{0};  // its grace and 1; 0: no
    std::atomic<bool> handover_logged_{false};
    std::atomic<std::uint64_t> applied_{0};
};

}  // namespace dcx::engine
