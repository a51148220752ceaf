#include "feed/recording_writer.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::feed {

namespace {

constexpr std::size_t place(Side side) { return side == Side::buy ? 0 : 1; }
constexpr std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }

void put_listing(RecordPacker& out, const RecordedListing& listing, Phase phase, Price last_price) {
    out.text(listing.symbol);
    out.text(listing.base);
    out.text(listing.quote);
    out.number(bits(listing.tick_mantissa));
    out.byte(listing.tick_scale);
    out.number(bits(listing.lot_mantissa));
    out.byte(listing.lot_scale);
    out.byte(static_cast<std::uint8_t>(phase));
    out.number(bits(last_price.value));
}

void put_orders(RecordPacker& out, const RecordedMarket& market) {
    for (const Side side : {Side::buy, Side::sell}) {
        out.number(market.book.count(side));
        std::int64_t price = 0;
        std::uint64_t id = 0;
        market.book.each(side, [&](const RecordedOrder& order) {
            out.difference(bits(order.price.value), bits(price));
            out.difference(order.id.value, id);
            out.number(bits(order.leaves.value));
            price = order.price.value;
            id = order.id.value;
        });
    }
}

}  // namespace

RecordingWriter::RecordingWriter(std::int64_t created_ns, const Options& options) : options_{options} {
    const RecordingHeader header = recording_header(created_ns);
    const auto bytes = std::as_bytes(std::span{&header, 1});
    out_.assign(bytes.begin(), bytes.end());
    counts_.bytes = bytes.size();
}

const char* RecordingWriter::begin(RecordingState&& state, StateReason reason) {
    if (begun_ != (reason == StateReason::gap || reason == StateReason::epoch)) return "a recording begins once";
    if (begun_) {
        if (state.seq <= state_.seq || state.time < state_.time || state.last_trade < state_.last_trade ||
            state.epoch < state_.epoch)
            return "a recording goes on, not back";
        if ((state.epoch > state_.epoch) != (reason == StateReason::epoch)) return "another epoch is told as such";
        if (state.markets.size() < state_.markets.size() ||
            !std::ranges::equal(state_.markets, std::span{state.markets}.first(state_.markets.size()), {},
                                &RecordedMarket::listing, &RecordedMarket::listing))
            return "the markets are others";
        flush();
        state.inherit(std::move(state_));
    }
    state_ = std::move(state);
    begun_ = true;
    broken_ = false;
    put_state(reason);
    return nullptr;
}

void RecordingWriter::put_block(BlockHeader header, std::span<const std::byte> records) {
    const std::size_t before = out_.size();
    append_block(out_, header, records);
    counts_.bytes += out_.size() - before;
    counts_.record_bytes += records.size();
}

void RecordingWriter::put_state(StateReason reason) {
    RecordPacker out;
    out.byte(static_cast<std::uint8_t>(reason));
    out.number(state_.epoch);
    out.number(state_.last_trade.value);
    out.number(state_.markets.size());
    for (const RecordedMarket& market : state_.markets) {
        put_listing(out, market.listing, market.phase, market.last_price);
        put_orders(out, market);
    }
    index_.push_back({.offset = counts_.bytes, .seq = state_.seq, .time = state_.time});
    put_block({.kind = BlockKind::state, .records = 1, .seq = state_.seq, .time = state_.time.value}, out.bytes());
    state_size_ = out.size();
    since_state_ = 0;
    ++counts_.states;
    state_.rebase();
    market_ = 0;
}

// `seq` and `time` are those before the record.
void RecordingWriter::begin_record(std::uint64_t seq, Time time) {
    if (count_++ > 0) return;
    block_seq_ = seq;
    block_time_ = time;
    market_ = 0;
}

const char* RecordingWriter::command(const RecordedCommand& command) {
    if (!begun_ || broken_) return "a recording begins with a state";
    const std::uint64_t seq = state_.seq;
    const Time time = state_.time;
    if (const char* wrong = state_.advance(command.seq, command.time)) return wrong;
    const std::size_t begin = records_.size();
    begin_record(seq, time);
    records_.number(command.entries.size() << kRecordKindBits | static_cast<std::uint64_t>(RecordKind::command));
    records_.number(command.seq - seq);
    records_.number(bits(command.time.value - time.value));
    for (const RecordedEntry& entry : command.entries) {
        if (const char* wrong = put_entry(entry)) {
            records_.cut(begin);
            --count_;
            broken_ = true;
            return wrong;
        }
    }
    ++counts_.commands;
    counts_.entries += command.entries.size();
    if (records_.size() >= options_.block) flush();
    return nullptr;
}

