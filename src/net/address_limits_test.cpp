#include "net/address_limits.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/http.h"
#include "net/test_support.h"

namespace dcx::net {

namespace {

using test::RawClient;
using test::run_until;

constexpr std::string_view upgrade_request =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

struct LimitedServer final : WebSocketConnection::Owner {
    explicit LimitedServer(std::shared_ptr<AddressLimits> of) : limits(std::move(of)) {
        server.get("/health", [](const HttpRequest&) { return HttpResponse{.body = "ok"}; });
        server.websocket("/ws", {.opened = [this](std::unique_ptr<WebSocketConnection> connection, const HttpRequest&) {
                             connection->set_owner(*this);
                             connections.push_back(std::move(connection));
                         }});
        REQUIRE(server.start().has_value());
    }
    void on_message(WebSocketConnection&, MessageKind, std::span<const std::byte>) override {}
    void on_closed(WebSocketConnection& connection, std::uint16_t, std::string_view) override {
        std::erase_if(connections, [&](const auto& held) { return held.get() == &connection; });
    }
    // The status that a new connection gets; it stays open when that is 101.
    std::string status(std::string_view request = upgrade_request) {
        clients.push_back(std::make_unique<RawClient>(server.port()));
        clients.back()->try_send(request);
        REQUIRE(clients.back()->wait_for(reactor, "\r\n\r\n"));
        return clients.back()->received().substr(9, 3);
    }
    ManualClock clock;  // stands, so that nothing ends by itself
    Reactor reactor{{.clock = &clock}};
    std::shared_ptr<AddressLimits> limits;
    HttpServer server{reactor, {.listener = {.addresses = limits}}};
    std::vector<std::unique_ptr<WebSocketConnection>> connections;
    std::vector<std::unique_ptr<RawClient>> clients;
};

}  // namespace

TEST_CASE("an address has so many connections and no more, and others are not touched by it") {
    AddressLimits limits({.connections = 2, .exempt_loopback = false});
    const auto first = limits.take("10.0.0.1:1000");
    REQUIRE(first.has_value());
    CHECK(limits.take("10.0.0.1:1001") == first);
    CHECK_FALSE(limits.take("10.0.0.1:1002").has_value());
    CHECK_FALSE(limits.take("[::ffff:10.0.0.1]:1003").has_value());
    CHECK(limits.take("10.0.0.2:1000").has_value());
    limits.give_back(*first);
    CHECK(limits.take("10.0.0.1:1003").has_value());
    // One network of IPv6 is one address.
    const auto network = limits.take("[2001:db8::1]:1");
    CHECK(limits.take("[2001:db8::ffff:0:0:7]:1") == network);
    CHECK_FALSE(limits.take("[2001:db8::3]:1").has_value());
    CHECK(limits.take("[2001:db8:0:1::1]:1").value() != network);
    CHECK(limits.take("[::1]:1").value() != AddressLimits::not_counted);
    CHECK(limits.take("127.0.0.1:1").value() != AddressLimits::not_counted);
    CHECK(limits.addresses() == 6);
}

TEST_CASE("what is not counted: loopback, addresses that cannot be read, and everybody without a limit") {
    AddressLimits limits({.connections = 1});
    for (const char* peer :
         {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "", "x", "1.2.3:4", "[::"})
        for (int i = 0; i < 3; ++i) CHECK(limits.take(peer) == AddressLimits::not_counted);
    AddressLimits unlimited({});
    for (int i = 0; i < 3; ++i) CHECK(unlimited.take("10.0.0.1:1") == AddressLimits::not_counted);
    unlimited.give_back(AddressLimits::not_counted);
    CHECK(limits.addresses() + unlimited.addresses() == 0);
}

TEST_CASE("threads that share the limits never give more than there are") {
    AddressLimits limits({.connections = 10});
    std::atomic<int> most = 0;
    std::atomic<int> now = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 5000; ++i) {
                const auto key = limits.take("10.0.0.1:" + std::to_string(i));
                if (!key) continue;
                const int held = ++now;
                int seen = most;
                while (held > seen && !most.compare_exchange_weak(seen, held)) {
                }
                --now;
                limits.give_back(*key);
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(most <= 10);
    CHECK(limits.addresses() == 0);
}

TEST_CASE("a server refuses an address's next connection with 429, whatever it asks for, until another has ended") {
    auto limits = std::make_shared<AddressLimits>(AddressLimits::Options{.connections = 2, .exempt_loopback = false});
    LimitedServer one(limits);
    LimitedServer two(limits);
    CHECK(one.status() == "101");
    CHECK(two.status() == "101");
    CHECK(one.status() == "429");
    CHECK(one.clients.back()->received().find("Retry-After: 10\r\n") != std::string::npos);
    CHECK(one.clients.back()->wait_for_end(one.reactor));
    CHECK_FALSE(one.clients.back()->was_reset());
    CHECK(two.status("GET /health HTTP/1.1\r\nHost: x\r\n\r\n") == "429");
    CHECK(one.connections.size() + two.connections.size() == 2);
    one.clients.front()->close();
    REQUIRE(run_until(one.reactor, [&] { return one.connections.empty(); }));
    CHECK(two.status() == "101");
    CHECK(one.status() == "429");
    for (LimitedServer* server : {&one, &two}) {
        server->clients.clear();
        CHECK(run_until(server->reactor,
                        [&] { return server->connections.empty() && server->server.connections() == 0; }));
    }
    CHECK(limits->refused() > 0);
    CHECK(limits->addresses() == 0);
}

TEST_CASE("an address that is refused again and again takes few places for it") {
    auto limits = std::make_shared<AddressLimits>(AddressLimits::Options{.connections = 1, .exempt_loopback = false});
    LimitedServer one(limits);
    CHECK(one.status() == "101");
    // They neither say anything nor close.
    for (int i = 0; i < 100; ++i) one.clients.push_back(std::make_unique<RawClient>(one.server.port()));
    const auto ended = [&] {
        std::size_t count = 0;
        for (auto& client : one.clients) {
            client->receive();
            count += client->ended() ? 1u : 0u;
        }
        return count;
    };
    CHECK(run_until(one.reactor, [&] { return ended() == 100; }));
    std::size_t told = 0;
    for (auto& client : one.clients) told += client->received().starts_with("HTTP/1.1 429 ") ? 1u : 0u;
    CHECK(told == 64);
    CHECK(one.server.connections() <= 65);
    CHECK_FALSE(one.clients.front()->ended());
}

TEST_CASE("who connects and says nothing has the time of a head, and a head that drips has no more") {
    ManualClock clock;
    Reactor reactor({.clock = &clock});
    HttpServer server(reactor, {});
    REQUIRE(server.start().has_value());
    RawClient silent(server.port());
    RawClient dripping(server.port());
    REQUIRE(run_until(reactor, [&] { return server.connections() == 2; }));
    for (int second = 0; second < 9; ++second) {
        dripping.try_send(upgrade_request.substr(static_cast<std::size_t>(second), 1));
        for (int i = 0; i < 3; ++i) reactor.poll(1);
        clock.advance(1'000'000'000);
    }
    reactor.poll(0);
    CHECK(server.connections() == 2);
    clock.advance(1'500'000'000);
    CHECK(silent.wait_for_end(reactor));
    CHECK(silent.received().empty());
    CHECK(dripping.wait_for(reactor, "408"));
    CHECK(dripping.wait_for_end(reactor));
}

}  // namespace dcx::net
