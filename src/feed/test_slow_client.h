// For tests: a client of the feed that reads only when it is told to, through a small buffer.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "feed/test_server.h"
#include "net/test_support.h"
#include "net/websocket_frame.h"

namespace dcx::feed::testing {

// Speaks WebSocket by hand and reads only when told to.
class SlowClient {
  public:
    SlowClient(TestServer& server, const std::string& request) : server_{server}, socket_{server.port(), 4096} {
        socket_.send(
            "GET /v1/feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        REQUIRE(socket_.wait_for(server.reactor, "\"type\":\"welcome\""));
        ask(request);
        REQUIRE(socket_.wait_for(server.reactor, "\"type\":\"snapshot\""));
    }
    void ask(const std::string& request) {
        // A masked text frame whose key is zero, so that the payload stays as it is.
        REQUIRE(request.size() < 126);
        std::string frame{"\x81"};
        frame.push_back(static_cast<char>(0x80u | request.size()));
        frame.append(4, '\0');
        socket_.send(frame + request);
    }
    // What has come.
    void read() {
        socket_.receive();
        parse();
    }
    // Reads what comes until `enough` says so or the connection ends.
    void read_until(const std::function<bool()>& enough) {
        REQUIRE(server_.until([&] {
            read();
            return enough() || socket_.ended();
        }));
    }
    [[nodiscard]] bool ended() const { return socket_.ended(); }

    std::vector<Json> messages;
    std::vector<std::string> texts;  // the same as they came
    std::uint16_t close_code = 0;

  private:
    void parse() {
        std::string bytes = socket_.take();
        if (!upgraded_) {
            const auto head = bytes.find("\r\n\r\n");
            REQUIRE(head != bytes.npos);
            bytes.erase(0, head + 4);
            upgraded_ = true;
        }
        std::span<std::byte> input{reinterpret_cast<std::byte*>(bytes.data()), bytes.size()};
        for (auto event = parser_.next(input); event.type != net::WebSocketEvent::Type::need_more;
             event = parser_.next(input)) {
            REQUIRE(event.type != net::WebSocketEvent::Type::error);
            if (event.type == net::WebSocketEvent::Type::message) {
                messages.push_back(decode(Format::json, event.payload));
                texts.emplace_back(net::test::to_string(event.payload));
            }
            if (event.type == net::WebSocketEvent::Type::close) {
                close_code = event.code;
                return;
            }
        }
    }

    TestServer& server_;
    net::test::RawClient socket_;
    net::WebSocketParser parser_{net::WebSocketRole::client, 16 * 1024 * 1024};
    bool upgraded_ = false;
};

}  // namespace dcx::feed::testing
