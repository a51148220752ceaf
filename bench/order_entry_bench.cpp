// What an order costs from a client's call of send to its report, and how many of them go through, by the whole venue
// (order_entry_venue.h says what is switched off), each beside its floor in the same run. The client's thread has the
// first core and the venue's busy one the last; with two cores the journal's thread shares them with both, so what is
// durable and spins needs three (the suite leaves it out).
//
//     in_flight_memory/tcp_LAYOUT_IDLE, in_flight_disk/…, in_flight_shm/LAYOUT_IDLE   one order at a time. p50, p99 …:
//     from send to heard; floor_…:
//         the same bytes without a venue; bound_p50: what the order's p50 should not be above; stage_…, tail_…: where
//         the time of a trip near the median and near the 99th percentile goes, as the report's stamps tell
//         (order_entry_trips.h)
//     flood/LAYOUT_IDLE_DURABILITY/CONNECTIONS   items a second: commands answered, with a bounded number in flight;
//         client_cpu, venue_cpu: processor time of a command, which idle = spin makes meaningless
//     idle_sessions/COUNT   user memory of an idle session
//
// Times are ns. One iteration is a whole measure with venues of its own. DCX_BENCH_FOLDER: on whose disk.
#include <benchmark/benchmark.h>

#include <numeric>

#include "order_entry_crowd.h"
#include "order_entry_flow.h"
#include "shm_wire.h"

