// The feed without sockets: what it costs to encode a message once, and to follow the events. What it costs to hand one
// message to many connections is in feed_fan_out_bench.cpp.
#include <benchmark/benchmark.h>

#include <memory>

#include "base/random.h"
#include "feed/market_messages.h"
#include "feed/publisher.h"
#include "feed/test_venue.h"

namespace {

using namespace dcx;
using namespace dcx::feed;
using feed::testing::TestVenue;

// ---- encoding

void encode_delta(benchmark::State& state, Format format) {
    const auto levels = static_cast<std::size_t>(state.range(0));
    const Market market{TestVenue::listing(InstrumentId{1u}, "DEC/USD"), "DEC", "USD"};
    BookUpdate update;
    for (std::size_t i = 0; i < levels; ++i) {
        auto& side = i % 2 == 0 ? update.bids : update.asks;
        side.push_back({Price{12'345'678 + static_cast<std::int64_t>(i)}, Quantity{98'765l}, 7});
    }
    Envelope envelope{.market = market,
                      .snapshot = false,
                      .epoch = 3,
                      .prev = 123'456'789,
                      .seq = 123'456'790,
                      .time = Time{1'700'000'000'123'456'789},
                      .skipped = 0};
    FrameBuffer out;
    std::size_t bytes = 0;
    for (auto _ : state) {
        envelope.prev = envelope.seq++;
        const auto frame = encode_book(out, format, envelope, update, 0xDEADBEEF);
        bytes = frame.size();
        benchmark::DoNotOptimize(frame.data());
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes"] = static_cast<double>(bytes);
    state.counters["wanted"] = format == Format::json ? 2e6 : 5e6;
}
BENCHMARK_CAPTURE(encode_delta, msgpack, Format::msgpack)->Arg(1)->Arg(2)->Arg(10);
BENCHMARK_CAPTURE(encode_delta, json, Format::json)->Arg(1)->Arg(2)->Arg(10);

// ---- following the events

struct CountingSink final : FrameSink {
    bool offer(std::span<const std::byte> frame) override {
        bytes += frame.size();
        return true;
    }
    void wake(Subscription& subscription, bool) override {
        const std::size_t waiting = subscription.stream->waiting_bytes(subscription);
        net::OutputPieces rest;
        if (waiting > 0) subscription.stream->take(subscription, waiting, rest);
        bytes += waiting;
    }
    bool drained() const override { return true; }
    void overrun() override {}
    void conflated(std::uint64_t) override {}
    std::uint64_t bytes = 0;
};

// Random commands applied to book and one variant of depth `range(0)` (0: nobody listens); time per command.
void follow_events(benchmark::State& state) {
    TestVenue venue;
    venue.start();
    const std::size_t restored = venue.events.size();
    Random random{1};
    constexpr std::size_t commands = 20'000;
    for (std::size_t i = 0; i < commands; ++i) venue.random_command(random);
    const auto depth = static_cast<std::uint32_t>(state.range(0));
    std::uint64_t bytes = 0;
    for (auto _ : state) {
        state.PauseTiming();
        auto publisher = std::make_unique<Publisher>(Publisher::Options{});
        for (std::size_t i = 0; i < restored; ++i) publisher->apply(venue.events[i]);
        CountingSink sink;
        Subscription subscription{sink, *publisher->find("DEC/USD"), {Channel::orderbook, depth, 0}, Format::msgpack};
        if (depth > 0) publisher->attach(subscription, std::nullopt);
        state.ResumeTiming();
        for (std::size_t i = restored; i < venue.events.size(); ++i) publisher->apply(venue.events[i]);
        publisher->flush();
        state.PauseTiming();
        bytes = sink.bytes;
        publisher->detach(subscription);
        publisher.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(commands));
    state.counters["bytes_per_command"] = static_cast<double>(bytes) / commands;
}
BENCHMARK(follow_events)->Arg(0)->Arg(1)->Arg(20)->Arg(5000)->Unit(benchmark::kMillisecond);

}  // namespace
