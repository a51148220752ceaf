// Counters of a gateway: written by its thread alone, readable from any thread. Each number is exact, two of them read
// together need not be of the same moment.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "model/wire.h"

namespace dcx::gateway {

// One writer, so no read-modify-write is needed.
class Counter {
  public:
    void add(std::uint64_t count = 1) { value_.store(get() + count, std::memory_order_relaxed); }
    void subtract(std::uint64_t count = 1) { value_.store(get() - count, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

inline constexpr std::size_t kTerminateCodes = 17;  // above the highest TerminateCode

struct GatewayMetrics {
    Counter connections_accepted;
    Counter connections_open;
    Counter shm_open;     // of the open ones, those over shared memory
    Counter shm_refused;  // clients that were not admitted to shared memory
    Counter sessions_established;
    Counter sessions_open;
    Counter commands;      // handed to the engine for clients
    Counter events;        // read from the engine
    Counter reports;       // queued to a connection
    Counter reports_away;  // of sessions without a connection here
    Counter queries;
    Counter stalls;                // times a connection had to wait for room in the command ring
    Counter lost_commands;         // refused by the engine without a session to tell: a bug when not 0
    Counter not_applied;           // commands and heartbeats told that their number is not the next one
    Counter messages_throttled;    // beyond a session's rate
    Counter reports_again;         // sent again because they were asked for
    Counter retransmits;           // requests for that which were carried out
    Counter retransmits_archived;  // of them from the journal
    // Sessions ended by the gateway, by TerminateCode.
    std::array<Counter, kTerminateCodes> terminated;

    [[nodiscard]] Counter& terminates(TerminateCode code) { return terminated[static_cast<std::size_t>(code)]; }
    [[nodiscard]] const Counter& terminates(TerminateCode code) const {
        return terminated[static_cast<std::size_t>(code)];
    }
};

}  // namespace dcx::gateway
