// The public match log of a flow of orders, amends and cancels: what the builder costs beside the core that makes its
// events, what the checker costs alone, and all of `dcx verify match-log` from files (reading, the checker, the command
// tree on a second thread, checkpoints). Read `match_log_verify` beside `core_replay`, which is the plain replay of the
// same commands, and beside `match_log_hash`, which is what must be hashed.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "core/core.h"
#include "core_flow.h"
#include "platform/huge_pages.h"
#include "proof/match_log_builder.h"
#include "proof/match_log_verify.h"
#include "proof/match_log_writer.h"
#include "proof/merkle.h"
#include "proof/published.h"

namespace {

using namespace dcx;
using namespace dcx::proof;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;
constexpr market::FlowOptions kFlow{.customers = 20'000, .commands = 2'000'000};

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }
void require(bool right, const char* what) {
    if (!right) throw std::runtime_error(what);
}

const market::OrderFlow& flow_of_orders() {
    static const market::OrderFlow instance(kFlow);
    return instance;
}
std::span<const Command> commands() { return flow_of_orders().script.commands; }

// Shows the events of each command, in order.
template <class Shown>
double replay(const Shown& shown) {
    platform::HugePageMemory memory;
    core::Core core(memory);
    EventBuffer buffer(1u << 17);
    EventWriter& out = buffer.writer();
    std::vector<Event> events;
    const auto all = commands();
    const auto start = Clock::now();
    for (std::size_t i = 0; i < all.size();) {
        const std::uint64_t first = out.position;
        // Genesis alone: it fixes how many events one command can make.
        const std::size_t batch = core.started() ? std::min(kBatch, all.size() - i) : 1;
        const std::size_t done = core.apply(all.subspan(i, batch), out, 1u << 16);
        std::uint64_t at = first;
        for (std::size_t k = 0; k < done; ++k) {
            events.clear();
            do events.push_back(out.at(at));
            while ((out.at(at++).header.flags & kLastOfCommand) == 0);
            shown(all[i + k], events);
        }
        i += done;
    }
    return since(start);
}

// The published log of the whole flow.
struct Folder {
    std::string path;
    std::vector<MatchRecord> records;
    std::vector<MatchCommand> log;
    std::uint64_t inputs = 0;

    Folder() {
        path = std::filesystem::temp_directory_path() / "dcx_match_bench_XXXXXX";
        require(::mkdtemp(path.data()) != nullptr, "a folder");
        const Published published(path);
        require(published.make().has_value(), "its folders");
        const journal::VenueId venue{std::byte{1}};
        const ProofKeys keys{.checkpoint = {std::byte{1}}, .previous = {}, .salt = {}, .liabilities = {}};
        require(published.publish_key(venue, keys, 1).has_value(), "the key");
        auto writer = MatchLogWriter::open({.folder = published.match_log(), .venue_id = venue, .keep = {}});
        require(writer.has_value(), "a writer");
        MatchLogBuilder builder;
        MerkleRoot tree;
        std::vector<std::pair<MatchCommandHead, std::size_t>> heads;
        replay([&](const Command& command, std::span<const Event> events) {
            const auto made = builder.build(command, events);
            const MatchDigest digest = match_digest(made);
            const Digest commitment = Sha256::of(std::as_bytes(std::span{&command, 1}));
            tree.append(leaf_hash(command_entry(command.header, digest, commitment)));
            require(writer->append(command.header, made, commitment).has_value(), "an append");
            heads.push_back({{.sequence = command.header.sequence,
                              .time = command.header.time,
                              .records = digest.records,
                              .commitment = commitment},
                             records.size()});
            records.insert(records.end(), made.begin(), made.end());
        });
        require(writer->flush().has_value(), "a flush");
        for (const auto& [head, at] : heads) log.push_back({head, std::span{records}.subspan(at, head.records)});
        proof::Checkpoint checkpoint;
        checkpoint.venue_id = venue;
        checkpoint.number = 1;
        checkpoint.commands = Sequence{tree.size()};
        checkpoint.command_root = tree.root();
        require(published.publish(checkpoint, keys.checkpoint).has_value(), "a checkpoint");
        const auto checker = make_match_checker();
        for (const MatchCommand& command : log) require(checker->check(command).has_value(), "a log that holds");
        inputs = checker->counts().inputs;
    }
    ~Folder() { std::filesystem::remove_all(path); }
};
const Folder& folder() {
    static const Folder instance;
    return instance;
}

void finish(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(commands().size()));
    state.counters["inputs"] = benchmark::Counter(
        static_cast<double>(folder().inputs) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void core_replay(benchmark::State& state) {
    std::uint64_t seen = 0;
    for (auto _ : state)
        state.SetIterationTime(replay([&](const Command&, std::span<const Event> events) { seen += events.size(); }));
    benchmark::DoNotOptimize(seen);
    finish(state);
}
void core_replay_and_build(benchmark::State& state) {
    MatchLogBuilder builder;
    std::uint64_t seen = 0;
    for (auto _ : state)
        state.SetIterationTime(replay([&](const Command& command, std::span<const Event> events) {
            seen += builder.build(command, events).size();
        }));
    benchmark::DoNotOptimize(seen);
    finish(state);
}
void match_log_check(benchmark::State& state) {
    const auto& log = folder().log;
    for (auto _ : state) {
        const auto checker = make_match_checker();
        const auto start = Clock::now();
        for (std::size_t i = 0; i < log.size(); ++i) {
            if (i + 6 < log.size()) checker->expect_soon(log[i + 6]);
            require(checker->check(log[i]).has_value(), "a log that holds");
        }
        state.SetIterationTime(since(start));
    }
    finish(state);
}
void match_log_hash(benchmark::State& state) {
    for (auto _ : state) {
        MerkleRoot tree;
        const auto start = Clock::now();
        for (const MatchCommand& command : folder().log) {
            const CommandHeader header{.sequence = command.head.sequence, .time = command.head.time};
            tree.append(leaf_hash(command_entry(header, match_digest(command.records), command.head.commitment)));
        }
        benchmark::DoNotOptimize(tree.root());
        state.SetIterationTime(since(start));
    }
    finish(state);
}
void match_log_verify(benchmark::State& state) {
    for (auto _ : state) {
        MatchLogVerification wanted;
        wanted.folder = folder().path;
        const auto start = Clock::now();
        require(verify_match_log(wanted).has_value(), "a log that holds");
        state.SetIterationTime(since(start));
    }
    finish(state);
}

BENCHMARK(core_replay)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(core_replay_and_build)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(match_log_check)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(match_log_hash)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(match_log_verify)->MeasureProcessCPUTime()->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
