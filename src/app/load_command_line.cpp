#include "app/load_command.h"

namespace dcx::app {

void add_load(CLI::App& app, LoadOptions& o, FeedLoadOptions& feed, std::function<int()>& run) {
    auto* command = app.add_subcommand("load", "Load a running venue: latencies, rejects, where the time goes")
                        ->require_subcommand(0, 1);
    command->add_option("--data", o.tool.data, "Folder of the venue, whose operator key opens the accounts")
        ->envname("DCX_DATA")
        ->capture_default_str();
    auto* keys =
        command->add_option("--key", o.keys, "A key file to trade with, again for more (default: own accounts)");
    auto* connect =
        command->add_option("--connect", o.connect, "HOST:PORT or shm:PATH of a venue whose folder is not here")
            ->needs(keys);
    command->add_option("--door", o.door, "tcp, or shm: shared memory of this machine")
        ->excludes(connect)
        ->check(CLI::IsMember({"tcp", "shm"}))
        ->capture_default_str();
    command->add_option("--clients", o.clients, "Sessions")
        ->check(CLI::Range(std::uint32_t{1}, kMaxLoadClients))
        ->capture_default_str();
    command->add_option("--market", o.market, "Its symbol")->capture_default_str();
    command->add_option("--price", o.price, "Where the market is (default: its last trade, else its reference price)");
    command
        ->add_option("--mix", o.mix,
                     "real: half orders, an eighth of them marketable, half cancels; or shares of place, cancel, amend "
                     "and market in percent, e.g. place=40,cancel=50,amend=5,market=5")
        ->capture_default_str();
    auto* rate = command->add_option("--rate", o.rate, "Requests a second, of all clients together")
                     ->check(CLI::Range(std::uint64_t{1}, kMaxLoadRate))
                     ->capture_default_str();
    command->add_flag("--ramp", o.ramp, "Rates up to saturation instead, and the knee")->excludes(rate);
    command->add_option("--seconds", o.seconds, "Of each rate")
        ->check(CLI::Range(std::uint32_t{1}, kMaxLoadSeconds))
        ->capture_default_str();
    command->add_option("--seed", o.seed, "Of the requests")->capture_default_str();
    command->add_flag("--yes", o.yes, "Also when the venue is not one of simulated traders");
    command->add_flag("--json", o.tool.json, "One JSON line");
    command->callback([&, command] {
        if (command->get_subcommands().empty()) run = [&] { return load(o); };
    });
    add_load_feed(*command, feed, run);
}

}  // namespace dcx::app
