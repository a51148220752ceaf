// The snapshots of MarketFeed: when one can be cut, and how it reaches those who wait for it.
#include <utility>
#include <vector>

#include "base/check.h"
#include "feed/market_detail_messages.h"
#include "feed/market_feed.h"
#include "feed/market_messages.h"
#include "feed/snapshot_frames.h"

namespace dcx::feed {

namespace {
// A reader who lets this many changes come together between two parts gets a new snapshot when he has drained.
constexpr std::size_t kPendingChangesMax = 20'000;
}  // namespace

// False while the published state would not be that of one point in the log.
bool MarketFeed::can_cut(const Variant& variant) {
    if (context_.mid_command) return false;
    switch (variant.key.channel) {
        case Channel::orderbook: return pending_[variant.rate].empty();
        case Channel::orders: return !orders_snapshot_.running();
        case Channel::candles: return !variant.started || series_of(variant).revision() == variant.revision;
        default: return true;
    }
}

void MarketFeed::start(Variant& variant) {
    variant.started = true;
    variant.seq = context_.seq;
    variant.time = context_.time;
    switch (variant.key.channel) {
        case Channel::orderbook: variant.view.reset(market_.book()); break;
        case Channel::ticker: variant.ticker = market_.ticker(context_.time); break;
        case Channel::bbo: variant.bbo = market_.bbo(); break;
        case Channel::candles:
            series_of(variant).close_until(context_.time);
            variant.revision = series_of(variant).revision();
            break;
        default: break;
    }
}

bool MarketFeed::serve_waiting() {
    bool all = true;
    for (const auto& variant : variants_) {
        bool waits = false;
        for (Stream& stream : variant->streams) stream.each_waiting([&](Subscription&) { waits = true; });
        if (!waits) continue;
        if (!can_cut(*variant)) {
            all = false;
            continue;
        }
        if (!variant->started) start(*variant);
        if (variant->key.channel == Channel::orders) {
            orders_snapshot_.next(market_.book(), context_.orders_in_part, context_.orders);
            part_seq_ = variant->seq;
        }
        give_snapshots(*variant);
    }
    return all && !orders_snapshot_.running();
}

void MarketFeed::give_snapshots(Variant& variant) {
    for (const Format format : kFormats) {
        // One encoding serves all but those that are told how much they have missed.
        SnapshotFrames shared;
        variant.stream(format).each_waiting([&](Subscription& subscription) {
            std::span<const std::byte> frame;
            if (subscription.skipped > 0 || shared.empty()) {
                frame = encode_snapshot(variant, format, 0, subscription.skipped);
                if (subscription.skipped == 0) shared.set(frame);
            }
            if (subscription.skipped == 0) frame = shared.of(subscription.sink.deflate_window_bits());
            variant.stream(format).give_snapshot(subscription, frame, variant.seq,
                                                 orders_snapshot_.running() && variant.key.channel == Channel::orders);
        });
    }
}

std::span<const std::byte> MarketFeed::encode_snapshot(const Variant& variant, Format format, std::uint64_t prev,
                                                       std::uint64_t skipped) {
    const Envelope envelope{.market = market_,
                            .snapshot = true,
                            .epoch = context_.epoch,
                            .prev = prev,
                            .seq = variant.seq,
                            .time = variant.time,
                            .skipped = skipped};
    const auto encode = [&]() -> std::span<const std::byte> {
        switch (variant.key.channel) {
            case Channel::orderbook:
                context_.levels.clear();
                variant.view.list(market_.book(), context_.levels);
                return encode_book(context_.frame, format, envelope, context_.levels, checksum(variant.key.depth));
            case Channel::trades:
                market_.trades().list(context_.trades.trades);
                market_.busted().list(context_.trades.busted);
                return encode_trades(context_.frame, format, envelope, context_.trades);
            case Channel::ticker: return encode_ticker(context_.frame, format, envelope, variant.ticker);
            case Channel::orders:
                return encode_orders(context_.frame, format, envelope, context_.orders, checksum(kChecksumLevels));
            case Channel::candles:
                context_.candles.clear();
                series_of(variant).list(0, context_.candles);
                std::erase_if(context_.candles, [](const Candle& candle) { return candle.volume == 0; });
                return encode_candles(context_.frame, format, envelope, series_of(variant), context_.candles);
            case Channel::bbo: return encode_bbo(context_.frame, format, envelope, variant.bbo);
            default: break;
        }
        DCX_CHECK(false);
        return {};
    };
    const std::span<const std::byte> frame = encode();
    ++context_.streams.counters.of(variant.key.channel).encoded;
    context_.streams.counters.of(variant.key.channel).encoded_bytes += frame.size();
    return frame;
}

MarketFeed::Receivers MarketFeed::receivers() {
    Receivers count;
    if (Variant* variant = find({.channel = Channel::orders}); variant != nullptr)
        for (Stream& stream : variant->streams)
            stream.each_receiving([&](const Subscription& subscription) {
                ++count.all;
                if (subscription.sink.drained()) ++count.drained;
            });
    return count;
}

// Not at the pace of the slowest, whom nobody knows to come back at all.
bool MarketFeed::part_is_due() {
    if (!orders_snapshot_.running()) return false;
    const Receivers count = receivers();
    return 2 * count.drained >= count.all || orders_snapshot_.pending_changes() > kPendingChangesMax;
}

bool MarketFeed::continue_snapshot() {
    if (!part_is_due()) return false;
    Variant* variant = find({.channel = Channel::orders});
    const auto each = [&](auto&& visit) {
        for (const Format format : kFormats)
            variant->stream(format).each_receiving([&](Subscription& s) { visit(format, s); });
    };
    if (variant != nullptr && orders_snapshot_.pending_changes() > kPendingChangesMax)
        each([&](Format format, Subscription& s) {
            if (!s.sink.drained()) variant->stream(format).give_up_snapshot(s);
        });
    if (receivers().all == 0) {
        // All have gone or fallen behind.
        orders_snapshot_.stop();
        return true;
    }
    orders_snapshot_.next(market_.book(), context_.orders_in_part, context_.orders);
    const std::uint64_t prev = std::exchange(part_seq_, variant->seq);
    for (const Format format : kFormats) {
        std::span<const std::byte> frame;
        variant->stream(format).each_receiving([&](Subscription& subscription) {
            if (frame.empty()) frame = encode_snapshot(*variant, format, prev, 0);
            variant->stream(format).give_snapshot(subscription, frame, variant->seq, orders_snapshot_.running());
        });
    }
    return true;
}

}  // namespace dcx::feed
