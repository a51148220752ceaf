#include "net/tcp.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/test_peer.h"
#include "net/test_support.h"

namespace dcx::net {

namespace {

using test::Peer;
using test::RawClient;
using test::run_until;
using test::Server;
using test::to_bytes;
using test::to_string;

// Fixed frames of four bytes, as a decoder in place takes them.
std::size_t whole_frames(TcpConnection&, std::span<std::byte> bytes) { return bytes.size() / 4 * 4; }

}  // namespace

TEST_CASE("bytes go both ways and many sends leave in one write") {
    Server server;
    RawClient client(server.listener.port());
    TcpConnection& connection = server.accepted();
    CHECK(connection.peer().starts_with("127.0.0.1:"));
    client.send("hello");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.calls > 0; }));
    CHECK(server.peer.all() == "hello");
    CHECK(connection.bytes_received() == 5);
    for (int i = 0; i < 10; ++i) CHECK(connection.send(to_bytes("ab")));
    CHECK(connection.pending_output() == 20);
    CHECK(connection.bytes_written() == 0);
    CHECK(server.reactor.poll(0));
    CHECK(connection.pending_output() == 0);
    CHECK(connection.bytes_written() == 20);
    CHECK(connection.bytes_queued() == 20);
    CHECK(client.wait_for_size(server.reactor, 20));
    CHECK(connection.send(to_bytes("head"), to_bytes("body")));
    connection.flush();
    CHECK(connection.pending_output() == 0);
    CHECK(client.wait_for(server.reactor, "headbody"));
}

TEST_CASE("a message in pieces comes again with its beginning, and in-place changes stay") {
    Server server;
    server.peer.consume = [](TcpConnection&, std::span<std::byte> bytes) {
        // Marks the first byte of a rest, to see that the mark comes back.
        const std::size_t taken = bytes.size() / 4 * 4;
        if (taken < bytes.size()) bytes[taken] = std::byte{'#'};
        return taken;
    };
    RawClient client(server.listener.port());
    server.accepted();
    client.send_byte_by_byte(server.reactor, "abcdefgh");
    REQUIRE(run_until(server.reactor, [&] { return !server.peer.seen.empty() && server.peer.seen.back() == "#fgh"; }));
    client.send("ijklmn");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.seen.back() == "ijklmn"; }));
    client.send("op");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.seen.back() == "#nop"; }));
}

TEST_CASE("a message longer than the receive buffer closes that connection only") {
    Server server({.receive_capacity = 16});
    server.peer.consume = [](TcpConnection&, std::span<std::byte>) { return std::size_t{0}; };
    RawClient other(server.listener.port());
    RawClient client(server.listener.port());
    server.accepted(1);
    client.send("0123456789abcde");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.calls > 0; }));
    server.reactor.poll(0);
    CHECK(server.peer.closes == 0);
    client.send("f");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.closes > 0; }));
    CHECK(server.peer.cause == CloseCause::overflow);
    CHECK(client.wait_for_end(server.reactor));
    other.send("still here");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.seen.back() == "still here"; }));
    CHECK(server.peer.closes == 1);
}

