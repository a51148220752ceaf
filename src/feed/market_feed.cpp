#include "feed/market_feed.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "feed/market_detail_messages.h"
#include "feed/market_messages.h"

namespace dcx::feed {

MarketFeed::Variant::Variant(FeedContext& context, VariantKey variant_key)
    : key{variant_key},
      rate{rate_index(variant_key.rate_ms).value()},
      view{variant_key.depth},
      streams{Stream{context.streams, variant_key.channel}, Stream{context.streams, variant_key.channel}} {}

const MarketFeed::Variant* MarketFeed::find(VariantKey key) const {
    for (const auto& variant : variants_)
        if (variant->key == key) return variant.get();
    return nullptr;
}

void MarketFeed::add_trade(const Trade& trade) {
    market_.add_trade(trade);
    command_trades_.trades.push_back(trade);
}

void MarketFeed::bust_trade(const Trade& trade, Time now) {
    market_.bust_trade(trade, now);
    command_trades_.busted.push_back(trade);
}

void MarketFeed::end_command() {
    const LevelChanges& changes = market_.book().changes();
    // Of a mass cancel that goes from market to market, each but the first has nothing left to tell.
    if (changes.empty() && command_trades_.empty()) return;
    std::array<bool, kRatesMs.size()> conflates{};
    for (const auto& variant : variants_)
        if (variant->started) end_command_of(*variant, changes, conflates);
    for (std::size_t rate = 1; rate < pending_.size(); ++rate)
        if (conflates[rate]) pending_[rate].merge(changes);
    market_.book().clear_changes();
    command_trades_.clear();
    command_orders_.clear();
}

void MarketFeed::end_command_of(Variant& variant, const LevelChanges& changes,
                                std::array<bool, kRatesMs.size()>& conflates) {
    const bool at_once = variant.rate == 0;
    switch (variant.key.channel) {
        case Channel::orderbook: at_once ? publish_book(variant, changes) : void(conflates[variant.rate] = true); break;
        case Channel::trades:
            if (!command_trades_.empty()) publish_trades(variant);
            break;
        case Channel::orders:
            if (!command_orders_.empty()) publish_orders(variant);
            break;
        case Channel::bbo: at_once ? publish_bbo(variant) : void(bbo_pending_[variant.rate] = true); break;
        default: break;  // they have times of their own
    }
}

void MarketFeed::publish_conflated(std::size_t rate) {
    for (const auto& variant : variants_) {
        if (!variant->started || variant->rate != rate) continue;
        if (variant->key.channel == Channel::orderbook && !pending_[rate].empty())
            publish_book(*variant, pending_[rate]);
        if (variant->key.channel == Channel::bbo && bbo_pending_[rate]) publish_bbo(*variant);
    }
    pending_[rate].clear();
    bbo_pending_[rate] = false;
}

ChainLink MarketFeed::next_link(Variant& variant) const {
    const ChainLink link{.prev = variant.seq, .seq = context_.seq, .time = context_.time};
    // Each message belongs to a later command than the one before, or a reader could not tell them apart; but a candle
    // may close while the log stands still.
    DCX_CHECK(link.seq > link.prev || (variant.key.channel == Channel::candles && link.seq == link.prev));
    variant.repeats_seq = link.seq == link.prev;
    variant.seq = link.seq;
    variant.time = link.time;
    return link;
}

// Encodes once in each format in use.
template <class Encode>
void MarketFeed::publish(Variant& variant, Encode&& encode) {
    const ChainLink link = next_link(variant);
    const Envelope envelope{.market = market_,
                            .snapshot = false,
                            .epoch = context_.epoch,
                            .prev = link.prev,
                            .seq = link.seq,
                            .time = link.time};
    for (const Format format : kFormats) {
        Stream& stream = variant.stream(format);
        if (!stream.in_use()) continue;
        const std::span<const std::byte> frame = encode(format, envelope);
        ChannelCounters& counters = context_.streams.counters.of(variant.key.channel);
        ++counters.encoded;
        counters.encoded_bytes += frame.size();
        stream.publish(link, frame);
    }
}

void MarketFeed::publish_book(Variant& variant, const LevelChanges& changes) {
    context_.levels.clear();
    variant.view.advance(market_.book(), changes, context_.levels);
    if (context_.levels.empty()) return;
    const std::uint32_t sum = checksum(variant.key.depth);
    publish(variant, [&](Format format, const Envelope& envelope) {
        return encode_book(context_.frame, format, envelope, context_.levels, sum);
    });
}

void MarketFeed::publish_trades(Variant& variant) {
    publish(variant, [&](Format format, const Envelope& envelope) {
        return encode_trades(context_.frame, format, envelope, command_trades_);
    });
}

void MarketFeed::publish_orders(Variant& variant) {
    const std::uint32_t sum = checksum(kChecksumLevels);
    publish(variant, [&](Format format, const Envelope& envelope) {
        return encode_order_changes(context_.frame, format, envelope, command_orders_.list(), sum);
    });
    if (orders_snapshot_.running()) orders_snapshot_.note(command_orders_.list());
}

void MarketFeed::publish_bbo(Variant& variant) {
    const Bbo now = market_.bbo();
    if (now == variant.bbo) return;
    variant.bbo = now;
    publish(variant,
            [&](Format format, const Envelope& envelope) { return encode_bbo(context_.frame, format, envelope, now); });
}

void MarketFeed::publish_ticker() {
    Variant* variant = find({.channel = Channel::ticker});
    if (variant == nullptr || !variant->started || context_.mid_command) return;
    const Ticker now = market_.ticker(context_.time);
    if (now == variant->ticker) return;
    variant->ticker = now;
    publish(*variant, [&](Format format, const Envelope& envelope) {
        return encode_ticker(context_.frame, format, envelope, now);
    });
}

void MarketFeed::publish_candles(Time closed_until) {
    DCX_CHECK(!context_.mid_command);
    for (const auto& variant : variants_) {
        if (variant->key.channel != Channel::candles || !variant->started) continue;
        CandleSeries& series = series_of(*variant);
        series.close_until(std::max(context_.time, closed_until));
        if (series.revision() == variant->revision) continue;
        context_.candles.clear();
        series.list(std::exchange(variant->revision, series.revision()), context_.candles);
        publish(*variant, [&](Format format, const Envelope& envelope) {
            return encode_candles(context_.frame, format, envelope, series, context_.candles);
        });
    }
}

bool MarketFeed::can_resume(const Subscription& subscription, std::uint64_t seq) const {
    const Variant* variant = find(subscription.key);
    if (variant == nullptr || !variant->started) return false;
    // Which of the two messages with this sequence he has can't be known.
    if (variant->repeats_seq && seq == variant->seq) return false;
    return variant->streams[index_of(subscription.format)].can_resume(seq, variant->seq);
}

void MarketFeed::resume(Subscription& subscription, std::uint64_t seq) {
    Variant* variant = find(subscription.key);
    DCX_CHECK(variant != nullptr);
    Stream& stream = variant->stream(subscription.format);
    stream.add(subscription);
    stream.resume(subscription, seq, variant->seq);
}

void MarketFeed::attach(Subscription& subscription) {
    Variant* variant = find(subscription.key);
    if (variant == nullptr)
        variant = variants_.emplace_back(std::make_unique<Variant>(context_, subscription.key)).get();
    lists_orders_ |= subscription.key.channel == Channel::orders;
    variant->stream(subscription.format).add(subscription);
}

void MarketFeed::detach(Subscription& subscription) {
    if (subscription.state == Subscription::State::detached) return;
    if (subscription.state == Subscription::State::lagging) std::erase(context_.streams.lagging, &subscription);
    Variant* variant = find(subscription.key);
    DCX_CHECK(variant != nullptr);
    variant->stream(subscription.format).remove(subscription, context_.now_ns);
    if (subscription.key.channel != Channel::ticker && subscription.key.channel != Channel::bbo) return;
    // Each message of these is the whole state: nobody needs the missed ones.
    variant->stream(subscription.format).expire(std::numeric_limits<std::int64_t>::max());
    if (!variant->in_use()) std::erase_if(variants_, [&](const auto& v) { return v.get() == variant; });
}

void MarketFeed::expire(std::int64_t since_ns) {
    for (const auto& variant : variants_)
        for (Stream& stream : variant->streams) stream.expire(since_ns);
    std::erase_if(variants_, [](const auto& variant) { return !variant->in_use(); });
    const auto any = [&](auto&& is) { return std::ranges::any_of(variants_, [&](const auto& v) { return is(*v); }); };
    for (std::size_t rate = 1; rate < pending_.size(); ++rate)
        if (!any([&](const Variant& v) { return v.started && v.key.channel == Channel::orderbook && v.rate == rate; }))
            pending_[rate].clear();
    lists_orders_ = any([](const Variant& v) { return v.key.channel == Channel::orders; });
    if (!lists_orders_) orders_snapshot_.stop();
}

}  // namespace dcx::feed
