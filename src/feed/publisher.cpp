#include "feed/publisher.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace dcx::feed {

namespace {

constexpr std::int64_t kMillisecondNs = 1'000'000;
constexpr std::int64_t kExpireEveryNs = 1'000'000'000;
// The ticker goes with the slowest rate.
constexpr std::size_t kTickerRate = rate_index(kTickerRateMs).value();

}  // namespace

Publisher::Publisher(const Options& options) : options_{options} {
    DCX_CHECK(options.orders_in_part >= 2);
    context_.orders_in_part = options.orders_in_part;
    context_.streams.replay_bytes = options.replay_bytes;
    context_.streams.behind_bytes = options.behind_bytes;
}

MarketFeed& Publisher::feed_of(InstrumentId id) {
    DCX_CHECK(id.value < feeds_.size() && feeds_[id.value] != nullptr);
    return *feeds_[id.value];
}

const MarketFeed& Publisher::feed_of(InstrumentId id) const {
    DCX_CHECK(id.value < feeds_.size() && feeds_[id.value] != nullptr);
    return *feeds_[id.value];
}

const Market* Publisher::find(std::string_view symbol) const {
    const auto found = by_symbol_.find(symbol);
    return found == by_symbol_.end() ? nullptr : found->second;
}

void Publisher::begin_event(const EventHeader& header) {
    ++context_.streams.counters.events;
    // Restored events are no commands: they tell the state behind one.
    if (!ready_) return;
    if (!context_.mid_command) {
        DCX_CHECK(header.sequence.value > context_.seq && header.index == 0);
        command_seq_ = header.sequence.value;
        command_index_ = 0;
        context_.mid_command = true;
    }
    DCX_CHECK(header.sequence.value == command_seq_ && header.index == command_index_);
    ++command_index_;
}

void Publisher::apply(const Event& event) {
    begin_event(event.header);
    route(event);
    if (ready_ && context_.mid_command && (event.header.flags & kLastOfCommand) != 0) end_command(event.header);
}

void Publisher::touch(MarketFeed& feed) {
    if (touched_.empty() || touched_.back() != &feed) touched_.push_back(&feed);
}

template <class Body>
void Publisher::apply_to_book(const Event& event) {
    const Body body = event.as<Body>();
    MarketFeed& feed = feed_of(body.instrument);
    feed.apply(body);
    touch(feed);
    if constexpr (std::is_same_v<Body, TradeExecuted>)
        feed.add_trade({.id = body.trade_id,
                        .price = body.price,
                        .quantity = body.quantity,
                        .side = body.taker_side,
                        .time = event.header.time});
}

void Publisher::route(const Event& event) {
    switch (event.header.kind) {
        case EventKind::asset_listed: {
            const auto listing = event.as<AssetListed>();
            if (assets_.size() <= listing.asset.value) assets_.resize(listing.asset.value + std::size_t{1});
            assets_[listing.asset.value] = listing.symbol.view();
            break;
        }
        case EventKind::instrument_listed: list_instrument(event); break;
        case EventKind::phase_changed: set_phase(event.as<PhaseChanged>()); break;
        case EventKind::epoch_started: start_epoch(event.as<EpochStarted>().epoch); break;
        case EventKind::order_restored: apply_to_book<OrderRestored>(event); break;
        case EventKind::order_rested: apply_to_book<OrderRested>(event); break;
        case EventKind::trade_executed: apply_to_book<TradeExecuted>(event); break;
        case EventKind::order_canceled: apply_to_book<OrderCanceled>(event); break;
        case EventKind::order_amended: apply_to_book<OrderAmended>(event); break;
        case EventKind::order_decremented: apply_to_book<OrderDecremented>(event); break;
        case EventKind::trade_busted: bust_trade(event); break;
        case EventKind::restore_completed: complete_restore(event); break;
        // Accounts, sessions, balances and reports to one session are not public. Limits, fees, proposals and kill
        // switches are not told either: what they do to orders comes as events of those orders.
        default: break;
    }
}

void Publisher::list_instrument(const Event& event) {
    const auto listing = event.as<InstrumentListed>();
    const std::size_t id = listing.instrument.value;
    DCX_CHECK(listing.base.value < assets_.size() && listing.quote.value < assets_.size());
    if (feeds_.size() <= id) feeds_.resize(id + 1);
    DCX_CHECK(feeds_[id] == nullptr);
    feeds_[id] =
        std::make_unique<MarketFeed>(context_, listing, assets_[listing.base.value], assets_[listing.quote.value]);
    const Market& market = feeds_[id]->market();
    listed_.push_back(&market);
    by_symbol_.emplace(market.symbol(), &market);
    if (!ready_) return;
    changed_.push_back(&market);
    if (options_.mirror != nullptr) options_.mirror->list(market, event.header.sequence, event.header.time);
}

