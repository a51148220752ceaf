// JournalThread: makes commands durable in batches. The engine writes stamped commands into commands(); each poll()
// takes all that are there, writes and syncs them as one batch, and only then lets the readers see what they did (the
// durable sequence) and wakes them. While a batch is being synced the next one fills: group commit.
//
// poll() blocks for a sync, so it runs on a worker of its own that sleeps on bell(). When the log falls idle a
// watermark is written within 10 ms, so that later damage of the last batch is known as such. After a failed write or
// sync nothing is tried again and nothing becomes durable: the status says why.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "engine/durable_sequence.h"
#include "engine/engine_status.h"
#include "journal/writer.h"
#include "model/command.h"
#include "platform/doorbell.h"
#include "platform/pollable.h"
#include "ring/channel.h"

namespace dcx::engine {

class JournalThread final : public platform::Pollable {
  public:
    struct Options {
        std::unique_ptr<journal::Writer> writer;
        std::size_t ring_capacity{};  // commands, a power of two
    };
    // All references outlive it.
    JournalThread(Options options, Clock& clock, MemorySource& memory, DurableSequence& durable, EngineStatus& status);

    // The engine's end: stamped commands in order.
    [[nodiscard]] ring::Channel<Command>& commands() { return commands_; }
    // What its worker sleeps on.
    [[nodiscard]] platform::Doorbell& bell() { return bell_; }
    // The engine's thread, after its last command: when that is durable, a watermark is written and the status becomes
    // `stopped`.
    void close();

    bool poll() override;
    int max_sleep_ms() override;

    // For metrics; this thread's, or anybody's when it no longer runs.
    [[nodiscard]] const journal::Writer::Counters& counters() const { return writer_->counters(); }

  private:
    bool commit();
    bool write_watermark();
    bool finish();
    void fail(const journal::StorageError& error);
    [[nodiscard]] std::int64_t watermark_due_ns() const { return committed_at_ + kWatermarkDelay; }

    static constexpr std::int64_t kWatermarkDelay = 5'000'000;

    std::unique_ptr<journal::Writer> writer_;
    Clock& clock_;
    DurableSequence& durable_;
    EngineStatus& status_;
    platform::Doorbell bell_;
    ring::Channel<Command> commands_;
    std::int64_t committed_at_ = 0;  // monotonic
    bool watermark_wanted_ = false;
    bool done_ = false;
    std::atomic<bool> closing_{false};
};

}  // namespace dcx::engine
