// The journal on this machine's disk, synced and written directly: group commit against a bare loop of pwrite and
// fdatasync that writes the same bytes into the same kind of file, saturated and at fixed rates; replay by memory map
// against reading the same bytes; a tail against that.
//
// The folder is a new one in the system's temporary folder, or in $DCX_BENCH_FOLDER: what lies in memory (tmpfs) says
// nothing about a disk. Run with --benchmark_enable_random_interleaving to compare commit and bare loop fairly.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/crc32c.h"
#include "journal/disk_storage.h"
#include "journal/read_ahead.h"
#include "journal/recovery.h"
#include "journal/tail.h"
#include "journal/writer.h"

namespace dcx::journal {
namespace {

class BenchFolder {
  public:
    explicit BenchFolder(SyncMode sync = SyncMode::fdatasync) {
        const char* told = std::getenv("DCX_BENCH_FOLDER");
        const std::filesystem::path parent = told != nullptr ? told : std::filesystem::temp_directory_path();
        path_ = (parent / "dcx-journal-bench-XXXXXX").string();
        DCX_CHECK(::mkdtemp(path_.data()) != nullptr);
        storage_ = std::move(*DiskStorage::open(path_, {.sync = sync}));
    }
    ~BenchFolder() {
        storage_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    BenchFolder(const BenchFolder&) = delete;
    BenchFolder& operator=(const BenchFolder&) = delete;
    Storage& storage() { return *storage_; }

  private:
    std::string path_;
    std::unique_ptr<DiskStorage> storage_;
};

// Durations of single commits, told as p50 and p99 in microseconds.
class Latencies {
  public:
    Latencies() { samples_.reserve(std::size_t{1} << 20); }
    template <class Work>
    void time(Work work) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        samples_.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    void tell(benchmark::State& state) {
        if (samples_.empty()) return;
        std::sort(samples_.begin(), samples_.end());
        state.counters["p50_us"] = samples_[samples_.size() / 2];
        state.counters["p99_us"] = samples_[samples_.size() * 99 / 100];
        state.counters["max_us"] = samples_.back();
    }

