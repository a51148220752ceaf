// dcx sim: simulated traders against a venue that runs already.
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/simulation_thread.h"
#include "app/stop_signals.h"

namespace dcx::app {
namespace {

void print_statistics(const market::Simulation& simulation) {
    const market::Statistics& s = simulation.statistics();
    std::fprintf(stderr, "%zu of %zu traders, %llu requests, %llu fills, %llu rejects\n", simulation.trading(),
                 simulation.seats(), static_cast<unsigned long long>(s.sent()),
                 static_cast<unsigned long long>(s.fills), static_cast<unsigned long long>(s.rejected()));
}

}  // namespace

int sim(const SimOptions& options) {
    auto config = Config::defaults();
    if (!options.config.empty()) {
        auto read = read_config(options.config);
        if (!read) throw std::runtime_error(read.error().text);
        config = std::move(*read);
    }
    const StopSignals signals;
    const DataFolder folder(options.data);
    const auto order_entry = folder.order_entry();
    if (!order_entry) throw std::runtime_error(order_entry.error());
    const auto simulation = make_simulation(config, folder, *order_entry, folder.operator_key());

    using Clock = std::chrono::steady_clock;
    const auto end =
        options.seconds == 0 ? Clock::time_point::max() : Clock::now() + std::chrono::seconds(options.seconds);
    auto next_line = Clock::now() + std::chrono::seconds(10);
    while (!signals.wait_ms(0) && Clock::now() < end) {
        simulation->poll(100);
        if (Clock::now() < next_line) continue;
        next_line += std::chrono::seconds(10);
        print_statistics(*simulation);
    }
    const bool ended = simulation->stop();
    print_statistics(*simulation);
    if (!simulation->last_error().empty()) std::fprintf(stderr, "%s\n", simulation->last_error().c_str());
    return ended && simulation->statistics().accepted > 0 ? kDone : kFailed;
}

}  // namespace dcx::app
