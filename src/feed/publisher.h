// Publisher: events in, frames to subscribers out. Knows nothing of sockets. One thread.
//
// Until RestoreCompleted nothing is published and nobody can subscribe (ready() is false). Events must come without
// gaps inside a command and in the log's order; anything else is a bug and ends the program.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "feed/market_feed.h"
#include "feed/mirror_writer.h"
#include "feed/request.h"
#include "model/event.h"

namespace dcx::feed {

class Publisher {
  public:
    struct Options {
        std::size_t replay_bytes = 1024 * 1024;   // of messages kept for resuming, per variant and format
        std::int64_t linger_ns = 30'000'000'000;  // how long they are kept after the last subscriber left
        MirrorWriter* mirror = nullptr;           // is kept as the books are; outlives the publisher
    };
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    explicit Publisher(const Options& options);

    void apply(const Event& event);
    // Hands the messages made since the last flush to their readers; tick() does so too.
    void flush();
    // Conflated rates, snapshots that can be cut now, readers that have drained. True when anything was due.
    bool tick(std::int64_t now_ns);
    // When tick() has something to do next; kNever when only events can bring work.
    [[nodiscard]] std::int64_t next_due_ns() const;

    [[nodiscard]] bool ready() const { return ready_; }
    [[nodiscard]] std::uint64_t epoch() const { return context_.epoch; }
    [[nodiscard]] std::uint64_t sequence() const { return context_.seq; }
    [[nodiscard]] Time time() const { return context_.time; }
    // In the order of their ids.
    [[nodiscard]] const std::vector<const Market*>& markets() const { return listed_; }
    [[nodiscard]] const Market* find(std::string_view symbol) const;
    // Markets that were listed or changed their phase since the last call.
    [[nodiscard]] std::vector<const Market*> take_changed() { return std::exchange(changed_, {}); }

    [[nodiscard]] bool can_resume(const Subscription& subscription, const ResumePoint& from) const;
    // With `from`, for which can_resume() must hold, the missed messages follow at once, else a snapshot. The
    // subscription stays where it is until it is detached.
    void attach(Subscription& subscription, const std::optional<ResumePoint>& from);
    void detach(Subscription& subscription);
    // The sequence of the last message of its variant; 0 before the first.
    [[nodiscard]] std::uint64_t position(const Subscription& subscription) const;

    [[nodiscard]] FeedCounters& counters() { return context_.streams.counters; }
    [[nodiscard]] const FeedCounters& counters() const { return context_.streams.counters; }

  private:
    void begin_event(const EventHeader& header);
    void route(const Event& event);
    void end_command(const EventHeader& header);
    void mirror_command(const EventHeader& header);
    void start_epoch(std::uint64_t epoch);
    void list_instrument(const Event& event);
    void set_phase(const PhaseChanged& event);
    void bust_trade(const Event& event);
    void complete_restore(const Event& event);
    [[nodiscard]] MarketFeed& feed_of(InstrumentId id);
    [[nodiscard]] const MarketFeed& feed_of(InstrumentId id) const;
    void touch(MarketFeed& feed);
    template <class Body>
    void apply_to_book(const Event& event);
    [[nodiscard]] bool has_work(std::size_t rate) const;
    void tick_rate(std::size_t rate);
    bool wake_lagging();
    void wait_for_snapshot(MarketFeed& feed);
    void serve_waiting();

    Options options_;
    FeedContext context_;
    bool ready_ = false;
    std::uint64_t command_seq_ = 0;                   // of the command whose events are coming
    std::uint32_t command_index_ = 0;                 // of its next event
    std::vector<std::string> assets_;                 // by id
    std::vector<std::unique_ptr<MarketFeed>> feeds_;  // by instrument id
    std::vector<const Market*> listed_;
    std::vector<const Market*> changed_;
    std::unordered_map<std::string_view, const Market*> by_symbol_;
    std::vector<MarketFeed*> touched_;  // by the current command
    std::array<bool, kRatesMs.size()> rate_pending_{};
    std::array<std::int64_t, kRatesMs.size()> rate_due_ns_{};
    std::vector<MarketFeed*> waiting_;  // have subscribers that wait for a snapshot
    std::size_t tickers_ = 0;           // attached ticker subscriptions
    std::uint64_t ticker_seq_ = 0;      // up to where the tickers are published
    std::int64_t expire_due_ns_ = 0;
};

}  // namespace dcx::feed
