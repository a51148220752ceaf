#include "app/simulation_thread.h"

#include <cstdio>
#include <stdexcept>

#include "app/bootstrap.h"
#include "client/blocking_client.h"
#include "market/funding.h"
#include "market/simulation.h"
#include "platform/system_clock.h"

namespace dcx::app {
namespace {

constexpr std::uint64_t kFundingSession = 0xDC00'0002;

market::FundingOptions funding_of(const Config& config, const DataFolder& folder) {
    market::FundingOptions options;
    options.folder = folder.keys();
    options.traders = static_cast<std::size_t>(config.sim.traders);
    for (const MarketConfig& market : config.markets) {
        if (market.start_price.empty()) continue;
        const auto price = ticks_of(market, market.start_price);
        if (!price) throw std::runtime_error(price.error());
        options.start_prices.push_back({.symbol = Symbol(market.symbol), .price = *price});
    }
    return options;
}

}  // namespace

std::unique_ptr<market::Simulation> make_simulation(const Config& config, const DataFolder& folder,
                                                    const net::Endpoint& order_entry,
                                                    const client::ClientKey& operator_key) {
    platform::SystemClock clock;
    auto link = client::BlockingClient::connect(
        {.endpoint = order_entry, .key = operator_key, .client_session = kFundingSession, .clock = &clock});
    if (!link) throw std::runtime_error("the operator's session: " + link.error().text);
    auto funded = market::fund_traders(**link, funding_of(config, folder), clock);
    if (!funded) throw std::runtime_error("simulated traders: " + funded.error());
    (*link)->finish();
    return std::make_unique<market::Simulation>(
        market::SimulationOptions{.endpoint = order_entry,
                                  .markets = std::move(funded->markets),
                                  .seats = std::move(funded->seats),
                                  .seed = static_cast<std::uint64_t>(config.sim.seed),
                                  .orders_per_second = static_cast<double>(config.sim.orders_per_second)});
}

void SimulationThread::start(const Config& config, const DataFolder& folder, const net::Endpoint& order_entry,
                             const client::ClientKey& operator_key) {
    std::shared_ptr<market::Simulation> simulation = make_simulation(config, folder, order_entry, operator_key);
    auto started = platform::Thread::start({.name = "dcx-sim", .core = {}}, [simulation](const std::stop_token& stop) {
        while (!stop.stop_requested()) simulation->poll(100);
        simulation->stop();
    });
    if (!started) throw std::runtime_error(started.error());
    thread_ = std::move(*started);
}

void SimulationThread::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

}  // namespace dcx::app
