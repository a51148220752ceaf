// dcx history: what an operator does with the projections of the log (history/): made again, compared with the journal,
// shortened. Each works beside a running venue or without one, but for those that write, which need the store for
// themselves. The commands that read it for people are of the same group (history_command_line.cpp).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "app/commands.h"

namespace dcx::app {

struct HistoryOptions {
    ToolOptions tool;    // the venue's folder
    std::string config;  // its dcx.toml; empty: embedded defaults
    std::string before;  // prune: YYYY-MM-DD
};

// Wipes the store and projects the whole log up to its durable end.
int history_rebuild(const HistoryOptions& options);
// Projects what the store has not yet of the log, and ends.
int history_catch_up(const HistoryOptions& options);
// Makes all rows again from the log, up to the store's cursor, and compares. Done only if all are equal.
int history_check(const HistoryOptions& options);
int history_status(const HistoryOptions& options);
int history_prune(const HistoryOptions& options);

// One command of the group, with the options that all of them have: --config, --data, --json.
template <class Options>
CLI::App* add_history_command(CLI::App* group, const char* name, const char* what, Options& o) {
    auto* command = group->add_subcommand(name, what);
    command->add_option("--config", o.config, "The venue's dcx.toml (default: embedded defaults)");
    command->add_option("--data", o.tool.data, "The venue's folder")->envname("DCX_DATA")->capture_default_str();
    command->add_flag("--json", o.tool.json, "Results as JSON, one object a line");
    return command;
}
// The group, for others to add theirs to it.
CLI::App* add_history(CLI::App& app, HistoryOptions& o, std::function<int()>& run);

}  // namespace dcx::app
