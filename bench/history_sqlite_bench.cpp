// The SQLite store under the rows of a busy venue (history_flow.h): rows a second that commit() takes, sustained over a
// file of millions of rows, by the size of a batch. Making the rows is not measured. The file lies in build/ or where
// DCX_BENCH_FOLDER says: a real disk.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "history/row_reader.h"
#include "history/store.h"
#include "history_flow.h"

namespace dcx {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

class File {
  public:
    File() {
        const char* told = std::getenv("DCX_BENCH_FOLDER");
        folder_ = std::string(told != nullptr ? told : ".") + "/history-bench-" + std::to_string(::getpid());
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    ~File() { fs::remove_all(folder_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] history::StoreOptions options() const {
        return {.kind = "sqlite", .url = folder_ + "/history.sqlite"};
    }
    [[nodiscard]] double bytes() const {
        std::uintmax_t sum = 0;
        for (const auto& entry : fs::directory_iterator(folder_)) sum += entry.file_size();
        return static_cast<double>(sum);
    }

  private:
    std::string folder_;
};

void commit(benchmark::State& state) {
    const auto rows_a_batch = static_cast<std::size_t>(state.range(0));
    const File file;
    const auto store = history::make_store(file.options());
    store->open();
    HistoryFlow flow;
    std::size_t rows = 0;
    double cpu = 0;
    double worst = 0;
    for (auto _ : state) {
        const history::RowBatch& batch = flow.next(rows_a_batch);
        const double cpu_before = cpu_seconds();
        const auto start = Clock::now();
        store->commit(batch, flow.units());
        const double took = seconds_since(start);
        cpu += cpu_seconds() - cpu_before;
        state.SetIterationTime(took);
        worst = std::max(worst, took);
        rows += batch.rows();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(rows));
    state.counters["wanted"] = 200e3;
    state.counters["rows"] = static_cast<double>(rows);
    state.counters["rows_per_cpu_s"] = static_cast<double>(rows) / cpu;
    state.counters["bytes_per_row"] = file.bytes() / static_cast<double>(rows);
    state.counters["worst_ms"] = 1e3 * worst;
}
// 5.5 M rows; then the sizes of batches that a store which keeps up gets.
BENCHMARK(commit)->Arg(50'000)->Iterations(110)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(commit)->Arg(10'000)->Iterations(150)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(commit)->Arg(2'000)->Iterations(300)->UseManualTime()->Unit(benchmark::kMillisecond);

// What a start reads: 1,000 accounts, 20,000 open orders, behind 1.5 M rows. And taking them all away again.
void load(benchmark::State& state) {
    const File file;
    const auto store = history::make_store(file.options());
    store->open();
    HistoryFlow flow;
    for (int i = 0; i < 30; ++i) store->commit(flow.next(50'000), flow.units());
    std::size_t open_orders = 0;
    for (auto _ : state) open_orders = store->load().open_orders.size();
    state.counters["open_orders"] = static_cast<double>(open_orders);
    const auto start = Clock::now();
    const std::uint64_t pruned = store->prune(history::Day{100'000});
    state.counters["pruned_rows_per_s"] = static_cast<double>(pruned) / seconds_since(start);
    state.counters["bytes_left"] = file.bytes();
}
BENCHMARK(load)->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace dcx
