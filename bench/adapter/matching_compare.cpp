// The venue's book beside other engines of the public benchmark's ABI, over the same messages, in one run: every engine
// in turn, round by round, each in a fresh process; then the rates and their ratios. The first round is not timed: a
// peer whose answer is not ours is left out.
//
//     matching_compare --peer OTHER.so --file orders_normal_s23_n1000000.bin.zst
//     matching_compare --peer OTHER.so --generate old_cancels --live 100000
//     matching_compare --here --generate deep      (ours alone in one thread, for profilers)
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "adapter/matching_flow.h"
#include "adapter/matching_run.h"
#include "adapter/usual_transport.h"

namespace {

using namespace dcx;
using namespace dcx::bench;

constexpr std::size_t kMessages = 2'000'000;
constexpr std::size_t kMessagesHere = 300'000;  // enough for a profiler, which is slow

struct Options {
    std::string engine;
    std::vector<std::string> peers;
    std::vector<std::string> files;
    std::vector<std::string> kinds;
    std::optional<std::size_t> messages;
    std::size_t live = 0;
    std::size_t instruments = 1;
    std::uint64_t seed = 1;
    int rounds = 5;
    std::vector<unsigned> cores;
    bool one_by_one = false;
    bool json = false;
    bool here = false;
};

Flow generated(const std::string& name, const Options& o) {
    const auto kind = market::workload_kind(name);
    if (!kind) throw std::runtime_error("no workload is called " + name);
    return generated_flow({.kind = *kind,
                           .messages = o.messages.value_or(o.here ? kMessagesHere : kMessages),
                           .live = o.live,
                           .instruments = o.instruments,
                           .seed = o.seed});
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

struct Engine {
    std::string path;
    std::string name;
    std::vector<double> rates{};  // M messages/s
};

// Every engine once, untimed. The hash of our answer; peers that fail or answer otherwise are left out, and said so.
std::string check(const Flow& flow, std::vector<Engine>& engines, RunOptions run) {
    run.check = true;
    std::string ours;
    std::erase_if(engines, [&](const Engine& engine) {
        run.library = engine.path;
        const RunResult result = run_engine(flow, run);
        if (ours.empty()) {
            if (!result.error.empty()) throw std::runtime_error(engine.name + ": " + result.error);
            ours = result.hash;
        }
        const std::string wrong = result.error.empty() ? "gives another answer" : result.error;
        if (result.hash == ours) return false;
        std::fprintf(stderr, "%s: %s is left out: %s\n", flow.name.c_str(), engine.name.c_str(), wrong.c_str());
        return true;
    });
    return ours;
}

void compare(const Flow& flow, const Options& options, std::vector<Engine> engines) {
    RunOptions run{.library = {},
                   .usual_transport = usual_transport(),
                   .one_by_one = options.one_by_one,
                   .matcher_core = {},
                   .drainer_core = {}};
    if (options.cores.size() == 2) {
        run.matcher_core = options.cores[0];
        run.drainer_core = options.cores[1];
    }
    const std::string hash = check(flow, engines, run);
    const auto timed = static_cast<double>(flow.timed());
    for (int round = 0; round < options.rounds; ++round) {
        for (Engine& engine : engines) {
            run.library = engine.path;
            const RunResult result = run_engine(flow, run);
            if (!result.error.empty()) throw std::runtime_error(engine.name + ": " + result.error);
            engine.rates.push_back(timed / result.seconds / 1e6);
        }
    }
    nlohmann::json line{{"flow", flow.name}, {"messages", timed}, {"sha256", hash}};
    for (const Engine& engine : engines) {
        // Ratios are taken round by round: both sides met the same machine.
        std::vector<double> ratios;
        ratios.reserve(engine.rates.size());
        for (std::size_t i = 0; i < engine.rates.size(); ++i)
            ratios.push_back(engines.front().rates[i] / engine.rates[i]);
        const double best = *std::ranges::max_element(engine.rates);
        if (options.json) {
            line["engines"].push_back({{"engine", engine.name},
                                       {"median", median(engine.rates)},
                                       {"best", best},
                                       {"ours_is_times", median(ratios)}});
        } else {
            std::printf("%-44s %-22s %7.2f median %7.2f best M/s   ours is %5.2f x\n", flow.name.c_str(),
                        engine.name.c_str(), median(engine.rates), best, median(ratios));
        }
    }
    if (options.json) std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
}

// Ours alone, in this thread. `./dev bench matching --counters` reads the number of messages.
void run_here(const Flow& flow, const Options& options) {
    const RunResult result = run_engine_here(flow, {.library = options.engine,
                                                    .usual_transport = usual_transport(),
                                                    .check = true,
                                                    .matcher_core = {},
                                                    .drainer_core = {}});
    std::printf("%s: %zu messages, %.2f M/s; %llu reports and %llu trades in all, sha256 %s\n", flow.name.c_str(),
                flow.timed(), static_cast<double>(flow.timed()) / result.seconds / 1e6,
                static_cast<unsigned long long>(result.reports), static_cast<unsigned long long>(result.trades),
                result.hash.c_str());
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    o.engine = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libdcx_matching.so").string();
    CLI::App app("The venue's book beside other engines of the public benchmark's ABI");
    app.add_option("--engine", o.engine, "Ours");
    CLI::Option* const peer = app.add_option("--peer", o.peers, "Another engine; can be given again");
    app.add_option("--file", o.files, "A workload file, packed or not; can be given again");
    app.add_option("--generate", o.kinds, "normal, old_cancels, reused_ids, sparse or deep; can be given again");
    app.add_option("--messages", o.messages,
                   "Timed messages of a generated flow, or the first ones of a file; with --here 300,000 by default")
        ->check(CLI::Range(1, 1'000'000'000));
    app.add_option("--live", o.live, "Live orders of a generated flow");
    CLI::Option* const instruments =
        app.add_option("--instruments", o.instruments, "Books that take turns in a generated flow")
            ->check(CLI::Range(1, 4096));
    app.add_option("--seed", o.seed, "Of a generated flow");
    app.add_option("--rounds", o.rounds, "Timed rounds")->check(CLI::Range(1, 1000));
    app.add_option("--cores", o.cores, "Two cores: the matcher's and the drainer's")->expected(2);
    app.add_flag("--one-by-one", o.one_by_one, "Deliver single messages also to engines that take batches");
    app.add_flag("--json", o.json, "One JSON line for each flow");
    app.add_flag("--here", o.here, "Ours alone, in this process and one thread, over `normal` by default")
        ->excludes(peer, instruments);
    CLI11_PARSE(app, argc, argv);
    std::vector<Engine> engines{{o.engine, "dcx"}};
    engines.reserve(1 + o.peers.size());
    for (const std::string& path : o.peers) engines.push_back({path, std::filesystem::path(path).stem().string()});
    if (o.files.empty() && o.kinds.empty()) {
        o.kinds = {"normal"};
        if (!o.here) o.kinds.insert(o.kinds.end(), {"old_cancels", "reused_ids", "sparse", "deep"});
    }
    const auto run = [&](const Flow& flow) { o.here ? run_here(flow, o) : compare(flow, o, engines); };
    try {
        for (const std::string& file : o.files)
            run(flow_of_file(file, o.here ? o.messages.value_or(kMessagesHere) : o.messages));
        for (const std::string& kind : o.kinds) run(generated(kind, o));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "matching_compare: %s\n", error.what());
        return 1;
    }
    return 0;
}
