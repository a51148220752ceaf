#include "net/websocket.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/http.h"
#include "net/test_support.h"
#include "net/websocket_client.h"
#include "net/websocket_handshake.h"
#include "net/websocket_test_frames.h"

namespace dcx::net {

namespace {

using test::close_payload;
using test::frame;
using test::RawClient;
using test::run_until;
using test::to_bytes;
using test::to_string;

// A server with one WebSocket route that echoes and keeps what happened.
struct Echo : WebSocketConnection::Owner {
    virtual ~Echo() = default;
    explicit Echo(WebSocketOptions options = {}) {
        server.get("/health", [](const HttpRequest&) { return HttpResponse{.body = "ok"}; });
        server.websocket("/ws", {.choose = [](const HttpRequest& request) -> std::expected<std::string, HttpResponse> {
                                     if (request.parameter("refuse"))
                                         return std::unexpected(HttpResponse{.status = 403, .body = "no\n"});
                                     return request.offers("dcx.json") ? "dcx.json" : "";
                                 },
                                 .opened =
                                     [this](std::unique_ptr<WebSocketConnection> connection, const HttpRequest&) {
                                         connection->set_owner(*this);
                                         connections.push_back(std::move(connection));
                                         if (greet) CHECK(connections.back()->send_text("welcome"));
                                     },
                                 .options = options});
        REQUIRE(server.start().has_value());
    }
    void on_message(WebSocketConnection& connection, MessageKind kind, std::span<const std::byte> message) override {
        ++messages;
        if (react) return react(connection, to_string(message));
        CHECK((kind == MessageKind::text ? connection.send_text(to_string(message)) : connection.send_binary(message)));
    }
    void on_pong(WebSocketConnection&, std::span<const std::byte> payload) override {
        pongs += to_string(payload) + ";";
    }
    void on_closed(WebSocketConnection& connection, std::uint16_t code, std::string_view reason) override {
        closed += std::to_string(code) + " " + std::string{reason} + ";";
        std::erase_if(connections, [&](const auto& held) { return held.get() == &connection; });
    }
    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    HttpServer server{reactor, {}};
    std::vector<std::unique_ptr<WebSocketConnection>> connections;
    std::function<void(WebSocketConnection&, std::string)> react;
    bool greet = false;
    int messages = 0;
    std::string pongs;
    std::string closed;
};

std::string handshake(std::string_view target = "/ws", std::string_view more = "") {
    return "GET " + std::string{target} +
           " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           std::string{more} + "\r\n";
}

struct OpenClient : RawClient {
    explicit OpenClient(Echo& echo, int receive_buffer = 0) : RawClient(echo.server.port(), receive_buffer) {
        send(handshake());
        REQUIRE(wait_for(echo.reactor, "\r\n\r\n"));
        take();
    }
};

std::string unmasked(unsigned opcode, std::string_view payload) {
    return frame({.opcode = opcode, .payload = payload, .masked = false});
}

// Sends the bytes on a fresh connection and returns all that comes until the server ends it.
std::string answer_until_end(Echo& echo, const std::string& bytes) {
    OpenClient client(echo);
    client.try_send(bytes);
    REQUIRE(client.wait_for_end(echo.reactor));
    CHECK_FALSE(client.was_reset());
    std::string result = client.take();
    client.close();
    REQUIRE(run_until(echo.reactor, [&] { return echo.connections.empty(); }));
    return result;
}

// The code of the close frame that is all of the answer.
int close_code_of(const std::string& answer) {
    if (answer.size() < 4 || answer[0] != '\x88' || answer[1] != static_cast<char>(answer.size() - 2)) return -1;
    return static_cast<unsigned char>(answer[2]) << 8 | static_cast<unsigned char>(answer[3]);
}

}  // namespace

TEST_CASE("the keys of RFC 6455, section 1.3") {
    CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(valid_websocket_key("dGhlIHNhbXBsZSBub25jZQ=="));
    for (const char* bad : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBs SBub25jZQ=="})
        CHECK_FALSE(valid_websocket_key(bad));
    CHECK(valid_websocket_key(make_websocket_key()));
    CHECK(make_websocket_key() != make_websocket_key());
    CHECK(has_token("keep-alive,  Upgrade ", "upgrade"));
    CHECK_FALSE(has_token("keep-alive, no-upgrade", "upgrade"));
}

TEST_CASE_FIXTURE(Echo, "the handshake, with and without a subprotocol, and what it refuses") {
    RawClient plain(server.port());
    plain.send(handshake());
    CHECK(plain.wait_for(reactor, "\r\n\r\n"));
    CHECK(plain.received() ==
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    RawClient chosen(server.port());
    chosen.send(handshake("/ws", "Sec-WebSocket-Protocol: other, dcx.json\r\n"));
    CHECK(chosen.wait_for(reactor, "Sec-WebSocket-Protocol: dcx.json\r\n"));
    CHECK(connections.at(1)->subprotocol() == "dcx.json");
    const auto status = [&](const std::string& request) {
        RawClient client(server.port());
        client.send(request);
        REQUIRE(client.wait_for(reactor, "\r\n\r\n"));
        return client.take().substr(9, 3);
    };
    CHECK(status(handshake("/ws?refuse=1")) == "403");
    CHECK(status(handshake("/nothing")) == "404");
    CHECK(status(handshake("/health")) == "200");
    CHECK(status("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n") == "426");
    CHECK(status("POST /ws HTTP/1.1\r\nHost: x\r\n\r\n") == "405");
    std::string old = handshake();
    old.replace(old.find("Version: 13"), 11, "Version: 8 ");
    CHECK(status(old) == "426");
    std::string bad_key = handshake();
    bad_key.replace(bad_key.find("dGhl"), 4, "x");
    CHECK(status(bad_key) == "400");
    CHECK(connections.size() == 2);
}

TEST_CASE_FIXTURE(Echo, "frames right behind the handshake, a greeting, and an echo byte by byte") {
    greet = true;
    RawClient client(server.port());
    client.send(handshake() + frame({.payload = "early"}) + frame({.opcode = 2, .payload = "two"}).substr(0, 5));
    CHECK(client.wait_for(reactor, unmasked(1, "early")));
    CHECK(client.take().ends_with("\r\n\r\n" + unmasked(1, "welcome") + unmasked(1, "early")));
    client.send(frame({.opcode = 2, .payload = "two"}).substr(5));
    CHECK(client.wait_for(reactor, unmasked(2, "two")));
    client.take();
    client.send_byte_by_byte(reactor, frame({.payload = "slow ", .final = false}) +
                                          frame({.opcode = 9, .payload = "now"}) +
                                          frame({.opcode = 0, .payload = "but whole"}));
    CHECK(client.wait_for(reactor, unmasked(1, "slow but whole")));
    CHECK(client.received() == unmasked(10, "now") + unmasked(1, "slow but whole"));
}

TEST_CASE_FIXTURE(Echo, "violations close with their codes") {
    CHECK(close_code_of(answer_until_end(*this, frame({.payload = "x", .masked = false}))) == 1002);
    CHECK(close_code_of(answer_until_end(*this, frame({.opcode = 3}))) == 1002);
    CHECK(close_code_of(answer_until_end(*this, frame({.payload = "x", .reserved = 0x40}))) == 1002);
    CHECK(close_code_of(answer_until_end(*this, frame({.payload = "\xFF"}))) == 1007);
    CHECK(close_code_of(answer_until_end(*this, frame({.payload = std::string(70'000, 'x')}))) == 1009);
    CHECK(close_code_of(answer_until_end(*this, frame({.opcode = 8, .payload = close_payload(1005)}))) == 1002);
    CHECK(messages == 0);
    // Messages before the violation still are answered, those behind it are not.
    const std::string answer =
        answer_until_end(*this, frame({.payload = "a"}) + frame({.opcode = 0}) + frame({.payload = "b"}));
    CHECK(answer.starts_with(unmasked(1, "a")));
    CHECK(close_code_of(answer.substr(3)) == 1002);
    CHECK(messages == 1);
}

TEST_CASE_FIXTURE(Echo, "the other end closes: its code is echoed and told") {
    CHECK(answer_until_end(*this, frame({.opcode = 8, .payload = close_payload(1000, "bye")})) ==
          unmasked(8, close_payload(1000)));
    CHECK(answer_until_end(*this, frame({.opcode = 8})) == unmasked(8, ""));
    CHECK(answer_until_end(*this, frame({.opcode = 8, .payload = close_payload(4999)}) + frame({.payload = "late"})) ==
          unmasked(8, close_payload(4999)));
    CHECK(closed == "1000 bye;1005 ;4999 ;");
    CHECK(messages == 0);
    {
        OpenClient client(*this);
    }
    CHECK(run_until(reactor, [&] { return connections.empty(); }));
    CHECK(closed.ends_with("1006 closed by the other end;"));
}

TEST_CASE_FIXTURE(Echo, "our close waits for the other end's, but not for ever") {
    SUBCASE("answered") {
        react = [](WebSocketConnection& connection, const std::string&) {
            connection.close(close_code::try_later, "come back");
            CHECK_FALSE(connection.send_text("late"));
            CHECK_FALSE(connection.is_open());
        };
        OpenClient client(*this);
        client.send(frame({.payload = "x"}) + frame({.payload = "y"}));
        CHECK(client.wait_for(reactor, unmasked(8, close_payload(1013, "come back"))));
        CHECK(messages == 1);
        CHECK_FALSE(client.ended());
        client.send(frame({.payload = "z"}) + frame({.opcode = 8, .payload = close_payload(1013)}));
        CHECK(client.wait_for_end(reactor));
        CHECK(client.received() == unmasked(8, close_payload(1013, "come back")));
        client.close();
    }
    SUBCASE("not answered") {
        OpenClient client(*this);
        connections.at(0)->close(close_code::try_later, "come back");
        CHECK(client.wait_for(reactor, "come back"));
        for (int i = 0; i < 3; ++i) reactor.poll(1);
        CHECK_FALSE(client.ended());
        clock.advance(2'000'000'001);
        CHECK(client.wait_for_end(reactor));
        client.close();
    }
    CHECK(run_until(reactor, [&] { return connections.empty(); }));
    CHECK(closed == "1013 come back;");
}

TEST_CASE_FIXTURE(Echo, "a long close reason is cut between characters") {
    OpenClient client(*this);
    std::string reason(122, 'r');
    connections.at(0)->close(close_code::policy, reason + "\xC3\xA9 and more");
    CHECK(client.wait_for(reactor, unmasked(8, close_payload(1008, reason))));
}

TEST_CASE_FIXTURE(Echo, "silence is met with a ping, and no answer with the end") {
    OpenClient answering(*this);
    OpenClient silent(*this);
    const auto next_interval = [&] {
        clock.advance(30'000'000'000);
        for (int i = 0; i < 3; ++i) reactor.poll(1);
    };
    next_interval();
    next_interval();
    CHECK(answering.wait_for(reactor, unmasked(9, "")));
    CHECK(silent.wait_for(reactor, unmasked(9, "")));
    answering.send(frame({.opcode = 10}));
    CHECK(run_until(reactor, [&] { return pongs == ";"; }));
    next_interval();
    CHECK(silent.wait_for_end(reactor));
    CHECK(closed == "1006 no answer to a ping;");
    CHECK(connections.size() == 1);
}

TEST_CASE_FIXTURE(Echo, "one frame encoded once goes to many") {
    std::vector<std::unique_ptr<OpenClient>> clients;
    for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<OpenClient>(*this));
    std::vector<std::byte> frames;
    std::string expected;
    for (int i = 0; i < 20; ++i) {
        append_frame(frames, MessageKind::text, to_bytes("update " + std::to_string(i)));
        expected += unmasked(1, "update " + std::to_string(i));
    }
    for (auto& connection : connections) CHECK(connection->send_raw_frame(frames));
    for (auto& client : clients) {
        CHECK(client->wait_for_size(reactor, expected.size()));
        CHECK(client->received() == expected);
    }
}

TEST_CASE("a reader that does not read meets the bound and is dropped, others go on") {
    Echo echo({.output_limit = 200'000});
    OpenClient stuck(echo, 4096);
    OpenClient reading(echo);
    const std::string text(10'000, 'x');
    std::size_t sent = 0;
    while (echo.connections.size() == 2) {
        for (auto& connection : echo.connections)
            if (!connection->send_text(text)) connection->drop("too slow");
        sent += text.size();
        REQUIRE(sent < 50'000'000);
        echo.reactor.poll(0);
        reading.receive();
    }
    CHECK(echo.closed == "1006 too slow;");
    CHECK(reading.wait_for_size(echo.reactor, sent));
    CHECK_FALSE(reading.ended());
}

TEST_CASE("a flood of pings whose answers nobody reads ends at the bound") {
    Echo echo({.output_limit = 100'000});
    OpenClient client(echo, 4096);
    std::string pings;
    for (int i = 0; i < 100; ++i) pings += frame({.opcode = 9, .payload = std::string(125, 'p')});
    CHECK(run_until(echo.reactor, [&] {
        client.try_send(pings);
        return !echo.closed.empty();
    }));
    CHECK(echo.closed.starts_with("1006 "));
}

TEST_CASE_FIXTURE(Echo, "pausing stops between messages of one read, resuming goes on with the next") {
    react = [](WebSocketConnection& connection, const std::string& text) {
        CHECK(connection.send_text(text));
        connection.pause_reading();
    };
    OpenClient client(*this);
    client.send(frame({.payload = "a"}) + frame({.payload = "b"}) + frame({.payload = "c"}));
    for (int i = 1; i <= 3; ++i) {
        CHECK(run_until(reactor, [&] { return messages == i; }));
        for (int j = 0; j < 3; ++j) reactor.poll(1);
        CHECK(messages == i);
        connections.at(0)->resume_reading();
    }
    CHECK(client.wait_for(reactor, unmasked(1, "a") + unmasked(1, "b") + unmasked(1, "c")));
}

TEST_CASE_FIXTURE(Echo, "a handler may drop its own connection and close others") {
    OpenClient first(*this);
    OpenClient second(*this);
    react = [&](WebSocketConnection& connection, const std::string&) {
        for (auto& other : connections)
            if (other.get() != &connection) other->close(close_code::going_away, "");
        connection.drop("enough");
    };
    first.send(frame({.payload = "x"}));
    CHECK(second.wait_for(reactor, unmasked(8, close_payload(1001))));
    CHECK(first.wait_for_end(reactor));
    CHECK(closed == "1006 enough;");
}

}  // namespace dcx::net
