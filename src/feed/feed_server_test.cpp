#include "feed/feed_server.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "feed/test_server.h"
#include "net/test_support.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// A server with one fresh market, whose restored state has been read.
struct Started : TestServer {
    explicit Started(const FeedServer::Options& options = {}) : TestServer{options} {
        venue.start();
        drain();
    }
};

Json subscribe_to(std::string_view channel, const Json& id = 1) {
    return {{"type", "subscribe"}, {"id", id}, {"channel", channel}, {"symbol", "DEC/USD"}};
}

}  // namespace

TEST_CASE("the format is negotiated, nothing is served before the restore is complete") {
    TestServer server;
    TestClient early{server, Format::json};
    REQUIRE(server.until([&] { return early.closed; }));
    CHECK(early.messages.empty());
    server.venue.start();
    server.drain();

    struct Case {
        std::string target;
        std::vector<std::string> protocols;
        Format format;
        bool welcome;
    };
    for (const Case& c : std::vector<Case>{{"/v1/feed", {}, Format::json, true},
                                           {"/v1/feed?format=json", {}, Format::json, true},
                                           {"/v1/feed?format=msgpack", {}, Format::msgpack, true},
                                           {"/v1/feed", {"dcx.msgpack"}, Format::msgpack, true},
                                           {"/v1/feed", {"other", "dcx.json"}, Format::json, true},
                                           {"/v1/feed?format=json", {"dcx.msgpack", "dcx.json"}, Format::json, true},
                                           {"/v1/feed?format=json", {"dcx.msgpack"}, Format::json, false},
                                           {"/v1/feed?format=xml", {}, Format::json, false},
                                           {"/v1/feed", {"other"}, Format::json, false}}) {
        CAPTURE(c.target);
        TestClient client{server, c.format, c.target, c.protocols};
        if (!c.welcome) {
            REQUIRE(server.until([&] { return client.closed; }));
            CHECK(client.messages.empty());
            continue;
        }
        const Json welcome = client.next();
        CHECK(welcome["type"] == "welcome");
        CHECK(welcome["format"] == (c.format == Format::json ? "json" : "msgpack"));
        CHECK(welcome["instruments"][0]["symbol"] == "DEC/USD");
        CHECK(welcome["epoch"] == 1);
    }
}

TEST_CASE("subscribed, snapshot, updates, unsubscribed, and nothing after it") {
    for (const Format format : kFormats) {
        Started server;
        const auto client = TestClient::open(server, format);
        client->send(subscribe_to("orderbook", "a"));
        Json message = client->next();
        CHECK(message == Json{{"type", "subscribed"},
                              {"id", "a"},
                              {"channel", "orderbook"},
                              {"symbol", "DEC/USD"},
                              {"depth", 20},
                              {"rate", 0}});
        ReaderBook book{20};
        book.apply(client->next());
        server.venue.place(Side::buy, 100, 5);
        book.apply(client->next());
        CHECK(book.equals(server.venue.book()));
        CHECK(book.seq() == server.venue.sequence());
        message = client->ask({{"type", "unsubscribe"}, {"channel", "orderbook"}, {"symbol", "DEC/USD"}});
        CHECK(message["type"] == "unsubscribed");
        server.venue.place(Side::buy, 101, 5);
        server.drain();
        client->synchronise();
        CHECK(client->messages.empty());
    }
}

TEST_CASE("bulk subscriptions, the form of the old feed, and replacing one by another") {
    Started server;
    const auto client = TestClient::open(server, Format::json);
    client->send({{"action", "subscribe"}, {"symbols", {"DEC/USD"}}});
    std::vector<std::string> heard;
    for (int i = 0; i < 6; ++i) {
        const Json message = client->next();
        heard.push_back(message["type"].get<std::string>() + " " + message["channel"].get<std::string>());
    }
    CHECK(heard == std::vector<std::string>{"subscribed orderbook", "snapshot orderbook", "subscribed trades",
                                            "snapshot trades", "subscribed ticker", "snapshot ticker"});
    // Another depth takes the place of the first.
    Json request = subscribe_to("orderbook");
    request["depth"] = 1;
    CHECK(client->ask(request)["depth"] == 1);
    CHECK(client->next()["type"] == "snapshot");
    server.venue.place(Side::buy, 100, 5);
    server.venue.place(Side::buy, 99, 5);
    server.drain();
    client->synchronise();
    std::size_t updates = 0;
    for (const Json& message : client->messages)
        if (message["channel"] == "orderbook") ++updates;
    CHECK(updates == 1);
    client->messages.clear();
    client->send({{"type", "unsubscribe"}, {"channels", "*"}, {"symbols", "*"}});
    for (int i = 0; i < 3; ++i) CHECK(client->next()["type"] == "unsubscribed");
    CHECK(server.feed->publisher().counters().of(Channel::orderbook).subscriptions == 0);
}

