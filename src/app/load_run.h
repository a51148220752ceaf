// LoadRun: the sessions of `dcx load` on one thread, the caller's, which it takes whole while it offers load: requests
// are due by the clock, and a thread that sleeps is late. Bounded: kMaxInFlight requests of a session without an
// answer; what is due beyond that waits, and its waiting counts. Throws std::runtime_error when a session ends or an
// answer is missing.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/load_flow.h"
#include "base/histogram.h"
#include "client/order_entry_client.h"
#include "market/load_curve.h"
#include "platform/system_clock.h"

namespace dcx::app {

// Where a request's time goes, between moments that the report's stamps name. The first and the last take two clocks:
// they are of this machine's own venue alone.
enum class LoadStage : std::uint8_t { waiting, in, sequenced, matched, durable, encoded, out };
inline constexpr std::array kLoadStages{"waiting", "in", "sequenced", "matched", "durable", "encoded", "out"};

// What one rate told beside its latency.
struct LoadTally {
    std::uint64_t sent = 0;
    std::uint64_t unsent = 0;  // due within the time, but held back to its end
    std::uint64_t fills = 0;
    std::uint64_t reports = 0;
    std::map<RejectReason, std::uint64_t> rejects;
    std::array<NanosecondHistogram, kLoadStages.size()> stages;
};

struct LoadRunOptions {
    client::VenueAddress venue{};
    std::vector<client::ClientKey> keys;  // the clients share them in turn
    std::uint32_t clients = 1;
    LoadMarket market{};
    LoadMix mix{};
    std::uint64_t seed = 1;
};

class LoadRun {
  public:
    static constexpr std::size_t kMaxInFlight = 4'096;

    explicit LoadRun(const LoadRunOptions& options);
    ~LoadRun();
    LoadRun(const LoadRun&) = delete;
    LoadRun& operator=(const LoadRun&) = delete;

    // Returns when every session is established, at most half a minute later.
    void connect();
    // As fast as answers come: how many a second.
    double saturate(double seconds);
    // At point.rate, which it adds to.
    void offer(double seconds, market::LoadPoint& point, LoadTally& tally);
    // Ends the sessions in order; the venue cancels what they left resting.
    void finish();

    [[nodiscard]] Durability durability() const;
    // What the venue takes of one session in a second; 0: any number.
    [[nodiscard]] std::uint32_t session_rate() const;

  private:
    class Client;

    void poll();
    void poll_memory();
    void drain();
    [[nodiscard]] std::uint64_t answered() const;
    void demand_open() const;

    LoadRunOptions options_;
    platform::SystemClock clock_;
    net::Reactor reactor_;
    market::LoadPoint* point_ = nullptr;  // null: nothing is recorded
    LoadTally* tally_ = nullptr;
    std::int64_t wall_ahead_ns_ = 0;  // wall clock less monotonic
    std::string why_;                 // a session ended, or worse
    std::uint64_t rounds_ = 0;
    std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace dcx::app
