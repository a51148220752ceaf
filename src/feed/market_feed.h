// MarketFeed: one market and the messages made of it. Events change the market; at the end of each command, and at the
// ticks of the conflated rates, every variant that somebody listens to publishes what changed since its last message.
//
// A variant's messages form one chain for all its subscribers. A snapshot is the state after the chain's last message,
// so it waits while a command is half applied or conflated changes are pending. One of many orders goes out in parts,
// each when its readers have taken the one before.
#pragma once

#include <algorithm>
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
#include "feed/market_messages.h"
#include "feed/order_changes.h"
#include "feed/orders_snapshot.h"
#include "feed/stream.h"
#include "feed/subscription.h"
#include "feed/trade.h"
#include "feed/variant_use.h"

namespace dcx::feed {

// What all markets of one publisher share.
struct FeedContext {
    std::uint64_t epoch{};
    std::uint64_t seq{};    // of the last whole command
    Time time{};            // of that command
    bool mid_command{};     // its events have not all come yet
    std::int64_t now_ns{};  // monotonic
    std::size_t orders_in_part{};
    StreamContext streams;
    FrameBuffer frame;
    BookUpdate levels;
    TradesUpdate trades;
    OrdersUpdate orders;
    std::vector<Candle> candles;
};

class MarketFeed {
  public:
    MarketFeed(FeedContext& context, const InstrumentListed& listing, std::string base, std::string quote)
        : context_{context}, market_{listing, std::move(base), std::move(quote)} {}

    [[nodiscard]] Market& market() { return market_; }
    [[nodiscard]] const Market& market() const { return market_; }
    // An event of the book.
    template <class Body>
    void apply(const Body& event) {
        if (lists_orders_)
            command_orders_.apply(market_.book(), event);
        else
            market_.book().apply(event);
    }
    void add_trade(const Trade& trade);
    void bust_trade(const Trade& trade, Time now);

    // A command that touched this market is complete; context.seq is its sequence.
    void end_command();
    // Publishes what is pending at this rate (1 or 2: its place in kRatesMs).
    void publish_conflated(std::size_t rate);
    // Publishes the ticker when it differs from the last one.
    void publish_ticker();
    // Publishes the candles that changed. With `closed_until`, what ended by then is final, although the log may not
    // have come so far: a message of this may have the sequence of the one before it.
    void publish_candles(Time closed_until = {});
    [[nodiscard]] bool has_pending(std::size_t rate) const { return !pending_[rate].empty() || bbo_pending_[rate]; }

    // Whether `from` can be answered by the missed messages.
    [[nodiscard]] bool can_resume(const Subscription& subscription, std::uint64_t seq) const;
    // Live at once behind the missed messages.
    void resume(Subscription& subscription, std::uint64_t seq);
    // A snapshot follows: at once, or as soon as one can be cut.
    void attach(Subscription& subscription);
    void detach(Subscription& subscription);
    // Snapshots to all that wait, where one can be cut now. True when nobody waits any more and all have got the whole.
    bool serve_waiting();
    // A snapshot in parts goes on: most of its readers have taken what they got.
    [[nodiscard]] bool part_is_due();
    // The next part; to be called between commands. False when there was nothing to do.
    bool continue_snapshot();
    // Those started variants that another feed can make from the same events, in use or even subscribed to.
    void list_in_use(std::vector<VariantUse>& out, bool subscribed) const;
    // Makes the variant's messages from here on, as for readers who left just now; between commands. False: not yet.
    [[nodiscard]] bool begin(const VariantUse& use);
    // All that linger do so from now on.
    void linger_anew();
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
        Bbo bbo;         // bbo
        // candles: up to where they are told, and whether the last message has the sequence of the one before it
        std::uint64_t revision = 0;
        bool repeats_seq = false;
        std::array<Stream, kFormats.size()> streams;
    };

    [[nodiscard]] const Variant* find(VariantKey key) const;
    [[nodiscard]] Variant* find(VariantKey key) { return const_cast<Variant*>(std::as_const(*this).find(key)); }
    void start(Variant& variant);
    void publish_book(Variant& variant, const LevelChanges& changes);
    void publish_trades(Variant& variant);
    void publish_orders(Variant& variant);
    void publish_bbo(Variant& variant);
    [[nodiscard]] CandleSeries& series_of(const Variant& variant) {
        return market_.candles().series(interval_index(variant.key.interval_s));
    }
    void end_command_of(Variant& variant, const LevelChanges& changes, std::array<bool, kRatesMs.size()>& conflates);
    [[nodiscard]] bool can_cut(const Variant& variant);
    // Of the subscribers to a snapshot in parts, and of those the ones that have room for more.
    struct Receivers {
        std::size_t all = 0;
        std::size_t drained = 0;
    };
    [[nodiscard]] Receivers receivers();
    [[nodiscard]] std::uint32_t checksum(std::size_t depth) const {
        return market_.book().checksum(std::min(kChecksumLevels, depth));
    }
    ChainLink next_link(Variant& variant) const;
    template <class Encode>
    void publish(Variant& variant, Encode&& encode);
    void give_snapshots(Variant& variant);
    [[nodiscard]] std::span<const std::byte> encode_snapshot(const Variant& variant, Format format, std::uint64_t prev,
                                                             std::uint64_t skipped);

    FeedContext& context_;
    Market market_;
    TradesUpdate command_trades_;
    bool lists_orders_ = false;  // the variant of `orders` exists
    OrderChanges command_orders_;
    OrdersSnapshot orders_snapshot_;
    std::uint64_t part_seq_ = 0;  // of its last part
    std::vector<std::unique_ptr<Variant>> variants_;
    // Book changes since the last publication of each conflated rate, kept while a variant of that rate is started.
    std::array<LevelChanges, kRatesMs.size()> pending_;
    std::array<bool, kRatesMs.size()> bbo_pending_{};  // of a variant of `bbo` at this rate
};

}  // namespace dcx::feed
