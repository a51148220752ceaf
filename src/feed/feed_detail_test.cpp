// The channels orders, bbo and candles over real sockets: what may be asked, and what comes.
#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "feed/test_orders.h"
#include "feed/test_server.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

Json subscribe_to(const std::string& channel) {
    return {{"type", "subscribe"}, {"channel", channel}, {"symbol", "DEC/USD"}};
}

FeedServer::Options small_parts(std::size_t orders, std::size_t output_bytes) {
    FeedServer::Options options;
    options.publisher.orders_in_part = orders;
    options.limits.output_bytes = output_bytes;
    return options;
}

// Takes what has come.
void take(TestClient& client, ReaderOrders& orders) {
    for (const Json& message : client.messages)
        if (message.value("channel", "") == "orders" && message.contains("data")) orders.apply(message);
    client.messages.clear();
}

}  // namespace

TEST_CASE("all public channels by one word, each told before its first message") {
    for (const Format format : kFormats) {
        TestServer server;
        server.venue.start();
        server.drain();
        const auto client = TestClient::open(server, format);
        client->send({{"type", "subscribe"}, {"channels", "*"}, {"symbols", "*"}, {"interval", "1d"}, {"rate", 20}});
        std::set<std::string> subscribed;
        std::set<std::string> told;
        while (told.size() < kPublicChannels.size()) {
            const Json message = client->next();

            REQUIRE(message.contains("channel"));
            const std::string channel = message["channel"];
            if (message["type"] == "subscribed") {
                CHECK(subscribed.insert(channel).second);
                CHECK(message.contains("depth") == (channel == "orderbook"));
                CHECK(message.contains("rate") == (channel == "orderbook" || channel == "bbo"));
                CHECK(message.value("interval", "") == (channel == "candles" ? "1d" : ""));
            } else {
                CHECK(message["type"] == "snapshot");
                CHECK(subscribed.contains(channel));
                CHECK(told.insert(channel).second);
            }
        }
        for (const Channel channel : kPublicChannels)
            CHECK(server.feed->publisher().counters().of(channel).subscriptions == 1);
        // Heartbeats tell where all of them stand.
        const Json heartbeat = client->ask({{"type", "heartbeat"}, {"id", 1}});
        REQUIRE(heartbeat["channels"].size() == kPublicChannels.size());
        for (const Json& position : heartbeat["channels"]) CHECK(position["seq"] == server.venue.sequence());
    }
}

TEST_CASE("what the new channels don't have is refused by its number and changes nothing") {
    TestServer server;
    server.venue.start();
    server.drain();
    for (const Format format : kFormats) {
        const auto client = TestClient::open(server, format);
        const auto refusal = [&](Json request, const Json& more) {
            request.update(more);
            const Json answer = client->ask(request);
            CHECK(answer["type"] == "error");
            return static_cast<ErrorCode>(answer["code"].get<int>());
        };
        CHECK(refusal(subscribe_to("orders"), {{"depth", 20}}) == ErrorCode::not_applicable);
        CHECK(refusal(subscribe_to("orders"), {{"rate", 0}}) == ErrorCode::not_applicable);
        CHECK(refusal(subscribe_to("bbo"), {{"depth", 1}}) == ErrorCode::not_applicable);
        CHECK(refusal(subscribe_to("bbo"), {{"rate", 1}}) == ErrorCode::bad_rate);
        CHECK(refusal(subscribe_to("candles"), {{"interval", "1w"}}) == ErrorCode::bad_interval);
        CHECK(refusal(subscribe_to("candles"), {{"interval", 60}}) == ErrorCode::bad_field);
        CHECK(refusal(subscribe_to("candles"), {{"interval", "1m"}, {"rate", 100}}) == ErrorCode::not_applicable);
        CHECK(refusal(subscribe_to("order"), Json::object()) == ErrorCode::unknown_channel);
        // An interval beside the book alone; the old form has no candles.
        CHECK(refusal(subscribe_to("orderbook"), {{"interval", "1m"}}) == ErrorCode::not_applicable);
        CHECK(server.feed->publisher().counters().of(Channel::orders).subscriptions == 0);

        CHECK(client->ask(subscribe_to("candles"))["interval"] == "1m");
        CHECK(client->next()["data"]["interval"] == "1m");
        Json leave = subscribe_to("candles");
        leave["type"] = "unsubscribe";
        CHECK(refusal(leave, {{"interval", "5m"}}) == ErrorCode::not_subscribed);
        // Another interval takes the place of the first.
        Json other = subscribe_to("candles");
        other["interval"] = "4h";
        CHECK(client->ask(other)["interval"] == "4h");
        CHECK(client->next()["data"]["interval"] == "4h");
        leave["interval"] = "4h";
        CHECK(client->ask(leave)["type"] == "unsubscribed");
        CHECK(server.feed->publisher().counters().of(Channel::candles).subscriptions == 0);
    }
}

