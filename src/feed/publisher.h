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
        std::size_t replay_bytes = 1024 * 1024;   // of messages kept, per variant and format
        std::size_t behind_bytes = 1024 * 1024;   // of them that a reader may be behind before he is set aside
        std::int64_t flush_ns = 0;                // how long a message may wait for others before its readers are told
        std::int64_t linger_ns = 30'000'000'000;  // how long they are kept after the last subscriber left
        std::size_t orders_in_part = 5'000;       // of a snapshot of `orders`; at least 2
        MirrorWriter* mirror = nullptr;           // is kept as the books are; outlives the publisher
    };
    // How long after the end of its interval a candle becomes final by wall time, when no command came meanwhile.
    static constexpr std::int64_t kLateNs = 1'000'000'000;
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    explicit Publisher(const Options& options);

    void apply(const Event& event);
    // Tells the readers of the messages made since the last flush; tick() does so when they have waited long enough.
    void flush();
    // Conflated rates, snapshots that can be cut now, readers that have drained. True when anything was due.
    // With `wall_ns`, all events until then have been applied: candles that ended kLateNs before are final.
    bool tick(std::int64_t now_ns, std::int64_t wall_ns = 0);
    // When tick() has something to do next; kNever when only events can bring work.
    [[nodiscard]] std::int64_t next_due_ns() const;
    // When tick() tells of messages that wait for others now; kNever when there are none.
    [[nodiscard]] std::int64_t flush_due_ns() const { return flush_due_ns_; }

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
    // Variants that another feed can make too: those in use, or only those that somebody is subscribed to now.
    [[nodiscard]] std::vector<VariantUse> variants(bool subscribed) const;
    // Makes them for readers who come from another feed (or from this one before its end) and go on there, each as soon
    // as its place is reached. Any time; kept like those whose last reader has left, from now or start_lingering() on.
    void begin_variants(std::vector<VariantUse> variants);
    void start_lingering(std::int64_t now_ns);

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
    bool tick_whole(std::int64_t now_ns, std::int64_t wall_ns);
    bool flush_when_due();
    bool close_candles(std::int64_t wall_ns);
    void count(const Subscription& subscription, bool attached);
    bool wake_lagging();
    void wait_for_snapshot(MarketFeed& feed);
    void serve_waiting();
    void begin_reached();

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
    std::size_t candles_ = 0;           // attached candle subscriptions
    std::uint64_t ticker_seq_ = 0;      // up to where tickers and candles are published
    std::int64_t closed_second_ = 0;    // of wall time, up to where candles are closed
    std::vector<VariantUse> to_begin_;  // whose place is not reached
    std::int64_t expire_due_ns_ = 0;
    std::int64_t flush_due_ns_ = kNever;
};

}  // namespace dcx::feed
