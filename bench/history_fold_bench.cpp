// Events into rows, without a store: the shared flow of 100,000 accounts (orders, trades, cancels) and random
// transfers, made by a core, folded in batches of 50,000 rows that are sealed and forgotten. `seal` is the share of the
// time that sorting and copying the batches takes; `rows` are made of one event.
#include <benchmark/benchmark.h>

#include <time.h>

#include <stdexcept>
#include <vector>

#include "core_flow.h"
#include "history/fold.h"
#include "model/event_hash.h"
#include "platform/huge_pages.h"

namespace {

using namespace dcx;
using namespace dcx::bench;

constexpr std::size_t rows_of_a_batch = 50'000;

struct NoRows final : history::StoredRows {
    std::vector<history::TradeRow> trades(InstrumentId, Time, Time) override { throw std::logic_error("no bust"); }
    std::vector<history::TradeBustRow> trade_busts(InstrumentId, Time, Time) override { return {}; }
    std::vector<history::CandleRow> candles(InstrumentId, std::uint32_t, Time, Time) override { return {}; }
};

struct Events {
    std::vector<Event> all;
    std::size_t begin = 0;  // of what is measured
    std::uint64_t hash = 0;
};

Events events_of(const std::vector<Command>& commands, std::size_t begin) {
    platform::HugePageMemory memory;
    core::Core core(memory);
    EventBuffer buffer(1u << 15);
    Events result;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (i == begin) result.begin = result.all.size();
        buffer.clear();
        core.apply(commands[i], buffer.writer());
        result.all.insert(result.all.end(), buffer.events().begin(), buffer.events().end());
    }
    EventHash hash;
    for (const Event& event : result.all) hash.add(event);
    result.hash = hash.value();
    return result;
}

double cpu_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void run(benchmark::State& state, const Events& events) {
    NoRows stored;
    std::size_t rows = 0;
    double sealing = 0;
    double all = 0;
    for (auto _ : state) {
        history::Fold fold(history::StoredState{}, stored);
        rows = 0;
        const auto seal = [&] {
            rows += fold.seal().rows();
            fold.forget();
        };
        for (std::size_t i = 0; i < events.begin; ++i) {
            fold.apply(events.all[i]);
            if (fold.at_boundary() && fold.rows() >= rows_of_a_batch) seal();
        }
        seal();
        rows = 0;
        const double start = cpu_seconds();
        for (std::size_t i = events.begin; i < events.all.size(); ++i) {
            fold.apply(events.all[i]);
            if (!fold.at_boundary() || fold.rows() < rows_of_a_batch) continue;
            const double before = cpu_seconds();
            seal();
            sealing += cpu_seconds() - before;
        }
        seal();
        const double took = cpu_seconds() - start;
        if (fold.cursor().event_hash != events.hash) throw std::runtime_error("not all events were folded");
        state.SetIterationTime(took);
        all += took;
    }
    const std::size_t measured = events.all.size() - events.begin;
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(measured));
    state.counters["rows"] = static_cast<double>(rows) / static_cast<double>(measured);
    state.counters["seal"] = sealing / all;
}

void fold_orders(benchmark::State& state) {
    static const Events events = events_of(flow().script.commands, flow().begin);
    run(state, events);
}

void fold_transfers(benchmark::State& state) {
    static const market::TransferFlow transfers(flow_options);
    static const Events events = events_of(transfers.script.commands, transfers.begin);
    run(state, events);
}

BENCHMARK(fold_orders)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(fold_transfers)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
