#include "chain/http_client.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "chain/test_http_server.h"

namespace dcx::chain {
namespace {

using namespace std::chrono_literals;
}  // namespace

TEST_CASE("http client: answers of every status are answers") {
    for (const char* status : {"200 OK", "404 Not Found", "422 Unprocessable Entity", "500 Internal Server Error"}) {
        RawServer server(http_answer(status, "{\"detail\":\"\"}"));
        HttpClient client(server.url());
        const auto answer = client.get("/block/7");
        REQUIRE(answer.has_value());
        CHECK(answer->status == std::stoi(status));
        CHECK(answer->body == "{\"detail\":\"\"}");
        CHECK(answer->content_type == "text/plain");
        CHECK(server.asked().starts_with("GET /block/7 HTTP/1.1\r\n"));
    }
}

TEST_CASE("http client: a post carries its body and type, and no question before it") {
    RawServer server(http_answer("200 OK", "ok"));
    HttpClient client(server.url());
    const std::string body = R"({"a": 1})" + std::string(3000, ' ');
    REQUIRE(client.post("/transaction", body).has_value());
    CHECK(server.asked().starts_with("POST /transaction HTTP/1.1\r\n"));
    CHECK(server.asked().find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(server.asked().find("Expect") == std::string::npos);
    CHECK(server.asked().ends_with(body));
}

TEST_CASE("http client: no redirect is followed, no proxy of the environment asked") {
    RawServer other(http_answer("200 OK", "elsewhere"));
    RawServer server(http_answer("302 Found", "", "Location: " + other.url() + "/\r\n"));
    ::setenv("http_proxy", other.url().c_str(), 1);
    HttpClient client(server.url());
    const auto answer = client.get("/");
    ::unsetenv("http_proxy");
    REQUIRE(answer.has_value());
    CHECK(answer->status == 302);
}

TEST_CASE("http client: what is no answer has a number") {
    SUBCASE("nobody listens") {
        std::string url;
        {
            const RawServer gone("");
            url = gone.url();
        }
        CHECK(HttpClient(url).get("/").error().kind == HttpErrorKind::unreachable);
    }
    SUBCASE("silence") {
        RawServer server("", false);
        HttpClient client(server.url(), {.timeout = 100ms});
        const auto answer = client.get("/");
        CHECK(answer.error().kind == HttpErrorKind::timed_out);
        CHECK(answer.error().text().starts_with("timed_out (3): http://127.0.0.1:"));
    }
    SUBCASE("a connection that ends at once, or in the middle of a body") {
        RawServer server("");
        CHECK(HttpClient(server.url()).get("/").error().kind == HttpErrorKind::broken);
        RawServer half("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        CHECK(HttpClient(half.url()).get("/").error().kind == HttpErrorKind::broken);
    }
    SUBCASE("bytes that are not HTTP") {
        RawServer server("\x00\x01\x02 what\r\n\r\n");
        CHECK_FALSE(HttpClient(server.url()).get("/").has_value());
    }
    SUBCASE("more than the bound, announced or not") {
        RawServer server(http_answer("200 OK", std::string(5000, 'x')));
        CHECK(HttpClient(server.url(), {.max_answer = 4999}).get("/").error().kind == HttpErrorKind::too_large);
        CHECK(HttpClient(server.url(), {.max_answer = 5000}).get("/").has_value());
        RawServer endless("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(200'000, 'x'));
        CHECK(HttpClient(endless.url(), {.max_answer = 5000}).get("/").error().kind == HttpErrorKind::too_large);
    }
    SUBCASE("addresses that are none") {
        for (const char* base : {"", "127.0.0.1:80", "file:///etc/passwd", "ftp://127.0.0.1", "http://", "http:///x",
                                 "http://a@127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1/a b", "HTTP://x\n"})
            CHECK(HttpClient(base).get("/x").error().kind == HttpErrorKind::bad_url);
        CHECK(HttpClient("http://127.0.0.1:1").get("@evil").error().kind == HttpErrorKind::bad_url);
    }
}

TEST_CASE("http client: a stop ends a request that waits") {
    std::atomic<bool> stop = false;
    RawServer server(RawServer::Serve([&](const std::string&) {
                         stop = true;
                         return std::string();
                     }),
                     false);
    HttpClient client(server.url(), {.timeout = 60s, .stop = &stop});
    CHECK(client.get("/").error().kind == HttpErrorKind::broken);
    CHECK(client.post("/", "x").error().kind == HttpErrorKind::broken);
}

TEST_CASE("http client: one goes on after an error") {
    RawServer server(http_answer("200 OK", "fine"));
    HttpClient client(server.url(), {.max_answer = 2});
    CHECK(client.get("/").error().kind == HttpErrorKind::too_large);
    client = HttpClient(server.url());
    CHECK(client.get("/").has_value());
    CHECK(client.get("/").has_value());
}

// A library that sends it again by itself would stop a chain (docs/protocols/decoin.md).
TEST_CASE("http client: a post on a server that hangs up without an answer is sent once") {
    std::atomic<int> posts = 0;
    RawServer server(RawServer::Serve([&](const std::string& request) {
        if (request.starts_with("GET"))
            return std::string("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok");
        ++posts;
        return std::string();
    }));
    HttpClient client(server.url());
    for (int i = 1; i <= 3; ++i) {
        REQUIRE(client.get("/status").has_value());
        CHECK(client.post("/transaction", "{}").error().kind == HttpErrorKind::broken);
        CHECK(posts == i);
    }
}

TEST_CASE("http client: text as part of a path") {
    CHECK(url_encoded("DECab-._~09") == "DECab-._~09");
    CHECK(url_encoded("a/b?c d%\xff") == "a%2Fb%3Fc%20d%25%FF");
}

}  // namespace dcx::chain
