// Every number of /metrics that the feed has moves when what it counts happens, and only then.
#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>

#include "feed/test_server.h"

namespace dcx::feed {
namespace {

using testing::Json;
using testing::TestClient;
using testing::TestServer;

using Samples = std::map<std::string, double>;

Samples metrics_of(const FeedServer& feed) {
    std::string text;
    feed.append_metrics(text);
    std::istringstream lines{text};
    Samples samples;
    for (std::string line; std::getline(lines, line);) {
        if (line.front() == '#') continue;
        const std::size_t space = line.rfind(' ');
        const bool fresh = samples.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second;
        CHECK_MESSAGE(fresh, line);
    }
    return samples;
}

struct Watched : TestServer {
    explicit Watched(const FeedServer::Options& options = {}) : TestServer{options} {
        venue.now_ns = clock.wall_ns();
        venue.start();
        drain();
        before = metrics_of(*feed);
    }
    // Since the last look.
    double moved(const std::string& name) {
        const Samples now = metrics_of(*feed);
        REQUIRE_MESSAGE(now.contains(name), name);
        const double by = now.at(name) - before[name];
        before[name] = now.at(name);
        return by;
    }
    Samples before;
};

Json subscription(const std::string& channel) {
    return {{"type", "subscribe"}, {"channel", channel}, {"symbol", "DEC/USD"}};
}

TEST_CASE("metrics: connections by format, subscriptions and messages by channel") {
    Watched server;
    {
        const auto json = TestClient::open(server, Format::json);
        const auto packed = TestClient::open(server, Format::msgpack);
        CHECK(server.moved("dcx_feed_connections{format=\"json\"}") == 1);
        CHECK(server.moved("dcx_feed_connections{format=\"msgpack\"}") == 1);
        CHECK(server.moved("dcx_feed_connections_opened_total") == 2);
        CHECK(server.moved("dcx_feed_messages_total{channel=\"session\"}") == 2);
        CHECK(server.moved("dcx_feed_bytes_total{channel=\"session\"}") > 200);
        for (const std::string channel : {"orderbook", "trades", "ticker"}) {
            CAPTURE(channel);
            CHECK(json->ask(subscription(channel))["type"] == "subscribed");
            CHECK(json->next()["type"] == "snapshot");
            CHECK(server.moved("dcx_feed_subscriptions{channel=\"" + channel + "\"}") == 1);
            CHECK(server.moved("dcx_feed_messages_total{channel=\"" + channel + "\"}") == 1);
            CHECK(server.moved("dcx_feed_bytes_total{channel=\"" + channel + "\"}") > 50);
        }
        CHECK(server.moved("dcx_feed_requests_total") == 3);
        CHECK(server.moved("dcx_feed_errors_total") == 0);
        json->send(subscription("nonsense"));
        CHECK(json->next()["type"] == "error");
        CHECK(server.moved("dcx_feed_errors_total") == 1);
    }
    REQUIRE(server.until([&] { return server.feed->clients() == 0; }));
    CHECK(server.moved("dcx_feed_connections{format=\"json\"}") == -1);
    CHECK(server.moved("dcx_feed_subscriptions{channel=\"ticker\"}") == -1);
    CHECK(server.moved("dcx_feed_connections_opened_total") == 0);
}

TEST_CASE("metrics: events, the sequence, and how long a message took") {
    Watched server;
    const auto client = TestClient::open(server, Format::json);
    client->send(subscription("orderbook"));
    CHECK(client->next()["type"] == "subscribed");
    CHECK(client->next()["type"] == "snapshot");
    CHECK(server.moved("dcx_feed_encoded_total{channel=\"orderbook\"}") == 1);
    CHECK(server.moved("dcx_feed_encoded_bytes_total{channel=\"orderbook\"}") > 50);
    // A snapshot is no news.
    CHECK(server.moved("dcx_feed_delay_seconds_count") == 0);
    server.venue.now_ns = server.clock.wall_ns();
    server.venue.place(Side::buy, 100, 1);
    server.clock.advance(3'000'000);
    server.drain();
    CHECK(client->next()["type"] == "update");
    CHECK(server.moved("dcx_feed_events_total") == 2);
    CHECK(server.moved("dcx_feed_sequence") == 1);
    CHECK(server.moved("dcx_feed_encoded_total{channel=\"orderbook\"}") == 1);
    CHECK(server.moved("dcx_feed_delay_seconds_count") == 1);
    CHECK(server.moved("dcx_feed_delay_seconds_bucket{le=\"0.002\"}") == 0);
    CHECK(server.moved("dcx_feed_delay_seconds_bucket{le=\"0.005\"}") == 1);
    CHECK(server.moved("dcx_feed_delay_seconds_bucket{le=\"+Inf\"}") == 1);
    const double sum = server.moved("dcx_feed_delay_seconds_sum");
    CHECK(sum > 0.0025);
    CHECK(sum < 0.0035);
}

TEST_CASE("metrics: how those were answered who came back") {
    Watched server;
    const auto client = TestClient::open(server, Format::json);
    client->send(subscription("trades"));
    CHECK(client->next()["type"] == "subscribed");
    const Json snapshot = client->next();
    Json again = subscription("trades");
    again["from"] = {{"epoch", snapshot["epoch"]}, {"seq", snapshot["seq"]}};
    CHECK(client->ask(again)["resumed"] == true);
    CHECK(server.moved("dcx_feed_resumes_total{answer=\"replayed\"}") == 1);
    CHECK(server.moved("dcx_feed_resumes_total{answer=\"snapshot\"}") == 0);
    again["from"]["epoch"] = 77;
    CHECK(client->ask(again)["resumed"] == false);
    CHECK(server.moved("dcx_feed_resumes_total{answer=\"replayed\"}") == 0);
    CHECK(server.moved("dcx_feed_resumes_total{answer=\"snapshot\"}") == 1);
}

TEST_CASE("metrics: refusals by why") {
    FeedServer::Options options;
    options.max_clients = 1;
    Watched server{options};
    const auto refused = [&](const std::string& target) {
        TestClient client{server, Format::json, target};
        REQUIRE(server.until([&] { return client.closed; }));
    };
    refused("/v1/feed?format=xml");
    CHECK(server.moved("dcx_feed_connections_refused_total{reason=\"request\"}") == 1);
    const auto first = TestClient::open(server, Format::json);
    refused("/v1/feed");
    CHECK(server.moved("dcx_feed_connections_refused_total{reason=\"full\"}") == 1);
    server.feed->shut_down("the end");
    refused("/v1/feed");
    CHECK(server.moved("dcx_feed_connections_refused_total{reason=\"stopping\"}") == 1);
    CHECK(server.moved("dcx_feed_connections_refused_total{reason=\"starting\"}") == 0);
    CHECK(server.moved("dcx_feed_connections_opened_total") == 1);
}

TEST_CASE("metrics: a feed that has not read its beginning refuses, and says so") {
    TestServer server;
    CHECK(metrics_of(*server.feed).at("dcx_feed_ready") == 0);
    TestClient client{server, Format::json};
    REQUIRE(server.until([&] { return client.closed; }));
    CHECK(metrics_of(*server.feed).at("dcx_feed_connections_refused_total{reason=\"starting\"}") == 1);
}

TEST_CASE("delays fall into the bucket that holds them and all above") {
    DelayHistogram delay;
    delay.add(-5, 1);
    delay.add(100'000, 1);
    delay.add(100'001, 2);
    delay.add(10'000'000'001, 3);
    CHECK(delay.up_to(0) == 2);
    CHECK(delay.up_to(1) == 4);
    CHECK(delay.up_to(DelayHistogram::kBuckets.size() - 1) == 4);
    CHECK(delay.count() == 7);
    CHECK(delay.sum_us() == 100 + 2 * 100 + 3 * 10'000'000);
}

}  // namespace
}  // namespace dcx::feed
