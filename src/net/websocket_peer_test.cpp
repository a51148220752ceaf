// The server against tests/e2e/websocket_peer.py, a client built on a library that is not ours.
#include <doctest/doctest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <memory>
#include <string>
#include <vector>

#include "net/http.h"
#include "net/test_support.h"

extern char** environ;

namespace dcx::net {

namespace {

constexpr int library_missing = 77;

struct PeerEcho final : WebSocketConnection::Owner {
    explicit PeerEcho(Reactor& reactor) : server(reactor, {}) {
        server.websocket("/ws", {.choose = [](const HttpRequest& request) -> std::expected<std::string, HttpResponse> {
                                     if (request.parameter("refuse"))
                                         return std::unexpected(HttpResponse{.status = 403});
                                     return "dcx.json";
                                 },
                                 .opened =
                                     [this](std::unique_ptr<WebSocketConnection> connection, const HttpRequest&) {
                                         connection->set_owner(*this);
                                         connections.push_back(std::move(connection));
                                     }});
        REQUIRE(server.start().has_value());
    }
    void on_message(WebSocketConnection& connection, MessageKind kind, std::span<const std::byte> message) override {
        const std::string text = test::to_string(message);
        if (text == "close") return connection.close(close_code::try_later, "as told");
        CHECK((kind == MessageKind::text ? connection.send_text(text) : connection.send_binary(message)));
    }
    void on_closed(WebSocketConnection& connection, std::uint16_t, std::string_view) override {
        std::erase_if(connections, [&](const auto& held) { return held.get() == &connection; });
    }
    HttpServer server;
    std::vector<std::unique_ptr<WebSocketConnection>> connections;
};

// The script's exit code; its output goes to ours.
int run_peer(Reactor& reactor, std::string python, std::uint16_t port) {
    const std::string here = __FILE__;
    std::string script = here.substr(0, here.rfind("src/net/")) + "tests/e2e/websocket_peer.py";
    std::string argument = std::to_string(port);
    char* arguments[] = {python.data(), script.data(), argument.data(), nullptr};
    pid_t child = 0;
    if (::posix_spawnp(&child, python.c_str(), nullptr, nullptr, arguments, environ) != 0) return library_missing;
    int status = 0;
    const bool ended = test::run_until(reactor, [&] { return ::waitpid(child, &status, WNOHANG) == child; });
    if (!ended) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("python3-websockets talks with the server") {
    Reactor reactor;
    PeerEcho echo(reactor);
    int code = run_peer(reactor, "python3", echo.server.port());
    // The one in the PATH may not be the one that Debian's library belongs to.
    if (code == library_missing) code = run_peer(reactor, "/usr/bin/python3", echo.server.port());
    if (code == library_missing) {
        MESSAGE("python3-websockets is missing; skipped");
        return;
    }
    CHECK(code == 0);
}

}  // namespace dcx::net
