// A gateway and a real engine on one thread of their own, with a journal in memory that outlives a start: for tests of
// clients over loopback TCP, or over shared memory with DCX_LINK=memory. Everything of the venue belongs to that thread
// while it runs; start() and stop() are the test's.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "base/memory.h"
#include "client/blocking_client.h"
#include "engine/engine.h"
#include "gateway/binary/gateway.h"
#include "journal/memory_storage.h"
#include "net/reactor.h"
#include "platform/system_clock.h"

namespace dcx::order_entry_test {

inline const Ed25519Seed kOperatorSeed{std::byte{0x0F}};
inline const client::ClientKey kOperatorKey{.key = KeyId{1u}, .account = AccountId{}, .seed = kOperatorSeed};

// All cases run twice, the second time with this.
[[nodiscard]] bool over_memory();

class LiveVenue {
  public:
    // `rules`: that a new venue begins under.
    explicit LiveVenue(const gateway::GatewayOptions& options = {}, std::uint32_t rules = kNewestRules);
    ~LiveVenue();
    LiveVenue(const LiveVenue&) = delete;
    LiveVenue& operator=(const LiveVenue&) = delete;

    // A new engine on the journal of the last one.
    void start();
    // Ends every session in order, then the engine. What remains can be looked at.
    void stop();
    // After stop(): of all that is in the journal. The next start uses it, and so does who makes reports again.
    void take_snapshot();

    [[nodiscard]] net::Endpoint endpoint() const { return {.address = "127.0.0.1", .port = gateway_->port()}; }
    [[nodiscard]] const std::string& shm() const { return gateway_->shm_path(); }
    [[nodiscard]] client::ClientOptions login(const client::ClientKey& key, std::uint64_t client_session = 1) const {
        return {
            .endpoint = endpoint(), .shm = over_memory() ? shm() : "", .key = key, .client_session = client_session};
    }
    [[nodiscard]] std::unique_ptr<client::BlockingClient> connect(const client::ClientKey& key,
                                                                  std::uint64_t client_session = 1) const;
    bool notice(const Notice& notice) { return gateway_->request_notice(notice); }
    [[nodiscard]] const gateway::GatewayMetrics& metrics() const { return gateway_->metrics(); }
    // After stop().
    [[nodiscard]] const core::Core& core() const { return engine_->core(); }
    [[nodiscard]] const gateway::ReadModel& model() const { return gateway_->model(); }

  private:
    // Makes reports again at once, on the venue's thread.
    class PastReports;

    void run();
    bool round();

    gateway::GatewayOptions options_;
    std::uint32_t rules_;
    journal::MemoryDisk disk_;
    journal::MemoryDisk snapshot_disk_;
    platform::SystemClock clock_;
    std::unique_ptr<journal::MemoryStorage> storage_;
    std::unique_ptr<journal::MemoryStorage> snapshots_;
    std::unique_ptr<HeapMemory> memory_;
    std::unique_ptr<platform::Doorbell> bell_;
    std::unique_ptr<net::Reactor> reactor_;
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<PastReports> past_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace dcx::order_entry_test
