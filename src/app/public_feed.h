// PublicFeed: what one feed process does on its feed's thread beside serving: it watches its source, tells clients when
// the venue goes and comes, begins to serve when it has caught up, and remembers what its readers use.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "app/feed_work.h"
#include "app/variant_memory.h"
#include "base/clock.h"
#include "engine/public_log.h"
#include "feed/feed_server.h"
#include "platform/log.h"
#include "platform/pollable.h"

namespace dcx::app {

class PublicFeed final : public platform::Pollable {
  public:
    // All outlive it. `work` is polled by it.
    PublicFeed(engine::PublicLog& source, feed::FeedServer& feed, FeedWork& work, VariantMemory& memory, Clock& clock,
               platform::Log& log)
        : source_(source), feed_(feed), work_(work), memory_(memory), clock_(clock), log_(log) {}

    bool poll() override;
    int max_sleep_ms() override;

    // ---- any thread
    using Stage = engine::PublicLog::Stage;
    [[nodiscard]] Stage stage() const { return stage_.load(std::memory_order_acquire); }
    // The source has failed; clients were told.
    [[nodiscard]] bool failed() const { return stage() == Stage::failed; }
    [[nodiscard]] std::uint64_t sequence() const { return sequence_.load(std::memory_order_relaxed); }
    // Of the venue, as far as its event ring says: what is above sequence() is still to be told.
    [[nodiscard]] std::uint64_t published() const { return published_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t replays() const { return replays_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t laps() const { return laps_.load(std::memory_order_relaxed); }

  private:
    void watch();
    void note();

    engine::PublicLog& source_;
    feed::FeedServer& feed_;
    FeedWork& work_;
    VariantMemory& memory_;
    Clock& clock_;
    platform::Log& log_;
    bool serving_ = false;
    bool away_ = false;  // told so to clients
    std::int64_t note_due_ns_ = 0;
    std::atomic<Stage> stage_{Stage::waiting};
    std::atomic<std::uint64_t> sequence_{0};
    std::atomic<std::uint64_t> published_{0};
    std::atomic<std::uint64_t> replays_{0};
    std::atomic<std::uint64_t> laps_{0};
};

}  // namespace dcx::app
