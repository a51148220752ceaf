#include "feed/recording_source.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace dcx::feed {

namespace {

using Kind = RecordedStep::Kind;
InstrumentId id_of(std::size_t market) { return InstrumentId{static_cast<std::uint32_t>(market + 1)}; }

}  // namespace

RecordingSource::RecordingSource(RecordingReader&& reader, Clock& clock, const Options& options)
    : reader_{std::move(reader)}, clock_{clock}, options_{options} {}

std::expected<std::unique_ptr<RecordingSource>, RecordingError> RecordingSource::open(std::span<const std::byte> file,
                                                                                      Clock& clock,
                                                                                      const Options& options) {
    auto reader = RecordingReader::open(file);
    if (!reader) return std::unexpected(std::move(reader.error()));
    std::unique_ptr<RecordingSource> source{new RecordingSource(std::move(*reader), clock, options)};
    if (auto found = source->find_beginning(); !found) return std::unexpected(std::move(found.error()));
    source->restore();
    return source;
}

std::expected<void, RecordingError> RecordingSource::find_beginning() {
    if (options_.from) {
        if (auto sought = reader_.seek(*options_.from); !sought) return sought;
    }
    while (true) {
        const auto step = reader_.next();
        if (!step) return std::unexpected(step.error());
        if (step->kind == Kind::end)
            return std::unexpected(RecordingError{.kind = RecordingErrorKind::cut,
                                                  .offset = reader_.offset(),
                                                  .message = options_.from ? "the recording ends before that time"
                                                                           : "there is nothing in the recording"});
        if (!options_.from || reader_.state().time >= *options_.from) return {};
    }
}

template <class Body>
Event RecordingSource::restored(const Body& body) const {
    Event event;
    event.set(body);
    event.header.sequence = Sequence{reader_.state().seq};
    event.header.time = reader_.state().time;
    event.header.flags = kRestored;
    return event;
}

template <class Body>
void RecordingSource::put(const Body& body) {
    Event event;
    event.set(body);
    next_.push_back(event);
}

// Its listing goes to `out` when it is new.
AssetId RecordingSource::asset(const std::string& symbol, std::vector<Event>& out, bool is_restored) {
    const auto found = std::ranges::find(assets_, symbol);
    const AssetId id{static_cast<std::uint32_t>(found - assets_.begin() + 1)};
    if (found != assets_.end()) return id;
    assets_.push_back(symbol);
    const AssetListed listing{
        .symbol = AssetSymbol{symbol}, .issue_cap = Amount{kMaxIssue}, .asset = id, .scale = 8, .zero = {}};
    Event event;
    event.set(listing);
    out.push_back(is_restored ? restored(listing) : event);
    return id;
}

namespace {

InstrumentListed listed(const RecordedMarket& market, InstrumentId id, AssetId base, AssetId quote) {
    return {.symbol = Symbol{market.listing.symbol},
            .instrument = id,
            .base = base,
            .quote = quote,
            .tick_scale = market.listing.tick_scale,
            .lot_scale = market.listing.lot_scale,
            .phase = market.phase,
            .tick_mantissa = market.listing.tick_mantissa,
            .lot_mantissa = market.listing.lot_mantissa,
            .max_quantity = Quantity{kMaxQuantity},
            .last_price = market.last_price};
}

}  // namespace

void RecordingSource::restore() {
    const RecordingState& state = reader_.state();
    for (std::size_t place = 0; place < state.markets.size(); ++place) {
        const RecordedMarket& market = state.markets[place];
        const AssetId base = asset(market.listing.base, events_, true);
        const AssetId quote = asset(market.listing.quote, events_, true);
        events_.push_back(restored(listed(market, id_of(place), base, quote)));
    }
    for (std::size_t place = 0; place < state.markets.size(); ++place)
        for (const Side side : {Side::buy, Side::sell})
            state.markets[place].book.each(side, [&](const RecordedOrder& order) {
                events_.push_back(restored(OrderRestored{.order_id = order.id,
                                                         .price = order.price,
                                                         .quantity = order.leaves,
                                                         .leaves = order.leaves,
                                                         .instrument = id_of(place),
                                                         .side = side}));
            });
    events_.push_back(restored(RestoreCompleted{
        .venue_id = {}, .epoch = state.epoch, .last_trade_id = state.last_trade, .simulated = 0, .zero = {}}));
    seq_ = state.seq;
    time_ = start_time_ = state.time;
}

