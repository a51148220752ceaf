// dcx serve: a venue from its configuration until a signal.
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/listing.h"
#include "app/simulation_thread.h"
#include "app/stop_signals.h"
#include "app/venue.h"

namespace dcx::app {
namespace {

std::string describe(const journal::AmbiguousTail& tail) {
    std::string text = tail.segment + " from byte " + std::to_string(tail.offset);
    if (tail.first) {
        text += ", commands from " + std::to_string(tail.first.value);
        text += tail.last ? " to " + std::to_string(tail.last.value) : " on";
    }
    return text + ": none of them had been acknowledged unless the disk lost what it had synced";
}

void report_start(const engine::StartReport& report, const Venue& venue) {
    if (!report.fresh)
        std::fprintf(stderr, "recovered up to command %llu in %.1f s\n",
                     static_cast<unsigned long long>(report.replayed.value), report.seconds);
    if (report.tail)
        std::fprintf(stderr, "ambiguous_tail: the journal's end was damaged and cut, %s\n",
                     describe(*report.tail).c_str());
    std::fprintf(stderr, "epoch %llu, memory %s\n", static_cast<unsigned long long>(report.epoch),
                 venue.memory_report().c_str());
}

std::string ready_line(const Venue& venue) {
    const std::string http = venue.http().text();
    const nlohmann::ordered_json line{{"ready", true},
                                      {"pid", ::getpid()},
                                      {"order_entry", venue.order_entry().text()},
                                      {"feed", "ws://" + http + "/v1/feed"},
                                      {"http", "http://" + http}};
    return line.dump();
}

struct OperatorKeys {
    std::vector<client::ClientKey> keys;
    std::vector<Ed25519PublicKey> public_keys;
};

// Two persons' with dual control: both found a new venue, and the second one is here until somebody takes it away.
OperatorKeys operators_of(const Config& config, const DataFolder& folder) {
    OperatorKeys operators;
    operators.keys.push_back(folder.operator_key());
    if (config.venue.dual_control)
        if (const auto second = folder.second_operator_key()) operators.keys.push_back(*second);
    for (const client::ClientKey& key : operators.keys) operators.public_keys.push_back(ed25519_public_key(key.seed));
    return operators;
}

}  // namespace

int serve(const ServeOptions& options) {
    auto config = options.config.empty() ? Config::defaults() : Config{};
    if (!options.config.empty()) {
        auto read = read_config(options.config);
        if (!read) throw std::runtime_error(read.error().text);
        config = std::move(*read);
    }
    config.venue.sim = config.venue.sim || options.sim;

    const StopSignals signals;
    const DataFolder folder(options.data);
    folder.make();
    const OperatorKeys operators = operators_of(config, folder);
    const client::ClientKey& operator_key = operators.keys.front();
    Venue venue(config, options.data, operators.public_keys);
    report_start(venue.start_report(), venue);
    venue.start();
    list_configured(config, venue.order_entry(), operators.keys);

    SimulationThread simulation;
    if (config.venue.sim) simulation.start(config, folder, venue.order_entry(), operator_key);
    const std::string line = ready_line(venue);
    folder.write_ready(line);
    std::fprintf(stderr, "order entry %s, market data ws://%s/v1/feed, http://%s/health and /metrics\n",
                 venue.order_entry().text().c_str(), venue.http().text().c_str(), venue.http().text().c_str());
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);

    bool told = false;
    while (!signals.wait_ms(200)) {
        if (!venue.status().failed() || told) continue;
        told = true;
        std::fprintf(stderr, "the engine has stopped: %s\n", venue.status().reason().c_str());
        venue.refuse_clients();
    }
    simulation.stop();
    const bool durable = venue.stop();
    folder.remove_ready();
    if (!durable) std::fprintf(stderr, "stopped without its last checkpoint: %s\n", venue.status().reason().c_str());
    return durable ? kDone : kFailed;
}

}  // namespace dcx::app