namespace {

using namespace dcx;
using namespace dcx::bench;

constexpr std::size_t kRounds = 3;

void report(benchmark::State& state, const char* prefix, const Nanoseconds& latency) {
    Nanoseconds sorted = latency;
    std::ranges::sort(sorted);
    for (const auto& [name, percent] :
         {std::pair{"p10", 10.0}, {"p50", 50.0}, {"p90", 90.0}, {"p99", 99.0}, {"p99_9", 99.9}})
        state.counters[std::string(prefix) + name] = percentile(sorted, percent);
    state.counters[std::string(prefix) + "max"] = static_cast<double>(sorted.back());
}
void report_stages(benchmark::State& state, const std::vector<Trip>& trips) {
    const auto typical = stages_between(trips, 40, 60);
    const auto tail = stages_between(trips, 98.5, 99.5);
    for (std::size_t stage = 0; stage < kStages; ++stage) {
        state.counters[std::string("stage_") + kStageNames[stage]] = typical[stage];
        state.counters[std::string("tail_") + kStageNames[stage]] = tail[stage];
    }
}
void append(Nanoseconds& to, const Nanoseconds& more) { to.insert(to.end(), more.begin(), more.end()); }

// What fails is told by the benchmark, which is what the suite looks at.
template <class Measure>
void run(benchmark::State& state, Measure&& measure) {
    for (auto _ : state) {
        try {
            measure();
        } catch (const std::exception& e) {
            state.SkipWithError(e.what());
            return;
        }
    }
}

// A venue's life: so many trips over TCP by one session.
void trips_of_a_venue(const Setup& setup, std::size_t count, std::vector<Trip>& trips) {
    const OrderEntryVenue venue(config_of(setup));
    const OnClientCore here;
    WireLink link(TcpPipe::connect(venue.endpoint()), venue.key(0));
    RestAndCancel flow;
    take_trips(link, flow, setup.idle, count, trips);
}
std::optional<unsigned> floor_core(const Setup& setup) {
    return std::string_view(setup.layout) == "single" ? std::optional(cores().venue) : std::nullopt;
}
Nanoseconds tcp_floor(const Setup& setup, std::size_t count) {
    const OnClientCore here;
    const RestAndCancel flow;
    return bare_tcp(count, setup.idle, floor_core(setup), [&](std::size_t i) { return flow.like(i); });
}

// Beside a bare ping-pong of the same bytes and the same way of waiting.
void in_flight_memory(benchmark::State& state, Setup setup) {
    const std::size_t count = setup.idle == Idle::spin ? 20'000 : 4'000;
    run(state, [&] {
        std::vector<Trip> trips;
        Nanoseconds floor;
        for (std::size_t round = 0; round < kRounds; ++round) {
            append(floor, tcp_floor(setup, count));
            trips_of_a_venue(setup, count, trips);
        }
        report(state, "", totals(trips));
        report(state, "floor_", floor);
        state.counters["bound_p50"] = 1.25 * percentile(floor, 50);
        report_stages(state, trips);
        state.SetIterationTime(percentile(totals(trips), 50) / 1e9);
    });
}

// Beside a write and a sync of the same bytes, and the same venue without a journal.
void in_flight_disk(benchmark::State& state, Setup setup) {
    constexpr std::size_t count = 1'000;
    run(state, [&] {
        std::vector<Trip> trips;
        std::vector<Trip> memory;
        Nanoseconds floor;
        for (std::size_t round = 0; round < kRounds; ++round) {
            append(floor, bare_sync(count, parent_folder()));
            setup.durable = false;
            trips_of_a_venue(setup, 4'000, memory);
            setup.durable = true;
            trips_of_a_venue(setup, count, trips);
        }
        report(state, "", totals(trips));
        report(state, "floor_", floor);
        report(state, "memory_", totals(memory));
        state.counters["bound_p50"] = percentile(floor, 50) + 1.3 * percentile(totals(memory), 50);
        report_stages(state, trips);
        state.SetIterationTime(percentile(totals(trips), 50) / 1e9);
    });
}

// Over shared memory, beside a bare ring round trip of the same records and what the core takes for the command.
void in_flight_shm(benchmark::State& state, Setup setup) {
    constexpr std::size_t count = 50'000;
    run(state, [&] {
        std::vector<Trip> trips;
        Nanoseconds ring;
        Nanoseconds core;
        for (std::size_t round = 0; round < kRounds; ++round) {
            {
                const OnClientCore here;
                const RestAndCancel flow;
                append(ring, bare_ring(count, cores().venue, flow.like(0).size(), kReportSize));
                append(core, core_work(count));
            }
            const OrderEntryVenue venue(config_of(setup));
            const OnClientCore here;
            WireLink link(ShmWire(venue.shm(), setup.idle), venue.key(0));
            RestAndCancel flow;
            take_trips(link, flow, setup.idle, count, trips);
        }
        report(state, "", totals(trips));
        report(state, "floor_", ring);
        report(state, "core_", core);
        state.counters["bound_p50"] = 3 * percentile(ring, 50) + percentile(core, 50);
        state.counters["bound_p99"] = 5 * percentile(totals(trips), 50);
        report_stages(state, trips);
        state.SetIterationTime(percentile(totals(trips), 50) / 1e9);
    });
}

constexpr Setup kSingleSpin{.layout = "single", .idle = Idle::spin};
constexpr Setup kSinglePolite{.layout = "single", .idle = Idle::polite};
constexpr Setup kSplitPolite{.layout = "split", .idle = Idle::polite};
BENCHMARK_CAPTURE(in_flight_memory, tcp_single_spin, kSingleSpin)->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(in_flight_shm, single_spin, kSingleSpin)->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(in_flight_memory, tcp_single_polite, kSinglePolite)->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(in_flight_memory, tcp_split_polite, kSplitPolite)->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(in_flight_disk, tcp_single_spin, kSingleSpin)->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(in_flight_disk, tcp_single_polite, kSinglePolite)->Iterations(1)->UseManualTime();

// ---- many in flight

// Of the calling thread and of the whole process, in ns.
struct CpuTime {
    double thread = 0;
    double process = 0;

    static CpuTime now() { return {of(CLOCK_THREAD_CPUTIME_ID), of(CLOCK_PROCESS_CPUTIME_ID)}; }
    CpuTime operator-(const CpuTime& before) const { return {thread - before.thread, process - before.process}; }

  private:
    static double of(clockid_t clock) {
        timespec time{};
        ::clock_gettime(clock, &time);
        return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
    }
};

struct Flood {
    std::uint32_t commands = 1'000'000;
    std::size_t batch = 128;
    std::size_t window = 8'192;
};

// The first tenth is not timed: books and caches fill, buffers grow.
void flood(benchmark::State& state, Setup setup, Flood load) {
    const auto connections = static_cast<std::size_t>(state.range(0));
    run(state, [&] {
        const OrderEntryVenue venue(config_of(setup), connections);
        const OnClientCore here;
        std::vector<WireLink<TcpPipe>> links;
        std::vector<Negotiated> sessions;
        links.reserve(connections);
        for (std::size_t i = 0; i < connections; ++i) {
            sessions.push_back(links.emplace_back(TcpPipe::connect(venue.endpoint()), venue.key(i)).session());
            // With one session an account's orders meet its own.
            links.back().put(
                make_command_frame(SetSelfTradeRule{.account = sessions.back().account, .rule = SelfTradeRule::none},
                                   Time{}, sessions.back().next_incoming++)
                    .bytes());
            (void)links.back().take_frame(Idle::polite);
        }
        const std::vector<Frames> frames = make_frames(sessions, load.commands);
        std::vector<Lane<TcpPipe>> lanes;
        lanes.reserve(connections);
        std::vector<pollfd> descriptors;
        for (std::size_t i = 0; i < connections; ++i) {
            lanes.emplace_back(links[i], frames[i]);
            descriptors.push_back({.fd = lanes.back().fd(), .events = POLLIN, .revents = 0});
        }
        std::int64_t start = 0;
        std::size_t before = 0;
        CpuTime cpu;
        for (std::size_t answered = 0; answered < load.commands;) {
            bool worked = false;
            for (Lane<TcpPipe>& lane : lanes) worked |= lane.offer(load.batch, load.window / connections);
            for (Lane<TcpPipe>& lane : lanes) worked |= lane.hear();
            if (!worked && setup.idle == Idle::polite) (void)::poll(descriptors.data(), descriptors.size(), 1);
            if (!worked && setup.idle == Idle::spin) platform::relax_cpu();
            answered = 0;
            for (const Lane<TcpPipe>& lane : lanes) answered += lane.answered();
            if (start == 0 && answered >= load.commands / 10) {
                start = steady_ns();
                before = answered;
                cpu = CpuTime::now();
            }
        }
        const double seconds = static_cast<double>(steady_ns() - start) / 1e9;
        const CpuTime used = CpuTime::now() - cpu;
        const auto timed = static_cast<double>(load.commands - before);
        state.counters["client_cpu"] = used.thread / timed;
        state.counters["venue_cpu"] = (used.process - used.thread) / timed;
        std::uint64_t reports = 0;
        for (const Lane<TcpPipe>& lane : lanes) reports += lane.reports();
        state.SetIterationTime(seconds);
        state.SetItemsProcessed(static_cast<std::int64_t>(load.commands - before));
        state.counters["wanted"] = connections == 1 ? 1.5e6 : 2e6;
        state.counters["reports_a_command"] = static_cast<double>(reports) / static_cast<double>(load.commands);
    });
}
constexpr Setup kSingleSpinDisk{.layout = "single", .idle = Idle::spin, .durable = true};
constexpr Setup kSinglePoliteDisk{.layout = "single", .idle = Idle::polite, .durable = true};
constexpr Setup kSplitPoliteDisk{.layout = "split", .idle = Idle::polite, .durable = true};
#define FLOOD(name, setup) \
    BENCHMARK_CAPTURE(flood, name, setup, Flood{})->Arg(1)->Arg(8)->Iterations(1)->UseManualTime()
FLOOD(single_spin_memory, kSingleSpin);
FLOOD(single_polite_memory, kSinglePolite);
FLOOD(split_polite_memory, kSplitPolite);
FLOOD(single_spin_disk, kSingleSpinDisk);
FLOOD(single_polite_disk, kSinglePoliteDisk);
FLOOD(split_polite_disk, kSplitPoliteDisk);

// ---- idle sessions

// `size`: heap that the venue's process holds for each of so many established sessions, its tables grown to them.
void idle_sessions(benchmark::State& state) {
    const auto sessions = static_cast<std::uint32_t>(state.range(0));
    run(state, [&] {
        raise_descriptor_limit();
        if (descriptor_limit() < sessions + 256) throw std::runtime_error("too few descriptors: raise ulimit -n");
        Crowd crowd;
        app::Config config = config_of(kSinglePolite);
        config.capacity.sessions = sessions + 64;
        config.gateway.max_connections = sessions + 64;
        const OrderEntryVenue venue(config);
        const WireLink first(TcpPipe::connect(venue.endpoint()), venue.key(0), sessions + 1);
        const std::int64_t before = heap_bytes();
        const std::int64_t start = steady_ns();
        crowd.log_in(venue.endpoint(), venue.key(0), sessions);
        state.SetIterationTime(static_cast<double>(steady_ns() - start) / 1e9);
        state.counters["size"] = static_cast<double>(heap_bytes() - before) / sessions;
        state.counters["bound_size"] = 1024;
    });
}
BENCHMARK(idle_sessions)->Arg(10'000)->Iterations(1)->UseManualTime();

}  // namespace