void RecordingSource::start() {
    if (started_) return;
    started_ = true;
    start_ns_ = clock_.monotonic_ns();
}

// On the monotonic clock.
std::int64_t RecordingSource::due_ns(Time time) const {
    if (options_.speed <= 0) return std::numeric_limits<std::int64_t>::min();
    const double wait = static_cast<double>(time.value - start_time_.value) / options_.speed;
    // Three hundred years are as good as never.
    return wait < 9e18 ? start_ns_ + static_cast<std::int64_t>(wait) : std::numeric_limits<std::int64_t>::max();
}

Time RecordingSource::now() {
    if (!started_ || options_.speed <= 0) return time_;
    const double passed = static_cast<double>(clock_.monotonic_ns() - start_ns_) * options_.speed;
    const double left = static_cast<double>(std::numeric_limits<std::int64_t>::max() / 2 - start_time_.value);
    return Time{start_time_.value + static_cast<std::int64_t>(std::min(passed, left))};
}

std::int64_t RecordingSource::idle_ns() {
    if (at_ < events_.size()) return 0;
    if (!started_) return std::numeric_limits<std::int64_t>::max();
    if (next_.empty() && !exhausted_) read_on();
    if (next_.empty() || options_.speed <= 0) return 0;
    return std::max<std::int64_t>(0, due_ns(next_time_) - clock_.monotonic_ns());
}

std::span<const Event> RecordingSource::peek(std::size_t max) {
    if (at_ == events_.size()) {
        events_.clear();
        at_ = 0;
        while (started_ && events_.size() < max) {
            if (next_.empty() && !exhausted_) read_on();
            if (next_.empty()) {
                ended_ = true;
                break;
            }
            if (due_ns(next_time_) > clock_.monotonic_ns()) break;
            events_.insert(events_.end(), next_.begin(), next_.end());
            seq_ = next_.back().header.sequence.value;
            time_ = next_time_;
            next_.clear();
            if (!next_notice_.empty()) notices_.push_back(std::exchange(next_notice_, {}));
        }
    }
    return std::span{events_}.subspan(at_, std::min(max, events_.size() - at_));
}

// Until a command is whole. What has no sequence of its own (listings, phases) comes with the next command.
void RecordingSource::read_on() {
    while (!exhausted_) {
        const auto step = reader_.next();
        if (!step) {
            error_ = step.error();
            return tell_end();
        }
        switch (step->kind) {
            case Kind::end: return tell_end();
            case Kind::listing: tell_listing(static_cast<std::uint32_t>(reader_.state().markets.size() - 1)); break;
            case Kind::phase: tell_phase(step->market); break;
            case Kind::state:
                if (step->reason != StateReason::keyframe) tell_gap(step->reason);
                break;
            case Kind::command: tell_command(reader_.command()); break;
        }
        if (step->kind == Kind::listing || step->kind == Kind::phase || next_.empty()) continue;
        return finish_command(reader_.state().seq, reader_.state().time);
    }
}

void RecordingSource::tell_end() {
    exhausted_ = true;
    const std::uint64_t last = std::max(seq_, reader_.state().seq);
    if (!next_.empty()) finish_command(last + 1, std::max(time_, reader_.state().time));
}

void RecordingSource::finish_command(std::uint64_t seq, Time time) {
    std::uint32_t index = 0;
    for (Event& event : next_) {
        event.header.sequence = Sequence{seq};
        event.header.time = time;
        event.header.index = index++;
    }
    next_.back().header.flags = kLastOfCommand;
    next_time_ = time;
}