void Publisher::start_epoch(std::uint64_t epoch) {
    context_.epoch = epoch;
    if (options_.mirror != nullptr) options_.mirror->set_epoch(epoch);
}

void Publisher::set_phase(const PhaseChanged& event) {
    for (const auto& feed : feeds_) {
        if (feed == nullptr || (event.instrument.value != 0 && feed->market().id() != event.instrument)) continue;
        if (feed->market().phase() != event.phase && ready_) changed_.push_back(&feed->market());
        feed->market().set_phase(event.phase);
        touch(*feed);
    }
}

void Publisher::bust_trade(const Event& event) {
    const auto body = event.as<TradeBusted>();
    MarketFeed& feed = feed_of(body.instrument);
    feed.bust_trade({.id = body.trade_id,
                     .price = body.price,
                     .quantity = body.quantity,
                     .side = body.taker_side,
                     .time = body.traded},
                    event.header.time);
    touch(feed);
}

void Publisher::complete_restore(const Event& event) {
    DCX_CHECK(!ready_);
    ready_ = true;
    context_.epoch = event.as<RestoreCompleted>().epoch;
    context_.seq = event.header.sequence.value;
    context_.time = event.header.time;
    for (MarketFeed* feed : touched_) feed->market().book().clear_changes();
    touched_.clear();
    begin_reached();
    if (options_.mirror == nullptr) return;
    for (const Market* market : listed_) options_.mirror->list(*market, event.header.sequence, event.header.time);
    options_.mirror->go_live(context_.epoch, event.header.sequence);
}

void Publisher::end_command(const EventHeader& header) {
    context_.seq = header.sequence.value;
    context_.time = header.time;
    context_.mid_command = false;
    mirror_command(header);
    for (MarketFeed* feed : touched_) {
        feed->end_command();
        for (std::size_t rate = 1; rate < kRatesMs.size(); ++rate) rate_pending_[rate] |= feed->has_pending(rate);
    }
    touched_.clear();
    if (!to_begin_.empty()) [[unlikely]]
        begin_reached();
    if (!waiting_.empty()) serve_waiting();
}

// Before anything is encoded, which takes longer, and before the books forget their changes.
void Publisher::mirror_command(const EventHeader& header) {
    if (options_.mirror == nullptr) return;
    for (const MarketFeed* feed : touched_) options_.mirror->update(feed->market(), header.sequence, header.time);
    options_.mirror->end_command(header.sequence);
}

bool Publisher::has_work(std::size_t rate) const {
    return rate_pending_[rate] || (rate == kTickerRate && tickers_ + candles_ > 0 && ticker_seq_ != context_.seq);
}

void Publisher::tick_rate(std::size_t rate) {
    for (const auto& feed : feeds_) {
        if (feed == nullptr) continue;
        feed->publish_conflated(rate);
        if (rate != kTickerRate) continue;
        if (tickers_ > 0) feed->publish_ticker();
        if (candles_ > 0) feed->publish_candles();
    }
    rate_pending_[rate] = false;
    if (rate == kTickerRate) ticker_seq_ = context_.seq;
}

