#include <CLI/CLI.hpp>

#include "app/custody_commands.h"
#include "app/tool_groups.h"
#include "model/command.h"

namespace dcx::app {
namespace {

using Function = int (*)(const CustodyToolOptions&);
CLI::App* add(CLI::App* group, const char* name, const char* what, CustodyToolOptions& o, Run& run, Function function) {
    auto* command = add_command(group, name, what, o.admin);
    command->callback([&o, &run, function] { run = [&o, function] { return function(o); }; });
    return command;
}
CLI::App* add_operators(CLI::App* group, const char* name, const char* what, CustodyToolOptions& o, Run& run,
                        Function function) {
    auto* command = add(group, name, what, o, run, function);
    command->add_option("--key", o.admin.key, "Whose key, a name in DATA/keys")->capture_default_str();
    command->add_flag("--propose", o.admin.propose, "For two persons to approve, rather than now");
    command->add_option("--lifetime", o.admin.lifetime_s, "Of a proposal, seconds")->capture_default_str();
    return command;
}

}  // namespace

void add_custody(CLI::App& app, CustodyToolOptions& o, Run& run) {
    auto* group = add_group(app, "custody", "Deposits and withdrawals on the DeCoin chain (docs/custody.md)");
    auto* start = add_operators(group, "start", "Follow the chain from a block on", o, run, custody_start);
    start->add_option("--height", o.height, "Of the block")->required();
    start->add_option("--hash", o.hash, "Of the block")->required();
    start->add_option("--confirmations", o.confirmations, "Blocks, that of a transaction and the newest both counted")
        ->check(CLI::Range(1u, kMaxConfirmations))
        ->capture_default_str();
    start->add_option("--asset", o.admin.asset, "That is deposited")->default_val("DEC");

    auto* hot = add_operators(group, "hot", "Register the next hot address", o, run, custody_hot);
    hot->add_option("index", o.index, "One above the last, from 1")->required();
    hot->add_option("address", o.address, "As dcx signer address --account 4 tells it")->required();

    auto* deposit =
        add_operators(group, "deposit-address", "Register an account's next address", o, run, custody_deposit_address);
    deposit->add_option("name", o.admin.account, "Whose")->required();
    deposit->add_option("index", o.index, "One above the last, from 1")->required();
    deposit->add_option("address", o.address, "As dcx signer address tells it")->required();

    auto* payouts = add_operators(group, "payouts", "Start (two persons) or stop paying", o, run, custody_payouts);
    payouts->add_option("word", o.word, "on or off")->required()->check(CLI::IsMember({"on", "off"}));

    auto* release = add_operators(group, "release", "Propose that a withdrawal is paid", o, run, custody_release);
    release->add_option("name", o.admin.account, "Whose")->required();
    release->add_option("id", o.admin.id, "UUID of the withdrawal")->required();

    auto* resolve = add_operators(group, "resolve", "Propose what became of a posted payout", o, run, custody_resolve);
    resolve->add_option("hash", o.hash, "Of its transaction")->required();
    resolve->add_option("word", o.word, "paid or not_paid")->required()->check(CLI::IsMember({"paid", "not_paid"}));

    auto* cover = add_operators(group, "cover", "The error account pays for what is unbacked", o, run, custody_cover);
    cover->add_option("asset", o.admin.asset, "Its symbol")->required();
    cover->add_option("amount", o.admin.amount, "Decimal, exact")->required();

    auto* limits = add_operators(group, "limits", "Set the limits of withdrawals, all of them", o, run, custody_limits);
    limits->add_option("asset", o.admin.asset, "Its symbol")->required();
    limits->add_option("--daily", o.daily_limit, "Of one account in one UTC day; 0: none")->capture_default_str();
    limits->add_option("--dual-control-above", o.admin.dual_control_above, "Larger ones need a release; 0: none do");
    limits->add_option("--cooling", o.cooling_s, "Seconds that an address must have been allowed");
    limits->add_flag("--allow-list", o.allow_list, "Only to addresses that the account has allowed");

    auto* allow = add(group, "allow", "An account allows an address for its withdrawals", o, run, custody_allow);
    allow->add_option("name", o.admin.account, "Whose")->required();
    allow->add_option("address", o.address, "Of the chain")->required();
    allow->add_option("word", o.word, "off: no longer")->check(CLI::IsMember({"on", "off"}));

    auto* sign = group->add_subcommand("sign", "Have a transaction written and signed, to be posted by hand");
    sign->add_option("--socket", o.socket, "Of the signer")->required();
    sign->add_option("--account", o.path_account, "Of the path: 4 for hot addresses")->required();
    sign->add_option("--index", o.index, "Of the path")->required();
    sign->add_option("--to", o.address, "The recipient")->required();
    sign->add_option("--units", o.units, "Base units")->required();
    sign->add_option("--nonce", o.nonce, "Of the transaction; a payout's is in dcx reconcile decoin --json")
        ->required();
    sign->add_flag("--json", o.admin.tool.json, "One JSON line");
    sign->callback([&o, &run] { run = [&o] { return custody_sign(o); }; });
}

void add_reconcile(CLI::App& app, ReconcileOptions& o, Run& run) {
    auto* group = add_group(app, "reconcile", "Hold the ledger against what is outside");
    auto* decoin = add_history_command(
        group, "decoin", "Against the DeCoin chain; exit code 0 only if every difference is none", o.ground);
    decoin->add_option("--url", o.url, "Of the node (default: custody.url)");
    decoin->add_option("--genesis", o.genesis, "Hash of its first block (default: custody.genesis)");
    decoin->callback([&o, &run] { run = [&o] { return reconcile_decoin(o); }; });
}

}  // namespace dcx::app
