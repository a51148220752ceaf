// What the private channels cost the feed's thread: the events of a real flow of orders (market/command_flow.h) through
// the public feed alone, through the model of accounts alone, and with accounts that somebody listens to. Per event.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "core/core.h"
#include "feed/private_feed.h"
#include "feed/publisher.h"
#include "market/command_flow.h"
#include "model/event_writer.h"
#include "platform/huge_pages.h"

namespace {

using namespace dcx;
using namespace dcx::feed;

constexpr std::uint32_t kCommands = 200'000;
constexpr std::size_t kBatch = 512;

struct FlowEvents {
    std::vector<Event> set_up;
    std::vector<Event> flow;
};

const FlowEvents& events_of(std::uint32_t customers) {
    static std::vector<std::pair<std::uint32_t, std::unique_ptr<FlowEvents>>> made;
    for (const auto& [count, events] : made)
        if (count == customers) return *events;
    auto events = std::make_unique<FlowEvents>();
    market::OrderFlow flow({.customers = customers, .commands = kCommands});
    platform::HugePageMemory memory;
    core::Core core(memory);
    EventBuffer buffer{1u << 14};
    const auto apply = [&](const Command& command, std::vector<Event>& to) {
        buffer.clear();
        core.apply(command, buffer.writer());
        to.insert(to.end(), buffer.events().begin(), buffer.events().end());
    };
    Event restored;
    restored.header.flags = kRestored;
    restored.set(RestoreCompleted{.venue_id = {std::byte{1}}, .epoch = 1, .zero = {}});
    events->set_up.push_back(restored);
    for (const Command& command : flow.set_up()) apply(command, events->set_up);
    for (const Command& command : flow.flow()) apply(command, events->flow);
    made.emplace_back(customers, std::move(events));
    return *made.back().second;
}

struct Listener final : PrivateReader {
    bool tell(std::span<const std::byte> frame, Time) override {
        bytes += frame.size();
        return true;
    }
    [[nodiscard]] bool has_room() const override { return true; }
    void hand_over() override {}
    void lose_key() override {}
    std::uint64_t bytes = 0;
};

template <class Take>
void each_batch(const std::vector<Event>& events, Take&& take) {
    for (std::size_t at = 0; at < events.size(); at += kBatch)
        take(std::span{events}.subspan(at, std::min(kBatch, events.size() - at)));
}

void done(benchmark::State& state, const FlowEvents& events) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events.flow.size()));
    state.counters["ns_an_event"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(events.flow.size()) / 1e9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void public_alone(benchmark::State& state) {
    const FlowEvents& events = events_of(static_cast<std::uint32_t>(state.range(0)));
    for (auto _ : state) {
        state.PauseTiming();
        auto publisher = std::make_unique<Publisher>(Publisher::Options{});
        for (const Event& event : events.set_up) publisher->apply(event);
        state.ResumeTiming();
        for (const Event& event : events.flow) publisher->apply(event);
        state.PauseTiming();
        publisher.reset();
        state.ResumeTiming();
    }
    done(state, events);
}

// range(1): of how many accounts somebody listens to both channels.
void accounts(benchmark::State& state) {
    const FlowEvents& events = events_of(static_cast<std::uint32_t>(state.range(0)));
    std::uint64_t bytes = 0;
    for (auto _ : state) {
        state.PauseTiming();
        FeedCounters counters;
        Listener listener;
        auto feed = std::make_unique<PrivateFeed>(PrivateFeed::Options{}, counters);
        each_batch(events.set_up, [&](std::span<const Event> batch) { feed->apply(batch); });
        std::vector<std::unique_ptr<PrivateSubscription>> subscriptions;
        for (std::uint32_t i = 0; i < state.range(1); ++i)
            for (const Channel channel : {Channel::executions, Channel::balances}) {
                subscriptions.push_back(std::make_unique<PrivateSubscription>());
                PrivateSubscription& subscription = *subscriptions.back();
                subscription.reader = &listener;
                subscription.channel = channel;
                subscription.account = market::account_of(i);
                subscription.format = Format::msgpack;
                feed->attach(subscription, std::nullopt);
            }
        listener.bytes = 0;
        state.ResumeTiming();
        each_batch(events.flow, [&](std::span<const Event> batch) {
            feed->apply(batch);
            feed->hand_over();
        });
        state.PauseTiming();
        bytes = listener.bytes;
        feed.reset();
        state.ResumeTiming();
    }
    done(state, events);
    state.counters["bytes"] = static_cast<double>(bytes);
}

BENCHMARK(public_alone)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(accounts)
    ->Args({1'000, 0})
    ->Args({1'000, 10})
    ->Args({1'000, 1'000})
    ->Args({100'000, 0})
    ->Args({100'000, 1'000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