// Once a second: intervals end with whole seconds.
bool Publisher::close_candles(std::int64_t wall_ns) {
    const std::int64_t second = (wall_ns - kLateNs) / 1'000'000'000;
    if (candles_ == 0 || wall_ns == 0 || second == closed_second_) return false;
    closed_second_ = second;
    for (const auto& feed : feeds_)
        if (feed != nullptr) feed->publish_candles(Time{second * 1'000'000'000});
    return true;
}

void Publisher::flush() {
    for (Stream* stream : context_.streams.unflushed) stream->flush();
    context_.streams.unflushed.clear();
    flush_due_ns_ = kNever;
}

bool Publisher::flush_when_due() {
    if (context_.streams.unflushed.empty()) return false;
    if (flush_due_ns_ == kNever) flush_due_ns_ = context_.now_ns + options_.flush_ns;
    if (context_.now_ns < flush_due_ns_) return false;
    flush();
    return true;
}

bool Publisher::tick(std::int64_t now_ns, std::int64_t wall_ns) {
    context_.now_ns = now_ns;
    if (options_.mirror != nullptr) options_.mirror->beat(now_ns);
    bool worked = false;
    // In the middle of a command the books stand at no point of the log.
    if (ready_ && !context_.mid_command) worked = tick_whole(now_ns, wall_ns);
    return flush_when_due() || worked;
}

bool Publisher::tick_whole(std::int64_t now_ns, std::int64_t wall_ns) {
    bool worked = false;
    for (std::size_t rate = 1; rate < kRatesMs.size(); ++rate) {
        if (now_ns < rate_due_ns_[rate] || !has_work(rate)) continue;
        tick_rate(rate);
        rate_due_ns_[rate] = now_ns + std::int64_t{kRatesMs[rate]} * kMillisecondNs;
        worked = true;
    }
    worked |= close_candles(wall_ns);
    for (MarketFeed* feed : waiting_) worked |= feed->continue_snapshot();
    worked |= wake_lagging();
    if (!waiting_.empty()) serve_waiting();
    if (now_ns >= expire_due_ns_) {
        for (const auto& feed : feeds_)
            if (feed != nullptr) feed->expire(now_ns - options_.linger_ns);
        expire_due_ns_ = now_ns + kExpireEveryNs;
    }
    return worked;
}

std::int64_t Publisher::next_due_ns() const {
    std::int64_t due = flush_due_ns_;
    if (!ready_ || context_.mid_command) return due;
    for (std::size_t rate = 1; rate < kRatesMs.size(); ++rate)
        if (has_work(rate)) due = std::min(due, rate_due_ns_[rate]);
    for (const Subscription* subscription : context_.streams.lagging)
        if (subscription->sink.drained()) return context_.now_ns;
    for (MarketFeed* feed : waiting_)
        if (feed->part_is_due()) return context_.now_ns;
    return due;
}

bool Publisher::wake_lagging() {
    return std::erase_if(context_.streams.lagging, [&](Subscription* subscription) {
               if (!subscription->sink.drained()) return false;
               subscription->state = Subscription::State::waiting;
               wait_for_snapshot(feed_of(subscription->market.id()));
               return true;
           }) > 0;
}

void Publisher::wait_for_snapshot(MarketFeed& feed) {
    if (std::ranges::find(waiting_, &feed) == waiting_.end()) waiting_.push_back(&feed);
}

void Publisher::serve_waiting() {
    std::erase_if(waiting_, [](MarketFeed* feed) { return feed->serve_waiting(); });
}

bool Publisher::can_resume(const Subscription& subscription, const ResumePoint& from) const {
    return from.epoch == context_.epoch && feed_of(subscription.market.id()).can_resume(subscription, from.seq);
}

void Publisher::attach(Subscription& subscription, const std::optional<ResumePoint>& from) {
    DCX_CHECK(ready_);
    MarketFeed& feed = feed_of(subscription.market.id());
    count(subscription, true);
    if (from) {
        ++context_.streams.counters.resumes;
        feed.resume(subscription, from->seq);
        return;
    }
    feed.attach(subscription);
    if (!feed.serve_waiting()) wait_for_snapshot(feed);
}

void Publisher::count(const Subscription& subscription, bool attached) {
    const auto add = [attached](auto& number) { attached ? ++number : --number; };
    add(context_.streams.counters.of(subscription.key.channel).subscriptions);
    if (subscription.key.channel == Channel::ticker) add(tickers_);
    if (subscription.key.channel == Channel::candles) add(candles_);
}

void Publisher::detach(Subscription& subscription) {
    if (subscription.state == Subscription::State::detached) return;
    count(subscription, false);
    feed_of(subscription.market.id()).detach(subscription);
}

std::vector<VariantUse> Publisher::variants(bool subscribed) const {
    std::vector<VariantUse> all;
    for (const auto& feed : feeds_)
        if (feed != nullptr) feed->list_in_use(all, subscribed);
    return all;
}

void Publisher::begin_variants(std::vector<VariantUse> variants) {
    for (VariantUse& use : variants) {
        // Told again and again, the newest of it counts.
        std::erase_if(to_begin_, [&](const VariantUse& old) { return old.key == use.key && old.symbol == use.symbol; });
        to_begin_.push_back(std::move(use));
    }
    if (ready_ && !context_.mid_command) begin_reached();
}

// Between commands. One of a market that is not listed waits for it.
void Publisher::begin_reached() {
    std::erase_if(to_begin_, [&](const VariantUse& use) {
        const Market* market = find(use.symbol);
        return market != nullptr && feed_of(market->id()).begin(use);
    });
}

void Publisher::start_lingering(std::int64_t now_ns) {
    context_.now_ns = now_ns;
    for (const auto& feed : feeds_)
        if (feed != nullptr) feed->linger_anew();
}

}  // namespace dcx::feed
