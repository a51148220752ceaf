#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "app/tool_groups.h"

namespace dcx::app {
namespace {

void add_terms(CLI::App* command, OrderOptions& o) {
    command->add_option("quantity", o.quantity, "Decimal, a whole number of lots")->required();
    command->add_option("price", o.price, "Decimal, a whole number of ticks")->required();
}

}  // namespace

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
    auto* tif = place->add_option("--tif", o.time_in_force, "gtc (default), ioc, fok, day or gtd")
                    ->check(CLI::IsMember({"gtc", "ioc", "fok", "day", "gtd"}))
                    ->excludes(ioc, fok);
    place->add_option("--expire", o.expire, "Of gtd: +SECONDS from now, or a time as 2026-11-28T22:30:00Z");
    place->add_option("--budget", o.budget, "Of a market buy: the quote it may spend at most")->needs(market);
    post->excludes(market);
    (void)tif;
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

    auto* status = add_command(group, "status", "How an order stands, open or lately done", o);
    status->add_option("name", o.name, "Whose, with his key")->required();
    auto* number = status->add_option("order", o.order_id, "Its number");
    status->add_option("--cl-ord-id", o.cl_ord_id, "Or the number that place has told as cl_ord_id")->excludes(number);
    status->callback([&] { run = [&] { return order_status(o); }; });
    auto* open = add_command(group, "open", "The open orders of an account", o);
    open->add_option("name", o.name, "Whose, with his key")->required();
    open->add_option("market", o.market, "Its symbol (default: all)");
    open->callback([&] { run = [&] { return order_open(o); }; });
    auto* history = add_command(group, "history", "The last orders of an account that are done, oldest first", o);
    history->add_option("name", o.name, "Whose, with his key")->required();
    history->add_option("--count", o.count, "How many (default: all that are kept)");
    history->callback([&] { run = [&] { return order_history(o); }; });
}

}  // namespace dcx::app
