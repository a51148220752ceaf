#include <CLI/CLI.hpp>

#include "app/tool_groups.h"

namespace dcx::app {
namespace {

using Function = int (*)(const AtOptions&);

constexpr const char* kArchive = "A folder of archived segments, read as if they had stayed";

CLI::App* add_view(CLI::App* at, const char* name, const char* what, AtOptions& o, Run& run, Function function) {
    auto* command = add_command(at, name, what, o);
    command->add_option("--archive", o.archive, kArchive);
    command->callback([&o, &run, function] { run = [&o, function] { return function(o); }; });
    return command;
}

constexpr const char* kMoment = "A sequence, \"end\", or a time as 2026-11-28T22:30:00Z";

}  // namespace

void add_past(CLI::App& app, AtOptions& o, ForkOptions& f, Run& run) {
    auto* at = app.add_subcommand("at", "What there was behind any command of a venue's log")->require_subcommand(1);
    at->add_option("moment", o.moment, kMoment)->required();
    auto* book = add_view(at, "book", "The book of a market", o, run, at_book);
    book->add_option("market", o.market, "Its symbol, e.g. DEC/USD")->required();
    book->add_option("--levels", o.levels, "A side")->check(CLI::Range(std::uint32_t{1}, std::uint32_t{1} << 26));
    auto* balances = add_view(at, "balances", "Every balance that is not zero", o, run, at_balances);
    balances->add_option("--account", o.account, "Of this account alone");
    auto* order = add_view(at, "order", "An order, if it was open", o, run, at_order);
    order->add_option("order", o.order_id, "Its number")->required();
    add_view(at, "state", "Sequence, time and hashes of the state", o, run, at_state);

    auto* fork = app.add_subcommand("fork", "Make a sandbox venue from any moment of a venue's log");
    fork->add_option("moment", f.moment, kMoment)->required();
    fork->add_option("target", f.target, "A folder that is not there yet")->required();
    fork->add_option("--data", f.data, "Folder of the venue")->envname("DCX_DATA")->default_val("data/venue");
    fork->add_option("--archive", f.archive, kArchive);
    fork->add_flag("--with-keys", f.with_keys, "Take the venue's keys along: they open the venue itself too");
    fork->callback([&] { run = [&] { return fork_venue(f); }; });
}

}  // namespace dcx::app
