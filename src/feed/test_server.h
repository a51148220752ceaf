// For tests: a whole feed over loopback with its venue, and WebSocket clients of it, all on one thread.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "feed/feed_server.h"
#include "feed/test_reader.h"
#include "feed/test_venue.h"
#include "net/http.h"
#include "net/reactor.h"
#include "net/websocket_client.h"

namespace dcx::feed::testing {

class TestServer {
  public:
    explicit TestServer(FeedServer::Options options = {}) : source_{venue}, accounts_{venue}, http_{reactor, {}} {
        options.accounts = &accounts_;
        options.login_thread = false;
        options.login_secret.fill(std::byte{7});
        feed = std::make_unique<FeedServer>(http_, source_, clock, options);
        REQUIRE(http_.start().has_value());
    }
    ~TestServer() { http_.stop(); }

    [[nodiscard]] std::uint16_t port() const { return http_.port(); }
    void poll() {
        feed->poll();
        reactor.poll(0);
    }
    // All events taken and sent.
    void drain() {
        while (!source_.drained()) poll();
        poll();
    }
    [[nodiscard]] bool until(const std::function<bool()>& condition) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!condition()) {
            if (std::chrono::steady_clock::now() > give_up) return false;
            feed->poll();
            reactor.poll(1);
        }
        return true;
    }

    TestVenue venue;
    ManualClock clock;
    net::Reactor reactor;
    std::unique_ptr<FeedServer> feed;

  private:
    TestSource source_;
    TestSource accounts_;
    net::HttpServer http_;
};

class TestClient final : public net::WebSocketClient::Owner {
  public:
    TestClient(TestServer& server, Format of, std::string target = "/v1/feed", std::vector<std::string> protocols = {})
        : format{of}, server_{server} {
        net::WebSocketClient::Options options;
        options.endpoint = {.address = "127.0.0.1", .port = server.port()};
        options.target = std::move(target);
        options.subprotocols = std::move(protocols);
        client_ = std::make_unique<net::WebSocketClient>(server.reactor, std::move(options), *this);
    }
    // Connected and welcomed.
    static std::unique_ptr<TestClient> open(TestServer& server, Format format) {
        auto client = std::make_unique<TestClient>(
            server, format, "/v1/feed", std::vector<std::string>{format == Format::json ? "dcx.json" : "dcx.msgpack"});
        client->welcome = client->next();
        CHECK(client->welcome["type"] == "welcome");
        return client;
    }

    void send(const Json& request) {
        if (format == Format::json) {
            REQUIRE(client_->send_text(request.dump()));
        } else {
            const auto bytes = Json::to_msgpack(request);
            REQUIRE(client_->send_binary(std::as_bytes(std::span{bytes})));
        }
    }
    void send_text(std::string_view text) { REQUIRE(client_->send_text(text)); }
    void send_binary(std::string_view bytes) { REQUIRE(client_->send_binary(std::as_bytes(std::span{bytes}))); }
    // The next message; must come.
    Json next() {
        REQUIRE(server_.until([&] { return !messages.empty() || closed; }));
        REQUIRE_FALSE(messages.empty());
        Json message = std::move(messages.front());
        messages.pop_front();
        return message;
    }
    // Answers to this come after all that was sent before.
    void synchronise() {
        send({{"type", "heartbeat"}, {"id", "synchronise"}});
        // The next part of a long snapshot may come behind the answer.
        const auto answer = [&] {
            return std::ranges::find_if(messages, [](const Json& m) { return m.value("id", Json{}) == "synchronise"; });
        };
        REQUIRE(server_.until([&] { return answer() != messages.end(); }));
        messages.erase(answer());
    }
    [[nodiscard]] Json ask(const Json& request) {
        send(request);
        return next();
    }
    [[nodiscard]] net::WebSocketClient& socket() { return *client_; }

    Format format;
    Json welcome;
    std::deque<Json> messages;
    std::vector<std::string> texts;  // all that ever came, as JSON
    bool closed = false;
    std::uint16_t close_code = 0;
    std::string close_reason;

  private:
    void on_message(net::WebSocketClient&, net::MessageKind kind, std::span<const std::byte> message) override {
        CHECK((kind == net::MessageKind::text) == (format == Format::json));
        messages.push_back(decode(format, message));
        if (format == Format::json) texts.emplace_back(reinterpret_cast<const char*>(message.data()), message.size());
    }
    void on_closed(net::WebSocketClient&, std::uint16_t code, std::string_view reason) override {
        closed = true;
        close_code = code;
        close_reason = reason;
    }

    TestServer& server_;
    std::unique_ptr<net::WebSocketClient> client_;
};

}  // namespace dcx::feed::testing
