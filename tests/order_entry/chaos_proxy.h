// A TCP proxy on a thread of its own that loses connections as a bad network does, by a seed: it cuts them after a
// random number of bytes of either direction (so in the middle of a frame), lets one end live on for a while, holds
// bytes back for a while, and forwards in odd pieces. For tests of clients that have to come back.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/random.h"
#include "net/socket.h"

namespace dcx::order_entry_test {

class ChaosProxy {
  public:
    ChaosProxy(const net::Endpoint& venue, std::uint64_t seed);
    ~ChaosProxy();
    ChaosProxy(const ChaosProxy&) = delete;
    ChaosProxy& operator=(const ChaosProxy&) = delete;

    [[nodiscard]] net::Endpoint endpoint() const { return {.address = "127.0.0.1", .port = port_}; }
    // Where new connections lead.
    void set_venue(const net::Endpoint& venue);
    // From here on bytes pass as they come, of new connections and of old.
    void calm() { calm_ = true; }
    [[nodiscard]] std::uint64_t connections() const { return connections_; }
    [[nodiscard]] std::uint64_t cuts() const { return cuts_; }
    [[nodiscard]] std::uint64_t stalls() const { return stalls_; }

  private:
    struct Pair;
    void run();
    void accept_one();
    bool forward(Pair& pair, int direction);
    [[nodiscard]] std::int64_t draw_bytes();

    std::mutex mutex_;
    net::Endpoint venue_;
    Random random_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<std::unique_ptr<Pair>> pairs_;  // of the thread alone
    std::atomic<bool> calm_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> connections_{0};
    std::atomic<std::uint64_t> cuts_{0};
    std::atomic<std::uint64_t> stalls_{0};
    std::thread thread_;
};

}  // namespace dcx::order_entry_test
