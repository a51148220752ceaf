#include "feed/recording_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace dcx::feed {

namespace {

using Kind = RecordedStep::Kind;
using Step = std::expected<RecordedStep, RecordingError>;
constexpr std::size_t place(Side side) { return side == Side::buy ? 0 : 1; }
constexpr std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }
constexpr std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

RecordingReader::RecordingReader(std::span<const std::byte> file, const RecordingHeader& header)
    : file_{file}, header_{header}, end_{file.size()}, next_{sizeof(RecordingHeader)} {}

std::expected<RecordingReader, RecordingError> RecordingReader::open(std::span<const std::byte> file) {
    const auto header = read_recording_header(file);
    if (!header) return std::unexpected(header.error());
    RecordingReader reader{file, *header};
    reader.find_index();
    return reader;
}

std::unexpected<RecordingError> RecordingReader::senseless(const char* what) const {
    return std::unexpected(RecordingError{.kind = RecordingErrorKind::senseless, .offset = offset_, .message = what});
}

// An index that is not right is as good as none.
void RecordingReader::find_index() {
    RecordingTrailer trailer;
    if (file_.size() < sizeof(RecordingHeader) + sizeof(trailer)) return;
    const std::size_t blocks_end = file_.size() - sizeof(trailer);
    std::memcpy(static_cast<void*>(&trailer), file_.data() + blocks_end, sizeof(trailer));
    if (trailer.magic != kTrailerMagic || trailer.index >= blocks_end) return;
    const auto blocks = file_.first(blocks_end);
    const auto header = read_block_header(blocks, trailer.index);
    if (!header || header->kind != BlockKind::index ||
        trailer.index + sizeof(BlockHeader) + header->stored != blocks_end)
        return;
    const auto bytes = read_block(blocks, trailer.index, *header);
    if (!bytes) return;
    RecordUnpacker records{*bytes};
    Indexed one;
    for (std::uint32_t i = 0; i < header->records && records.good(); ++i) {
        one.offset += records.number();
        (void)records.number();
        one.time = Time{number(records.difference(bits(one.time.value)))};
        index_.push_back(one);
    }
    indexed_ = records.good() && records.left() == 0;
    if (indexed_)
        end_ = trailer.index;
    else
        index_.clear();
}

std::vector<RecordingReader::Indexed> RecordingReader::states() const {
    if (indexed_) return index_;
    std::vector<Indexed> result;
    std::uint64_t offset = sizeof(RecordingHeader);
    while (offset < end_) {
        const auto header = read_block_header(file_, offset);
        if (!header) break;
        if (header->kind == BlockKind::state) result.push_back({.offset = offset, .time = Time{header->time}});
        offset += sizeof(BlockHeader) + header->stored;
    }
    return result;
}

std::expected<void, RecordingError> RecordingReader::seek(Time time) {
    const std::vector<Indexed> known = states();
    next_ = sizeof(RecordingHeader);
    for (const Indexed& one : known)
        if (one.time <= time && one.offset > next_) next_ = one.offset;
    const auto header = read_block_header(file_.first(static_cast<std::size_t>(end_)), next_);
    if (!header) return std::unexpected(header.error());
    offset_ = next_;
    if (header->kind != BlockKind::state) return senseless("the index leads to something else");
    left_ = 0;
    begun_ = false;
    return {};
}

Step RecordingReader::next() { return left_ > 0 ? read_record() : open_block(); }

Step RecordingReader::open_block() {
    offset_ = next_;
    if (next_ >= end_) return RecordedStep{.kind = Kind::end};
    const auto blocks = file_.first(static_cast<std::size_t>(end_));
    const auto header = read_block_header(blocks, next_);
    if (!header) return std::unexpected(header.error());
    auto bytes = read_block(blocks, next_, *header);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    bytes_ = std::move(*bytes);
    records_ = RecordUnpacker{bytes_};
    next_ += sizeof(BlockHeader) + header->stored;
    if (header->kind == BlockKind::state) return read_state(*header);
    if (header->kind == BlockKind::index) {
        // The recording was closed, and its very end is missing.
        if (next_ != end_) return senseless("something follows the index");
        return RecordedStep{.kind = Kind::end};
    }
    if (!begun_) return senseless("a recording begins with a state");
    if (header->records == 0 || header->seq != state_.seq || header->time != state_.time.value)
        return senseless("a block does not follow the one before it");
    left_ = header->records;
    market_ = 0;
    return read_record();
}

