// SimulatedVenue: one life of the whole venue in one thread, wired as src/app/venue.cpp wires it: engine and journal on
// a simulated disk, gateway, web server and feed on a simulated network, all on a clock that only the run moves. Its
// parts are polled one at a time, in any order; destroying it is a kill.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/memory.h"
#include "base/random.h"
#include "engine/auditor.h"
#include "engine/engine.h"
#include "feed/feed_server.h"
#include "gateway/binary/gateway.h"
#include "journal/memory_storage.h"
#include "net/http.h"
#include "net/reactor.h"
#include "platform/doorbell.h"
#include "simulation/scenario.h"
#include "simulation/simulated_network.h"
#include "simulation/witness.h"
#include "simulation/world.h"

namespace dcx::simulation {

// Shows the witness each event when the gateway is done with it.
class WitnessedSource final : public EventSource {
  public:
    WitnessedSource(EventSource& source, Witness& witness) : source_(source), witness_(witness) {}

    std::span<const Event> peek(std::size_t max) override { return peeked_ = source_.peek(max); }
    void release(std::size_t count) override;
    [[nodiscard]] bool restored() const { return restored_; }

  private:
    EventSource& source_;
    Witness& witness_;
    std::span<const Event> peeked_;
    bool restored_ = false;
};

// Nonces of a run begin anew.
void reset_nonces();

class SimulatedVenue {
  public:
    enum Part : std::size_t { gateway_part, engine_part, journal_part, feed_part, auditor_part, kParts };

    struct Ground {
        World& world;
        SimulatedNetwork& network;
        journal::MemoryDisk& disk;
        journal::MemoryDisk& snapshots;
        Witness& witness;
        const Scenario& scenario;
    };
    // Recovers and replays; the text of the refusal.
    static std::expected<std::unique_ptr<SimulatedVenue>, std::string> open(const Ground& ground);
    ~SimulatedVenue();

    // The edges; what comes before can look at the recovered disk, on which nothing has happened since.
    void serve();
    // True when the part did something.
    bool poll(Part part);
    // How long the part may be left alone when it did nothing, in ms.
    [[nodiscard]] int max_sleep_ms(Part part);
    [[nodiscard]] const feed::PrivateFeed& private_feed() const { return *feed_->private_feed(); }
    // Begins to stop in order; stopped() when all is done. With a grace it first logs that another process goes on:
    // sessions that end from then on keep what they have open for so long.
    void begin_stop(std::uint32_t handover_grace_ms = 0);
    [[nodiscard]] bool stopped();
    // Sessions hear that nothing is accepted any more.
    void refuse_clients() { gateway_->request_stop(TerminateCode::not_accepting); }

    [[nodiscard]] engine::Engine& engine() { return *engine_; }
    // Beside the engine it follows the journal and takes the snapshots; once served.
    [[nodiscard]] const engine::Auditor& auditor() const { return *auditor_; }
    [[nodiscard]] bool restored() const { return source_ != nullptr && source_->restored(); }

  private:
    explicit SimulatedVenue(const Ground& ground);

    Ground ground_;
    HeapMemory memory_;
    journal::MemoryStorage storage_;
    journal::MemoryStorage snapshots_;
    net::Reactor gateway_reactor_;
    std::unique_ptr<net::Reactor> feed_reactor_;  // of its own unless the scenario says one for both
    platform::Doorbell gateway_bell_;
    platform::Doorbell engine_bell_;
    platform::Doorbell feed_bell_;
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<engine::Auditor> auditor_;
    std::unique_ptr<WitnessedSource> source_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<net::HttpServer> http_;
    std::unique_ptr<feed::FeedServer> feed_;
    int stopping_ = 0;  // 0: not; then gateway, engine, feed, done
};

}  // namespace dcx::simulation
