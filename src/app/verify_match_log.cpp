// dcx verify match-log DIR [--naive] [--key FILE] [--json]
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "app/tool_groups.h"
#include "app/verify_commands.h"
#include "proof/checkpoint.h"
#include "proof/match_log_verify.h"

namespace dcx::app {
namespace {

using Clock = std::chrono::steady_clock;

// Drawn over itself on a terminal, a line every second elsewhere.
class ByteProgress {
  public:
    void show(std::uint64_t done, std::uint64_t of) {
        const auto now = Clock::now();
        if (now - shown_ < std::chrono::seconds(terminal_ ? 0 : 1) && done != of) return;
        shown_ = now;
        std::fprintf(stderr, "%sverified %llu of %llu MB (%llu%%)%s", terminal_ ? "\r" : "",
                     static_cast<unsigned long long>(done >> 20), static_cast<unsigned long long>(of >> 20),
                     static_cast<unsigned long long>(of == 0 ? 100 : done * 100 / of), terminal_ ? "" : "\n");
        drawn_ = terminal_;
    }
    void end() const {
        if (drawn_) std::fputc('\n', stderr);
    }

  private:
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    bool drawn_ = false;
    Clock::time_point shown_ = Clock::now();
};

void tell_counts(VerifyResult& result, const proof::MatchCounts& counts) {
    result.tell("commands", counts.commands);
    result.tell("inputs", counts.inputs);
    result.tell("instruments", counts.instruments);
    result.tell("orders", counts.orders);
    result.tell("amends", counts.amends);
    result.tell("cancels", counts.cancels);
    result.tell("trades", counts.trades);
    result.tell("busts", counts.busts);
    result.tell("open_orders", counts.open_orders);
    // What the log says and nobody but their owner can tell.
    result.tell("self_trades", counts.self_trades);
    result.tell("foks_refused", counts.foks_refused);
}

int verify(const VerifyOptions& o) {
    VerifyResult result(o);
    ByteProgress progress;
    proof::MatchLogVerification wanted;
    wanted.folder = o.path;
    wanted.naive = o.naive;
    wanted.key_file = o.key;
    wanted.progress = [&](std::uint64_t done, std::uint64_t of) { progress.show(done, of); };
    const auto started = Clock::now();
    const auto report = proof::verify_match_log(wanted);
    progress.end();
    if (!report) return result.refuse(report.error()), result.finish({});
    result.tell("venue", proof::origin_of(report->venue_id));
    result.tell("key", o.key.empty() ? "the folder's own: compare it with the venue's key from another place" : o.key);
    result.tell("checker", std::string(o.naive ? "naive" : "indexed"));
    result.tell("checkpoints", report->checkpoints);
    result.tell("covered", report->covered.value);
    tell_counts(result, report->counts);
    if (report->unfinished != 0) result.tell("unfinished", report->unfinished);
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f", std::chrono::duration<double>(Clock::now() - started).count());
    result.tell("seconds", std::string(seconds));
    return result.finish(
        "Every fill is the one that price-time priority gives to the orders before it, and the commands up to " +
        std::to_string(report->covered.value) +
        " are those that the checkpoints sign.\nNot proven: who sent what; self-trades (they are the venue's word); "
        "that what was refused was refused rightly; balances.");
}

}  // namespace

void add_verify_match_log(CLI::App* group, VerifyOptions& o, Run& run) {
    auto* command = group->add_subcommand("match-log", "Replay the public match log: every fill, every checkpoint");
    command->add_option("dir", o.path, "What the venue publishes, DATA/public or a copy of it")->required();
    command->add_flag("--naive", o.naive, "By the checker that sorts all open orders for every match: slow");
    command->add_option("--key", o.key, "The venue's key.txt from another place; else that of DIR is believed");
    command->add_flag("--json", o.json, "One JSON line");
    command->callback([&o, &run] { run = [&o] { return verify(o); }; });
}

}  // namespace dcx::app
