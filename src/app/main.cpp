// The dcx program: one command line for everything. What a command does stands in commands.h.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/load_command.h"
#include "app/record_command.h"
#include "app/tool_command_line.h"

namespace {

using namespace dcx::app;

std::string default_data_folder() {
    const char* const set = std::getenv("DCX_DATA");
    return set == nullptr || *set == '\0' ? "data/venue" : set;
}

// Each adds one command; `run` is what main() calls when it was chosen.
using Run = std::function<int()>;

void add_serve(CLI::App& app, ServeOptions& o, Run& run) {
    auto* command = app.add_subcommand("serve", "Run a venue until SIGTERM; prints one JSON line when it is ready");
    command->add_option("--config", o.config, "dcx.toml (default: embedded defaults)");
    command->add_option("--data", o.data, "The venue's folder: journal and keys")->required();
    command->add_flag("--sim", o.sim, "Start simulated traders, as venue.sim = true");
    auto* shadow = command->add_flag(
        "--shadow", o.shadow, "Follow the venue that runs on the folder, then take its place (docs/operations.md)");
    command->add_option("--checkpoints", o.checkpoints, "Of a shadow: compared before it takes over")
        ->needs(shadow)
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000}));
    command->add_option("--grace-ms", o.grace_ms, "Of a shadow: what sessions have for reconnecting at least")
        ->needs(shadow)
        ->check(CLI::Range(std::uint32_t{0}, std::uint32_t{3'600'000}));
    command->callback([&] { run = [&] { return serve(o); }; });
}

void add_feed(CLI::App& app, FeedOptions& o, Run& run) {
    auto* command = app.add_subcommand(
        "feed", "The market-data feed of a running venue in a process of its own (docs/operations.md)");
    command->add_option("--data", o.data, "The venue's folder")->envname("DCX_DATA")->default_val("data/venue");
    command->add_option("--config", o.config, "The venue's dcx.toml: limits, TLS (default: embedded defaults)");
    command->add_option("--listen", o.listen, "Address and port of feed and pages; port 0: the system chooses")
        ->capture_default_str();
    command->add_option("--admin", o.admin, "Of the admin listener, on the loopback")->capture_default_str();
    command->add_option("--name", o.name, "Of this process: several on one folder have different ones")
        ->capture_default_str();
    command->callback([&] { run = [&] { return feed_process(o); }; });
}

void add_sim(CLI::App& app, SimOptions& o, Run& run) {
    auto* command = app.add_subcommand("sim", "Simulated traders against the venue that runs in a folder");
    command->add_option("--config", o.config, "dcx.toml of that venue");
    command->add_option("--data", o.data, "The venue's folder, whose operator key is used")->required();
    command->add_option("--seconds", o.seconds, "Stop after so long (default: until SIGTERM)")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
    command->callback([&] { run = [&] { return sim(o); }; });
}

void add_watch(CLI::App& app, WatchOptions& o, Run& run) {
    auto* command = app.add_subcommand("watch", "A market in the terminal: book, last trades, rates");
    command->add_option("market", o.market, "Its symbol, e.g. DEC/USD")->required();
    auto* url = command->add_option("--url", o.url, "The feed")->default_val("ws://127.0.0.1:8080/v1/feed");
    command
        ->add_option("--mirror", o.mirror,
                     "Without a connection, from the book mirror of the venue whose folder this is (default: DCX_DATA, "
                     "else data/venue), or from its file")
        ->excludes(url)
        ->expected(0, 1)
        ->default_str(default_data_folder());
    command->add_option("--seconds", o.seconds, "Stop after so long (default: until SIGINT)")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
    command->add_flag("--json", o.json, "One JSON line per change instead of a picture");
    command->callback([&] { run = [&] { return watch(o); }; });
}

void add_doctor(CLI::App& app, DoctorOptions& o, Run& run) {
    auto* command =
        app.add_subcommand("doctor", "What this machine allows a venue, and what to change (docs/tuning.md)");
    command->add_option("--data", o.data, "The venue's folder, there already or not")
        ->envname("DCX_DATA")
        ->default_val("data/venue");
    command->add_flag("--json", o.json, "One JSON line");
    command->callback([&] { run = [&] { return doctor(o); }; });
}

