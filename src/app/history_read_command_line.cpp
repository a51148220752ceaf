#include <CLI/CLI.hpp>

#include "app/history_commands.h"
#include "app/history_read_commands.h"
#include "app/tool_groups.h"

namespace dcx::app {
namespace {

using Function = int (*)(const HistoryReadOptions&);

CLI::App* add_reading(CLI::App* group, const char* name, const char* what, HistoryReadOptions& o, Run& run,
                      Function function) {
    auto* command = add_history_command(group, name, what, o);
    command->callback([&o, &run, function] { run = [&o, function] { return function(o); }; });
    return command;
}

CLI::Option* add_account(CLI::App* command, HistoryReadOptions& o) {
    return command->add_option("--account", o.account, "Its number, the name of its key, or issuance, fees, ...");
}

void add_pages(CLI::App* command, HistoryReadOptions& o) {
    command->add_option("--from", o.from, "The first sequence, or a day or time as 2026-11-28T22:30:00Z");
    command->add_option("--to", o.to, "The last sequence, or the day or time before which it ends");
    command->add_option("--count", o.count, "Of entries; 0: all")->capture_default_str();
    command->add_option("--after", o.after, "Go on behind the last entry of an earlier call: its \"next\"");
    command->add_flag("--newest", o.newest, "The newest first");
}

}  // namespace

void add_history_reading(CLI::App* group, HistoryReadOptions& o, Run& run) {
    auto* statement =
        add_reading(group, "statement", "An account's postings with a running balance", o, run, history_statement);
    add_account(statement, o)->required();
    statement->add_option("--asset", o.asset, "Of this asset alone");
    statement->add_flag("--daily", o.daily, "A line a day and asset");
    add_pages(statement, o);

    auto* orders = add_reading(group, "orders", "An account's orders, or one order with what became of it", o, run,
                               history_orders);
    auto* account = add_account(orders, o);
    orders->add_option("--order", o.order, "Its number")->excludes(account);
    orders->add_option("--market", o.market, "Of this market alone");
    orders->add_option("--side", o.side, "buy or sell")->check(CLI::IsMember({"buy", "sell"}));
    orders->add_option("--status", o.status, "open, filled, canceled, expired")
        ->check(CLI::IsMember({"open", "filled", "canceled", "expired"}));
    add_pages(orders, o);

    auto* trades = add_reading(group, "trades", "An account's trades with their fees, or all trades of a market", o,
                               run, history_trades);
    add_account(trades, o);
    trades->add_option("--market", o.market, "Its symbol, e.g. DEC/USD");
    add_pages(trades, o);

    auto* candles =
        add_reading(group, "candles", "A market's prices and volumes by intervals", o, run, history_candles);
    candles->add_option("--market", o.market, "Its symbol, e.g. DEC/USD")->required();
    candles->add_option("--interval", o.interval, "1s, 1m, 5m, 15m, 1h, 4h, 1d")->capture_default_str();
    add_pages(candles, o);

    auto* balance =
        add_reading(group, "balance", "An account's balances, now or at any moment", o, run, history_balance);
    add_account(balance, o)->required();
    balance->add_option("--at", o.at, "Behind this sequence, or behind the last command of this time or before");

    const auto money = [&](const char* name, const char* what, Function function) {
        auto* command = add_reading(group, name, what, o, run, function);
        add_account(command, o)->required();
        add_pages(command, o);
        return command;
    };
    money("deposits", "What an account was given from outside", history_deposits);
    for (auto* command : {money("withdrawals", "What an account asked to be sent to the chain", history_withdrawals),
                          money("pending", "An account's transfers in two phases", history_pending)})
        command->add_option("--status", o.status, "pending, posted, voided, expired")
            ->check(CLI::IsMember({"pending", "posted", "voided", "expired"}));

    add_pages(add_reading(group, "audit", "What operators did, and what rules did to the venue", o, run, history_audit),
              o);

    auto* contact = add_reading(group, "contact", "Who an account is: shown, set or erased", o, run, history_contact);
    add_account(contact, o)->required();
    contact->add_option("--name", o.name, "Each replaces that text, \"\" takes it away");
    contact->add_option("--email", o.email, "");
    contact->add_option("--phone", o.phone, "");
    contact->add_option("--address", o.address, "");
    contact->add_option("--note", o.note, "");
    contact->add_flag("--erase", o.erase, "All of it, for good");
}

}  // namespace dcx::app
