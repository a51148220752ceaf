// The engine end to end without a network: submissions with money in through a gateway's ring, every event out through
// a reader, on one thread; the journal, when there is one, on a thread of its own. Read them beside each other in one
// run:
//     core_and_hash    the same commands straight into the core, events hashed: what the engine adds to
//     engine_memory    no journal
//     engine_durable   every event shown only when its command is on disk
//     engine_audited   and a second core that follows the journal on one more thread: the venue as it ships
//     replay           of that journal: recovery's work, without its repairs
// Journals lie in DCX_BENCH_FOLDER, else in the temporary folder.
#include <benchmark/benchmark.h>

#include <chrono>
#include <stdexcept>

#include "engine/past.h"
#include "engine_venue.h"

namespace {

using namespace dcx;
using namespace dcx::bench;
using Kind = EngineVenue::Kind;

constexpr std::uint32_t flow_size = 1'000'000;

// The same on every run but for the ids of the first mints, which hold the time.
const market::OrderFlow& flow() {
    static const market::OrderFlow instance(
        {.commands = flow_size, .max_transfer_ids = 1u << 16, .start_ns = platform::SystemClock().wall_ns()});
    return instance;
}

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void count_commands(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flow_size));
}

void core_and_hash(benchmark::State& state) {
    for (auto _ : state) {
        platform::HugePageMemory memory;
        core::Core core(memory);
        engine::LogReplay replay(core);
        const auto apply = [&](const Command& command) {
            replay.forget_events();
            if (!replay.apply(command)) throw std::runtime_error(replay.error());
        };
        for (const Command& command : flow().set_up()) apply(command);
        const auto start = Clock::now();
        for (const Command& command : flow().flow()) apply(command);
        state.SetIterationTime(since(start));
        if (const auto broken = core.check_invariants(); !broken.empty()) throw std::runtime_error(broken);
    }
    count_commands(state);
}

void engine_run(benchmark::State& state, Kind kind) {
    double commands_per_sync = 0;
    for (auto _ : state) {
        EngineVenue venue(kind, flow().set_up());
        const auto start = Clock::now();
        venue.run(flow().flow());
        state.SetIterationTime(since(start));
        venue.stop();
        if (kind != Kind::memory) commands_per_sync = venue.commands_per_sync();
    }
    if (kind != Kind::memory) state.counters["commands_per_sync"] = commands_per_sync;
    count_commands(state);
}
void engine_memory(benchmark::State& state) { engine_run(state, Kind::memory); }
void engine_durable(benchmark::State& state) { engine_run(state, Kind::durable); }
void engine_audited(benchmark::State& state) { engine_run(state, Kind::audited); }

void replay(benchmark::State& state) {
    EngineVenue venue(Kind::durable, flow().set_up());
    venue.run(flow().flow());
    venue.stop();
    const auto storage = venue.folder().storage();
    std::uint64_t commands = 0;
    for (auto _ : state) {
        platform::HugePageMemory memory;
        const auto log = engine::replay_past(*storage, memory);
        if (!log) throw std::runtime_error(log.error());
        state.SetIterationTime(log->seconds);
        commands = log->commands;
    }
    if (commands < flow().script.commands.size()) throw std::runtime_error("the journal lacks commands");
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(commands));
}

BENCHMARK(core_and_hash)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(engine_memory)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(engine_durable)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(engine_audited)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(replay)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