void add_replay(CLI::App& app, ReplayOptions& o, Run& run) {
    auto* command = app.add_subcommand("replay", "Apply a journal from its start and print the state's hash");
    command->add_option("journal", o.journal, "The journal's folder, DATA/journal of a venue")->required();
    command->add_option("--to", o.to, "The last command to apply, by its sequence (default: all)");
    command->add_option("--archive", o.archive, "A folder of archived segments, read as if they had stayed");
    command->add_flag("--json", o.json, "One JSON line");
    command->callback([&] { run = [&] { return replay(o); }; });
}

void add_bench_transfers(CLI::App& bench, TransfersOptions& o, Run& run) {
    auto* command = bench.add_subcommand(
        "transfers", "Durable transfers at a fixed rate, from due to answered, in a venue of its own");
    command->add_option("--rate", o.rate, "Transfers a second")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{200'000}));
    command->add_option("--seconds", o.seconds, "How long")->check(CLI::Range(std::int64_t{1}, std::int64_t{600}));
    command->add_option("--folder", o.folder, "On whose disk (default: the folder for temporary files)");
    command->add_flag("--json", o.json, "One JSON line");
    command->callback([&] { run = [&] { return bench_transfers(o); }; });
}

void add_bench(CLI::App& app, BenchOptions& all, WorkloadOptions& o, TransfersOptions& transfers, Run& run) {
    auto* bench = app.add_subcommand("bench", "What this machine does: book, core, ledger, ring, journal, loopback")
                      ->require_subcommand(0, 1);
    bench->add_option("--folder", all.folder, "On whose disk journals are (default: the folder for temporary files)");
    bench->add_flag("--quick", all.quick, "Seconds instead of a minute");
    bench->add_flag("--smallest", all.smallest, "Shows that it works; the figures say nothing");
    bench->add_flag("--json", all.json, "One JSON line a measure");
    bench->callback([&, bench] {
        if (bench->get_subcommands().empty()) run = [&] { return dcx::app::bench(all); };
    });
    add_bench_transfers(*bench, transfers, run);
    auto* command = bench->add_subcommand("workload", "Drive the book with a public or generated workload");
    auto* file = command->add_option("file", o.file, "A workload file, plain or .zst");
    command->add_option("--generate", o.generate, "A flow of our own instead of a file")->excludes(file);
    command->add_option("--messages", o.messages, "Of a generated flow")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 28));
    command->add_option("--seed", o.seed, "Of a generated flow");
    command->add_option("--runs", o.runs, "Timed runs; the rate is their median")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000}));
    command->add_option("--orders", o.orders, "Orders that can rest at a time")
        ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{1} << 26));
    command->add_option("--price-levels", o.price_levels, "Prices with open orders at a time")
        ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{1} << 26));
    command->add_flag("--json", o.json, "One JSON line");
    command->callback([&] { run = [&] { return bench_workload(o); }; });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"dcx: the DeCoin Exchange"};
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("dcx " DCX_VERSION));
    ServeOptions serve_options;
    FeedOptions feed_options;
    SimOptions sim_options;
    WatchOptions watch_options;
    DoctorOptions doctor_options;
    ReplayOptions replay_options;
    BenchOptions bench_options;
    WorkloadOptions workload_options;
    TransfersOptions transfers_options;
    LoadOptions load_options;
    RecordCommands record_commands;
    FeedLoadOptions feed_load_options;
    ToolCommands tools;
    Run run;
    add_serve(app, serve_options, run);
    add_feed(app, feed_options, run);
    add_sim(app, sim_options, run);
    add_watch(app, watch_options, run);
    add_doctor(app, doctor_options, run);
    add_replay(app, replay_options, run);
    add_bench(app, bench_options, workload_options, transfers_options, run);
    add_record(app, record_commands, run);
    add_load(app, load_options, feed_load_options, run);
    add_tool_commands(app, tools, run);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        // 0 for --help and --version, which arrive here too.
        return app.exit(e) == 0 ? kDone : kUsage;
    }
    try {
        return run();
    } catch (const StartRefused& e) {
        std::fprintf(stderr, "dcx: %s\n", e.what());
        return static_cast<int>(e.code());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "dcx: %s\n", e.what());
        return kFailed;
    }
}
