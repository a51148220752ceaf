#include "net/http_request.h"

#include <doctest/doctest.h>

#include <string>

#include "net/test_support.h"

namespace dcx::net {

namespace {

struct Parsed {
    int status = 0;
    std::size_t consumed = 0;
    HttpRequest request;
};

Parsed parse(std::string_view text, std::size_t step = 1'000'000, HttpLimits limits = {}) {
    HttpRequestParser parser(limits);
    Parsed parsed;
    while (parsed.consumed < text.size() && parsed.status == 0) {
        const auto outcome = parser.feed(test::to_bytes(text.substr(parsed.consumed, step)));
        parsed.consumed += outcome.consumed;
        parsed.status = outcome.status;
    }
    if (parsed.status == 200) parsed.request = parser.request();
    return parsed;
}

std::string get(std::string_view target, std::string_view more = "") {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: x\r\n" + std::string{more} + "\r\n";
}

}  // namespace

TEST_CASE("a request in pieces of any size") {
    const std::string text = get("/a%20b/c?x=1&y=%C3%A9+z&flag&x=2", "X-Thing:  two words \r\nOther:\r\n");
    for (std::size_t step = 1; step <= text.size(); ++step) {
        const Parsed parsed = parse(text, step);
        REQUIRE(parsed.status == 200);
        CHECK(parsed.consumed == text.size());
        CHECK(parsed.request.method == "GET");
        CHECK(parsed.request.path == "/a b/c");
        CHECK(parsed.request.target == "/a%20b/c?x=1&y=%C3%A9+z&flag&x=2");
        CHECK(parsed.request.parameter("x") == "1");
        CHECK(parsed.request.parameter("y") == "\xC3\xA9 z");
        CHECK(parsed.request.parameter("flag") == "");
        CHECK_FALSE(parsed.request.parameter("z"));
        CHECK(parsed.request.header("x-thing") == "two words");
        CHECK(parsed.request.header("other") == "");
        CHECK_FALSE(parsed.request.header("missing"));
        CHECK(parsed.request.keep_alive);
        CHECK_FALSE(parsed.request.upgrade);
    }
}

TEST_CASE("the parser stops between pipelined requests") {
    HttpRequestParser parser({});
    const std::string first = get("/first");
    const std::string both = first + get("/second");
    const auto outcome = parser.feed(test::to_bytes(both));
    CHECK(outcome.status == 200);
    CHECK(outcome.consumed == first.size());
    CHECK(parser.request().path == "/first");
    CHECK_FALSE(parser.in_request());
    const auto next = parser.feed(test::to_bytes(both).subspan(outcome.consumed));
    CHECK(next.status == 200);
    CHECK(parser.request().path == "/second");
    CHECK(parser.feed(test::to_bytes("GET")).status == 0);
    CHECK(parser.in_request());
}

TEST_CASE("keep-alive by version and header") {
    CHECK_FALSE(parse("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
    CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").request.keep_alive);
    CHECK_FALSE(parse(get("/", "Connection: close\r\n")).request.keep_alive);
}

TEST_CASE("what is refused, and with which status") {
    CHECK(parse("nonsense\r\n\r\n").status == 400);
    CHECK(parse("GET / HTTP/1.1\r\n\r\n").status == 400);
    CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status == 400);
    CHECK(parse("GET / HTTP/2.0\r\nHost: a\r\n\r\n").status == 505);
    CHECK(parse("GET / HTTP/1.1\r\nHo st: a\r\n\r\n").status == 400);
    CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\n\x01: b\r\n\r\n").status == 400);
    CHECK(parse(get("/%zz")).status == 400);
    CHECK(parse(get("/%0")).status == 400);
    CHECK(parse(get("/a%00b")).status == 400);
    CHECK(parse(get("/?q=%g0")).status == 400);
    CHECK(parse(get("/", "Content-Length: 5\r\n") + "hello").status == 413);
    CHECK(parse(get("/", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n").status == 413);
    CHECK(parse(get("/", "Content-Length: 0\r\n")).status == 200);
    CHECK(parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").status == 405);
    CHECK(parse(get("/", "Content-Length: 1\r\nContent-Length: 2\r\n")).status == 400);
    CHECK(parse(get("/" + std::string(4096, 'x'))).status == 414);
    CHECK(parse(get("/" + std::string(4095, 'x'))).status == 200);
    CHECK(parse(get("/", "X: " + std::string(17'000, 'x') + "\r\n")).status == 431);
    std::string many;
    for (int i = 0; i < 70; ++i) many += "A: b\r\n";
    CHECK(parse(get("/", many)).status == 431);
    CHECK(parse(get("/"), 100, {.header_bytes = 4}).status == 431);
}

TEST_CASE("after a refusal nothing more is taken") {
    HttpRequestParser parser({});
    CHECK(parser.feed(test::to_bytes("?\r\n")).status == 400);
    const auto again = parser.feed(test::to_bytes(get("/")));
    CHECK(again.status == 400);
    CHECK(again.consumed == 0);
}

TEST_CASE("an absolute target, an upgrade and its subprotocols") {
    CHECK(parse(get("http://host:80/path?q=1")).request.path == "/path");
    const Parsed parsed = parse(get("/ws",
                                    "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                                    "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n") +
                                "\x81\x85"
                                "bytes of another protocol");
    REQUIRE(parsed.status == 200);
    CHECK(parsed.request.upgrade);
    CHECK(parsed.request.subprotocols() == std::vector<std::string_view>{"a", "b", "c"});
    CHECK(parsed.request.offers("b"));
    CHECK_FALSE(parsed.request.offers("d"));
    CHECK(parsed.consumed == parse(get("/ws",
                                       "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                                       "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n"))
                                 .consumed);
    CHECK_FALSE(parse(get("/", "Upgrade: h2c\r\n")).request.upgrade);
}

}  // namespace dcx::net
