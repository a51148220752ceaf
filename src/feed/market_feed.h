// MarketFeed: one market and the messages made of it. Events change the market; at the end of each command, and at the
// ticks of the conflated rates, every variant that somebody listens to publishes what changed since its last message.
//
// A variant's messages form one chain for all its subscribers. A snapshot is the state after the chain's last message,
// so it waits while a command is half applied or conflated changes are pending.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "feed/channel.h"
#include "feed/depth_view.h"
#include "feed/feed_counters.h"
#include "feed/frame_buffer.h"
#include "feed/market.h"
#include "feed/stream.h"
#include "feed/subscription.h"
#include "feed/trade.h"

namespace dcx::feed {

// What all markets of one publisher share.
struct FeedContext {
    std::uint64_t epoch{};
    std::uint64_t seq{};         // of the last whole command
    Time time{};                 // of that command
    bool mid_command{};          // its events have not all come yet
    std::int64_t now_ns{};       // monotonic
    std::size_t replay_bytes{};  // of a stream
    StreamContext streams;
    FrameBuffer frame;
    BookUpdate levels;
    TradesUpdate trades;
};

class MarketFeed {
  public:
    MarketFeed(FeedContext& context, const InstrumentListed& listing, std::string base, std::string quote)
        : context_{context}, market_{listing, std::move(base), std::move(quote)} {}

    [[nodiscard]] Market& market() { return market_; }
    [[nodiscard]] const Market& market() const { return market_; }
    void add_trade(const Trade& trade);
    void bust_trade(const Trade& trade, Time now);

    // A command that touched this market is complete; context.seq is its sequence.
    void end_command();
    // Publishes what is pending at this rate (1 or 2: its place in kRatesMs).
    void publish_conflated(std::size_t rate);
    // Publishes the ticker when it differs from the last one.
    void publish_ticker();
    [[nodiscard]] bool has_pending(std::size_t rate) const { return !pending_[rate].empty(); }

    // Whether `from` can be answered by the missed messages.
    [[nodiscard]] bool can_resume(const Subscription& subscription, std::uint64_t seq) const;
    // Live at once behind the missed messages.
    void resume(Subscription& subscription, std::uint64_t seq);
    // A snapshot follows: at once, or as soon as one can be cut.
    void attach(Subscription& subscription);
    void detach(Subscription& subscription);
    // Snapshots to all that wait, where one can be cut now. True when nobody waits any more.
    bool serve_waiting();
    // The last message's sequence in the subscription's variant.
    [[nodiscard]] std::uint64_t position(const Subscription& subscription) const;
    // Forgets streams that nobody came back to since then.
    void expire(std::int64_t since_ns);

  private:
    struct Variant {
        Variant(FeedContext& context, VariantKey variant_key);
        [[nodiscard]] bool in_use() const { return streams[0].in_use() || streams[1].in_use(); }
        [[nodiscard]] Stream& stream(Format format) { return streams[index_of(format)]; }

        VariantKey key;
        std::size_t rate = 0;  // place in kRatesMs
        bool started = false;  // seq, time and the published state below have a meaning
        std::uint64_t seq = 0;
        Time time{};
        DepthView view;  // order book
        Ticker ticker;   // ticker
        std::array<Stream, kFormats.size()> streams;
    };

    [[nodiscard]] const Variant* find(VariantKey key) const;
    [[nodiscard]] Variant* find(VariantKey key) { return const_cast<Variant*>(std::as_const(*this).find(key)); }
    bool start(Variant& variant);
    void publish_book(Variant& variant, const LevelChanges& changes);
    void publish_trades(Variant& variant);
    ChainLink next_link(Variant& variant) const;
    template <class Encode>
    void publish(Variant& variant, Encode&& encode);
    void give_snapshots(Variant& variant);
    [[nodiscard]] std::span<const std::byte> encode_snapshot(const Variant& variant, Format format,
                                                             std::uint64_t skipped);

    FeedContext& context_;
    Market market_;
    TradesUpdate command_trades_;
    std::vector<std::unique_ptr<Variant>> variants_;
    // Book changes since the last publication of each conflated rate, kept while a variant of that rate is started.
    std::array<LevelChanges, kRatesMs.size()> pending_;
};

}  // namespace dcx::feed
