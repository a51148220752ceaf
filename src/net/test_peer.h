// For tests only: an owner of connections that notes what it is told, and a listener whose connections all belong to
// one.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/tcp.h"
#include "net/test_support.h"

namespace dcx::net::test {

struct Peer final : TcpConnection::Owner {
    void on_connected(TcpConnection&) override { connected = true; }
    std::size_t on_data(TcpConnection& connection, std::span<std::byte> bytes) override {
        ++calls;
        seen.push_back(to_string(bytes));
        return consume ? consume(connection, bytes) : bytes.size();
    }
    void on_drained(TcpConnection&) override { ++drained; }
    void on_closed(TcpConnection& connection, const Closed& closed) override {
        ++closes;
        cause = closed.cause;
        text = closed.text;
        if (gone) gone(connection);
    }
    [[nodiscard]] std::string all() const {
        std::string result;
        for (const auto& part : seen) result += part;
        return result;
    }
    std::function<std::size_t(TcpConnection&, std::span<std::byte>)> consume;
    std::function<void(TcpConnection&)> gone;
    std::vector<std::string> seen;
    int calls = 0;
    int drained = 0;
    int closes = 0;
    bool connected = false;
    CloseCause cause{};
    std::string text;
};

struct Server {
    explicit Server(TcpOptions tcp = {}, TcpListener::Options listen = {})
        : listener(reactor, listen, [this, tcp](Socket socket) {
              connections.push_back(std::make_unique<TcpConnection>(reactor, std::move(socket), tcp, peer));
          }) {
        REQUIRE(listener.start().has_value());
        REQUIRE(listener.port() != 0);
    }
    TcpConnection& accepted(std::size_t index = 0) {
        REQUIRE(run_until(reactor, [&] { return connections.size() > index; }));
        return *connections[index];
    }
    Reactor reactor;
    Peer peer;
    std::vector<std::unique_ptr<TcpConnection>> connections;
    TcpListener listener;
};

}  // namespace dcx::net::test
