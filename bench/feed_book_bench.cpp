// What the feed costs before a message leaves, for each command of a market whose makers move their quotes
// (market/command_flow.h, through the core): the book alone, with its checksum, with windows for nobody but a counter;
// and the encoding of the largest snapshot.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "base/memory.h"
#include "core/core.h"
#include "feed/market_messages.h"
#include "feed/publisher.h"
#include "market/command_flow.h"
#include "model/event_writer.h"

namespace {

using namespace dcx;
using namespace dcx::feed;

constexpr std::uint32_t kCommands = 200'000;

// The events of the whole flow, and from where on they are of orders.
struct Flow {
    Flow() {
        const market::OrderFlow flow({.customers = 1'000, .commands = kCommands, .max_transfer_ids = 4'096});
        HeapMemory memory;
        core::Core core(memory);
        EventBuffer told(64);
        core::RestoreCursor cursor;
        while (!core.restore(cursor, told.writer(), 64)) {
        }
        take(told.events());
        EventBuffer buffer(1u << 16);
        const auto apply = [&](const Command& command) {
            buffer.clear();
            core.apply(command, buffer.writer());
            take(buffer.events());
        };
        for (const Command& command : flow.set_up()) apply(command);
        begin = events.size();
        for (const Command& command : flow.flow()) apply(command);
    }
    void take(std::span<const Event> more) { events.insert(events.end(), more.begin(), more.end()); }

    std::vector<Event> events;
    std::size_t begin = 0;
};

const Flow& flow() {
    static const Flow instance;
    return instance;
}

void apply_to(FeedBook& book, const Event& event) {
    switch (event.header.kind) {
        case EventKind::order_rested: return book.apply(event.as<OrderRested>());
        case EventKind::trade_executed: return book.apply(event.as<TradeExecuted>());
        case EventKind::order_canceled: return book.apply(event.as<OrderCanceled>());
        case EventKind::order_amended: return book.apply(event.as<OrderAmended>());
        case EventKind::order_decremented: return book.apply(event.as<OrderDecremented>());
        default: return;
    }
}

void per_command(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * kCommands);
    state.counters["ns_per_command"] = benchmark::Counter(static_cast<double>(state.iterations()) * kCommands * 1e-9,
                                                          benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// The loop over the events alone, which all others have too.
void loop(benchmark::State& state) {
    for (auto _ : state) {
        std::uint64_t count = 0;
        for (std::size_t i = flow().begin; i < flow().events.size(); ++i) {
            count += static_cast<std::uint64_t>(flow().events[i].header.kind);
            if ((flow().events[i].header.flags & kLastOfCommand) != 0) benchmark::DoNotOptimize(count);
        }
    }
    per_command(state);
}
BENCHMARK(loop)->Unit(benchmark::kMillisecond);

void book(benchmark::State& state, bool with_checksum) {
    std::uint64_t sum = 0;
    for (auto _ : state) {
        FeedBook book;
        for (std::size_t i = flow().begin; i < flow().events.size(); ++i) {
            const Event& event = flow().events[i];
            apply_to(book, event);
            if ((event.header.flags & kLastOfCommand) == 0) continue;
            if (with_checksum && !book.changes().empty()) sum += book.checksum(10);
            book.clear_changes();
        }
    }
    benchmark::DoNotOptimize(sum);
    per_command(state);
}
BENCHMARK_CAPTURE(book, alone, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(book, checksum, true)->Unit(benchmark::kMillisecond);

struct CountingSink final : FrameSink {
    bool offer(std::span<const std::byte>) override {
        ++messages;
        return true;
    }
    void wake(Subscription& subscription, bool) override {
        net::OutputPieces rest;
        Stream& stream = *subscription.stream;
        messages += stream.take(subscription, stream.waiting_bytes(subscription), rest).messages;
    }
    [[nodiscard]] bool drained() const override { return true; }
    void overrun() override {}
    void conflated(std::uint64_t) override {}
    std::uint64_t messages = 0;
};

// All depths that are listed, in these formats.
void publish(benchmark::State& state, const std::vector<std::uint32_t>& depths, const std::vector<Format>& formats) {
    CountingSink sink;
    for (auto _ : state) {
        state.PauseTiming();
        auto publisher = std::make_unique<Publisher>(Publisher::Options{});
        for (std::size_t i = 0; i < flow().begin; ++i) publisher->apply(flow().events[i]);
        std::vector<std::unique_ptr<Subscription>> subscriptions;
        for (const std::uint32_t depth : depths)
            for (const Format format : formats) {
                const VariantKey key{.channel = Channel::orderbook, .depth = depth};
                subscriptions.push_back(std::make_unique<Subscription>(sink, *publisher->find("DEC/USD"), key, format));
                publisher->attach(*subscriptions.back(), std::nullopt);
            }
        state.ResumeTiming();
        std::size_t unflushed = 0;
        for (std::size_t i = flow().begin; i < flow().events.size(); ++i) {
            publisher->apply(flow().events[i]);
            if (++unflushed % 64 == 0) publisher->flush();
        }
        publisher->flush();
        state.PauseTiming();
        for (const auto& subscription : subscriptions) publisher->detach(*subscription);
        publisher.reset();
        state.ResumeTiming();
    }
    per_command(state);
    state.counters["messages_per_command"] =
        static_cast<double>(sink.messages) / static_cast<double>(state.iterations() * kCommands);
}
const std::vector<Format> kMsgpack{Format::msgpack};
const std::vector<Format> kJson{Format::json};
const std::vector<Format> kBoth{Format::json, Format::msgpack};
BENCHMARK_CAPTURE(publish, nobody, {}, {})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(publish, msgpack_20, {20}, kMsgpack)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(publish, json_20, {20}, kJson)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(publish, both_20, {20}, kBoth)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(publish, both_1_20_5000, {1, 20, 5000}, kBoth)->Unit(benchmark::kMillisecond);

// 5,000 levels a side.
void encode_snapshot(benchmark::State& state, Format format) {
    const Market market{{.symbol = Symbol{"DEC/USD"},
                         .instrument = InstrumentId{1u},
                         .tick_scale = 4,
                         .lot_scale = 4,
                         .phase = Phase::trading,
                         .tick_mantissa = 1,
                         .lot_mantissa = 1},
                        "DEC",
                        "USD"};
    BookUpdate update;
    for (std::int64_t i = 0; i < 5'000; ++i) {
        update.bids.push_back({Price{12'345'678 - i}, Quantity{98'765 + i * 7'919}, 1 + static_cast<unsigned>(i) % 40});
        update.asks.push_back({Price{12'345'679 + i}, Quantity{56'789 + i * 7'919}, 1 + static_cast<unsigned>(i) % 40});
    }
    const Envelope envelope{.market = market,
                            .snapshot = true,
                            .epoch = 3,
                            .prev = 0,
                            .seq = 123'456'790,
                            .time = Time{1'700'000'000'123'456'789},
                            .skipped = 0};
    FrameBuffer out;
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto frame = encode_book(out, format, envelope, update, 0xDEADBEEF);
        bytes = frame.size();
        benchmark::DoNotOptimize(frame.data());
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(encode_snapshot, msgpack, Format::msgpack)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(encode_snapshot, json, Format::json)->Unit(benchmark::kMicrosecond);

}  // namespace
