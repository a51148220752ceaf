#include "net/websocket_client.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/http.h"
#include "net/test_support.h"
#include "net/websocket_handshake.h"

namespace dcx::net {

namespace {

using test::run_until;
using test::to_bytes;
using test::to_string;

struct EchoServer final : WebSocketConnection::Owner {
    explicit EchoServer(Reactor& reactor) : server(reactor, {}) {
        server.websocket("/ws", {.choose = [](const HttpRequest& request) -> std::expected<std::string, HttpResponse> {
                                     seen_token() = std::string{request.header("x-token").value_or("")};
                                     return request.offers("two") ? "two" : "";
                                 },
                                 .opened =
                                     [this](std::unique_ptr<WebSocketConnection> connection, const HttpRequest&) {
                                         connection->set_owner(*this);
                                         connections.push_back(std::move(connection));
                                         CHECK(connections.back()->send_text("welcome"));
                                     },
                                 .options = {.message_limit = 200'000}});
        REQUIRE(server.start().has_value());
    }
    static std::string& seen_token() {
        static std::string token;
        return token;
    }
    void on_message(WebSocketConnection& connection, MessageKind kind, std::span<const std::byte> message) override {
        CHECK((kind == MessageKind::text ? connection.send_text(to_string(message)) : connection.send_binary(message)));
    }
    void on_closed(WebSocketConnection& connection, std::uint16_t code, std::string_view reason) override {
        closed += std::to_string(code) + " " + std::string{reason} + ";";
        std::erase_if(connections, [&](const auto& held) { return held.get() == &connection; });
    }
    HttpServer server;
    std::vector<std::unique_ptr<WebSocketConnection>> connections;
    std::string closed;
};

struct Watcher final : WebSocketClient::Owner {
    void on_open(WebSocketClient&) override { ++opens; }
    void on_message(WebSocketClient&, MessageKind kind, std::span<const std::byte> message) override {
        messages.push_back((kind == MessageKind::text ? "t:" : "b:") + to_string(message));
    }
    void on_closed(WebSocketClient&, std::uint16_t code, std::string_view reason) override {
        closed += std::to_string(code) + " " + std::string{reason} + ";";
        if (then) then();
    }
    int opens = 0;
    std::vector<std::string> messages;
    std::string closed;
    std::function<void()> then;
};

// A server that answers any request with fixed bytes, in which {accept} stands for the right key.
struct Script final : TcpConnection::Owner {
    Script(Reactor& reactor, std::string text)
        : answer(std::move(text)), listener(reactor, {}, [this, &reactor](Socket socket) {
              connection = std::make_unique<TcpConnection>(reactor, std::move(socket), TcpOptions{}, *this);
          }) {
        REQUIRE(listener.start().has_value());
    }
    std::size_t on_data(TcpConnection&, std::span<std::byte> bytes) override {
        const std::string request = to_string(bytes);
        if (!request.ends_with("\r\n\r\n")) return 0;
        const auto key = request.find("Sec-WebSocket-Key: ") + 19;
        std::string text = answer;
        if (const auto at = text.find("{accept}"); at != text.npos)
            text.replace(at, 8, websocket_accept(request.substr(key, 24)));
        CHECK(connection->send(to_bytes(text)));
        return bytes.size();
    }
    void on_closed(TcpConnection&, const Closed&) override { ended = true; }
    std::string answer;
    TcpListener listener;
    std::unique_ptr<TcpConnection> connection;
    bool ended = false;
};

}  // namespace

TEST_CASE("client and server: handshake, messages of all sizes, close") {
    Reactor reactor;
    EchoServer echo(reactor);
    Watcher watcher;
    WebSocketClient client(reactor,
                           {.endpoint = {"127.0.0.1", echo.server.port()},
                            .target = "/ws?x=1",
                            .subprotocols = {"one", "two"},
                            .headers = {{"X-Token", "secret"}}},
                           watcher);
    CHECK_FALSE(client.send_text("too early"));
    REQUIRE(run_until(reactor, [&] { return !watcher.messages.empty(); }));
    CHECK(watcher.opens == 1);
    CHECK(watcher.messages == std::vector<std::string>{"t:welcome"});
    CHECK(client.subprotocol() == "two");
    CHECK(EchoServer::seen_token() == "secret");
    watcher.messages.clear();
    for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 200'000u}) {
        const std::string text(size, 'm');
        CHECK(client.send_text(text));
        CHECK(client.send_binary(to_bytes(text)));
        REQUIRE(run_until(reactor, [&] { return watcher.messages.size() == 2; }));
        CHECK(watcher.messages[0] == "t:" + text);
        CHECK(watcher.messages[1] == "b:" + text);
        watcher.messages.clear();
    }
    CHECK(client.send_ping());
    client.close(close_code::normal, "done");
    CHECK(run_until(reactor, [&] { return !watcher.closed.empty() && !echo.closed.empty(); }));
    CHECK(watcher.closed == "1000 done;");
    CHECK(echo.closed == "1000 done;");
    CHECK_FALSE(client.send_text("too late"));
}

TEST_CASE("the server's close reaches the client, which may be destroyed in on_closed") {
    Reactor reactor;
    EchoServer echo(reactor);
    Watcher watcher;
    auto client = std::make_unique<WebSocketClient>(
        reactor, WebSocketClient::Options{.endpoint = {"127.0.0.1", echo.server.port()}, .target = "/ws"}, watcher);
    watcher.then = [&] { client.reset(); };
    REQUIRE(run_until(reactor, [&] { return watcher.opens == 1; }));
    echo.connections.at(0)->close(close_code::going_away, "maintenance");
    CHECK(run_until(reactor, [&] { return !watcher.closed.empty() && !echo.closed.empty(); }));
    CHECK(watcher.closed == "1001 maintenance;");
    CHECK(echo.closed == "1001 maintenance;");
    CHECK(client == nullptr);
}

TEST_CASE("a handshake that the server refuses or does wrong") {
    const std::string good = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n";
    const std::string accept = "Sec-WebSocket-Accept: {accept}\r\n";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the server refuses: HTTP/1.1 404 Not Found"},
        {good + "\r\n", "the answer's Sec-WebSocket-Accept is wrong"},
        {good + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
         "the answer's Sec-WebSocket-Accept is wrong"},
        {"HTTP/1.1 101 Ok\r\n" + accept + "\r\n", "the answer does not upgrade to a WebSocket"},
        {good + accept + "Sec-WebSocket-Protocol: other\r\n\r\n",
         "the server chose a subprotocol that was not offered"},
        {good + accept + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
         "the server chose an extension that was not offered"},
        {good + "nonsense\r\n\r\n", "a broken header in the answer"},
        {good + "X: " + std::string(20'000, 'x'), "the answer's head is too long"},
    };
    for (const auto& [answer, reason] : cases) {
        Reactor reactor;
        Script script(reactor, answer);
        Watcher watcher;
        WebSocketClient client(reactor, {.endpoint = {"127.0.0.1", script.listener.port()}}, watcher);
        CHECK(run_until(reactor, [&] { return !watcher.closed.empty(); }));
        CHECK(watcher.closed == "1006 " + reason + ";");
        CHECK(watcher.opens == 0);
    }
}

TEST_CASE("frames behind the answer's head belong to the open connection, a masked one is an error") {
    Reactor reactor;
    Script script(reactor,
                  std::string{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: {accept}\r\n\r\n\x81\x02hi\x81\x80kkkk"});
    Watcher watcher;
    WebSocketClient client(reactor, {.endpoint = {"127.0.0.1", script.listener.port()}}, watcher);
    CHECK(run_until(reactor, [&] { return !watcher.messages.empty(); }));
    CHECK(watcher.messages == std::vector<std::string>{"t:hi"});
    script.connection->close_now();
    CHECK(run_until(reactor, [&] { return !watcher.closed.empty(); }));
    CHECK(watcher.closed == "1002 a server's frame must not be masked;");
}

TEST_CASE("connecting fails, the handshake takes too long, closing before it is done") {
    ManualClock clock;
    Reactor reactor({.clock = &clock});
    Watcher watcher;
    {
        Script silent(reactor, "HTTP/1.1 ");
        WebSocketClient slow(reactor, {.endpoint = {"127.0.0.1", silent.listener.port()}}, watcher);
        REQUIRE(
            run_until(reactor, [&] { return silent.connection != nullptr && silent.connection->bytes_written() > 0; }));
        clock.advance(5'000'000'001);
        reactor.poll(0);
        CHECK(watcher.closed == "1006 the handshake took too long;");
        watcher.closed.clear();
        WebSocketClient early(reactor, {.endpoint = {"127.0.0.1", silent.listener.port()}}, watcher);
        early.close(close_code::normal, "");
        CHECK(watcher.closed.empty());
        reactor.poll(0);
        CHECK(watcher.closed == "1006 closed before the handshake was done;");
        watcher.closed.clear();
    }
    const Endpoint unknown{"host.invalid", 1};
    WebSocketClient nowhere(reactor, {.endpoint = unknown}, watcher);
    CHECK(run_until(reactor, [&] { return !watcher.closed.empty(); }));
    CHECK(watcher.closed.starts_with("1006 not a numeric address"));
}

}  // namespace dcx::net
