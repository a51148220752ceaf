// What both backends must do alike where they differ most inside. Each case runs over the one that the environment
// names, so ctest runs it over both; what is true of one alone says so.
#include "net/backend.h"

#include <doctest/doctest.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
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

// Numbers, so that whatever is lost, doubled or moved shows.
std::string numbers(std::uint32_t first, std::size_t count) {
    std::string text(count * sizeof first, '\0');
    for (std::size_t i = 0; i < count; ++i, ++first) std::memcpy(text.data() + i * sizeof first, &first, sizeof first);
    return text;
}

// Takes whole numbers, as they must come.
struct Counting {
    std::size_t take(std::span<const std::byte> bytes) {
        std::size_t taken = 0;
        for (; bytes.size() - taken >= sizeof next; taken += sizeof next) {
            std::uint32_t number;
            std::memcpy(&number, bytes.data() + taken, sizeof number);
            wrong += number != next ? 1 : 0;
            ++next;
        }
        return taken;
    }
    std::uint32_t next = 0;
    int wrong = 0;
};

}  // namespace

TEST_CASE("backends have names, and one that is not there is not chosen silently") {
    CHECK(backend_named("auto") == BackendChoice::automatic);
    CHECK(backend_named("io_uring") == BackendChoice::io_uring);
    CHECK(backend_named("epoll") == BackendChoice::epoll);
    CHECK_FALSE(backend_named("kqueue").has_value());
    const Reactor chosen({.backend = BackendChoice::epoll});
    CHECK(chosen.backend().name() == "epoll");
    if (why_no_io_uring().empty()) {
        const Reactor ring({.backend = BackendChoice::io_uring});
        CHECK(ring.backend().name() == "io_uring");
        const Reactor either({.backend = BackendChoice::automatic});
        CHECK(either.backend().name() == "io_uring");
    } else {
        CHECK_THROWS(Reactor({.backend = BackendChoice::io_uring}));
        const Reactor either({.backend = BackendChoice::automatic});
        CHECK(either.backend().name() == "epoll");
    }
}