  private:
    std::vector<double> samples_;
};

std::vector<Command> commands_of(std::size_t count) {
    std::vector<Command> commands(count);
    for (std::size_t i = 0; i < count; ++i)
        commands[i] = Command::make(PlaceOrder{.cl_ord_id = ClOrdId{i}, .price = Price{100 + std::int64_t(i % 7)}});
    return commands;
}

void number(std::vector<Command>& commands, std::uint64_t first) {
    for (Command& command : commands) command.header.sequence = Sequence{first++};
}

std::unique_ptr<Writer> new_journal(Storage& storage, const WriterOptions& options = {}) {
    const auto recovery = recover(storage);
    DCX_CHECK(recovery.has_value());
    auto writer = Writer::open(storage, *recovery, options);
    DCX_CHECK(writer.has_value());
    return std::move(*writer);
}

// One iteration: a batch of range(0) commands becomes durable. Rolls to new segments included.
void group_commit(benchmark::State& state, SyncMode sync) {
    const auto count = static_cast<std::size_t>(state.range(0));
    BenchFolder folder{sync};
    const auto writer = new_journal(folder.storage());
    auto commands = commands_of(count);
    Latencies latencies;
    for (auto _ : state) {
        number(commands, writer->durable().value + 1);
        latencies.time([&] {
            DCX_CHECK(writer->append(commands) == count);
            DCX_CHECK(writer->commit(Time{}).has_value());
        });
    }
    latencies.tell(state);
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * (state.range(0) + 1) * 128);
}

// The floor: the same bytes into a file zeroed ahead, from its beginning again when it is full. No checksums, no chain,
// no new files.
void bare_write_and_sync(benchmark::State& state) {
    const std::size_t size = (static_cast<std::size_t>(state.range(0)) + 1) * 128;
    BenchFolder folder;
    const auto file = folder.storage().create("bare", kDefaultSegmentSize);
    DCX_CHECK(file.has_value());
    std::vector<std::byte> bytes(size, std::byte{1});
    std::uint64_t offset = 0;
    Latencies latencies;
    for (auto _ : state) {
        latencies.time([&] {
            DCX_CHECK((*file)->write(offset, bytes).has_value());
            DCX_CHECK((*file)->sync().has_value());
        });
        offset += size;
        if (offset + size > kDefaultSegmentSize) offset = 0;
    }
    latencies.tell(state);
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void batch_sizes(benchmark::internal::Benchmark* bench) {
    for (const std::int64_t count : {1, 31, 511, 4095, 8191}) bench->Arg(count);
    bench->UseRealTime()->Unit(benchmark::kMicrosecond)->MinTime(1);
}
BENCHMARK_CAPTURE(group_commit, fdatasync, SyncMode::fdatasync)->Apply(batch_sizes);
BENCHMARK_CAPTURE(group_commit, direct, SyncMode::direct)->Apply(batch_sizes);
BENCHMARK(bare_write_and_sync)->Apply(batch_sizes);

// One iteration: a second in which commands arrive at range(0) a second, each batch taking what is there. Latencies are
// each command's, from its arrival to its being durable. `commit(first, count)` makes them durable.
template <class Commit>
void arrive_at_rate(benchmark::State& state, const Commit& commit) {
    using clock = std::chrono::steady_clock;
    const double rate = static_cast<double>(state.range(0));
    std::vector<double> latencies;
    std::uint64_t batches = 0;
    for (auto _ : state) {
        const auto begin = clock::now();
        const auto seconds = [&] { return std::chrono::duration<double>(clock::now() - begin).count(); };
        const auto total = static_cast<std::uint64_t>(rate);
        for (std::uint64_t done = 0; done < total;) {
            const auto arrived = std::min<std::uint64_t>(total, static_cast<std::uint64_t>(seconds() * rate));
            if (arrived == done) continue;
            const auto count = std::min<std::uint64_t>(arrived - done, kMaxBatchCommands);
            commit(count);
            const double now = seconds();
            for (std::uint64_t i = done; i < done + count; ++i)
                latencies.push_back((now - static_cast<double>(i + 1) / rate) * 1e6);
            done += count;
            ++batches;
        }
    }
    const auto at = [&](double part) {
        const auto nth =
            latencies.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(latencies.size() - 1));
        std::nth_element(latencies.begin(), nth, latencies.end());
        return *nth;
    };
    state.counters["p50_us"] = at(0.5);
    state.counters["p99_us"] = at(0.99);
    state.counters["a_batch"] = static_cast<double>(latencies.size()) / static_cast<double>(batches);
    state.SetItemsProcessed(static_cast<std::int64_t>(latencies.size()));
}

void commit_at_rate(benchmark::State& state, SyncMode sync) {
    BenchFolder folder{sync};
    const auto writer = new_journal(folder.storage());
    auto commands = commands_of(kMaxBatchCommands);
    arrive_at_rate(state, [&](std::uint64_t count) {
        number(commands, writer->durable().value + 1);
        DCX_CHECK(writer->append(std::span{commands}.first(count)) == count);
        DCX_CHECK(writer->commit(Time{}).has_value());
    });
}

void bare_at_rate(benchmark::State& state) {
    BenchFolder folder;
    const auto file = folder.storage().create("bare", kDefaultSegmentSize);
    DCX_CHECK(file.has_value());
    for (std::uint64_t offset = 0; offset < kDefaultSegmentSize; offset += 1 << 18)
        DCX_CHECK((*file)->zero_ahead(offset, 1 << 18).has_value());
    std::vector<std::byte> bytes((kMaxBatchCommands + 1) * kBlockSize, std::byte{1});
    std::uint64_t offset = 0;
    arrive_at_rate(state, [&](std::uint64_t count) {
        const auto batch = std::span{bytes}.first((count + 1) * kBlockSize);
        if (offset + batch.size() > kDefaultSegmentSize) offset = 0;
        DCX_CHECK((*file)->write(offset, batch).has_value());
        DCX_CHECK((*file)->sync().has_value());
        offset += batch.size();
    });
}

void rates(benchmark::internal::Benchmark* bench) {
    bench->Arg(100'000)->Arg(1'000'000)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(2);
}
BENCHMARK_CAPTURE(commit_at_rate, fdatasync, SyncMode::fdatasync)->Apply(rates);
BENCHMARK_CAPTURE(commit_at_rate, direct, SyncMode::direct)->Apply(rates);
BENCHMARK(bare_at_rate)->Apply(rates);

constexpr std::size_t kReplayed = std::size_t{1} << 20;  // commands: 128 MiB

// A journal of batches of range(0) commands, in the page cache.
std::unique_ptr<BenchFolder> written_journal(std::size_t batch) {
    auto folder = std::make_unique<BenchFolder>();
    const auto writer = new_journal(folder->storage());
    auto commands = commands_of(batch);
    while (writer->durable().value < kReplayed) {
        number(commands, writer->durable().value + 1);
        DCX_CHECK(writer->append(commands) == batch);
        DCX_CHECK(writer->commit(Time{}).has_value());
    }
    return folder;
}

// Every check of recovery on a thread of its own, one look at each command here.
void replay_ahead(benchmark::State& state) {
    const auto folder = written_journal(static_cast<std::size_t>(state.range(0)));
    std::uint64_t count = 0;
    for (auto _ : state) {
        auto reader = Reader::open(folder->storage());
        DCX_CHECK(reader.has_value());
        ReadAhead ahead{std::move(*reader)};
        while (true) {
            const auto batch = ahead.next();
            DCX_CHECK(batch.has_value());
            if (!*batch) break;
            std::int64_t prices = 0;
            for (const Command& command : (*batch)->commands) prices += command.as<PlaceOrder>().price.value;
            benchmark::DoNotOptimize(prices);
            count += (*batch)->commands.size();
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(count));
    state.SetBytesProcessed(static_cast<std::int64_t>(count) * 128);
}

// Every check of recovery, and one look at each command.
void replay(benchmark::State& state) {
    const auto folder = written_journal(static_cast<std::size_t>(state.range(0)));
    std::uint64_t count = 0;
    for (auto _ : state) {
        auto reader = Reader::open(folder->storage());
        DCX_CHECK(reader.has_value());
        while (true) {
            const auto batch = reader->next();
            DCX_CHECK(batch.has_value());
            if (!*batch) break;
            std::int64_t prices = 0;
            for (const Command& command : (*batch)->commands) prices += command.as<PlaceOrder>().price.value;
            benchmark::DoNotOptimize(prices);
            count += (*batch)->commands.size();
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(count));
    state.SetBytesProcessed(static_cast<std::int64_t>(count) * 128);
}
BENCHMARK(replay_ahead)->Arg(64)->Arg(4096)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(replay)->Arg(64)->Arg(4096)->UseRealTime()->Unit(benchmark::kMillisecond);

// The same through a tail that is told the end.
void follow(benchmark::State& state) {
    const auto folder = written_journal(static_cast<std::size_t>(state.range(0)));
    std::uint64_t count = 0;
    for (auto _ : state) {
        auto tail = Tail::open(folder->storage());
        DCX_CHECK(tail.has_value());
        while (tail->position().sequence.value < kReplayed) {
            const auto batch = tail->next(Sequence{kReplayed + 8191});
            DCX_CHECK(batch.has_value() && batch->has_value());
            count += (*batch)->commands.size();
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(count));
    state.SetBytesProcessed(static_cast<std::int64_t>(count) * 128);
}
BENCHMARK(follow)->Arg(64)->Arg(4096)->UseRealTime()->Unit(benchmark::kMillisecond);

// What bounds both: the chain's hash, and the checksum, over batches of 4096 commands in the cache.
void chain_hash(benchmark::State& state) {
    const auto commands = commands_of(4096);
    Sha256 hash;
    for (auto _ : state) benchmark::DoNotOptimize(batch_hash(hash, BatchHeader{}, std::as_bytes(std::span{commands})));
    state.SetBytesProcessed(state.iterations() * 4096 * 128);
}
BENCHMARK(chain_hash);
void checksum(benchmark::State& state) {
    const auto commands = commands_of(4096);
    for (auto _ : state) benchmark::DoNotOptimize(crc32c(std::as_bytes(std::span{commands})));
    state.SetBytesProcessed(state.iterations() * 4096 * 128);
}
BENCHMARK(checksum);

// The floor: the same maps, one look at each command, no checks.
void bare_read(benchmark::State& state) {
    const auto folder = written_journal(4096);
    const auto names = folder->storage().list();
    std::uint64_t bytes = 0;
    for (auto _ : state) {
        for (const std::string& name : *names) {
            if (!name.ends_with(kSegmentSuffix)) continue;
            const auto mapping = folder->storage().map(name);
            DCX_CHECK(mapping.has_value());
            std::uint64_t sum = 0;
            const auto all = (*mapping)->bytes();
            for (std::size_t offset = 0; offset < all.size(); offset += kBlockSize) {
                std::uint64_t word;
                std::memcpy(&word, all.data() + offset, sizeof word);
                sum += word;
            }
            benchmark::DoNotOptimize(sum);
            bytes += all.size();
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(bytes / 128));
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(bare_read)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace dcx::journal
