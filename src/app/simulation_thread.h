// Simulated traders of a venue on a thread of their own: ordinary clients that come in through order entry.
#pragma once

#include <memory>

#include "app/config.h"
#include "app/data_folder.h"
#include "client/key_file.h"
#include "market/simulation.h"
#include "net/socket.h"
#include "platform/thread.h"

namespace dcx::app {

// The traders, logged in as soon as they are polled. Throws std::runtime_error with a text.
[[nodiscard]] std::unique_ptr<market::Simulation> make_simulation(const Config& config, const DataFolder& folder,
                                                                  const net::Endpoint& order_entry,
                                                                  const client::ClientKey& operator_key);

class SimulationThread {
  public:
    // Opens and funds the accounts that are missing (their keys stay in the folder), then trades until stop(). Throws
    // as make_simulation().
    void start(const Config& config, const DataFolder& folder, const net::Endpoint& order_entry,
               const client::ClientKey& operator_key);
    void stop();

  private:
    platform::Thread thread_;
};

}  // namespace dcx::app
