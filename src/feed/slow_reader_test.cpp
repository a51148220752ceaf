// Readers that don't read, over real sockets with small buffers.
#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "feed/test_server.h"
#include "feed/test_slow_client.h"
#include "net/test_support.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

FeedServer::Options small_bound() {
    FeedServer::Options options;
    options.limits.output_bytes = 64 * 1024;
    return options;
}

}  // namespace

TEST_CASE("a reader of books who stops gets one snapshot when he reads again, another misses nothing") {
    TestServer server{small_bound()};
    server.venue.start();
    server.drain();
    SlowClient slow{server, R"({"type":"subscribe","channel":"orderbook","symbol":"DEC/USD","depth":100})"};
    const auto fast = TestClient::open(server, Format::json);
    fast->send({{"type", "subscribe"}, {"channel", "orderbook"}, {"symbol", "DEC/USD"}, {"depth", 100}});
    ReaderBook fast_book{100};
    const auto follow = [&] {
        for (const Json& message : fast->messages)
            if (message.contains("data")) fast_book.apply(message);
        fast->messages.clear();
    };
    Random random{8};
    const auto& counters = server.feed->publisher().counters().of(Channel::orderbook);
    std::uint64_t skipped_after = 0;
    // Until the slow one is behind, and on for a while.
    REQUIRE(server.until([&] {
        for (int i = 0; i < 200; ++i) server.venue.random_command(random);
        server.drain();
        follow();
        if (counters.encoded * 2 > counters.delivered + 400) ++skipped_after;
        return skipped_after > 3;
    }));
    CHECK(counters.conflations == 0);
    fast->synchronise();
    follow();
    CHECK(fast_book.equals(server.venue.book()));
    CHECK(fast_book.snapshots() == 1);

    ReaderBook slow_book{100};
    std::size_t seen = 0;
    slow.read_until([&] {
        for (; seen < slow.messages.size(); ++seen)
            if (slow.messages[seen].contains("data")) slow_book.apply(slow.messages[seen]);
        return slow_book.snapshots() == 2;
    });
    CHECK(slow_book.skipped() > 200);
    CHECK(slow_book.equals(server.venue.book()));
    CHECK(counters.conflations == 1);
    CHECK(counters.drops == 0);
    // From here on it follows again.
    for (int i = 0; i < 10; ++i) server.venue.random_command(random);
    slow.read_until([&] {
        for (; seen < slow.messages.size(); ++seen)
            if (slow.messages[seen].contains("data")) slow_book.apply(slow.messages[seen]);
        return slow_book.equals(server.venue.book());
    });
    CHECK(slow_book.snapshots() == 2);
}

TEST_CASE("a reader of trades who stops is told why and disconnected") {
    TestServer server{small_bound()};
    server.venue.start();
    server.drain();
    SlowClient slow{server, R"({"type":"subscribe","channel":"trades","symbol":"DEC/USD"})"};
    const auto& counters = server.feed->publisher().counters().of(Channel::trades);
    REQUIRE(server.until([&] {
        for (int i = 0; i < 100; ++i) {
            server.venue.place(Side::sell, 100, 1);
            server.venue.place(Side::buy, 100, 1);
        }
        server.drain();
        return counters.drops == 1;
    }));
    slow.read_until([&] { return slow.close_code != 0; });
    REQUIRE_FALSE(slow.messages.empty());
    CHECK(slow.messages.back()["code"] == static_cast<int>(ErrorCode::too_slow));
    CHECK(slow.close_code == net::close_code::try_later);
    // Every trade up to there came, in a chain.
    std::uint64_t seq = 0;
    for (const Json& message : slow.messages) {
        if (!message.contains("data")) continue;
        if (message["type"] == "update") CHECK(message["prev"] == seq);
        seq = message["seq"];
    }
    CHECK(server.until([&] { return server.feed->clients() == 0; }));
}

TEST_CASE("a client that only asks and never reads is dropped") {
    FeedServer::Options options = small_bound();
    options.limits.request_burst = 1'000'000;
    TestServer server{options};
    server.venue.start();
    server.drain();
    net::test::RawClient socket{server.port(), 4096};
    socket.send(
        "GET /v1/feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    REQUIRE(socket.wait_for(server.reactor, "\"type\":\"welcome\""));
    const std::string request = R"({"type":"instruments"})";
    std::string frames;
    for (int i = 0; i < 100; ++i) {
        frames += "\x81";
        frames.push_back(static_cast<char>(0x80u | request.size()));
        frames.append(4, '\0');
        frames += request;
    }
    CHECK(server.until([&] {
        socket.try_send(frames);
        return server.feed->clients() == 0;
    }));
}