void RecordingSource::tell_command(const RecordedCommand& command) {
    for (const RecordedEntry& entry : command.entries) {
        const InstrumentId id = id_of(entry.market);
        switch (entry.action) {
            case RecordedAction::add:
                put(OrderRested{.order_id = entry.order,
                                .price = entry.price,
                                .quantity = entry.quantity,
                                .instrument = id,
                                .side = entry.side,
                                .zero = {}});
                break;
            case RecordedAction::change:
                put(OrderAmended{.order_id = entry.order,
                                 .price = entry.price,
                                 .leaves = entry.quantity,
                                 .instrument = id,
                                 .side = entry.side,
                                 .kept_priority = 1});
                break;
            case RecordedAction::execute:
                put(TradeExecuted{.trade_id = entry.trade,
                                  .maker_order_id = entry.order,
                                  .price = entry.price,
                                  .quantity = entry.quantity,
                                  .maker_leaves = entry.leaves,
                                  .instrument = id,
                                  .taker_side = opposite(entry.side),
                                  .zero = {}});
                break;
            case RecordedAction::remove:
                put(OrderCanceled{.order_id = entry.order,
                                  .price = entry.price,
                                  .quantity = entry.quantity,
                                  .instrument = id,
                                  .side = entry.side,
                                  .rested = 1});
                break;
            case RecordedAction::bust:
                if (reader_.state().is_lost(entry.trade)) break;
                put(TradeBusted{.trade_id = entry.trade,
                                .traded = entry.traded,
                                .price = entry.price,
                                .quantity = entry.quantity,
                                .instrument = id,
                                .taker_side = entry.side,
                                .zero = {}});
                break;
        }
    }
}

void RecordingSource::tell_listing(std::uint32_t market) {
    const RecordedMarket& listing = reader_.state().markets[market];
    const AssetId base = asset(listing.listing.base, next_, false);
    const AssetId quote = asset(listing.listing.quote, next_, false);
    put(listed(listing, id_of(market), base, quote));
}

void RecordingSource::tell_phase(std::uint32_t market) {
    put(PhaseChanged{.instrument = id_of(market), .phase = reader_.state().markets[market].phase, .zero = {}});
}

void RecordingSource::tell_gap(StateReason reason) {
    const RecordingState& before = reader_.before();
    const RecordingState& now = reader_.state();
    for (std::size_t place = 0; place < now.markets.size(); ++place) {
        const bool known = place < before.markets.size();
        if (!known) tell_listing(static_cast<std::uint32_t>(place));
        if (known && before.markets[place].phase != now.markets[place].phase)
            tell_phase(static_cast<std::uint32_t>(place));
        if (known && before.markets[place].book == now.markets[place].book) continue;
        // All out before anything comes in, or the sides might cross on the way.
        for (const Side side : {Side::buy, Side::sell}) {
            if (!known) break;
            before.markets[place].book.each(side, [&](const RecordedOrder& order) {
                put(OrderCanceled{.order_id = order.id,
                                  .price = order.price,
                                  .quantity = order.leaves,
                                  .instrument = id_of(place),
                                  .side = side,
                                  .rested = 1});
            });
        }
        for (const Side side : {Side::buy, Side::sell})
            now.markets[place].book.each(side, [&](const RecordedOrder& order) {
                put(OrderRested{.order_id = order.id,
                                .price = order.price,
                                .quantity = order.leaves,
                                .instrument = id_of(place),
                                .side = side,
                                .zero = {}});
            });
    }
    next_notice_ =
        "not recorded: what was after sequence " + std::to_string(before.seq) + ", up to " + std::to_string(now.seq);
    if (reason == StateReason::epoch) next_notice_ += ", where the venue was started anew";
}

}  // namespace dcx::feed
