// A WebSocket server that gives back every message, for conformance tests by programs that are not ours: the feed's own
// WebSocket (src/net) without the feed. Messages up to 16 MiB; paths /, /echo
// and /v1/feed. With "deflate" it agrees to permessage-deflate
// and then compresses all it sends. Prints one line of JSON with its port, and runs until it is killed.
// usage: dcx_websocket_echo [PORT] [deflate]      (PORT 0, the default: the system chooses)
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http.h"
#include "net/websocket_deflate.h"

namespace {

using namespace dcx::net;

constexpr std::size_t message_limit = 16 * 1024 * 1024;
// Several of the longest messages, for tests that send before they read.
constexpr std::size_t output_limit = 128 * 1024 * 1024;

class Echo final : public WebSocketConnection::Owner {
  public:
    void open(std::unique_ptr<WebSocketConnection> connection) {
        connection->set_owner(*this);
        connections_.emplace(connection.get(), std::move(connection));
    }

  private:
    void on_message(WebSocketConnection& connection, MessageKind kind, std::span<const std::byte> message) override {
        frame_.clear();
        if (connection.deflates())
            append_deflated_frame(frame_, kind, message, connection.deflate_window_bits());
        else
            append_frame(frame_, kind, message);
        if (!connection.send_raw_frame(frame_)) connection.drop("it does not read what it sends");
    }
    void on_closed(WebSocketConnection& connection, std::uint16_t, std::string_view) override {
        connections_.erase(&connection);
    }

    std::unordered_map<WebSocketConnection*, std::unique_ptr<WebSocketConnection>> connections_;
    std::vector<std::byte> frame_;
};

}  // namespace

int main(int argc, char** argv) {
    const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
    const bool deflate = argc > 2 && std::string_view{argv[2]} == "deflate";
    Reactor reactor;
    Echo echo;
    HttpServer server(reactor, {.listener = {.endpoint = {.port = port}, .backlog = 4096, .max_connections = 16'384}});
    for (const char* path : {"/", "/echo", "/v1/feed"})
        server.websocket(
            path, {.opened = [&](std::unique_ptr<WebSocketConnection> connection,
                                 const HttpRequest&) { echo.open(std::move(connection)); },
                   .options = {.message_limit = message_limit, .output_limit = output_limit, .deflate = deflate}});
    if (const auto started = server.start(); !started) {
        std::fprintf(stderr, "dcx_websocket_echo: %s\n", started.error().text.c_str());
        return 1;
    }
    std::printf("{\"port\":%u}\n", unsigned{server.port()});
    std::fflush(stdout);
    while (true) reactor.poll(1000);
}