TEST_CASE("a large book reaches its readers in parts that none of their bounds forbids, while it changes") {
    TestServer server{small_parts(500, 64 * 1024)};
    server.venue.start();
    for (int i = 0; i < 8'000; ++i)
        server.venue.place(i % 2 == 0 ? Side::buy : Side::sell, i % 2 == 0 ? 9'000 - i / 40 : 11'000 + i / 40,
                           1 + i % 9);
    server.drain();
    const auto json = TestClient::open(server, Format::json);
    const auto msgpack = TestClient::open(server, Format::msgpack);
    std::array<ReaderOrders, 2> orders;
    json->send(subscribe_to("orders"));
    msgpack->send(subscribe_to("orders"));
    Random random{3};
    int commands = 0;
    REQUIRE(server.until([&] {
        if (++commands < 300) server.venue.random_command(random);
        take(*json, orders[0]);
        take(*msgpack, orders[1]);
        return commands >= 300 && orders[0].whole() && orders[1].whole();
    }));
    server.drain();
    json->synchronise();
    msgpack->synchronise();
    take(*json, orders[0]);
    take(*msgpack, orders[1]);
    for (const ReaderOrders& one : orders) {
        CHECK(one.parts() > 16);
        CHECK(one.snapshots() == 1);
        CHECK(one.equals(server.venue.book()));
    }
    CHECK(server.feed->publisher().counters().of(Channel::orders).conflations == 0);
}

TEST_CASE("who comes, changes his mind and goes in the middle of a snapshot in parts harms nobody") {
    TestServer server{small_parts(20, 16 * 1024)};
    server.venue.start();
    Random random{8};
    for (int i = 0; i < 1'000; ++i) server.venue.place(Side::buy, 5'000 - i, 1);
    for (int i = 0; i < 300; ++i) server.venue.random_command(random);
    server.drain();
    std::vector<std::unique_ptr<TestClient>> clients;
    for (int step = 0; step < 600; ++step) {
        const std::uint64_t what = random.below(10);
        if (clients.size() < 4 || what == 0)
            clients.push_back(TestClient::open(server, random.chance(50) ? Format::json : Format::msgpack));
        TestClient& client = *clients[random.below(clients.size())];
        Json request = subscribe_to(random.chance(70) ? "orders" : random.chance(50) ? "bbo" : "candles");
        if (random.chance(30)) request["type"] = "unsubscribe";
        if (random.chance(10) && request["type"] == "subscribe")
            request["from"] = {{"epoch", 1}, {"seq", server.venue.sequence() - random.below(50)}};
        client.send(request);
        if (what == 1 && clients.size() > 4) clients.erase(clients.begin());
        if (what < 5) server.venue.random_command(random);
        for (std::uint64_t polls = random.below(4); polls > 0; --polls) server.poll();
        for (const auto& one : clients) one->messages.clear();
    }
    const auto last = TestClient::open(server, Format::json);
    last->send(subscribe_to("orders"));
    ReaderOrders orders;
    REQUIRE(server.until([&] {
        for (const auto& one : clients) one->messages.clear();
        take(*last, orders);
        return orders.whole();
    }));
    CHECK(orders.equals(server.venue.book()));
}