const char* RecordingWriter::put_entry(const RecordedEntry& entry) {
    if (entry.market >= state_.markets.size()) return "there is no such market";
    const RecordedMarket& market = state_.markets[entry.market];
    const RecordedOrder* const order = market.book.find(entry.order);
    const bool whole = entry.action == RecordedAction::execute && order != nullptr && order->leaves == entry.quantity;
    records_.byte(
        static_cast<std::uint8_t>(static_cast<unsigned>(entry.action) | (entry.side == Side::sell ? kEntrySell : 0u) |
                                  (entry.market != market_ ? kEntryMarket : 0u) | (whole ? kEntryWhole : 0u)));
    if (entry.market != market_) records_.number(entry.market);
    market_ = entry.market;
    switch (entry.action) {
        case RecordedAction::add:
            records_.difference(entry.order.value, state_.last_order.value + 1);
            records_.difference(bits(entry.price.value), bits(market.near[place(entry.side)].value));
            records_.number(bits(entry.quantity.value));
            break;
        case RecordedAction::change:
            records_.difference(state_.last_order.value, entry.order.value);
            records_.number(bits(entry.quantity.value));
            break;
        case RecordedAction::execute:
            if (!whole) records_.number(bits(entry.quantity.value));
            records_.difference(entry.trade.value, state_.last_trade.value + 1);
            break;
        case RecordedAction::remove: records_.difference(state_.last_order.value, entry.order.value); break;
        case RecordedAction::bust:
            records_.difference(state_.last_trade.value, entry.trade.value);
            records_.number(bits(entry.price.value));
            records_.number(bits(entry.quantity.value));
            records_.difference(bits(state_.time.value), bits(entry.traded.value));
            break;
    }
    return state_.apply(entry);
}

const char* RecordingWriter::list(const RecordedListing& listing, Phase phase, Price last_price) {
    if (!begun_ || broken_) return "a recording begins with a state";
    if (const char* wrong = state_.list(listing, phase, last_price)) return wrong;
    begin_record(state_.seq, state_.time);
    records_.number(static_cast<std::uint64_t>(RecordKind::listing));
    put_listing(records_, listing, phase, last_price);
    return nullptr;
}

const char* RecordingWriter::set_phase(std::uint32_t market, Phase phase) {
    if (market >= state_.markets.size() || broken_) return "there is no such market";
    if (phase != Phase::trading && phase != Phase::halted) return "there is no such phase";
    begin_record(state_.seq, state_.time);
    records_.number(static_cast<std::uint64_t>(RecordKind::phase));
    records_.number(market);
    records_.byte(static_cast<std::uint8_t>(phase));
    state_.markets[market].phase = phase;
    return nullptr;
}

void RecordingWriter::flush() {
    if (count_ == 0) return;
    put_block({.kind = BlockKind::commands, .records = count_, .seq = block_seq_, .time = block_time_.value},
              records_.bytes());
    since_state_ += records_.size();
    records_.clear();
    count_ = 0;
    if (!broken_ && since_state_ >= std::max(options_.keyframe, 4 * state_size_)) put_state(StateReason::keyframe);
}

void RecordingWriter::close() {
    flush();
    RecordPacker out;
    Indexed before;
    for (const Indexed& one : index_) {
        out.number(one.offset - before.offset);
        out.number(one.seq - before.seq);
        out.difference(bits(one.time.value), bits(before.time.value));
        before = one;
    }
    const RecordingTrailer trailer{.index = counts_.bytes};
    put_block({.kind = BlockKind::index,
               .records = static_cast<std::uint32_t>(index_.size()),
               .seq = state_.seq,
               .time = state_.time.value},
              out.bytes());
    const auto bytes = std::as_bytes(std::span{&trailer, 1});
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    counts_.bytes += bytes.size();
}

}  // namespace dcx::feed
