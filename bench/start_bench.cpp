// What a start costs: a venue of 100,000 accounts with a journal of DCX_JOURNAL_COMMANDS commands (default 3 million)
// and a snapshot of all but the last million. Read them beside each other in one run:
//     snapshot_take     the auditor's work: state hash, two passes over the image, written and synced
//     disk_read         the snapshot's file read into memory, no more: what a load is measured by
//     snapshot_load     every checksum, into the pools, state hash
//     state_hash        of it, alone
//     start_snapshot    an engine's start from it: load, one million commands replayed, all of it checked
//     start_whole       the same without snapshots (only below 20 million commands)
//     replay_core       the replayed million applied to a core in memory: a replay's ceiling
// The journal is made in DCX_BENCH_FOLDER, else in the folder for temporary files: 128 bytes a command. Files are read
// from the page cache unless DCX_DROP_CACHES=1 (as root), which drops it before each measurement.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core_flow.h"
#include "engine/engine_start.h"
#include "engine/snapshots.h"
#include "journal/disk_storage.h"
#include "journal/snapshot.h"
#include "journal/writer.h"
#include "platform/huge_pages.h"
#include "platform/system_clock.h"

namespace {

using namespace dcx;
using namespace dcx::engine;
using bench::account_of;
using bench::accounts;
using bench::session_of;

constexpr std::uint64_t behind_snapshot = 1'000'000;

std::uint64_t commands_wanted() {
    const char* const chosen = std::getenv("DCX_JOURNAL_COMMANDS");
    return std::max<std::uint64_t>(chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 3'000'000,
                                   bench::flow().script.commands.size() + 2 * behind_snapshot);
}

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void forget_files() {
    if (std::getenv("DCX_DROP_CACHES") == nullptr) return;
    ::sync();
    std::ofstream("/proc/sys/vm/drop_caches") << "3\n";
}

std::unique_ptr<journal::DiskStorage> open(const std::string& path) {
    auto storage = journal::DiskStorage::open(path);
    if (!storage) throw std::runtime_error(storage.error().message);
    return std::move(*storage);
}

// What the venue does behind bench::flow(): every account in turn places an order far from the market and cancels it.
class More {
  public:
    More() : sent_(accounts), last_(accounts) {
        for (const Command& command : bench::flow().script.commands) {
            if (command.header.session.value < 2) continue;
            const std::uint32_t account = command.header.session.value - 2;
            sent_[account] = std::max(sent_[account], command.header.session_sequence);
            if (command.header.kind == CommandKind::place_order)
                last_[account] = std::max(last_[account], command.as<PlaceOrder>().cl_ord_id.value);
            if (command.header.kind == CommandKind::cancel_order)
                last_[account] = std::max(last_[account], command.as<CancelOrder>().cl_ord_id.value);
        }
    }
    Command next(Sequence sequence, Time time) {
        const auto account = static_cast<std::uint32_t>(turn_ / 2 % accounts);
        const ClOrdId id{++last_[account]};
        CommandHeader header{};
        header.sequence = sequence;
        header.time = time;
        header.session = session_of(account);
        header.session_sequence = ++sent_[account];
        if (turn_++ % 2 == 1)
            return Command::make(
                CancelOrder{.cl_ord_id = id, .orig_cl_ord_id = ClOrdId{id.value - 1}, .account = account_of(account)},
                header);
        return Command::make(PlaceOrder{.cl_ord_id = id,
                                        .price = Price{std::int64_t{1'000} + account % 1'000},
                                        .quantity = Quantity{std::int64_t{10'000}},
                                        .account = account_of(account),
                                        .instrument = InstrumentId{1u},
                                        .side = Side::buy,
                                        .type = OrderType::limit,
                                        .time_in_force = TimeInForce::gtc},
                             header);
    }

  private:
    std::vector<std::uint64_t> sent_;
    std::vector<std::uint64_t> last_;
    std::uint64_t turn_ = 0;
};

// Memory that has been touched before the clock starts: a venue does that once, however it starts.
class Touched final : public MemorySource {
  public:
    Touched() : next_(memory_.take(kSize)) {}
    std::byte* take(std::size_t size) override {
        std::byte* const taken = next_;
        next_ += (size + 63) / 64 * 64;
        used_ += (size + 63) / 64 * 64;
        if (used_ > kSize) throw std::bad_alloc();
        return taken;
    }

  private:
    static constexpr std::size_t kSize = std::size_t{1} << 30;
    platform::HugePageMemory memory_;
    std::byte* next_;
    std::size_t used_ = 0;
};

class Ground {
  public:
    Ground() {
        const char* chosen = std::getenv("DCX_BENCH_FOLDER");
        path_ = (chosen != nullptr ? std::filesystem::path(chosen) : std::filesystem::temp_directory_path()) /
                "dcx-start-bench-XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no folder " + path_);
        journal_ = open(path_ + "/journal");
        snapshots_ = open(path_ + "/snapshots");
        core_ = std::make_unique<core::Core>(memory_);
        replay_.emplace(*core_);
        fill();
    }
    ~Ground() { std::filesystem::remove_all(path_); }
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;

    [[nodiscard]] journal::DiskStorage& snapshots() { return *snapshots_; }
    [[nodiscard]] std::string path() const { return path_; }
    [[nodiscard]] const std::vector<Command>& tail() const { return tail_; }
    [[nodiscard]] std::uint64_t commands() const { return commands_; }
    double take_snapshot() {
        const auto start = Clock::now();
        const auto taken = engine::take_snapshot(*snapshots_, *core_, *replay_, place_, 1);
        if (!taken) throw std::runtime_error(taken.error().message);
        const double seconds = since(start);
        bytes_ = taken->stored * std::uint64_t{journal::kSnapshotBlock};
        name_ = journal::snapshot_name(Sequence{taken->sequence});
        return seconds;
    }
    [[nodiscard]] std::uint64_t snapshot_bytes() const { return bytes_; }
    [[nodiscard]] const std::string& snapshot_name() const { return name_; }
    [[nodiscard]] const core::Core& core() const { return *core_; }

  private:
    void fill() {
        const auto recovery = journal::recover(*journal_);
        if (!recovery) throw std::runtime_error(recovery.error().message);
        auto writer = journal::Writer::open(*journal_, *recovery, {.engine_version = kNewestRules});
        if (!writer) throw std::runtime_error(writer.error().message);
        commands_ = commands_wanted();
        More more;
        const auto& script = bench::flow().script.commands;
        std::uint64_t shift = 0;  // the epoch behind genesis
        for (std::uint64_t sequence = 1; sequence <= commands_; ++sequence) {
            Command command;
            if (sequence == 2) {
                command =
                    engine_command(StartEpoch{.epoch = 1, .engine_version = kNewestRules, .newest_rules = kNewestRules},
                                   Sequence{sequence}, time_);
                shift = 1;
            } else if (sequence - shift <= script.size()) {
                command = script[sequence - shift - 1];
                time_ = command.header.time;
            } else if (sequence % 100'000 == 0 && sequence <= commands_ - behind_snapshot) {
                command = engine_command(Checkpoint{.event_hash = replay_->hash().value()}, Sequence{sequence}, time_);
            } else {
                command = more.next(Sequence{sequence}, time_);
            }
            command.header.sequence = Sequence{sequence};
            append(**writer, command);
            if (sequence <= commands_ - behind_snapshot)
                apply(command);
            else
                tail_.push_back(command);
            if (sequence == commands_ - behind_snapshot) place_ = committed(**writer);
        }
        committed(**writer);
        if (auto done = (*writer)->write_watermark(time_); !done) throw std::runtime_error(done.error().message);
        // With it goes its lock.
        writer->reset();
        journal_.reset();
    }
    void append(journal::Writer& writer, const Command& command) {
        if (writer.append({&command, 1}) == 1) return;
        committed(writer);
        writer.append({&command, 1});
    }
    // Where the batch that it makes lies: found by walking there, once.
    journal::Position committed(journal::Writer& writer) {
        if (auto done = writer.commit(time_); !done) throw std::runtime_error(done.error().message);
        if (writer.durable().value != commands_ - behind_snapshot) return {};
        auto reader = journal::Reader::open(*journal_);
        while (true) {
            const auto batch = reader->next();
            if (!batch) throw std::runtime_error(batch.error().message);
            if (!*batch || reader->position().sequence.value == writer.durable().value) return reader->position();
        }
    }
    void apply(const Command& command) {
        replay_->forget_events();
        if (!replay_->apply(command)) throw std::runtime_error(replay_->error());
        const Event& answer = replay_->events().front();
        if (answer.header.kind == EventKind::command_rejected || answer.header.kind == EventKind::order_rejected ||
            answer.header.kind == EventKind::cancel_rejected)
            ++refused_;
        // Some cancels of the flow come too late.
        if (refused_ > bench::flow_size) throw std::runtime_error("the flow is refused");
    }

    std::string path_;
    platform::HugePageMemory memory_;
    std::unique_ptr<journal::DiskStorage> journal_;
    std::unique_ptr<journal::DiskStorage> snapshots_;
    std::unique_ptr<core::Core> core_;
    std::optional<LogReplay> replay_;
    std::vector<Command> tail_;
    journal::Position place_;
    Time time_{};
    std::uint64_t commands_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t bytes_ = 0;
    std::string name_;
};

Ground& ground() {
    static Ground instance;
    return instance;
}

void set_bytes(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(ground().snapshot_bytes()));
}

void snapshot_take(benchmark::State& state) {
    for (auto _ : state) state.SetIterationTime(ground().take_snapshot());
    set_bytes(state);
}

void disk_read(benchmark::State& state) {
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    for (auto _ : state) {
        forget_files();
        const auto start = Clock::now();
        for (std::uint64_t at = 0;; at += buffer.size()) {
            const auto got = ground().snapshots().read(ground().snapshot_name(), at, buffer);
            if (!got || *got < buffer.size()) break;
        }
        state.SetIterationTime(since(start));
    }
    set_bytes(state);
}

void snapshot_load(benchmark::State& state) {
    for (auto _ : state) {
        Touched memory;
        forget_files();
        const auto start = Clock::now();
        const auto result = load_snapshot(ground().snapshots(), memory);
        state.SetIterationTime(since(start));
        if (!result || !result->loaded) throw std::runtime_error("the snapshot was not loaded");
    }
    set_bytes(state);
}

void state_hash(benchmark::State& state) {
    for (auto _ : state) {
        const auto start = Clock::now();
        benchmark::DoNotOptimize(ground().core().state_hash());
        state.SetIterationTime(since(start));
    }
}

void start(benchmark::State& state, bool with_snapshot) {
    for (auto _ : state) {
        Touched memory;
        platform::SystemClock clock;
        platform::Doorbell bell;
        const auto journal = open(ground().path() + "/journal");
        forget_files();
        const auto begin = Clock::now();
        const auto started = start_engine({.bell = bell,
                                           .clock = clock,
                                           .memory = memory,
                                           .storage = journal.get(),
                                           .snapshots = with_snapshot ? &ground().snapshots() : nullptr},
                                          {.on_progress = {}});
        state.SetIterationTime(since(begin));
        if (!started) throw std::runtime_error(started.error());
        if (started->report.replayed.value != ground().commands()) throw std::runtime_error("it ended elsewhere");
    }
    state.counters["journal"] = static_cast<double>(ground().commands());
    const std::uint64_t replayed = with_snapshot ? behind_snapshot : ground().commands();
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(replayed));
}
void start_snapshot(benchmark::State& state) { start(state, true); }
void start_whole(benchmark::State& state) {
    if (ground().commands() >= 20'000'000) return state.SkipWithError("too long");
    start(state, false);
}

void replay_core(benchmark::State& state) {
    for (auto _ : state) {
        Touched memory;
        auto result = load_snapshot(ground().snapshots(), memory);
        if (!result || !result->loaded) throw std::runtime_error("the snapshot was not loaded");
        LogReplay replay(*result->loaded->core, 0, result->loaded->mark());
        const auto begin = Clock::now();
        const std::span<const Command> all = ground().tail();
        for (std::size_t i = 0; i < all.size(); ++i) {
            replay.forget_events();
            replay.prefetch(all.subspan(i));
            if (!replay.apply(all[i])) throw std::runtime_error(replay.error());
        }
        state.SetIterationTime(since(begin));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(behind_snapshot));
}

BENCHMARK(snapshot_take)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(disk_read)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(snapshot_load)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(state_hash)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(start_snapshot)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(start_whole)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(replay_core)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
