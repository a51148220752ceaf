#include "net/http.h"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/test_support.h"

namespace dcx::net {

namespace {

using test::RawClient;
using test::run_until;

struct Site {
    explicit Site(HttpServer::Options options = {}) : server(reactor, std::move(options)) {
        server.get("/health", [](const HttpRequest&) { return HttpResponse{.body = "ok"}; });
        server.get("/echo", [](const HttpRequest& request) {
            return HttpResponse{.content_type = "text/x", .body = std::string{request.parameter("q").value_or("none")}};
        });
        server.get("/large", [](const HttpRequest& request) {
            return HttpResponse{.body = std::string(std::stoul(std::string{*request.parameter("size")}), 'L')};
        });
        server.get("/throw", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("broken"); });
        server.get("/header", [](const HttpRequest& request) {
            return HttpResponse{.headers = {{"X-Echo", std::string{*request.parameter("v")}}}};
        });
        server.post_below("/do", [](const HttpRequest& request) {
            return HttpResponse{.body = "done " + std::string{request.parameter("what").value_or("nothing")}};
        });
        server.get_below("/static/",
                         [](const HttpRequest& request) { return HttpResponse{.body = "file " + request.path}; });
        server.get_below("/static/deep/", [](const HttpRequest&) { return HttpResponse{.body = "deep"}; });
        REQUIRE(server.start().has_value());
    }
    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    HttpServer server;
};

std::string request(std::string_view target, std::string_view more = "") {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: x\r\n" + std::string{more} + "\r\n";
}

// The answer to one request on a connection of its own, until the server closes.
std::string ask(Site& site, std::string_view request) {
    RawClient client(site.server.port());
    client.send(request);
    client.shutdown_write();
    REQUIRE(client.wait_for_end(site.reactor));
    CHECK_FALSE(client.was_reset());
    return client.received();
}

int status_of(const std::string& answer) {
    REQUIRE(answer.starts_with("HTTP/1.1 "));
    return std::stoi(answer.substr(9, 3));
}

}  // namespace

TEST_CASE_FIXTURE(Site, "a GET, its HEAD, and the whole answer") {
    CHECK(ask(*this, request("/health")) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n"
          "Connection: keep-alive\r\n\r\nok");
    CHECK(ask(*this, "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n") ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n"
          "Connection: keep-alive\r\n\r\n");
    CHECK(ask(*this, request("/echo?q=a%26b"))
              .ends_with("Content-Type: text/x\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\na&b"));
    CHECK(ask(*this, request("/static/a.js")).ends_with("file /static/a.js"));
    CHECK(ask(*this, request("/static/deep/a.js")).ends_with("deep"));
}

