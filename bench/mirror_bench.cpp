// The book mirror: what it costs its writer, beside a feed that keeps the books anyway and alone, and how soon a reader
// on another core sees an event that the ring shows. What was mirrored is compared with the book at the end of each.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "base/memory.h"
#include "base/random.h"
#include "client/mirror_reader.h"
#include "feed/mirror_file.h"
#include "feed/mirror_writer.h"
#include "feed/publisher.h"
#include "feed/test_venue.h"
#include "platform/huge_pages.h"
#include "ring/broadcast_ring.h"

namespace {

using namespace dcx;
using namespace dcx::feed;
using feed::testing::TestVenue;

constexpr const char* kPath = "/dev/shm/dcx-bench.mirror";

void require(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "mirror_bench: %s\n", what);
    std::exit(1);
}

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// A venue's events: what comes before RestoreCompleted, and random commands.
struct Flow {
    explicit Flow(std::size_t commands) {
        venue.start();
        restored = venue.events.size();
        Random random{1};
        for (std::size_t i = 0; i < commands; ++i) venue.random_command(random);
    }
    TestVenue venue;
    std::size_t restored = 0;
};

struct Mirror {
    explicit Mirror(std::uint32_t levels)
        : options{.levels = levels, .capacity = 1}, file(make(options)), writer(file.words(), options) {
        require(file.publish().has_value(), "the mirror has no name");
    }
    static MirrorFile make(const MirrorWriter::Options& options) {
        auto file = MirrorFile::create(kPath, MirrorWriter::bytes(options));
        require(file.has_value(), "no mirror");
        return std::move(*file);
    }
    MirrorWriter::Options options;
    MirrorFile file;
    MirrorWriter writer;
};

void require_same(const client::MirrorReader& reader, feed::testing::NaiveBook& book, std::uint64_t sequence) {
    client::MirrorBook shown;
    require(reader.read(0, shown), "no whole book");
    require(reader.sequence().value == sequence, "the mirror is not at the end");
    for (const Side side : {Side::buy, Side::sell}) {
        const auto lines = book.lines(side, reader.header().levels);
        const auto& levels = side == Side::buy ? shown.bids : shown.asks;
        bool same = lines.size() == levels.size();
        for (std::size_t i = 0; same && i < lines.size(); ++i)
            same = lines[i].price == levels[i].price.value && lines[i].quantity == levels[i].quantity.value &&
                   lines[i].orders == levels[i].orders;
        require(same, "the mirror is not the book");
    }
}