const char* RecordingReader::read_listing(RecordingState& state) {
    RecordedListing listing;
    listing.symbol = records_.text();
    listing.base = records_.text();
    listing.quote = records_.text();
    listing.tick_mantissa = number(records_.number());
    listing.tick_scale = records_.byte();
    listing.lot_mantissa = number(records_.number());
    listing.lot_scale = records_.byte();
    const auto phase = static_cast<Phase>(records_.byte());
    const Price last_price{number(records_.number())};
    if (!records_.good()) return "a listing is cut";
    return state.list(listing, phase, last_price);
}

const char* RecordingReader::read_orders(RecordedBook& book, Side side) {
    const std::uint64_t count = records_.number();
    // Each takes three bytes at least.
    if (count > records_.left() / 3) return "more orders than there is room for";
    std::uint64_t price = 0;
    std::uint64_t id = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        price = records_.difference(price);
        id = records_.difference(id);
        const Quantity leaves{number(records_.number())};
        if (const char* wrong =
                book.add({.id = OrderId{id}, .side = side, .price = Price{number(price)}, .leaves = leaves}))
            return wrong;
    }
    return nullptr;
}

const char* RecordingReader::read_markets(RecordingState& state) {
    const std::uint64_t count = records_.number();
    for (std::uint64_t i = 0; i < count && records_.good(); ++i) {
        if (const char* wrong = read_listing(state)) return wrong;
        for (const Side side : {Side::buy, Side::sell})
            if (const char* wrong = read_orders(state.markets.back().book, side)) return wrong;
    }
    return records_.good() && records_.left() == 0 ? nullptr : "a state is cut, or goes on";
}

Step RecordingReader::read_state(const BlockHeader& header) {
    RecordingState state;
    if (const char* wrong = state.advance(header.seq, Time{header.time})) return senseless(wrong);
    if (header.time < 0) return senseless("time begins with 1970");
    const auto reason = static_cast<StateReason>(records_.byte());
    state.epoch = records_.number();
    state.last_trade = TradeId{records_.number()};
    if (const char* wrong = read_markets(state)) return senseless(wrong);
    if (const char* wrong = settle(std::move(state), reason)) return senseless(wrong);
    state_.rebase();
    return RecordedStep{.kind = Kind::state, .reason = reason};
}

const char* RecordingReader::settle(RecordingState&& state, StateReason reason) {
    if (reason < StateReason::begin || reason > StateReason::epoch) return "there is no such reason";
    if (begun_) {
        if (reason == StateReason::begin) return "a recording begins once";
        if (reason == StateReason::keyframe &&
            (state.seq != state_.seq || state.time != state_.time || state.epoch != state_.epoch ||
             state.last_trade != state_.last_trade || !state.same_markets(state_)))
            return "a keyframe is another state than the records before it lead to";
        if (reason != StateReason::keyframe) {
            if (state.seq <= state_.seq || state.time < state_.time || state.last_trade < state_.last_trade)
                return "a recording goes on, not back";
            if ((state.epoch > state_.epoch) != (reason == StateReason::epoch) || state.epoch < state_.epoch)
                return "another epoch is told as such";
            if (state.markets.size() < state_.markets.size() ||
                !std::ranges::equal(state_.markets, std::span{state.markets}.first(state_.markets.size()), {},
                                    &RecordedMarket::listing, &RecordedMarket::listing))
                return "the markets are others";
        }
        if (reason == StateReason::keyframe) return nullptr;
        state.inherit(std::move(state_));
    }
    before_ = std::exchange(state_, std::move(state));
    begun_ = true;
    return nullptr;
}

