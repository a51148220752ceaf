// `dcx record --dump`: one line for each thing that a recording tells.
#include <cstdio>
#include <string>

#include "app/commands.h"
#include "app/decimals.h"
#include "app/record_command.h"
#include "app/recording_file.h"
#include "feed/recording_reader.h"
#include "model/decimal.h"

namespace dcx::app {

namespace {

using feed::RecordedAction;
using feed::RecordedStep;
using feed::StateReason;

std::string scaled(std::int64_t units, std::int64_t mantissa, unsigned scale) {
    return decimal_text(wide_mul(units, mantissa), scale);
}
std::string price_text(const feed::RecordedListing& of, Price price) {
    return scaled(price.value, of.tick_mantissa, of.tick_scale);
}
std::string quantity_text(const feed::RecordedListing& of, Quantity quantity) {
    return scaled(quantity.value, of.lot_mantissa, of.lot_scale);
}
const char* name_of(RecordedAction action) {
    switch (action) {
        case RecordedAction::add: return "add";
        case RecordedAction::change: return "change";
        case RecordedAction::execute: return "execute";
        case RecordedAction::remove: return "delete";
        case RecordedAction::bust: return "bust";
    }
    return "";
}
const char* name_of(StateReason reason) {
    switch (reason) {
        case StateReason::begin: return "begin";
        case StateReason::keyframe: return "keyframe";
        case StateReason::gap: return "gap";
        case StateReason::epoch: return "epoch";
    }
    return "";
}
const char* name_of(Phase phase) { return phase == Phase::halted ? "halted" : "trading"; }

void print_state(const feed::RecordingReader& reader, StateReason reason) {
    const feed::RecordingState& state = reader.state();
    std::printf("%s %llu %lld epoch %llu last_trade %llu orders %zu\n", name_of(reason),
                static_cast<unsigned long long>(state.seq), static_cast<long long>(state.time.value),
                static_cast<unsigned long long>(state.epoch), static_cast<unsigned long long>(state.last_trade.value),
                state.orders());
    if (reason == StateReason::keyframe) return;
    for (const feed::RecordedMarket& market : state.markets) {
        std::printf("  market %s %s tick %s lot %s last %s\n", market.listing.symbol.c_str(), name_of(market.phase),
                    price_text(market.listing, Price{std::int64_t{1}}).c_str(),
                    quantity_text(market.listing, Quantity{std::int64_t{1}}).c_str(),
                    price_text(market.listing, market.last_price).c_str());
        for (const Side side : {Side::buy, Side::sell})
            market.book.each(side, [&](const feed::RecordedOrder& order) {
                std::printf("    %s #%llu %s @ %s\n", side == Side::buy ? "buy" : "sell",
                            static_cast<unsigned long long>(order.id.value),
                            quantity_text(market.listing, order.leaves).c_str(),
                            price_text(market.listing, order.price).c_str());
            });
    }
}

void print_command(const feed::RecordingReader& reader) {
    const feed::RecordedCommand& command = reader.command();
    for (const feed::RecordedEntry& entry : command.entries) {
        const feed::RecordedListing& of = reader.state().markets[entry.market].listing;
        std::printf("%llu %lld %s %s %s", static_cast<unsigned long long>(command.seq),
                    static_cast<long long>(command.time.value), of.symbol.c_str(), name_of(entry.action),
                    entry.side == Side::buy ? "buy" : "sell");
        if (entry.order) std::printf(" #%llu", static_cast<unsigned long long>(entry.order.value));
        std::printf(" %s @ %s", quantity_text(of, entry.quantity).c_str(), price_text(of, entry.price).c_str());
        if (entry.trade) std::printf(" trade %llu", static_cast<unsigned long long>(entry.trade.value));
        std::printf("\n");
    }
}

void print_step(const feed::RecordingReader& reader, const RecordedStep& step) {
    const auto& markets = reader.state().markets;
    switch (step.kind) {
        case RecordedStep::Kind::end: break;
        case RecordedStep::Kind::state: print_state(reader, step.reason); break;
        case RecordedStep::Kind::command: print_command(reader); break;
        case RecordedStep::Kind::listing:
            std::printf("listed %s %s\n", markets.back().listing.symbol.c_str(), name_of(markets.back().phase));
            break;
        case RecordedStep::Kind::phase:
            std::printf("phase %s %s\n", markets[step.market].listing.symbol.c_str(),
                        name_of(markets[step.market].phase));
            break;
    }
}

int refuse(const std::string& text) {
    std::fflush(stdout);
    std::fprintf(stderr, "dcx: %s\n", text.c_str());
    return kFailed;
}

}  // namespace

int record_dump(const RecordOptions& options) {
    const auto file = MappedFile::open(options.file);
    if (!file) return refuse(file.error());
    auto reader = feed::RecordingReader::open(file->bytes());
    if (!reader) return refuse(options.file + ": " + reader.error().message);
    while (true) {
        const auto step = reader->next();
        if (!step)
            return refuse(options.file + " at " + std::to_string(step.error().offset) + " of " +
                          std::to_string(file->bytes().size()) + ": " + step.error().message);
        if (step->kind == RecordedStep::Kind::end) break;
        print_step(*reader, *step);
        if (std::ferror(stdout) != 0) return kFailed;
    }
    if (!reader->closed()) return refuse(options.file + " was not closed: its end may be missing");
    return kDone;
}

}  // namespace dcx::app