// Time per event of a publisher that nobody listens to; `levels` 0: without a mirror. The difference of the two is the
// mirror's cost, the one with it the cost of a thread of its own. `reader`: somebody spins on the book meanwhile.
void follow(benchmark::State& state, std::uint32_t levels, bool reader) {
    static Flow flow(20'000);
    const auto& events = flow.venue.events;
    for (auto _ : state) {
        state.PauseTiming();
        auto mirror = levels > 0 ? std::make_unique<Mirror>(levels) : nullptr;
        auto publisher =
            std::make_unique<Publisher>(Publisher::Options{.mirror = mirror == nullptr ? nullptr : &mirror->writer});
        for (std::size_t i = 0; i < flow.restored; ++i) publisher->apply(events[i]);
        std::atomic<bool> stop{false};
        std::thread spinner;
        if (reader)
            spinner = std::thread([&] {
                auto map = client::MirrorReader::open(kPath);
                client::MirrorBook book;
                while (!stop.load(std::memory_order_relaxed)) benchmark::DoNotOptimize(map->read(0, book));
            });
        state.ResumeTiming();
        for (std::size_t i = flow.restored; i < events.size(); ++i) publisher->apply(events[i]);
        state.PauseTiming();
        stop.store(true);
        if (spinner.joinable()) spinner.join();
        if (mirror != nullptr) {
            const auto map = client::MirrorReader::open(kPath);
            require(map.has_value(), "no map");
            require_same(*map, flow.venue.book(), flow.venue.sequence());
        }
        publisher.reset();
        mirror.reset();
        state.ResumeTiming();
    }
    const auto each = static_cast<double>(events.size() - flow.restored);
    state.counters["per_event"] =
        benchmark::Counter(each, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(follow, books_alone, 0, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(follow, and_5_levels, 5, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(follow, and_20_levels, 20, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(follow, and_20_levels_watched, 20, true)->Unit(benchmark::kMillisecond);

void read_whole_book(benchmark::State& state) {
    Flow flow(2'000);
    Mirror mirror(static_cast<std::uint32_t>(state.range(0)));
    Publisher publisher{{.mirror = &mirror.writer}};
    for (const Event& event : flow.venue.events) publisher.apply(event);
    const auto map = client::MirrorReader::open(kPath);
    require(map.has_value(), "no map");
    client::MirrorBook book;
    for (auto _ : state) benchmark::DoNotOptimize(map->read(0, book));
    require_same(*map, flow.venue.book(), flow.venue.sequence());
}
BENCHMARK(read_whole_book)->Arg(1)->Arg(20);

// From just before an event is published in the ring to when a reader that spins on another core has the whole book
// with it. One thread publishes and mirrors, the other one reads: two cores.
void ring_to_reader(benchmark::State& state) {
    constexpr std::size_t rounds = 20'000;
    std::vector<std::int64_t> delays;
    for (auto _ : state) {
        Flow flow(0);
        Mirror mirror(20);
        Publisher publisher{{.mirror = &mirror.writer}};
        platform::HugePageMemory memory;
        ring::BroadcastRing<Event> ring(1024, memory);
        auto& source = ring.add_reader();
        for (const Event& event : flow.venue.events) publisher.apply(event);
        std::vector<std::int64_t> seen(rounds, 0);
        std::atomic<std::uint64_t> at{0};
        std::thread reader([&] {
            auto map = client::MirrorReader::open(kPath);
            client::MirrorBook book;
            std::uint64_t guard = map->guard(0);
            at.store(1, std::memory_order_release);
            for (std::size_t i = 0; i < rounds; ++i) {
                require(map->wait(0, guard, std::uint64_t{1} << 33), "nothing came");
                require(map->read(0, book), "no whole book");
                seen[i] = now_ns();
                guard = book.head.guard;
                require(book.bids.size() == 1 && book.bids[0].quantity.value == static_cast<std::int64_t>(i + 1),
                        "another book than was written");
                at.store(i + 2, std::memory_order_release);
            }
        });
        std::vector<std::int64_t> sent(rounds);
        for (std::size_t i = 0; i < rounds; ++i) {
            const std::size_t before = flow.venue.events.size();
            require(ring.has_room(8), "the ring is full");
            flow.venue.place(Side::buy, 100, 1);
            while (at.load(std::memory_order_acquire) != i + 1) platform::relax_cpu();
            // What the reader did with the last one is over.
            for (const std::int64_t until = now_ns() + 500; now_ns() < until;) platform::relax_cpu();
            for (std::size_t event = before; event < flow.venue.events.size(); ++event)
                ring.slot(ring.position() + event - before) = flow.venue.events[event];
            const ring::Position end = ring.position() + flow.venue.events.size() - before;
            sent[i] = now_ns();
            ring.publish(end);
            const auto events = source.peek();
            for (const Event& event : events) publisher.apply(event);
            source.release(events.size());
        }
        reader.join();
        for (std::size_t i = rounds / 10; i < rounds; ++i) delays.push_back(seen[i] - sent[i]);
    }
    std::ranges::sort(delays);
    const auto at = [&](double part) {
        return static_cast<double>(delays[static_cast<std::size_t>(part * static_cast<double>(delays.size() - 1))]);
    };
    state.counters["p50_ns"] = at(0.5);
    state.counters["p90_ns"] = at(0.9);
    state.counters["p99_ns"] = at(0.99);
}
BENCHMARK(ring_to_reader)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