TEST_CASE("every bad request is answered by its number, and the session goes on") {
    FeedServer::Options options;
    options.limits.subscriptions = 2;
    Started server{options};
    const auto json = TestClient::open(server, Format::json);
    const auto code_of = [&](const Json& request) {
        const Json answer = json->ask(request);
        CHECK(answer["type"] == "error");
        CHECK(answer.value("id", Json{}) == request.value("id", Json{}));
        CHECK_FALSE(answer["message"].get<std::string>().empty());
        return static_cast<ErrorCode>(answer["code"].get<int>());
    };
    CHECK(code_of({{"type", "nonsense"}, {"id", 4}}) == ErrorCode::unknown_type);
    CHECK(code_of({{"type", "subscribe"}, {"channel", "trades"}, {"symbol", "XXX"}}) == ErrorCode::unknown_symbol);
    CHECK(code_of({{"type", "unsubscribe"}, {"channel", "trades"}, {"symbol", "XXX"}}) == ErrorCode::unknown_symbol);
    CHECK(code_of({{"type", "unsubscribe"}, {"channel", "trades"}, {"symbol", "DEC/USD"}}) ==
          ErrorCode::not_subscribed);
    CHECK(code_of({{"type", "subscribe"}, {"channels", "*"}, {"symbols", "*"}}) == ErrorCode::too_many_subscriptions);
    json->send_text("{");
    CHECK(json->next()["code"] == static_cast<int>(ErrorCode::malformed));
    json->send_binary("{}");
    CHECK(json->next()["code"] == static_cast<int>(ErrorCode::wrong_frame_kind));
    const auto msgpack = TestClient::open(server, Format::msgpack);
    msgpack->send_text("{}");
    CHECK(msgpack->next()["code"] == static_cast<int>(ErrorCode::wrong_frame_kind));
    // A symbol that is no text is not echoed.
    Json strange = subscribe_to("trades");
    strange["symbol"] = "\xff\xfe";
    const Json answer = msgpack->ask(strange);
    CHECK(answer["code"] == static_cast<int>(ErrorCode::unknown_symbol));
    CHECK(answer["message"] == "no such symbol");
    CHECK(json->ask(subscribe_to("trades"))["type"] == "subscribed");
    // More than a message may hold ends the connection with the code for that.
    json->send_text(std::string(70'000, 'x'));
    REQUIRE(server.until([&] { return json->closed; }));
    CHECK(json->close_code == net::close_code::too_big);
}

TEST_CASE("requests above the rate are refused, and a flood ends the connection") {
    FeedServer::Options options;
    options.limits.request_burst = 5;
    options.limits.requests_per_second = 10;
    Started server{options};
    const auto client = TestClient::open(server, Format::json);
    for (int i = 0; i < 5; ++i) CHECK(client->ask({{"type", "heartbeat"}})["type"] == "heartbeat");
    CHECK(client->ask({{"type", "heartbeat"}})["code"] == static_cast<int>(ErrorCode::too_many_requests));
    server.clock.advance(200 * kMillisecond);
    CHECK(client->ask({{"type", "heartbeat"}})["type"] == "heartbeat");
    CHECK(client->ask({{"type", "heartbeat"}})["type"] == "heartbeat");
    for (int i = 0; i < 6; ++i) client->send({{"type", "heartbeat"}});
    REQUIRE(server.until([&] { return client->closed; }));
    CHECK(client->close_code == net::close_code::policy);
}

TEST_CASE("heartbeats come in silence and tell where each channel stands") {
    Started server;
    const auto client = TestClient::open(server, Format::json);
    client->send(subscribe_to("orderbook"));
    client->next();
    const Json snapshot = client->next();
    server.clock.advance(999 * kMillisecond);
    server.drain();
    client->synchronise();
    CHECK(client->messages.empty());
    server.clock.advance(1'250 * kMillisecond);
    const Json heartbeat = client->next();
    CHECK(heartbeat["type"] == "heartbeat");
    CHECK(heartbeat["time"] == server.clock.wall_ns());
    CHECK(heartbeat["channels"] ==
          Json::parse(R"([{"channel":"orderbook","symbol":"DEC/USD","seq":)" + snapshot["seq"].dump() + "}]"));
    CHECK(client->ask({{"type", "heartbeat"}, {"id", 9}})["id"] == 9);
}

TEST_CASE("statistics and instruments are answered") {
    Started server;
    const auto client = TestClient::open(server, Format::msgpack);
    client->send(subscribe_to("trades"));
    client->next();
    client->next();
    const Json stats = client->ask({{"type", "stats"}, {"id", 2}});
    CHECK(stats["id"] == 2);
    CHECK(stats["messages"] == 3);
    CHECK(stats["received"] == 2);
    CHECK(stats["subscriptions"] == 1);
    CHECK(stats["bytes"].get<int>() > 100);
    CHECK(stats["latency_us"]["count"] == 0);  // a snapshot is no news
    const Json instruments = client->ask({{"type", "instruments"}});
    CHECK(instruments["instruments"].size() == 1);
    // Without asking: what changes.
    server.venue.single(PhaseChanged{.instrument = InstrumentId{1u}, .phase = Phase::halted, .zero = {}});
    const Json changed = client->next();
    CHECK(changed["type"] == "instruments");
    CHECK(changed["instruments"][0]["phase"] == "halted");
}

TEST_CASE("a client who comes back gets what he missed") {
    Started server;
    auto client = TestClient::open(server, Format::json);
    client->send(subscribe_to("orderbook"));
    client->next();
    ReaderBook book{20};
    book.apply(client->next());
    client.reset();
    REQUIRE(server.until([&] { return server.feed->clients() == 0; }));
    Random random{4};
    for (int i = 0; i < 50; ++i) server.venue.random_command(random);
    server.drain();

    client = TestClient::open(server, Format::json);
    Json request = subscribe_to("orderbook");
    request["from"] = {{"epoch", 1}, {"seq", book.seq()}};
    CHECK(client->ask(request)["resumed"] == true);
    client->synchronise();
    for (const Json& message : client->messages) book.apply(message);
    CHECK(book.snapshots() == 1);
    CHECK(book.equals(server.venue.book()));
    // A sequence that was never sent gets a snapshot.
    request["from"]["seq"] = 3;
    client->messages.clear();
    CHECK(client->ask(request)["resumed"] == false);
    CHECK(client->next()["type"] == "snapshot");
}

TEST_CASE("a shutdown is announced, then every connection closes as going away") {
    Started server;
    const auto client = TestClient::open(server, Format::json);
    server.feed->notice("maintenance", "in an hour");
    CHECK(client->next()["code"] == "maintenance");
    server.feed->shut_down("restarting");
    const Json notice = client->next();
    CHECK(notice["type"] == "notice");
    CHECK(notice["code"] == "shutdown");
    REQUIRE(server.until([&] { return client->closed && server.feed->clients() == 0; }));
    CHECK(client->close_code == net::close_code::going_away);
    TestClient late{server, Format::json};
    REQUIRE(server.until([&] { return late.closed; }));
    CHECK(late.messages.empty());
}

TEST_CASE("many readers of every variant over real sockets keep the venue's book") {
    Started server;
    Random random{33};
    struct Follower {
        std::unique_ptr<TestClient> client;
        ReaderBook book;
    };
    std::vector<Follower> followers;
    for (const Format format : kFormats)
        for (const std::uint32_t rate : kRatesMs)
            for (const std::uint32_t depth : {1u, 10u, 100u}) {
                Follower follower{TestClient::open(server, format), ReaderBook{depth}};
                Json request = subscribe_to("orderbook");
                request["depth"] = depth;
                request["rate"] = rate;
                CHECK(follower.client->ask(request)["type"] == "subscribed");
                followers.push_back(std::move(follower));
            }
    for (int step = 0; step < 300; ++step) {
        for (std::uint64_t commands = random.below(8); commands > 0; --commands) server.venue.random_command(random);
        server.clock.advance(random.between(0, 30) * kMillisecond);
        server.poll();
    }
    server.drain();
    server.clock.advance(100 * kMillisecond);
    server.poll();
    for (Follower& follower : followers) {
        follower.client->synchronise();
        for (const Json& message : follower.client->messages)
            if (message.contains("channel")) follower.book.apply(message);
        CHECK(follower.book.equals(server.venue.book()));
        CHECK(follower.book.snapshots() == 1);
    }
}

TEST_CASE("metrics name every channel") {
    Started server;
    const auto client = TestClient::open(server, Format::msgpack);
    client->send(subscribe_to("trades"));
    client->next();
    client->next();
    std::string text;
    server.feed->append_metrics(text);
    for (const std::string line :
         {"dcx_feed_connections{format=\"msgpack\"} 1\n", "dcx_feed_connections_opened_total 1\n",
          "dcx_feed_subscriptions{channel=\"trades\"} 1\n", "dcx_feed_messages_total{channel=\"trades\"} 1\n",
          "dcx_feed_messages_total{channel=\"session\"} 2\n", "dcx_feed_requests_total 1\n", "dcx_feed_ready 1\n"}) {
        CAPTURE(line);
        CHECK(text.find(line) != text.npos);
    }
}

TEST_CASE("an idle feed sleeps, a client's heartbeat and pending rates wake it") {
    Started server;
    CHECK(server.feed->max_sleep_ms() == std::numeric_limits<int>::max());
    const auto client = TestClient::open(server, Format::json);
    server.poll();
    CHECK(server.feed->max_sleep_ms() == 250);
    Json request = subscribe_to("orderbook");
    request["rate"] = 20;
    CHECK(client->ask(request)["type"] == "subscribed");
    server.venue.place(Side::buy, 100, 1);
    server.drain();
    server.venue.place(Side::buy, 101, 1);
    server.drain();
    CHECK(server.feed->max_sleep_ms() == 20);
}