TEST_CASE_FIXTURE(Site, "a POST without a body, where the path takes one") {
    CHECK(ask(*this, "POST /do?what=this HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").ends_with("done this"));
    CHECK(ask(*this, "POST /do HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("done nothing"));
    CHECK(status_of(ask(*this, "POST /health HTTP/1.1\r\nHost: x\r\n\r\n")) == 405);
}

TEST_CASE_FIXTURE(Site, "errors by status") {
    CHECK(status_of(ask(*this, request("/nothing"))) == 404);
    const std::string not_allowed = ask(*this, "DELETE /health HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(not_allowed) == 405);
    CHECK(not_allowed.find("Allow: GET, HEAD\r\n") != std::string::npos);
    CHECK(status_of(ask(*this, "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")) == 405);
    CHECK(status_of(ask(*this, request("/health", "Content-Length: 3\r\n") + "abc")) == 413);
    CHECK(status_of(ask(*this, request("/do"))) == 405);
    CHECK(ask(*this, request("/do")).find("Allow: POST\r\n") != std::string::npos);
    CHECK(status_of(ask(*this, "POST /nothing HTTP/1.1\r\nHost: x\r\n\r\n")) == 404);
    CHECK(status_of(ask(*this, "POST /do HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")) == 405);
    CHECK(status_of(ask(*this, "garbage\r\n\r\n")) == 400);
    CHECK(status_of(ask(*this, request("/health", "A: " + std::string(20'000, 'x') + "\r\n"))) == 431);
    CHECK(status_of(ask(*this, request("/" + std::string(5000, 'x')))) == 414);
    CHECK(status_of(ask(*this, request("/throw"))) == 500);
    CHECK(status_of(ask(*this, request("/header?v=fine"))) == 200);
    CHECK(status_of(ask(*this, request("/header?v=a%0D%0ASet-Cookie:x"))) == 500);
    CHECK(status_of(ask(*this, "CONNECT host:80 HTTP/1.1\r\nHost: x\r\n\r\n")) == 404);
    CHECK(status_of(ask(*this, request("/health", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"))) == 200);
}

TEST_CASE_FIXTURE(Site, "keep-alive, byte by byte, and pipelined requests answered in order") {
    RawClient client(server.port());
    for (int i = 0; i < 3; ++i) {
        client.send_byte_by_byte(reactor, request("/echo?q=again"));
        CHECK(client.wait_for(reactor, "again"));
        client.take();
    }
    std::string many;
    std::string bodies;
    for (int i = 0; i < 100; ++i) many += request("/echo?q=n" + std::to_string(i) + ";");
    client.send(many + request("/echo?q=last", "Connection: close\r\n") + request("/echo?q=never"));
    CHECK(client.wait_for_end(reactor));
    std::size_t at = 0;
    for (int i = 0; i < 100; ++i) {
        at = client.received().find("\r\n\r\nn" + std::to_string(i) + ";", at);
        REQUIRE(at != std::string::npos);
    }
    CHECK(client.received().find("last", at) != std::string::npos);
    CHECK(client.received().find("never") == std::string::npos);
}

TEST_CASE_FIXTURE(Site, "a reader slower than its requests is held back and loses nothing") {
    RawClient client(server.port(), 4096);
    std::string requests;
    for (int i = 0; i < 200; ++i) requests += request("/large?size=50000");
    client.send(requests + request("/echo?q=done", "Connection: close\r\n"));
    for (int i = 0; i < 20; ++i) reactor.poll(1);
    CHECK(client.wait_for_end(reactor));
    CHECK(client.received().ends_with("done"));
    CHECK(client.received().size() > 200u * 50'000u);
}

TEST_CASE("an answer beyond the output bound becomes a 500") {
    Site site({.output_limit = 100'000});
    CHECK(status_of(ask(site, request("/large?size=200000"))) == 500);
    CHECK(status_of(ask(site, request("/large?size=50000"))) == 200);
}

TEST_CASE_FIXTURE(Site, "a request head that dribbles in gets 408, an idle connection an end, activity neither") {
    RawClient slow(server.port());
    RawClient idle(server.port());
    slow.send("GET /health HT");
    idle.send(request("/health"));
    CHECK(idle.wait_for(reactor, "ok"));
    idle.take();
    REQUIRE(run_until(reactor, [&] { return server.connections() == 2; }));
    for (int i = 0; i < 5; ++i) reactor.poll(1);
    clock.advance(6'000'000'000);
    slow.send("T");
    for (int i = 0; i < 5; ++i) reactor.poll(1);
    CHECK_FALSE(slow.ended());
    clock.advance(5'000'000'000);
    CHECK(slow.wait_for_end(reactor));
    CHECK(status_of(slow.received()) == 408);
    idle.receive();
    CHECK_FALSE(idle.ended());
    idle.send(request("/health"));
    CHECK(idle.wait_for(reactor, "ok"));
    clock.advance(59'000'000'000);
    idle.send(request("/health"));
    idle.take();
    CHECK(idle.wait_for(reactor, "ok"));
    idle.take();
    clock.advance(61'000'000'000);
    CHECK(idle.wait_for_end(reactor));
    CHECK(idle.received().empty());
}

TEST_CASE_FIXTURE(Site, "stop() ends open connections and takes no new ones") {
    RawClient client(server.port());
    client.send(request("/health"));
    CHECK(client.wait_for(reactor, "ok"));
    server.stop();
    CHECK(client.wait_for_end(reactor));
    client.close();
    CHECK(run_until(reactor, [&] { return server.connections() == 0; }));
}

TEST_CASE("at the connection limit the next client waits") {
    Site site({.listener = {.max_connections = 1}});
    auto first = std::make_unique<RawClient>(site.server.port());
    first->send(request("/health"));
    CHECK(first->wait_for(site.reactor, "ok"));
    RawClient second(site.server.port());
    second.send(request("/health"));
    for (int i = 0; i < 5; ++i) site.reactor.poll(1);
    second.receive();
    CHECK(second.received().empty());
    first.reset();
    CHECK(second.wait_for(site.reactor, "ok"));
}

}  // namespace dcx::net
