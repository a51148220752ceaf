#include "app/load_command.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/admin_client.h"
#include "app/load_accounts.h"
#include "app/load_report.h"
#include "app/load_run.h"

namespace dcx::app {
namespace {

// Of the saturation that a ramp begins by finding.
constexpr std::array kRampShares{0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1};
constexpr double kWarmUpSeconds = 0.5;

bool is_local(const client::VenueAddress& venue) {
    const std::string& address = venue.endpoint.address;
    return !venue.shm.empty() || address == "localhost" || address.starts_with("127.") || address == "::1";
}

// Where the venue of a folder takes orders through this door.
client::VenueAddress door_of(const DataFolder& folder, const std::string& door) {
    if (door == "tcp") return {.endpoint = value_or_throw(folder.order_entry())};
    std::ifstream in(folder.ready());
    const auto ready = nlohmann::json::parse(in, nullptr, false);
    if (!ready.is_object()) throw std::runtime_error("no venue runs on " + folder.path());
    const std::string path = ready.value("shm", "");
    if (path.empty()) throw std::runtime_error("the venue on " + folder.path() + " has no door for shared memory");
    return {.shm = path};
}

// By its own word, which only its folder's admin listener gives.
void demand_simulated(const LoadOptions& options, const DataFolder& folder) {
    if (options.yes) return;
    if (!options.connect.empty())
        throw std::runtime_error("whether the venue at " + options.connect +
                                 " is one of simulated traders can't be asked: --yes loads it all the same");
    const auto state = value_or_throw(ask_admin(folder, "/ready"));
    const auto json = nlohmann::json::parse(state.body, nullptr, false);
    if (!json.is_object() || !json.value("simulated", false))
        throw std::runtime_error("the venue on " + folder.path() +
                                 " is not one of simulated traders: its customers would trade with the load (--yes "
                                 "loads it all the same)");
}

struct Prepared {
    LoadRunOptions run;
    std::string venue;
};

Prepared prepare(const LoadOptions& options) {
    const DataFolder folder(options.tool.data);
    Prepared prepared;
    LoadRunOptions& run = prepared.run;
    run.clients = options.clients;
    run.seed = options.seed;
    run.mix = value_or_throw(parse_mix(options.mix));
    for (const std::string& file : options.keys) run.keys.push_back(value_or_throw(client::read_key_file(file)));
    run.venue = options.connect.empty() ? door_of(folder, options.door)
                                        : value_or_throw(client::parse_venue_address(options.connect));
    demand_simulated(options, folder);
    prepared.venue = run.venue.text();
    if (run.keys.empty()) {
        VenueLink operators(folder, kOperator);
        run.market = load_market(operators, options.market, options.price);
        run.keys = load_accounts(folder, operators, run.market, options.clients);
    } else {
        const VenueLink link(run.venue, run.keys.front());
        run.market = load_market(link, options.market, options.price);
    }
    return prepared;
}

std::vector<double> rates_of(const LoadOptions& options, double saturation) {
    if (!options.ramp) return {static_cast<double>(options.rate)};
    std::vector<double> rates;
    for (const double share : kRampShares) rates.push_back(std::max(1.0, std::round(share * saturation)));
    return rates;
}

}  // namespace

int load(const LoadOptions& options) {
    return run_tool(options.tool, [&] {
        const Prepared prepared = prepare(options);
        LoadRun run(prepared.run);
        run.connect();
        LoadResult result{.venue = prepared.venue,
                          .door = prepared.run.venue.shm.empty() ? "tcp" : "shm",
                          .market = options.market,
                          .mix = options.mix,
                          .durability = run.durability(),
                          .clients = options.clients,
                          .session_rate = run.session_rate(),
                          .ramp = options.ramp,
                          .same_machine = is_local(prepared.run.venue),
                          .curve = {},
                          .tallies = {}};
        const double saturation = options.ramp ? run.saturate(static_cast<double>(options.seconds)) : 0;
        result.curve.saturation = saturation;
        if (!options.ramp) {
            // The book fills and caches warm, at the rate itself.
            market::LoadPoint unused;
            unused.rate = static_cast<double>(options.rate);
            LoadTally ignored;
            run.offer(kWarmUpSeconds, unused, ignored);
        }
        for (const double rate : rates_of(options, saturation)) {
            result.curve.points.emplace_back().rate = rate;
            result.tallies.emplace_back();
            run.offer(static_cast<double>(options.seconds), result.curve.points.back(), result.tallies.back());
        }
        run.finish();
        std::fputs((options.tool.json ? load_json(result) + "\n" : load_text(result)).c_str(), stdout);
    });
}

}  // namespace dcx::app
