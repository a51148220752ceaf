// How long one command takes the core, at half of the rate that it can sustain: commands come by the clock (open loop),
// so one that is late makes those behind it late too, and that counts in `response`. `work` is from the start of a
// command to its end. Beside it, in turn, the same loop without a core, in which a command is a wait of the core's
// median time: what it shows is the machine's. Runs on the last processor core that it may use; everything in
// nanoseconds.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "core_flow.h"
#include "platform/huge_pages.h"

namespace {

using namespace dcx;
using namespace dcx::bench;
using Clock = std::chrono::steady_clock;

std::int64_t now_ns() { return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count(); }

struct Venue {
    Venue() : core(memory), events(1u << 17) {
        for (std::size_t i = 0; i < flow().begin; ++i) apply(flow().script.commands[i]);
    }
    void apply(const Command& command) {
        // As in the event ring: the slots are always the next ones.
        core.apply(command, events.writer());
    }

    platform::HugePageMemory memory;
    core::Core core;
    EventBuffer events;
};

std::span<const Command> timed_commands() { return std::span(flow().script.commands).subspan(flow().begin); }

double commands_per_second() {
    Venue venue;
    const std::int64_t start = now_ns();
    for (const Command& command : timed_commands()) venue.apply(command);
    return static_cast<double>(timed_commands().size()) * 1e9 / static_cast<double>(now_ns() - start);
}

struct Times {
    std::vector<std::int64_t> work;      // from the start of the work to its end
    std::vector<std::int64_t> response;  // from when it was due to its end
};

template <class Work>
void run(double rate, Work&& work, Times& times) {
    const double gap_ns = 1e9 / rate;
    const std::int64_t start = now_ns() + 1'000'000;
    for (std::size_t i = 0; i < timed_commands().size(); ++i) {
        const std::int64_t due = start + static_cast<std::int64_t>(static_cast<double>(i) * gap_ns);
        std::int64_t begun = now_ns();
        while (begun < due) begun = now_ns();
        work(timed_commands()[i]);
        const std::int64_t done = now_ns();
        times.work.push_back(done - begun);
        times.response.push_back(done - due);
    }
}

void pin_to_last_core() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    unsigned last = 0;
    for (unsigned core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &allowed)) last = core;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    ::sched_setaffinity(0, sizeof one, &one);
}

void report(benchmark::State& state, std::vector<std::int64_t> ns) {
    std::ranges::sort(ns);
    const auto at = [&](double part) {
        return static_cast<double>(ns[static_cast<std::size_t>(part * static_cast<double>(ns.size() - 1))]);
    };
    state.counters["p50"] = at(0.5);
    state.counters["p99"] = at(0.99);
    state.counters["p99_9"] = at(0.999);
    state.counters["max"] = static_cast<double>(ns.back());
    state.counters["above_50us"] = static_cast<double>(ns.end() - std::ranges::upper_bound(ns, std::int64_t{50'000}));
    state.counters["p99_9_to_p50"] = at(0.999) / at(0.5);
}

// Both in turn, once for all four lines of the report.
struct Readings {
    Times core;
    Times empty;
};
const Readings& readings() {
    static const Readings taken = [] {
        pin_to_last_core();
        const double rate = commands_per_second() / 2;
        Readings r;
        constexpr std::size_t rounds = 5;
        for (Times* times : {&r.core, &r.empty}) {
            // Touched beforehand: neither growth nor a fresh page falls into the loop.
            times->work.assign(rounds * timed_commands().size(), 0);
            times->response.assign(rounds * timed_commands().size(), 0);
            times->work.clear();
            times->response.clear();
        }
        for (std::size_t round = 0; round < rounds; ++round) {
            {
                Venue venue;
                run(rate, [&](const Command& command) { venue.apply(command); }, r.core);
                if (const auto broken = venue.core.check_invariants(); !broken.empty())
                    throw std::runtime_error(broken);
            }
            auto sorted = r.core.work;
            std::ranges::sort(sorted);
            const std::int64_t wait_ns = sorted[sorted.size() / 2];
            run(
                rate,
                [&](const Command&) {
                    for (const auto end = now_ns() + wait_ns; now_ns() < end;) {
                    }
                },
                r.empty);
        }
        return r;
    }();
    return taken;
}

void core_work(benchmark::State& state) {
    for (auto _ : state) report(state, readings().core.work);
}
void core_response(benchmark::State& state) {
    for (auto _ : state) report(state, readings().core.response);
}
void empty_loop_work(benchmark::State& state) {
    for (auto _ : state) report(state, readings().empty.work);
}
void empty_loop_response(benchmark::State& state) {
    for (auto _ : state) report(state, readings().empty.response);
}

BENCHMARK(core_work)->Iterations(1);
BENCHMARK(core_response)->Iterations(1);
BENCHMARK(empty_loop_work)->Iterations(1);
BENCHMARK(empty_loop_response)->Iterations(1);

}  // namespace
