// What the groups of small commands have in common on the command line, and the groups themselves.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "app/commands.h"
#include "model/types.h"

namespace dcx::app {

using Run = std::function<int()>;

inline CLI::App* add_group(CLI::App& app, const char* name, const char* what) {
    return app.add_subcommand(name, what)->require_subcommand(1);
}

// One command of a group, with the options that all of them have.
template <class Options>
CLI::App* add_command(CLI::App* group, const char* name, const char* what, Options& o) {
    auto* command = group->add_subcommand(name, what);
    command->add_option("--data", o.tool.data, "Folder of the running venue")
        ->envname("DCX_DATA")
        ->capture_default_str();
    command->add_flag("--json", o.tool.json, "Results as JSON, one object a line");
    return command;
}

// Each fills its options while the command line is parsed, and sets `run` when one of its commands was chosen.
void add_ledger(CLI::App& app, LedgerOptions& o, Run& run);
void add_order(CLI::App& app, OrderOptions& o, Run& run);
void add_past(CLI::App& app, AtOptions& at, ForkOptions& fork, Run& run);
void add_admin(CLI::App& app, AdminOptions& o, Run& run);
void add_anchor(CLI::App& app, AnchorOptions& anchor, DecoinOptions& decoin, Run& run);
void add_backup(CLI::App& app, BackupOptions& o, Run& run);
void add_vault(CLI::App& app, VaultOptions& o, Run& run);
void add_journal(CLI::App& app, JournalOptions& o, Run& run);

}  // namespace dcx::app