TEST_CASE("a stream cut anywhere, byte by byte or in floods, arrives whole and in order") {
    Server server;
    Counting counting;
    server.peer.consume = [&](TcpConnection&, std::span<std::byte> bytes) { return counting.take(bytes); };
    RawClient client(server.listener.port());
    server.accepted();
    Random random(7);
    const std::string text = numbers(0, 200'000);
    for (std::size_t sent = 0; sent < text.size();) {
        const std::size_t size =
            std::min(text.size() - sent, random.chance(50) ? 1 + random.below(9) : random.below(20'000));
        client.send(std::string_view{text}.substr(sent, size));
        sent += size;
        if (random.chance(60)) server.reactor.poll(0);
    }
    REQUIRE(run_until(server.reactor, [&] { return counting.next == 200'000; }));
    CHECK(counting.wrong == 0);
}

TEST_CASE("more than all memory for receiving, from many at once, is lost nowhere") {
    Server server;
    constexpr std::size_t clients = 100;
    constexpr std::size_t size = 60'000;  // of each: together far more than a backend has buffers for
    std::vector<std::unique_ptr<RawClient>> senders;
    for (std::size_t i = 0; i < clients; ++i) senders.push_back(std::make_unique<RawClient>(server.listener.port()));
    server.accepted(clients - 1);
    const std::string text = numbers(0, size / 4);
    for (auto& sender : senders) sender->send(text);
    std::vector<Counting> countings(clients);
    server.peer.consume = [&](TcpConnection& connection, std::span<std::byte> bytes) {
        for (std::size_t i = 0; i < clients; ++i)
            if (server.connections[i].get() == &connection) return countings[i].take(bytes);
        return bytes.size();
    };
    REQUIRE(run_until(server.reactor, [&] {
        std::size_t whole = 0;
        for (const Counting& counting : countings) whole += counting.next == size / 4 ? 1 : 0;
        return whole == clients;
    }));
    for (const Counting& counting : countings) CHECK(counting.wrong == 0);
}

TEST_CASE("pausing at random holds back what comes, and nothing is lost or doubled") {
    Server server({.receive_capacity = 4096});
    Counting counting;
    Random random(3);
    server.peer.consume = [&](TcpConnection& connection, std::span<std::byte> bytes) {
        if (random.chance(30)) {
            connection.pause_reading();
            return counting.take(bytes.first(std::min<std::size_t>(bytes.size(), 400)));
        }
        return counting.take(bytes);
    };
    RawClient client(server.listener.port());
    TcpConnection& connection = server.accepted();
    std::thread sender([&] {
        const std::string text = numbers(0, 300'000);
        client.try_send(text);
        client.shutdown_write();
    });
    const bool ended = run_until(server.reactor, [&] {
        if (connection.reading_paused() && random.chance(50)) connection.resume_reading();
        return server.peer.closes == 1;
    });
    sender.join();
    REQUIRE(ended);
    CHECK(counting.next == 300'000);
    CHECK(counting.wrong == 0);
    CHECK(server.peer.cause == CloseCause::peer);
    CHECK(server.peer.text == "closed by the other end");
}

TEST_CASE("who never reads stops at the bound, and others go on") {
    Server server({.output_limit = 64 * 1024});
    RawClient deaf(server.listener.port(), 4096);
    TcpConnection& full = server.accepted(0);
    RawClient other(server.listener.port());
    TcpConnection& fine = server.accepted(1);
    const std::string block(16 * 1024, 'x');
    int rounds = 0;
    while (full.send(to_bytes(block))) {
        server.reactor.poll(0);
        REQUIRE(++rounds < 10'000);
    }
    for (int i = 0; i < 20; ++i) {
        CHECK(fine.send(to_bytes("on and on;")));
        server.reactor.poll(0);
    }
    CHECK(other.wait_for_size(server.reactor, 200));
    CHECK(server.peer.closes == 0);
    SUBCASE("it is dropped with what it did not read") {
        full.close_now("too slow");
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
        CHECK(server.peer.text == "too slow");
        CHECK(deaf.wait_for_end(server.reactor));
    }
    SUBCASE("it resets in the middle of what is sent") {
        deaf.reset();
        CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
        CHECK(server.peer.cause == CloseCause::error);
    }
    SUBCASE("it goes on reading after all") {
        const std::uint64_t queued = full.bytes_queued();
        full.close_after_flush();
        CHECK(deaf.wait_for_size(server.reactor, queued));
        CHECK(deaf.wait_for_end(server.reactor));
        CHECK(deaf.received().size() == queued);
    }
    for (int i = 0; i < 3; ++i) server.reactor.poll(0);
    CHECK(server.peer.closes <= 1);
}

TEST_CASE("answers to a thousand connections leave in one round") {
    Server server({}, {.max_connections = 2000});
    constexpr std::size_t count = 1000;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.listener.port()));
        if (i % 100 == 0) server.reactor.poll(0);
    }
    server.accepted(count - 1);
    for (auto& connection : server.connections) CHECK(connection->send(to_bytes("all of you")));
    server.reactor.poll(0);
    for (auto& connection : server.connections) CHECK(connection->pending_output() == 0);
    for (auto& client : clients) CHECK(client->wait_for(server.reactor, "all of you"));
    // And all of them go at once.
    clients.clear();
    CHECK(run_until(server.reactor, [&] { return server.peer.closes == static_cast<int>(count); }));
}

TEST_CASE("a burst of connects far beyond the limit is served, a few at a time") {
    Server server({}, {.backlog = 64, .max_connections = 5});
    std::size_t most = 0;
    server.peer.consume = [&](TcpConnection& connection, std::span<std::byte> bytes) {
        most = std::max(most, server.listener.connections());
        CHECK(connection.send(bytes));
        connection.close_after_flush();
        return bytes.size();
    };
    server.peer.gone = [&](TcpConnection& connection) {
        std::erase_if(server.connections, [&](const auto& held) { return held.get() == &connection; });
    };
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 60; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.listener.port()));
        clients.back()->send("x" + std::to_string(100 + i));
    }
    CHECK(run_until(server.reactor, [&] {
        for (auto& client : clients) {
            client->receive();
            if (client->ended()) client->close();
        }
        return server.peer.closes == 60;
    }));
    CHECK(most <= 5);
    for (int i = 0; i < 60; ++i)
        CHECK(clients[static_cast<std::size_t>(i)]->received() == "x" + std::to_string(100 + i));
}

TEST_CASE("of a crowd that comes at once a few are handed over in a round") {
    Server server({}, {.max_connections = 1000});
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 400; ++i) clients.push_back(std::make_unique<RawClient>(server.listener.port()));
    std::size_t before = 0;
    CHECK(run_until(server.reactor, [&] {
        const std::size_t now = server.listener.connections();
        CHECK(now - before <= 200);
        before = now;
        return now == clients.size();
    }));
}

TEST_CASE("a listener that stops frees its port at once, with whoever waited there") {
    auto server = std::make_unique<Server>();
    const std::uint16_t port = server->listener.port();
    server->reactor.poll(0);
    RawClient waiting(port);
    server->listener.stop();
    Reactor reactor;
    TcpListener next(reactor, {.endpoint = {"127.0.0.1", port}}, [](Socket) {});
    CHECK(next.start().has_value());
    CHECK(waiting.wait_for_end(server->reactor));
}

TEST_CASE("accepted sockets send small messages at once") {
    int without_delay = 0;
    Reactor reactor;
    std::vector<Socket> kept;
    TcpListener listener(reactor, {}, [&](Socket socket) {
        socklen_t size = sizeof without_delay;
        ::getsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &without_delay, &size);
        kept.push_back(std::move(socket));
    });
    REQUIRE(listener.start().has_value());
    const RawClient client(listener.port());
    REQUIRE(run_until(reactor, [&] { return !kept.empty(); }));
    CHECK(without_delay != 0);
}

TEST_CASE("one thread after another may drive a reactor, with connections open and bytes under way") {
    Server server;
    Counting counting;
    server.peer.consume = [&](TcpConnection& connection, std::span<std::byte> bytes) {
        const std::size_t taken = counting.take(bytes);
        CHECK(connection.send(bytes.first(taken)));
        return taken;
    };
    RawClient client(server.listener.port());
    server.accepted();
    std::uint32_t sent = 0;
    for (int turn = 0; turn < 6; ++turn) {
        // Some comes before the next thread looks for the first time, some after.
        client.send(numbers(sent, 5000));
        sent += 5000;
        std::thread([&] {
            client.send(numbers(sent, 1000));
            sent += 1000;
            CHECK(run_until(server.reactor, [&] { return counting.next == sent; }));
        }).join();
        CHECK(client.wait_for_size(server.reactor, sent * sizeof sent));
    }
    CHECK(counting.wrong == 0);
    client.close();
    CHECK(run_until(server.reactor, [&] { return server.peer.closes == 1; }));
}

TEST_CASE("a connection takes little memory while it is idle") {
    // Beside it: a place in the backend's table and one among the timers, together 48 bytes.
    CHECK(sizeof(TcpConnection) <= 512);
    MESSAGE("a connection: " << sizeof(TcpConnection) << " bytes");
    Server server;
    RawClient client(server.listener.port());
    TcpConnection& connection = server.accepted();
    client.send("question");
    REQUIRE(run_until(server.reactor, [&] { return server.peer.calls > 0; }));
    CHECK(connection.send(to_bytes("answer")));
    CHECK(client.wait_for(server.reactor, "answer"));
    // What it held while it worked has gone back.
    CHECK(server.reactor.memory().kept() > 0);
}

}  // namespace dcx::net