TEST_CASE("the output bound: all or nothing, then on_drained when the reader goes on") {
    Server server({.output_limit = 100'000});
    RawClient client(server.listener.port(), 4096);
    TcpConnection& connection = server.accepted();
    const std::string block(10'000, 'x');
    std::size_t queued = 0;
    while (connection.send(to_bytes(block))) {
        queued += block.size();
        connection.flush();
        REQUIRE(queued < 100'000'000);
    }
    const std::size_t pending = connection.pending_output();
    CHECK(pending > 100'000 - block.size());
    CHECK_FALSE(connection.send(to_bytes(block)));
    CHECK(connection.pending_output() == pending);
    CHECK(connection.is_open());
    CHECK(connection.bytes_queued() == queued);
    CHECK(client.wait_for_size(server.reactor, queued));
    CHECK(run_until(server.reactor, [&] { return server.peer.drained > 0; }));
    CHECK(connection.bytes_written() == queued);
    CHECK(connection.send(to_bytes("y")));
}

TEST_CASE("close_after_flush delivers the last words even against unread input") {
    Server server;
    server.peer.consume = [](TcpConnection& connection, std::span<std::byte> bytes) {
        CHECK(connection.send(to_bytes("goodbye")));
        connection.close_after_flush("that was enough");
        CHECK_FALSE(connection.send(to_bytes("late")));
        CHECK_FALSE(connection.is_open());
        return bytes.size() / 2;
    };
    RawClient client(server.listener.port());
    server.accepted();
    client.send(std::string(200'000, 'z'));
    CHECK(client.wait_for_end(server.reactor));
    CHECK(client.received() == "goodbye");
    CHECK_FALSE(client.was_reset());
    CHECK(server.peer.calls == 1);
    // It lingers until the other end closes too.
    CHECK(server.peer.closes == 0);
    client.close();
    REQUIRE(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
    CHECK(server.peer.cause == CloseCause::local);
    CHECK(server.peer.text == "that was enough");
}

TEST_CASE("a connection that nobody closes at the other end lingers only so long") {
    ManualClock clock;
    Reactor reactor({.clock = &clock});
    Peer peer;
    std::unique_ptr<TcpConnection> connection;
    TcpListener listener(reactor, {}, [&](Socket socket) {
        connection = std::make_unique<TcpConnection>(reactor, std::move(socket), TcpOptions{}, peer);
    });
    REQUIRE(listener.start().has_value());
    RawClient client(listener.port());
    REQUIRE(run_until(reactor, [&] { return connection != nullptr; }));
    connection->close_after_flush();
    CHECK(client.wait_for_end(reactor));
    CHECK(peer.closes == 0);
    clock.advance(2'000'000'001);
    CHECK(reactor.poll(0));
    CHECK(peer.closes == 1);
    CHECK(peer.cause == CloseCause::local);
}

TEST_CASE("on_closed comes once, from the round, also after close_now in on_data") {
    Server server;
    server.peer.consume = [&](TcpConnection& connection, std::span<std::byte> bytes) {
        connection.close_now("not welcome");
        connection.close_now("again");
        connection.close_after_flush("and again");
        CHECK(server.peer.closes == 0);
        return bytes.size();
    };
    server.peer.gone = [&](TcpConnection&) { server.connections.clear(); };
    RawClient client(server.listener.port());
    server.accepted();
    client.send("x");
    CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
    CHECK(server.peer.text == "not welcome");
    CHECK(client.wait_for_end(server.reactor));
    CHECK(server.listener.connections() == 0);
}

TEST_CASE("closing and destroying other connections while events are dispatched") {
    Server server;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < 20; ++i) clients.push_back(std::make_unique<RawClient>(server.listener.port()));
    server.accepted(19);
    // Whoever is first destroys all others, whose events are in the same round.
    server.peer.consume = [&](TcpConnection& self, std::span<std::byte> bytes) {
        for (auto& connection : server.connections)
            if (connection.get() != &self) connection.reset();
        return bytes.size();
    };
    for (auto& client : clients) client->send("x");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.calls > 0; }));
    for (int i = 0; i < 3; ++i) server.reactor.poll(0);
    CHECK(server.peer.calls == 1);
    CHECK(server.peer.closes == 0);
    CHECK(server.listener.connections() == 1);
}

TEST_CASE("the other end's orderly end, within and without a message, and its reset") {
    Server server;
    server.peer.consume = whole_frames;
    SUBCASE("between messages, output still arrives") {
        RawClient client(server.listener.port());
        TcpConnection& connection = server.accepted();
        CHECK(connection.send(to_bytes("answer")));
        client.shutdown_write();
        CHECK(client.wait_for_end(server.reactor));
        CHECK(client.received() == "answer");
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
        CHECK(server.peer.cause == CloseCause::peer);
        CHECK(server.peer.text == "closed by the other end");
    }
    SUBCASE("within a message") {
        RawClient client(server.listener.port());
        server.accepted();
        client.send("abcdef");
        client.close();
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
        CHECK(server.peer.text == "closed by the other end within a message");
    }
    SUBCASE("reset") {
        RawClient client(server.listener.port());
        server.accepted();
        client.reset();
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
        CHECK(server.peer.cause == CloseCause::error);
        CHECK(server.peer.text.find("reset") != std::string::npos);
    }
    SUBCASE("reset while reading is paused") {
        RawClient client(server.listener.port());
        server.accepted().pause_reading();
        client.reset();
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
        CHECK(server.peer.cause == CloseCause::error);
    }
}

TEST_CASE("pausing holds input back, resuming brings first what waits") {
    Server server;
    server.peer.consume = [](TcpConnection& connection, std::span<std::byte>) {
        connection.pause_reading();
        return std::size_t{1};
    };
    RawClient client(server.listener.port());
    TcpConnection& connection = server.accepted();
    client.send("abc");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.calls == 1; }));
    client.send("def");
    for (int i = 0; i < 3; ++i) server.reactor.poll(1);
    CHECK(server.peer.calls == 1);
    server.peer.consume = nullptr;
    connection.resume_reading();
    CHECK(server.peer.calls == 1);
    REQUIRE(run_until(server.reactor, [&] { return server.peer.all().size() == 8; }));
    CHECK(server.peer.seen[1] == "bc");
    CHECK(server.peer.seen[2] == "def");
}

TEST_CASE("the next owner gets what the last one left") {
    Server server;
    Peer next;
    server.peer.consume = [&](TcpConnection& connection, std::span<std::byte>) {
        connection.set_owner(next);
        return std::size_t{2};
    };
    RawClient client(server.listener.port());
    server.accepted();
    client.send("abcdef");
    REQUIRE(run_until(server.reactor, [&] { return next.calls > 0; }));
    CHECK(next.all() == "cdef");
    client.close();
    CHECK(run_until(server.reactor, [&] { return next.closes == 1; }));
    CHECK(server.peer.closes == 0);
}

TEST_CASE("at the connection limit further clients wait in the backlog") {
    Server server({}, {.max_connections = 2});
    server.peer.gone = [&](TcpConnection& connection) {
        std::erase_if(server.connections, [&](const auto& held) { return held.get() == &connection; });
    };
    RawClient first(server.listener.port());
    RawClient second(server.listener.port());
    RawClient third(server.listener.port());
    third.send("third");
    server.accepted(1);
    for (int i = 0; i < 5; ++i) server.reactor.poll(1);
    CHECK(server.connections.size() == 2);
    CHECK(server.listener.connections() == 2);
    CHECK(server.peer.calls == 0);
    first.close();
    CHECK(run_until(server.reactor, [&] { return server.peer.calls == 1; }));
    CHECK(server.peer.all() == "third");
    CHECK(server.connections.size() == 2);
}

TEST_CASE("connecting: what is sent before arrives, and echo between two of ours") {
    Server server;
    server.peer.consume = [](TcpConnection& connection, std::span<std::byte> bytes) {
        CHECK(connection.send(bytes));
        return bytes.size();
    };
    Peer client;
    TcpConnection connection(server.reactor, Endpoint{"localhost", server.listener.port()}, {}, client);
    CHECK_FALSE(connection.is_open());
    CHECK(connection.send(to_bytes("early")));
    REQUIRE(run_until(server.reactor, [&] { return client.all() == "early"; }));
    CHECK(client.connected);
    connection.close_now();
    CHECK(run_until(server.reactor, [&] { return client.closes == 1 && server.peer.closes == 1; }));
    CHECK(server.peer.cause == CloseCause::peer);
}

TEST_CASE("connecting fails by on_closed: refused, bad address, taken port") {
    std::uint16_t unused = 0;
    {
        Server server;
        unused = server.listener.port();
        TcpListener again(server.reactor, {.endpoint = {"127.0.0.1", unused}}, [](Socket) {});
        const auto started = again.start();
        REQUIRE_FALSE(started.has_value());
        CHECK(started.error().code == EADDRINUSE);
    }
    Reactor reactor;
    Peer client;
    TcpConnection refused(reactor, Endpoint{"127.0.0.1", unused}, {}, client);
    CHECK(run_until(reactor, [&] { return client.closes == 1; }));
    CHECK(client.cause == CloseCause::error);
    CHECK(client.text.find("refused") != std::string::npos);
    TcpConnection nowhere(reactor, Endpoint{"example.com", 80}, {}, client);
    CHECK(client.closes == 1);
    CHECK(reactor.poll(0));
    CHECK(client.closes == 2);
    CHECK(client.text.find("not a numeric address") != std::string::npos);
}

// What a killed process leaves: its io_uring lets go of the listening socket a moment after the process has gone.
TEST_CASE("a listener takes a port that becomes free while it starts") {
    Kernel& kernel = linux_kernel();
    const int before = kernel.listen_on({.port = 0}, {.backlog = 1}).value();
    const std::uint16_t port = kernel.local_port(before).value();
    std::thread gone([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        kernel.close(before);
    });
    const auto after = kernel.listen_on({.port = port}, {.backlog = 1});
    gone.join();
    REQUIRE(after.has_value());
    CHECK(kernel.local_port(*after).value() == port);
    kernel.close(*after);
}

TEST_CASE("listeners that say so share a port, and one that does not is refused it") {
    Server first({}, {.reuse_port = true});
    const Endpoint same{.port = first.listener.port()};
    Server second({}, {.endpoint = same, .reuse_port = true});
    CHECK(second.listener.port() == first.listener.port());
    TcpListener third(first.reactor, {.endpoint = same}, [](Socket) {});
    CHECK_FALSE(third.start().has_value());
    // The system chooses by a hash of the addresses; with 64 of them that all fall to one side is next to impossible.
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 64; ++i) clients.push_back(std::make_unique<RawClient>(same.port));
    CHECK(run_until(first.reactor, [&] {
        second.reactor.poll(0);
        return first.connections.size() + second.connections.size() == clients.size();
    }));
    CHECK_FALSE(first.connections.empty());
    CHECK_FALSE(second.connections.empty());
}

