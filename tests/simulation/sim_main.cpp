// The simulator's program: runs seeds and says of each what happened; a seed that fails is shrunk and described.
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/canary.h"
#include "simulation/apart.h"

namespace {

using namespace dcx::simulation;

constexpr std::string_view kUsage =
    "usage: dcx_sim [--seed N] [--count N] [--hours H] [--options NAME=VALUE,...] [--here] [--quiet]\n"
    "\n"
    "Runs the whole venue in one thread from seed N (1), for H simulated hours (0: what the seed draws), and COUNT\n"
    "seeds from N on. Each runs in a process of its own, unless --here. One that fails is shrunk and described; the\n"
    "last lines of that are its options. Exit code 0 when none failed. The last line is the trace: of one seed, or of\n"
    "all in turn.\n";

struct Options {
    std::uint64_t seed = 1;
    std::uint64_t count = 1;
    double hours = 0;
    std::string numbers;
    bool here = false;
    bool quiet = false;
#ifdef DCX_CANARY
    std::uint32_t plant = 0;
    std::uint64_t within = 0;
#endif
};

std::optional<Options> parse(const std::vector<std::string_view>& words) {
    Options options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--here") {
            options.here = true;
            continue;
        }
        if (words[i] == "--quiet") {
            options.quiet = true;
            continue;
        }
        if (i + 1 == words.size()) return std::nullopt;
        const std::string value{words[++i]};
        const std::uint64_t number = std::strtoull(value.c_str(), nullptr, 10);
        if (words[i - 1] == "--seed")
            options.seed = number;
        else if (words[i - 1] == "--count")
            options.count = number;
        else if (words[i - 1] == "--hours")
            options.hours = std::strtod(value.c_str(), nullptr);
        else if (words[i - 1] == "--options")
            options.numbers = value;
#ifdef DCX_CANARY
        else if (words[i - 1] == "--plant")
            options.plant = static_cast<std::uint32_t>(number);
        else if (words[i - 1] == "--within")
            options.within = number;
#endif
        else
            return std::nullopt;
    }
    Scenario probe;
    return probe.apply(options.numbers) ? std::optional{options} : std::nullopt;
}

struct Totals {
    std::uint64_t failed = 0;
    std::uint64_t commands = 0;
    std::uint64_t trades = 0;
    std::uint64_t starts = 0;
    std::uint64_t faults = 0;
    std::uint64_t rot = 0;
    double simulated = 0;
    Trace trace;

    void add(const Outcome& o) {
        commands += o.commands;
        trades += o.trades;
        starts += o.starts;
        faults += o.faults;
        rot += o.rot_refused + o.rot_cut;
        simulated += static_cast<double>(o.simulated_ns) / static_cast<double>(kSecond);
        trace.add(o.trace);
    }
};

void print(std::uint64_t seed, const Outcome& o) {
    std::printf("seed %" PRIu64 ": %.0f s, %" PRIu64 " commands, %" PRIu64 " trades, %" PRIu64 " starts (%" PRIu64
                " refused), %" PRIu64 " disk faults, rot %" PRIu64 " refused and %" PRIu64 " cut, %" PRIu64
                " prints behind their owners: %s\n",
                seed, static_cast<double>(o.simulated_ns) / static_cast<double>(kSecond), o.commands, o.trades,
                o.starts, o.refused_starts, o.faults, o.rot_refused, o.rot_cut, o.compared,
                o.broken.empty() ? "every promise kept" : "BROKEN");
}

void shrink_and_describe(const Scenario& failing) {
    std::printf("seed %" PRIu64 " fails; shrinking\n", failing.seed);
    constexpr int kRuns = 150;
    const Scenario least = shrink(failing, kRuns, [](const std::string& step) {
        std::printf("  still fails %s\n", step.c_str());
        std::fflush(stdout);
    });
    std::printf("\n%s", describe(least, run_apart(least)).c_str());
}

int run_seeds(const Options& options) {
    const auto begun = std::chrono::steady_clock::now();
    Totals totals;
    std::uint64_t trace = 0;
    for (std::uint64_t seed = options.seed; seed < options.seed + options.count; ++seed) {
        Scenario scenario = draw_scenario(seed, options.hours);
        scenario.apply(options.numbers);
        const Outcome outcome = options.here ? run(scenario) : run_apart(scenario);
        totals.add(outcome);
        trace = outcome.trace;
        if (!options.quiet || !outcome.broken.empty()) print(seed, outcome);
        std::fflush(stdout);
        if (outcome.broken.empty()) continue;
        ++totals.failed;
        if (options.here)
            std::printf("%s", describe(scenario, outcome).c_str());
        else
            shrink_and_describe(scenario);
        // One is enough to work on.
        if (totals.failed == 3) break;
    }
    const double real = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    std::printf("%" PRIu64 " seeds, %" PRIu64 " failed: %.2f simulated hours in %.1f s (%.0f x), %" PRIu64
                " commands, %" PRIu64 " trades, %" PRIu64 " starts, %" PRIu64 " disk faults, %" PRIu64
                " trials of rot\n",
                options.count, totals.failed, totals.simulated / 3600, real, totals.simulated / real, totals.commands,
                totals.trades, totals.starts, totals.faults, totals.rot);
    std::printf("trace %016" PRIx64 "\n", options.count == 1 ? trace : totals.trace.value());
    return totals.failed == 0 ? 0 : 1;
}

#ifdef DCX_CANARY
// The planted fault must be found, and without one nothing may be.
int run_canary(const Options& options) {
    for (std::uint64_t seed = options.seed; seed < options.seed + options.within; ++seed) {
        const Outcome outcome = run_apart(draw_scenario(seed, options.hours));
        if (outcome.broken.empty()) continue;
        std::printf("plant %u is found by seed %" PRIu64 ": %s\n", options.plant, seed, outcome.broken.c_str());
        return options.plant == 0 ? 1 : 0;
    }
    std::printf("plant %u: nothing is found by %" PRIu64 " seeds\n", options.plant, options.within);
    return options.plant == 0 ? 0 : 1;
}
#endif

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto options = parse(words);
    if (!options) {
        std::fprintf(stderr, "%s", kUsage.data());
        return 2;
    }
#ifdef DCX_CANARY
    dcx::canary::active = dcx::canary::Plant{options->plant};
    if (options->within > 0) return run_canary(*options);
#endif
    return run_seeds(*options);
}