Step RecordingReader::read_record() {
    --left_;
    const std::uint64_t head = records_.number();
    const auto kind = static_cast<RecordKind>(head & ((1u << kRecordKindBits) - 1));
    const std::uint64_t entries = head >> kRecordKindBits;
    RecordedStep step;
    const char* wrong = nullptr;
    if (kind == RecordKind::command) {
        step.kind = Kind::command;
        wrong = read_command(entries);
    } else if (kind == RecordKind::listing && entries == 0) {
        step.kind = Kind::listing;
        wrong = read_listing(state_);
    } else if (kind == RecordKind::phase && entries == 0) {
        step.kind = Kind::phase;
        const std::uint64_t market = records_.number();
        const auto phase = static_cast<Phase>(records_.byte());
        if (market >= state_.markets.size() || (phase != Phase::trading && phase != Phase::halted))
            return senseless("there is no such market or phase");
        step.market = static_cast<std::uint32_t>(market);
        state_.markets[step.market].phase = phase;
    } else {
        return senseless("there is no such record");
    }
    if (wrong != nullptr) return senseless(wrong);
    if (!records_.good()) return senseless("a record is cut");
    if (left_ == 0 && records_.left() != 0) return senseless("more in a block than it says");
    return step;
}

const char* RecordingReader::read_command(std::uint64_t entries) {
    const std::uint64_t seq = state_.seq + records_.number();
    const Time time{number(bits(state_.time.value) + records_.number())};
    if (!records_.good() || entries > records_.left()) return "a command is cut";
    if (const char* wrong = state_.advance(seq, time)) return wrong;
    command_.seq = seq;
    command_.time = time;
    command_.entries.clear();
    for (std::uint64_t i = 0; i < entries; ++i) {
        RecordedEntry& entry = command_.entries.emplace_back();
        if (const char* wrong = read_entry(entry)) return wrong;
        if (const char* wrong = state_.apply(entry)) return wrong;
    }
    return nullptr;
}

const char* RecordingReader::read_entry(RecordedEntry& entry) {
    const std::uint8_t head = records_.byte();
    if ((head & kEntryActionMask) > kLastRecordedAction || head >= 2 * kEntryWhole) return "there is no such entry";
    entry.action = static_cast<RecordedAction>(head & kEntryActionMask);
    entry.side = (head & kEntrySell) != 0 ? Side::sell : Side::buy;
    const bool whole = (head & kEntryWhole) != 0;
    if (whole && entry.action != RecordedAction::execute) return "there is no such entry";
    if ((head & kEntryMarket) != 0) {
        const std::uint64_t market = records_.number();
        if (market > std::numeric_limits<std::uint32_t>::max()) return "there is no such market";
        market_ = static_cast<std::uint32_t>(market);
    }
    entry.market = market_;
    if (market_ >= state_.markets.size()) return "there is no such market";
    const RecordedMarket& market = state_.markets[market_];
    const auto known = [&](const RecordedOrder* order) {
        if (order == nullptr) return false;
        entry.order = order->id;
        entry.price = order->price;
        return true;
    };
    switch (entry.action) {
        case RecordedAction::add:
            entry.order = OrderId{records_.difference(state_.last_order.value + 1)};
            entry.price = Price{number(records_.difference(bits(market.near[place(entry.side)].value)))};
            entry.quantity = Quantity{number(records_.number())};
            break;
        case RecordedAction::change:
        case RecordedAction::remove: {
            const RecordedOrder* const order =
                market.book.find(OrderId{state_.last_order.value - bits(records_.signed_number())});
            if (!known(order)) return "there is no such order";
            entry.quantity =
                entry.action == RecordedAction::remove ? order->leaves : Quantity{number(records_.number())};
            break;
        }
        case RecordedAction::execute: {
            const RecordedOrder* const order = market.book.first(entry.side);
            if (!known(order)) return "there is nothing to trade with";
            entry.quantity = whole ? order->leaves : Quantity{number(records_.number())};
            if (entry.quantity > order->leaves) return "an order trades no more than it has";
            entry.leaves = order->leaves - entry.quantity;
            entry.trade = TradeId{records_.difference(state_.last_trade.value + 1)};
            break;
        }
        case RecordedAction::bust:
            entry.trade = TradeId{state_.last_trade.value - bits(records_.signed_number())};
            entry.price = Price{number(records_.number())};
            entry.quantity = Quantity{number(records_.number())};
            entry.traded = Time{number(bits(state_.time.value) - bits(records_.signed_number()))};
            break;
    }
    return records_.good() ? nullptr : "a command is cut";
}

}  // namespace dcx::feed
