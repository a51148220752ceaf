#include <CLI/CLI.hpp>

#include "app/tool_groups.h"
#include "model/command.h"

namespace dcx::app {
namespace {

using Function = int (*)(const AdminOptions&);
CLI::App* add(CLI::App* group, const char* name, const char* what, AdminOptions& o, Run& run, Function function) {
    auto* command = add_command(group, name, what, o);
    command->add_option("--key", o.key, "Whose key, a name in DATA/keys")->capture_default_str();
    command->callback([&o, &run, function] { run = [&o, function] { return function(o); }; });
    return command;
}

void add_market_limits(CLI::App* command, AdminOptions& o) {
    command->add_option("market", o.market, "Its symbol")->required();
    command->add_option("--min-quantity", o.min_quantity, "Of one order, decimal");
    command->add_option("--max-quantity", o.max_quantity, "Of one order, decimal");
    command->add_option("--min-notional", o.min_notional, "Of one order, decimal, of quote; 0: none");
    command->add_option("--max-notional", o.max_notional, "Of one order, decimal, of quote");
    command->add_option("--reference-price", o.reference_price, "For the collar before the first trade; 0: none");
    command->add_option("--collar", o.collar_bp, "Basis points beyond the last price; 0: any");
    command->add_option("--max-orders", o.max_orders, "Open orders of one account; 0: any number");
    command->add_option("--day-end", o.day_end, "When DAY orders expire, HH:MM UTC");
}
void add_asset_limits(CLI::App* command, AdminOptions& o) {
    command->add_option("asset", o.asset, "Its symbol")->required();
    command->add_option("--mint-ceiling", o.mint_ceiling, "In one UTC day; 0: any");
    command->add_option("--dual-control-above", o.dual_control_above, "Needs two persons; 0: nothing does");
    command->add_option("--transfer-fee", o.transfer_fee, "Hundredths of a basis point");
}
void add_fees(CLI::App* command, AdminOptions& o) {
    command->add_option("market", o.market, "Its symbol")->required();
    command->add_option("--tier", o.tier, "Of accounts")
        ->check(CLI::Range(std::uint32_t{0}, std::uint32_t{kFeeTiers - 1}));
    command->add_option("--maker", o.maker_fee, "Hundredths of a basis point; below 0: a rebate");
    command->add_option("--taker", o.taker_fee, "Hundredths of a basis point");
}
void add_key(CLI::App* command, AdminOptions& o) {
    command->add_option("name", o.account, "Of its file in DATA/keys")->required();
    command->add_option("person", o.number, "Who holds it, a number")->required();
}
void add_issue(CLI::App* command, AdminOptions& o) {
    command->add_option("account", o.account, "Its name")->required();
    command->add_option("asset", o.asset, "Its symbol")->required();
    command->add_option("amount", o.amount, "Decimal, exact")->required();
    command->add_option("--id", o.id, "UUID of version 7");
}

void add_rules(CLI::App* command, AdminOptions& o) {
    command->add_option("version", o.number, "One above those in force")
        ->required()
        ->check(CLI::Range(kOldestRules, kNewestRules));
}

// The same commands, to be carried out when two persons have approved them.
void add_propose(CLI::App* group, AdminOptions& o, Run& run) {
    auto* propose = group->add_subcommand("propose", "A command that waits for two persons")->require_subcommand(1);
    const auto add_proposal = [&](const char* name, const char* what, Function function) {
        auto* command = add_command(propose, name, what, o);
        command->add_option("--key", o.key, "Whose key, a name in DATA/keys")->capture_default_str();
        command->add_option("--lifetime", o.lifetime_s, "Seconds")->capture_default_str();
        command->callback([&o, &run, function] {
            o.propose = true;
            run = [&o, function] { return function(o); };
        });
        return command;
    };
    add_market_limits(add_proposal("limits", "Limits of a market", admin_limits), o);
    add_asset_limits(add_proposal("asset-limits", "Limits of an asset", admin_asset_limits), o);
    add_fees(add_proposal("fees", "Fees of a tier", admin_fees), o);
    add_key(add_proposal("key", "An operator's key", admin_key), o);
    add_issue(add_proposal("mint", "Issue an amount", admin_mint), o);
    add_issue(add_proposal("burn", "Take an amount out of circulation", admin_burn), o);
    auto* transfer = add_proposal("transfer", "Move an amount", admin_transfer);
    transfer->add_option("to", o.to, "Who receives it")->required();
    add_issue(transfer, o);
    auto* bust = add_proposal("bust", "Take a trade back", admin_bust);
    bust->add_option("trade", o.number, "Its number")->required();
    add_rules(add_proposal("activate-rules", "Newer rules of the venue", admin_activate_rules), o);
}

}  // namespace

void add_admin(CLI::App& app, AdminOptions& o, Run& run) {
    auto* group = add_group(app, "admin", "The operators' commands, for the venue that runs on a folder");
    auto* halt = add(group, "halt", "Stop trading; cancels stay possible", o, run, admin_halt);
    halt->add_option("market", o.market, "Its symbol (default: all)");
    auto* resume = add(group, "resume", "Let trading go on", o, run, admin_resume);
    resume->add_option("market", o.market, "Its symbol (default: all)");
    auto* kill = add(group, "kill", "Cancel all orders and take no more", o, run, admin_kill);
    auto* killed = kill->add_option("market", o.market, "Of this market (default: of the venue)");
    kill->add_option("--account", o.account, "Of this account")->excludes(killed);
    auto* unkill = add(group, "unkill", "Take orders again", o, run, admin_unkill);
    auto* allowed = unkill->add_option("market", o.market, "Of this market (default: of the venue)");
    unkill->add_option("--account", o.account, "Of this account")->excludes(allowed);

    add_market_limits(add(group, "limits", "A market's limits, after setting what is given", o, run, admin_limits), o);
    add_asset_limits(add(group, "asset-limits", "An asset's limits, likewise", o, run, admin_asset_limits), o);
    add_fees(add(group, "fees", "The fees of a tier, likewise", o, run, admin_fees), o);
    add_key(add(group, "key", "Add an operator's key", o, run, admin_key), o);

    auto* rules = add(group, "activate-rules", "Answer by newer rules from now on", o, run, admin_activate_rules);
    add_rules(rules, o);
    add_propose(group, o, run);
    add(group, "proposals", "What waits for approval", o, run, admin_proposals);
    auto* ready = add_command(group, "ready", "Whether the venue takes commands; exit code 1 when not", o);
    ready->callback([&] { run = [&] { return admin_ready(o); }; });
    auto* actions = add_command(group, "actions", "What its admin listener can do", o);
    actions->callback([&] { run = [&] { return admin_actions(o); }; });
    auto* call = add_command(group, "call", "Do one of these", o);
    call->add_option("action", o.action, "Its name")->required();
    call->callback([&] { run = [&] { return admin_call(o); }; });
    auto* snapshot = add_command(group, "snapshot", "Take a snapshot of all that is durable now, and wait for it", o);
    snapshot->callback([&] { run = [&] { return admin_snapshot(o); }; });
    auto* notice = add_command(group, "notice", "Tell every session something", o);
    notice->add_option("text", o.text, "At most 160 bytes")->required();
    notice->add_option("--in", o.delay, "Until it begins: 30s, 5m, 2h (default: now)");
    notice->add_flag("--maintenance", o.maintenance, "The venue will be away");
    notice->callback([&] { run = [&] { return admin_notice(o); }; });
    auto* approve = add(group, "approve", "Show a proposal and sign it", o, run, admin_approve);
    approve->add_option("proposal", o.number, "Its number")->required();
}

}  // namespace dcx::app
