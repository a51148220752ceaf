#include <CLI/CLI.hpp>

#include "app/record_command.h"

namespace dcx::app {

void add_record(CLI::App& app, RecordCommands& options, std::function<int()>& run) {
    RecordOptions& o = options.record;
    auto* record = app.add_subcommand("record", "A venue's feed (every order and trade) into a compact file");
    record->add_option("file", o.file, "A file that is not there yet")->required();
    auto* url = record->add_option("--feed", o.url, "The feed")->default_val("ws://127.0.0.1:8080/v1/feed");
    record->add_option("--seconds", o.seconds, "Stop after so long (default: until SIGINT)")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
    record
        ->add_option("--flush-ms", o.flush_ms, "How often what has come is written; the file is the smaller the longer")
        ->check(CLI::Range(std::int64_t{10}, std::int64_t{600'000}));
    record->add_flag("--dump", o.dump, "Print what is in a recording, one line for each thing that happened")
        ->excludes(url);
    record->add_flag("--json", o.json, "The result as one JSON line");
    record->callback([&] { run = [&] { return o.dump ? record_dump(o) : dcx::app::record(o); }; });

    ReplayFeedOptions& r = options.replay;
    auto* replay = app.add_subcommand("replay-feed", "Serve a recording as a feed, to any client of the venue's");
    replay->add_option("file", r.file, "Made by dcx record")->required();
    replay->add_option("--speed", r.speed, "1, as many times as fast, or max")->capture_default_str();
    replay->add_option("--listen", r.listen, "Address and port; port 0: the system chooses")->capture_default_str();
    replay->add_option("--from", r.from, "Begin with this time, as 2026-11-28T22:30:00Z or in nanoseconds");
    replay->add_option("--wait", r.wait, "Begin when there are so many subscriptions")->capture_default_str();
    replay->add_flag("--stay", r.stay, "Go on serving the last state at the end");
    replay->callback([&] { run = [&] { return replay_feed(r); }; });
}

}  // namespace dcx::app