TEST_CASE("connecting takes bounded time") {
    ManualClock clock;
    Reactor reactor({.clock = &clock});
    // A backlog that is full leaves the next connection without an answer.
    auto silent = listen_on(linux_kernel(), {}, {.backlog = 0});
    REQUIRE(silent.has_value());
    const auto port = linux_kernel().local_port(silent->fd());
    REQUIRE(port.has_value());
    Peer filler;
    std::vector<std::unique_ptr<TcpConnection>> fillers;
    for (int i = 0; i < 8; ++i)
        fillers.push_back(std::make_unique<TcpConnection>(reactor, Endpoint{"127.0.0.1", *port}, TcpOptions{}, filler));
    Peer client;
    TcpConnection connection(reactor, Endpoint{"127.0.0.1", *port}, {}, client);
    for (int i = 0; i < 5; ++i) reactor.poll(1);
    REQUIRE_FALSE(client.connected);
    clock.advance(5'000'000'001);
    reactor.poll(0);
    CHECK(client.closes == 1);
    CHECK(client.cause == CloseCause::timeout);
}

TEST_CASE("many connections at once") {
    Server server({}, {.max_connections = 2000});
    server.peer.consume = [](TcpConnection& connection, std::span<std::byte> bytes) {
        const std::size_t taken = bytes.size() / 4 * 4;
        CHECK(connection.send(bytes.first(taken)));
        return taken;
    };
    constexpr std::size_t count = 300;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.listener.port()));
        server.reactor.poll(0);
    }
    for (std::size_t i = 0; i < count; ++i) clients[i]->send("ping" + std::to_string(1000 + i) + "re");
    for (std::size_t i = 0; i < count; ++i) {
        CHECK(clients[i]->wait_for_size(server.reactor, 8));
        CHECK(clients[i]->take() == "ping" + std::to_string(1000 + i));
        clients[i]->send("st");
    }
    for (auto& client : clients) CHECK(client->wait_for(server.reactor, "rest"));
    CHECK(server.listener.connections() == count);
    clients.clear();
    CHECK(run_until(server.reactor, [&] { return server.peer.closes == static_cast<int>(count); }));
    CHECK(server.listener.connections() == 0);
}

TEST_CASE("sockets may outlive their listener") {
    auto server = std::make_unique<Server>();
    RawClient client(server->listener.port());
    server->accepted();
    Reactor reactor;
    std::vector<Socket> kept;
    {
        TcpListener listener(reactor, {.max_connections = 1},
                             [&](Socket socket) { kept.push_back(std::move(socket)); });
        REQUIRE(listener.start().has_value());
        RawClient a(listener.port());
        RawClient b(listener.port());
        CHECK(run_until(reactor, [&] { return kept.size() == 1; }));
        reactor.poll(1);
    }
    kept.clear();
}

}  // namespace dcx::net
