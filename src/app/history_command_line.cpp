#include <CLI/CLI.hpp>

#include "app/history_commands.h"
#include "app/tool_groups.h"

namespace dcx::app {

CLI::App* add_history(CLI::App& app, HistoryOptions& o, Run& run) {
    auto* group = add_group(app, "history", "The history store: made again, checked, asked (docs/history.md)");
    auto* rebuild = add_history_command(group, "rebuild", "Wipe the store and make it again from the journal", o);
    rebuild->callback([&] { run = [&] { return history_rebuild(o); }; });

    auto* catch_up = add_history_command(group, "catch-up", "Store what the journal has and the store has not", o);
    catch_up->callback([&] { run = [&] { return history_catch_up(o); }; });

    auto* check = add_history_command(
        group, "check", "Make every row again from the journal and compare; exit code 0 only if all are equal", o);
    check->callback([&] { run = [&] { return history_check(o); }; });

    auto* status = add_history_command(group, "status", "How far the store is, and what is in it", o);
    status->callback([&] { run = [&] { return history_status(o); }; });

    auto* prune = add_history_command(group, "prune", "Take away what was told before a day; state stays", o);
    prune->add_option("--before", o.before, "The first day that stays, YYYY-MM-DD, UTC")->required();
    prune->callback([&] { run = [&] { return history_prune(o); }; });
    return group;
}

}  // namespace dcx::app
