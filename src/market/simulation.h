// Simulation: all simulated traders of a venue on one thread, which calls poll(). Requests come at random times
// (exponential gaps) so that all of them together make `orders_per_second`; who makes the next one is drawn from the
// same seed. A rejected request, a lost connection, a halted market stop nothing. Bounded: one connection and a few
// dozen orders a trader, a burst after a pause at most. It never throws once constructed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "client/order_entry_client.h"
#include "market/reference_prices.h"
#include "market/statistics.h"
#include "market/trader_session.h"

namespace dcx::market {

// One funded account and what it plays.
struct Seat {
    client::ClientKey key{};
    std::size_t market = 0;  // place in SimulationOptions::markets
    bool maker = false;
};

struct SimulationOptions {
    net::Endpoint endpoint{};
    std::vector<MarketStart> markets{};
    std::vector<Seat> seats{};
    std::uint64_t seed = 1;
    double orders_per_second = 400;  // placed, canceled and amended, of all traders together; above 0
    unsigned maker_percent = 40;     // of the requests
    std::uint64_t client_session = 1;
};

class Simulation {
  public:
    explicit Simulation(const SimulationOptions& options);
    ~Simulation();
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    // One round: waits for reports or the next request, at most timeout_ms, and does what is due.
    void poll(int timeout_ms);
    // Ends all sessions in order; false when some did not end within the bound.
    bool stop(std::int64_t timeout_ns = 5'000'000'000);

    // Traders that are logged in and trade.
    [[nodiscard]] std::size_t trading() const;
    [[nodiscard]] std::size_t seats() const { return sessions_.size(); }
    [[nodiscard]] const Statistics& statistics() const { return statistics_; }
    // Why some connection ended last; empty when none did.
    [[nodiscard]] std::string last_error() const;

  private:
    void act_when_due(std::int64_t now_ns);
    void act_once();
    bool act_one_of(const std::vector<std::size_t>& places);
    [[nodiscard]] std::int64_t gap_ns();
    [[nodiscard]] int wait_ms(int timeout_ms) const;

    net::Reactor reactor_;
    ReferencePrices prices_;
    Statistics statistics_;
    Random random_;  // who acts when
    double mean_gap_ns_;
    unsigned maker_percent_;
    std::vector<std::unique_ptr<TraderSession>> sessions_;
    std::vector<std::size_t> market_of_;  // by session
    std::vector<std::size_t> makers_;     // places in sessions_
    std::vector<std::size_t> takers_;
    std::int64_t next_act_ns_ = 0;
};

}  // namespace dcx::market
