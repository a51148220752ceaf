#include <CLI/CLI.hpp>

#include "app/tool_groups.h"

namespace dcx::app {
namespace {

// A command and what runs it.
using Function = int (*)(const LedgerOptions&);
CLI::App* add(CLI::App* group, const char* name, const char* what, LedgerOptions& o, Run& run, Function function) {
    auto* command = add_command(group, name, what, o);
    command->callback([&o, &run, function] { run = [&o, function] { return function(o); }; });
    return command;
}

void add_id(CLI::App* command, LedgerOptions& o) {
    command->add_option("--id", o.id, "UUID of version 7; asked again with the same one, it is done once");
}
void add_amount(CLI::App* command, LedgerOptions& o) {
    command->add_option("asset", o.asset, "Its symbol, e.g. USD")->required();
    command->add_option("amount", o.amount, "Decimal, exact")->required();
    add_id(command, o);
}
void add_name(CLI::App* command, LedgerOptions& o, const char* what) {
    command->add_option("name", o.name, what)->required();
}
void add_operator(CLI::App* command, LedgerOptions& o) {
    command->add_flag("--operator", o.by_operator, "With the operator's key instead of the account's own");
}

void add_money(CLI::App* group, LedgerOptions& o, Run& run) {
    auto* deposit = add(group, "deposit", "Issue an amount to an account (operator)", o, run, ledger_deposit);
    add_name(deposit, o, "Who receives it");
    add_amount(deposit, o);
    auto* burn = add(group, "burn", "Take an amount out of circulation (operator)", o, run, ledger_burn);
    add_name(burn, o, "From whom");
    add_amount(burn, o);

    auto* withdraw = add(group, "withdraw", "Ask for an amount on the chain; an operator posts or voids it", o, run,
                         ledger_withdraw);
    add_name(withdraw, o, "Who pays, with his key");
    add_amount(withdraw, o);
    withdraw->add_option("address", o.address, "Of the chain, DEC or DECMS and 40 hexadecimal digits")->required();

    auto* transfer = add(group, "transfer", "Pay an amount to another account", o, run, ledger_transfer);
    transfer->add_option("from", o.name, "Who pays, with his key")->required();
    transfer->add_option("to", o.to, "Who receives it")->required();
    add_amount(transfer, o);
    add_operator(transfer, o);

    auto* pend =
        add(group, "pend", "Hold an amount for another account until it is posted or voided", o, run, ledger_pend);
    pend->add_option("from", o.name, "Who pays, with his key")->required();
    pend->add_option("to", o.to, "Who would receive it")->required();
    add_amount(pend, o);
    pend->add_option("--timeout", o.timeout_s, "Seconds until it is released (default: never)")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{366} * 86'400));
    add_operator(pend, o);

    auto* post = add(group, "post", "Pay a pending transfer, all or part of it", o, run, ledger_post);
    add_name(post, o, "Whose pending transfer it is");
    post->add_option("pending", o.pending, "Its id")->required();
    add_amount(post, o);
    add_operator(post, o);
    auto* release = add(group, "void", "Release a pending transfer", o, run, ledger_void);
    add_name(release, o, "Whose pending transfer it is");
    release->add_option("pending", o.pending, "Its id")->required();
    add_id(release, o);
    add_operator(release, o);
}

void add_limits(CLI::App* group, LedgerOptions& o, Run& run) {
    auto* limits =
        add(group, "limits", "What limits an account, after setting what is given (operator)", o, run, ledger_limits);
    add_name(limits, o, "Whose");
    limits->add_option("--max-open-orders", o.max_open_orders, "0: any number");
    limits->add_option("--orders-per-second", o.orders_per_second, "0: any rate");
    limits->add_option("--burst", o.burst, "Orders at once; 0 exactly when the rate is 0");
    limits->add_option("--tier", o.tier, "Of fees")->check(CLI::Range(std::uint32_t{0}, std::uint32_t{kFeeTiers - 1}));
    auto* market = limits->add_option("--market", o.market, "Whose position is limited");
    limits->add_option("--max-position", o.max_position, "Decimal, of base, in a day; 0: any")->needs(market);
    limits->add_option("--max-daily-loss", o.max_daily_loss, "Decimal, of quote; 0: any")->needs(market);
}

}  // namespace

void add_ledger(CLI::App& app, LedgerOptions& o, Run& run) {
    auto* group = add_group(app, "ledger", "Accounts and money, for the venue that runs on a folder");
    auto* open = add(group, "open", "Open an account; its key goes to DATA/keys/NAME.key", o, run, ledger_open);
    add_name(open, o, "Letters, digits, dashes, underscores");
    open->add_flag("--market-maker", o.market_maker, "An account of a market maker");
    open->add_option("--sub-of", o.owner, "A sub-account: whose it is");
    add_money(group, o, run);

    auto* balance = add(group, "balance", "What an account has available and held", o, run, ledger_balance);
    add_name(balance, o, "Whose, with his key; or issuance, fees, deposits, withdrawals, errors");
    auto* statement = add(group, "statement", "The last entries of an account, oldest first", o, run, ledger_statement);
    add_name(statement, o, "Whose, as in balance");
    statement->add_option("--asset", o.asset, "Of this one alone");
    statement->add_option("--count", o.count, "How many (default: all that are kept)");
    auto* pendings = add(group, "pendings", "Pending transfers from and to an account", o, run, ledger_pendings);
    add_name(pendings, o, "Whose, as in balance");
    add(group, "audit", "Every invariant of the ledger with its figure; fails when one does not hold (operator)", o,
        run, ledger_audit);

    auto* freeze =
        add(group, "freeze", "An account neither trades nor pays any more (operator)", o, run, ledger_freeze);
    add_name(freeze, o, "Whose");
    auto* thaw = add(group, "thaw", "It does again (operator)", o, run, ledger_thaw);
    add_name(thaw, o, "Whose");
    auto* address = add(group, "address", "Deposit addresses of an account, or registers its next one (operator)", o,
                        run, ledger_address);
    add_name(address, o, "Whose");
    address->add_option("address", o.address, "To be registered");
    add_limits(group, o, run);
}

}  // namespace dcx::app
