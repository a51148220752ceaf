#include "feed/market_feed.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "feed/market_messages.h"

namespace dcx::feed {

MarketFeed::Variant::Variant(FeedContext& context, VariantKey variant_key)
    : key{variant_key},
      rate{rate_index(variant_key.rate_ms).value()},
      view{variant_key.depth},
      streams{Stream{context.streams, variant_key.channel, context.replay_bytes},
              Stream{context.streams, variant_key.channel, context.replay_bytes}} {}

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
    for (const auto& variant : variants_) {
        if (!variant->started) continue;
        if (variant->key.channel == Channel::trades && !command_trades_.empty()) publish_trades(*variant);
        if (variant->key.channel != Channel::orderbook) continue;
        if (variant->rate == 0)
            publish_book(*variant, changes);
        else
            conflates[variant->rate] = true;
    }
    for (std::size_t rate = 1; rate < pending_.size(); ++rate)
        if (conflates[rate]) pending_[rate].merge(changes);
    market_.book().clear_changes();
    command_trades_.clear();
}

void MarketFeed::publish_conflated(std::size_t rate) {
    if (pending_[rate].empty()) return;
    for (const auto& variant : variants_)
        if (variant->started && variant->key.channel == Channel::orderbook && variant->rate == rate)
            publish_book(*variant, pending_[rate]);
    pending_[rate].clear();
}

ChainLink MarketFeed::next_link(Variant& variant) const {
    const ChainLink link{.prev = variant.seq, .seq = context_.seq, .time = context_.time};
    // Each message belongs to a later command than the one before, or a reader could not tell them apart.
    DCX_CHECK(link.seq > link.prev);
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
    const std::uint32_t checksum = market_.book().checksum(std::min<std::size_t>(kChecksumLevels, variant.key.depth));
    publish(variant, [&](Format format, const Envelope& envelope) {
        return encode_book(context_.frame, format, envelope, context_.levels, checksum);
    });
}

void MarketFeed::publish_trades(Variant& variant) {
    publish(variant, [&](Format format, const Envelope& envelope) {
        return encode_trades(context_.frame, format, envelope, command_trades_);
    });
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

bool MarketFeed::can_resume(const Subscription& subscription, std::uint64_t seq) const {
    const Variant* variant = find(subscription.key);
    return variant != nullptr && variant->started &&
           variant->streams[index_of(subscription.format)].can_resume(seq, variant->seq);
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
    variant->stream(subscription.format).add(subscription);
}

void MarketFeed::detach(Subscription& subscription) {
    if (subscription.state == Subscription::State::detached) return;
    if (subscription.state == Subscription::State::lagging) std::erase(context_.streams.lagging, &subscription);
    Variant* variant = find(subscription.key);
    DCX_CHECK(variant != nullptr);
    variant->stream(subscription.format).remove(subscription, context_.now_ns);
    if (subscription.key.channel != Channel::ticker) return;
    // Each ticker message is the whole state: nobody needs the missed ones.
    variant->stream(subscription.format).expire(std::numeric_limits<std::int64_t>::max());
    if (!variant->in_use()) std::erase_if(variants_, [&](const auto& v) { return v.get() == variant; });
}

std::uint64_t MarketFeed::position(const Subscription& subscription) const {
    const Variant* variant = find(subscription.key);
    return variant != nullptr && variant->started ? variant->seq : 0;
}

// False while the published state would not be that of one point in the log.
bool MarketFeed::start(Variant& variant) {
    if (variant.started) return true;
    if (!pending_[variant.rate].empty()) return false;
    variant.started = true;
    variant.seq = context_.seq;
    variant.time = context_.time;
    if (variant.key.channel == Channel::orderbook) variant.view.reset(market_.book());
    if (variant.key.channel == Channel::ticker) variant.ticker = market_.ticker(context_.time);
    return true;
}

bool MarketFeed::serve_waiting() {
    bool all = true;
    for (const auto& variant : variants_) {
        bool waits = false;
        for (Stream& stream : variant->streams) stream.each_waiting([&](Subscription&) { waits = true; });
        if (!waits) continue;
        if (context_.mid_command || !start(*variant) || !pending_[variant->rate].empty())
            all = false;
        else
            give_snapshots(*variant);
    }
    return all;
}

void MarketFeed::give_snapshots(Variant& variant) {
    for (const Format format : kFormats) {
        // One encoding serves all but those that are told how much they have missed.
        std::vector<std::byte> shared;
        variant.stream(format).each_waiting([&](Subscription& subscription) {
            std::span<const std::byte> frame = shared;
            if (subscription.skipped > 0 || shared.empty()) {
                frame = encode_snapshot(variant, format, subscription.skipped);
                ++context_.streams.counters.of(variant.key.channel).encoded;
                context_.streams.counters.of(variant.key.channel).encoded_bytes += frame.size();
                if (subscription.skipped == 0) shared.assign(frame.begin(), frame.end());
            }
            variant.stream(format).give_snapshot(subscription, frame);
        });
    }
}

std::span<const std::byte> MarketFeed::encode_snapshot(const Variant& variant, Format format, std::uint64_t skipped) {
    // A snapshot begins a chain, so nothing is before it.
    const Envelope envelope{.market = market_,
                            .snapshot = true,
                            .epoch = context_.epoch,
                            .prev = 0,
                            .seq = variant.seq,
                            .time = variant.time,
                            .skipped = skipped};
    switch (variant.key.channel) {
        case Channel::orderbook:
            context_.levels.clear();
            variant.view.list(market_.book(), context_.levels);
            return encode_book(context_.frame, format, envelope, context_.levels,
                               market_.book().checksum(std::min<std::size_t>(kChecksumLevels, variant.key.depth)));
        case Channel::trades:
            market_.trades().list(context_.trades.trades);
            market_.busted().list(context_.trades.busted);
            return encode_trades(context_.frame, format, envelope, context_.trades);
        case Channel::ticker: return encode_ticker(context_.frame, format, envelope, variant.ticker);
    }
    DCX_CHECK(false);
    return {};
}

void MarketFeed::expire(std::int64_t since_ns) {
    for (const auto& variant : variants_)
        for (Stream& stream : variant->streams) stream.expire(since_ns);
    std::erase_if(variants_, [](const auto& variant) { return !variant->in_use(); });
    for (std::size_t rate = 1; rate < pending_.size(); ++rate)
        if (std::ranges::none_of(variants_, [&](const auto& v) { return v->started && v->rate == rate; }))
            pending_[rate].clear();
}

}  // namespace dcx::feed
