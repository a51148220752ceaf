// FeedRecorder's other half: from what has come to the recording.
#include <algorithm>

#include "feed/feed_recorder.h"

namespace dcx::feed {

// Everything up to there has come.
FeedRecorder::Result FeedRecorder::write_to(std::uint64_t seq) {
    if (!writer_.begun()) return begin_at(seq);
    if (auto joined = join_listed(); !joined) return joined;
    if (any_fresh()) {
        if (seq > writer_.state().seq) return begin_at(seq);
        // Nothing happened meanwhile.
        for (Followed& market : markets_) market.fresh.reset();
    }
    set_phases();
    while (!pending_.empty() && pending_.begin()->first <= seq) {
        const auto command = pending_.extract(pending_.begin());
        if (auto written = write_command(command.key(), command.mapped()); !written) return written;
    }
    return {};
}

FeedRecorder::Result FeedRecorder::write_command(std::uint64_t seq, const Pending& command) {
    // A trade is told in both channels: alone it would be a command of nothing.
    if (command.entries.empty()) return {};
    RecordedCommand record{.seq = seq, .time = command.time, .entries = command.entries};
    if (const char* wrong = writer_.command(record))
        return forget("command " + std::to_string(seq) + " does not fit: " + wrong);
    for (const Check& check : command.checks)
        if (writer_.state().markets[check.market].book.checksum() != check.checksum)
            return forget("the checksum behind command " + std::to_string(seq) + " is another one");
    return {};
}

void FeedRecorder::set_phases() {
    for (std::uint32_t place = 0; place < writer_.state().markets.size(); ++place)
        if (writer_.state().markets[place].phase != markets_[place].phase)
            (void)writer_.set_phase(place, markets_[place].phase);
}

// Markets that were listed while recording. One that came with orders can't be told as news.
FeedRecorder::Result FeedRecorder::join_listed() {
    for (std::size_t place = writer_.state().markets.size(); place < markets_.size(); ++place) {
        Followed& market = markets_[place];
        if (!market.fresh || market.fresh->size() > 0) return {};
        if (const char* wrong = writer_.list(market.listing, market.phase, market.last_price.value_or(Price{}))) {
            fatal_ = true;
            return std::unexpected(market.listing.symbol + " can't be recorded: " + wrong);
        }
        market.fresh.reset();
    }
    return {};
}

FeedRecorder::Result FeedRecorder::begin_at(std::uint64_t seq) {
    RecordingState state;
    Time time{};
    for (const auto& [at, command] : pending_)
        if (at <= seq) time = std::max(time, command.time);
    for (std::uint32_t place = 0; place < markets_.size(); ++place) {
        Followed& market = markets_[place];
        const bool known = place < writer_.state().markets.size();
        const Price last = market.last_price ? *market.last_price
                           : known           ? writer_.state().markets[place].last_price
                                             : Price{};
        market.last_price.reset();
        if (const char* wrong = state.list(market.listing, market.phase, last)) {
            fatal_ = true;
            return std::unexpected(market.listing.symbol + " can't be recorded: " + wrong);
        }
        RecordedBook& book = state.markets.back().book;
        if (market.fresh) {
            time = std::max(time, market.fresh_time);
            book = std::move(*market.fresh);
            market.fresh.reset();
        } else if (known) {
            book = writer_.state().markets[place].book.clone();
            market.fresh_seq = writer_.state().seq;
        } else {
            return forget("a market without a snapshot");
        }
        for (const auto& [at, command] : pending_) {
            if (at <= market.fresh_seq || at > seq) continue;
            for (const RecordedEntry& entry : command.entries) {
                if (entry.market != place) continue;
                if (const char* wrong = apply_to(book, entry)) return forget(wrong);
                if (entry.action != RecordedAction::execute) continue;
                last_trade_ = std::max(last_trade_, entry.trade);
                state.markets.back().last_price = entry.price;
            }
        }
    }
    std::erase_if(pending_, [&](const auto& command) { return command.first <= seq; });
    const bool gap = writer_.begun();
    const std::uint64_t before = writer_.state().seq;
    if (gap) time = std::max(time, writer_.state().time);
    last_trade_ = std::max(last_trade_, writer_.state().last_trade);
    state.epoch = epoch_;
    state.last_trade = last_trade_;
    const StateReason reason = !gap                              ? StateReason::begin
                               : epoch_ != writer_.state().epoch ? StateReason::epoch
                                                                 : StateReason::gap;
    const char* wrong = state.advance(seq, time);
    if (wrong == nullptr) wrong = writer_.begin(std::move(state), reason);
    if (wrong != nullptr) return forget(std::string("a state that does not fit: ") + wrong);
    if (gap) {
        ++counts_.gaps;
        news_.push_back("gap: what was after sequence " + std::to_string(before) + ", up to " + std::to_string(seq) +
                        ", is missing");
    }
    return {};
}

}  // namespace dcx::feed
