// For tests: a gateway, its engine and its clients on one thread and one reactor; time moves only by hand.
#pragma once

#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/memory.h"
#include "gateway/binary/gateway.h"
#include "gateway/binary/scripted_engine.h"
#include "gateway/binary/wire_client.h"

namespace dcx::gateway::gateway_test {

inline constexpr std::int64_t kMs = 1'000'000;
inline const Ed25519Seed kSeed{std::byte{1}};

// Says when events are released.
class WatchedEngine final : public ScriptedEngine {
  public:
    using ScriptedEngine::ScriptedEngine;
    void release(std::size_t count) override {
        if (on_release) on_release();
        ScriptedEngine::release(count);
    }
    std::function<void()> on_release;
};

// What carries the clients' frames. All cases over a rig run twice: over TCP, and with DCX_LINK=memory over shared
// memory (the CTest case "gateway over shared memory"); those of one kind of link alone name it.
enum class Carrier : std::uint8_t { tcp, memory };
inline Carrier chosen_carrier() {
    const char* const name = std::getenv("DCX_LINK");
    return name != nullptr && std::string(name) == "memory" ? Carrier::memory : Carrier::tcp;
}
// A path of its own for each rig of each process.
inline std::string door_path() {
    static int count = 0;
    return "/tmp/dcx-gateway-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".sock";
}

struct RigOptions {
    std::size_t ring = 256;
    bool begun = true;
    GatewayOptions gateway;
    ReportArchive* archive = nullptr;
    Carrier carrier = chosen_carrier();
};

// A gateway, its engine and its clients on one thread and one reactor; time moves only by hand.
class Rig {
  public:
    explicit Rig(const RigOptions& given = {}) : channel_(given.ring, memory_, bell_) {
        RigOptions options = given;
        carrier = options.carrier;
        if (carrier == Carrier::memory) {
            options.gateway.shm.socket = door_path();
            options.gateway.shm.max_clients = std::max<std::size_t>(options.gateway.shm.max_clients, 1000);
            // Small, unless a test has said something else.
            ShmOptions& shm = options.gateway.shm;
            shm.request_bytes = kMinShmRing;
            if (shm.report_bytes == ShmOptions{}.report_bytes) shm.report_bytes = kMinShmRing;
        }
        if (options.begun) begin();
        gateway = std::make_unique<Gateway>(
            Gateway::Wiring{
                .reactor = reactor, .clock = clock, .commands = channel_, .events = engine, .archive = options.archive},
            options.gateway);
        REQUIRE(gateway->start().has_value());
        if (options.begun) until([&] { return gateway->ready(); });
    }
    void begin() {
        engine.begin();
        engine.open_account();
        engine.list_market();
        key = engine.add_key(kSeed, AccountId{6u}, kPermitRead | kPermitTrade);
    }

    void round() {
        reactor.poll(0);
        if (engine_runs) engine.run();
        gateway->poll();
    }
    // Rounds until it is so; a bound instead of a clock, because the only waiting is for loopback sockets.
    template <class Condition>
    void until(const Condition& condition) {
        for (int i = 0; i < 20'000; ++i) {
            if (condition()) return;
            round();
            if (i > 50) reactor.poll(1);
        }
        FAIL("it never came");
    }
    void rounds(int count) {
        for (int i = 0; i < count; ++i) round();
    }
    void pass(std::int64_t ms) {
        clock.advance(ms * kMs);
        rounds(3);
    }

    std::unique_ptr<WireClient> connect() {
        if (carrier == Carrier::memory) return std::make_unique<WireClient>(reactor, gateway->shm_path());
        return std::make_unique<WireClient>(reactor, gateway->port());
    }
    std::unique_ptr<WireClient> challenged() {
        auto client = connect();
        until([&] { return client->challenged; });
        return client;
    }
    WireClient::Received next(WireClient& client) {
        until([&] { return !client.received.empty() || client.closed(); });
        auto received = client.next();
        REQUIRE(received.has_value());
        return *received;
    }
    std::unique_ptr<WireClient> negotiated(std::uint64_t client_session = 1) {
        auto client = challenged();
        client->send_negotiate(kSeed, key, client_session);
        last_negotiated = next(*client).as<Negotiated>();
        return client;
    }
    std::unique_ptr<WireClient> established(std::uint64_t client_session = 1, std::uint32_t heartbeat_ms = 60'000) {
        auto client = negotiated(client_session);
        client->send(Establish{.heartbeat_ms = heartbeat_ms});
        CHECK(next(*client).as<Established>().heartbeat_ms == heartbeat_ms);
        return client;
    }
    TerminateCode end_of(WireClient& client) {
        until([&] { return client.closed(); });
        REQUIRE(client.terminated().has_value());
        return *client.terminated();
    }

  private:
    HeapMemory memory_;
    platform::Doorbell bell_;
    ring::Channel<Submission> channel_;

  public:
    ManualClock clock;
    net::Reactor reactor{net::Reactor::Options{.clock = &clock}};
    WatchedEngine engine{channel_};
    std::unique_ptr<Gateway> gateway;
    KeyId key{1u};
    Negotiated last_negotiated;
    Carrier carrier{};
    bool engine_runs = true;
};

inline PlaceOrder order(std::uint64_t id) {
    return {.cl_ord_id = ClOrdId{id},
            .price = Price{std::int64_t{100}},
            .quantity = Quantity{std::int64_t{3}},
            .account = AccountId{6u},
            .instrument = InstrumentId{1u},
            .side = Side::buy,
            .type = OrderType::limit,
            .time_in_force = TimeInForce::gtc};
}

}  // namespace dcx::gateway::gateway_test
