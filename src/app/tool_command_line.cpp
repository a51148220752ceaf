#include "app/tool_command_line.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace dcx::app {
namespace {

using Run = std::function<int()>;

CLI::App* add_group(CLI::App& app, const char* name, const char* what) {
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

void add_amount(CLI::App* command, LedgerOptions& o) {
    command->add_option("asset", o.asset, "Its symbol, e.g. USD")->required();
    command->add_option("amount", o.amount, "Decimal, exact")->required();
    command->add_option("--id", o.id, "UUID of version 7; asked again with the same one, it is done once");
}

void add_ledger(CLI::App& app, LedgerOptions& o, Run& run) {
    auto* group = add_group(app, "ledger", "Accounts and money, for the venue that runs on a folder");
    auto* open = add_command(group, "open", "Open an account; its key goes to DATA/keys/NAME.key", o);
    open->add_option("name", o.name, "Letters, digits, dashes, underscores")->required();
    open->add_flag("--market-maker", o.market_maker, "An account of a market maker");
    open->callback([&] { run = [&] { return ledger_open(o); }; });

    auto* deposit = add_command(group, "deposit", "Issue an amount to an account (operator)", o);
    deposit->add_option("name", o.name, "Who receives it")->required();
    add_amount(deposit, o);
    deposit->callback([&] { run = [&] { return ledger_deposit(o); }; });

    auto* withdraw = add_command(group, "withdraw", "Take an amount out of circulation (operator)", o);
    withdraw->add_option("name", o.name, "From whom")->required();
    add_amount(withdraw, o);
    withdraw->callback([&] { run = [&] { return ledger_withdraw(o); }; });

    auto* transfer = add_command(group, "transfer", "Pay an amount to another account", o);
    transfer->add_option("from", o.name, "Who pays, with his key")->required();
    transfer->add_option("to", o.to, "Who receives it")->required();
    add_amount(transfer, o);
    transfer->callback([&] { run = [&] { return ledger_transfer(o); }; });

    auto* balance = add_command(group, "balance", "What an account has available and held", o);
    balance->add_option("name", o.name, "Whose, with his key")->required();
    balance->callback([&] { run = [&] { return ledger_balance(o); }; });
}

void add_terms(CLI::App* command, OrderOptions& o) {
    command->add_option("quantity", o.quantity, "Decimal, a whole number of lots")->required();
    command->add_option("price", o.price, "Decimal, a whole number of ticks")->required();
}

void add_order(CLI::App& app, OrderOptions& o, Run& run) {
    auto* group = add_group(app, "order", "Orders, for the venue that runs on a folder");
    auto* place = add_command(group, "place", "Place a limit order; prints the reports that answer it", o);
    place->add_option("name", o.name, "Whose, with his key")->required();
    place->add_option("market", o.market, "Its symbol, e.g. DEC/USD")->required();
    place->add_option("side", o.side, "buy or sell")->required()->check(CLI::IsMember({"buy", "sell"}));
    add_terms(place, o);
    auto* ioc = place->add_flag("--ioc", o.ioc, "Take what is there and cancel the rest");
    auto* fok = place->add_flag("--fok", o.fok, "Take all of it at once or nothing")->excludes(ioc);
    auto* post = place->add_flag("--post-only", o.post_only, "Refuse rather than take");
    auto* market = place->add_flag("--market", o.market_order,
                                   "Take at any price up to this one, cancel the rest (or, with --fok, all)");
    ioc->excludes(post, market);
    post->excludes(fok, market);
    place->callback([&] { run = [&] { return order_place(o); }; });

    auto* cancel = add_command(group, "cancel", "Cancel an order", o);
    cancel->add_option("name", o.name, "Whose, with his key")->required();
    cancel->add_option("order", o.order_id, "Its number")->required();
    cancel->callback([&] { run = [&] { return order_cancel(o); }; });

    auto* cancel_all = add_command(group, "cancel-all", "Cancel all orders of an account, or those of one market", o);
    cancel_all->add_option("name", o.name, "Whose, with his key")->required();
    cancel_all->add_option("market", o.market, "Its symbol (default: all)");
    cancel_all->add_option("--side", o.side, "buy or sell (default: both)")->check(CLI::IsMember({"buy", "sell"}));
    cancel_all->callback([&] { run = [&] { return order_cancel_all(o); }; });

    auto* amend = add_command(group, "amend", "Give an order another quantity and price", o);
    amend->add_option("name", o.name, "Whose, with his key")->required();
    amend->add_option("market", o.market, "The order's market")->required();
    amend->add_option("order", o.order_id, "Its number")->required();
    add_terms(amend, o);
    amend->add_flag("--replace", o.replace, "The quantity is the new open one, and the order loses its priority");
    amend->callback([&] { run = [&] { return order_amend(o); }; });

    auto* self_trade = add_command(group, "self-trade", "What happens when two orders of an account would trade", o);
    self_trade->add_option("name", o.name, "Whose, with his key")->required();
    self_trade->add_option("rule", o.rule, "none: they do")
        ->required()
        ->check(CLI::IsMember(std::vector<std::string>(kSelfTradeRules.begin(), kSelfTradeRules.end())));
    self_trade->callback([&] { run = [&] { return order_self_trade(o); }; });
}

void add_admin(CLI::App& app, AdminOptions& o, Run& run) {
    auto* group = add_group(app, "admin", "The operator's commands, for the venue that runs on a folder");
    auto* halt = add_command(group, "halt", "Stop trading; cancels stay possible", o);
    halt->add_option("market", o.market, "Its symbol (default: all)");
    halt->callback([&] { run = [&] { return admin_halt(o); }; });
    auto* resume = add_command(group, "resume", "Let trading go on", o);
    resume->add_option("market", o.market, "Its symbol (default: all)");
    resume->callback([&] { run = [&] { return admin_resume(o); }; });
}

}  // namespace

void add_tool_commands(CLI::App& app, ToolCommands& options, std::function<int()>& run) {
    add_ledger(app, options.ledger, run);
    add_order(app, options.order, run);
    add_admin(app, options.admin, run);
}

}  // namespace dcx::app
