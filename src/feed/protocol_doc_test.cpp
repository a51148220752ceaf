// docs/protocols/feed.md shows real traffic: every JSON block of it is a request that is accepted, or a message that
// the server sends in the scenario below. With DCX_PRINT_TRAFFIC set the scenario's messages are printed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/skip_test.h"
#include "feed/request.h"
#include "feed/test_accounts.h"
#include "feed/test_server.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

// What one client hears in a short life.
std::vector<std::string> traffic() {
    TestServer server;
    server.venue.start();
    server.drain();
    server.venue.place(Side::buy, 24'990, 120'000);
    server.venue.place(Side::buy, 24'980, 40'000);
    server.venue.place(Side::sell, 25'010, 75'000);
    server.drain();
    const auto client = TestClient::open(server, Format::json);
    const auto ask = [&](const Json& request) {
        client->send(request);
        client->synchronise();
    };
    ask({{"type", "subscribe"}, {"id", 1}, {"channel", "orderbook"}, {"symbol", "DEC/USD"}, {"depth", 20}});
    ask({{"type", "subscribe"}, {"channel", "trades"}, {"symbol", "DEC/USD"}});
    ask({{"type", "subscribe"}, {"channel", "ticker"}, {"symbol", "DEC/USD"}});
    server.venue.place(Side::buy, 25'010, 25'000);
    server.drain();
    server.clock.advance(100'000'000);
    server.drain();
    client->send({{"type", "subscribe"}, {"id", 2}, {"channel", "orderbook"}, {"symbol", "DEC/USD"}, {"depth", 7}});
    ask({{"type", "instruments"}, {"id", 3}});
    ask({{"type", "stats"}, {"id", "mine"}});
    server.clock.advance(1'250'000'000);
    server.drain();
    ask({{"type", "subscribe"},
         {"id", 4},
         {"channel", "orderbook"},
         {"symbol", "DEC/USD"},
         {"from", {{"epoch", 1}, {"seq", server.venue.sequence()}}}});
    server.venue.bust(TradeId{1ul});
    server.drain();
    server.venue.single(PhaseChanged{.instrument = InstrumentId{1u}, .phase = Phase::halted, .zero = {}});
    server.drain();
    ask({{"type", "unsubscribe"}, {"id", 5}, {"channel", "trades"}, {"symbol", "DEC/USD"}});
    server.feed->shut_down("the venue is shutting down");
    REQUIRE(server.until([&] { return client->closed; }));
    return client->texts;
}

// What one client hears who follows every order.
std::vector<std::string> detail_traffic() {
    FeedServer::Options options;
    options.publisher.orders_in_part = 4;
    TestServer server{options};
    server.venue.start();
    const OrderId deep = server.venue.place(Side::buy, 24'970, 120'000);
    const OrderId best = server.venue.place(Side::buy, 24'990, 50'000);
    server.venue.place(Side::buy, 24'980, 40'000);
    server.venue.place(Side::sell, 25'010, 75'000);
    server.venue.place(Side::sell, 25'020, 10'000);
    server.drain();
    const auto client = TestClient::open(server, Format::json);
    const auto ask = [&](const Json& request) {
        client->send(request);
        client->synchronise();
    };
    client->send({{"type", "subscribe"}, {"id", 6}, {"channel", "orders"}, {"symbol", "DEC/USD"}});
    REQUIRE(server.until([&] { return client->messages.size() == 3; }));  // the answer and two parts
    ask({{"type", "subscribe"}, {"id", 7}, {"channel", "bbo"}, {"symbol", "DEC/USD"}, {"rate", 0}});
    ask({{"type", "subscribe"}, {"id", 8}, {"channel", "candles"}, {"symbol", "DEC/USD"}, {"interval", "1m"}});
    server.venue.place(Side::buy, 25'010, 25'000);
    server.drain();
    server.venue.amend(best, 24'990, 20'000);
    server.drain();
    server.venue.amend(deep, 24'990, 120'000);
    server.drain();
    server.clock.advance(100'000'000);
    server.drain();
    // No command comes before the minute is over.
    server.clock.advance(45'000'000'000);
    server.drain();
    client->synchronise();
    return client->texts;
}

// What one client hears who logs in.
std::vector<std::string> private_traffic() {
    TestServer server;
    start_with_accounts(server.venue);
    place_for(server.venue, 1, kAlice, Side::sell, 25'010, 75'000);
    server.drain();
    const auto client = TestClient::open(server, Format::json);
    const auto ask = [&](const Json& request) {
        client->send(request);
        client->synchronise();
    };
    CHECK(client->ask(login_request(client->welcome, kAliceKey, kAliceKey))["type"] == "login");
    ask({{"type", "subscribe"}, {"id", 1}, {"channel", "executions"}});
    ask({{"type", "subscribe"}, {"id", 2}, {"channel", "balances"}, {"account", 6}});
    sell_to_bob(server.venue, 1, 2, 25'010, 75'000);
    server.drain();
    ask({{"type", "heartbeat"}, {"id", 3}});
    server.venue.single(KeyRevoked{.key = kAliceKey});
    server.drain();
    client->synchronise();
    return client->texts;
}

// The blocks between ```json and ```.
std::vector<std::string> json_blocks(const std::string& text) {
    std::vector<std::string> blocks;
    const std::string open = "```json\n";
    for (auto at = text.find(open); at != text.npos; at = text.find(open, at)) {
        at += open.size();
        blocks.push_back(text.substr(at, text.find("```", at) - at));
    }
    return blocks;
}

}  // namespace

TEST_CASE("docs/protocols/feed.md shows what is really sent") {
    std::vector<std::string> sent = traffic();
    for (const auto& more : {detail_traffic(), private_traffic()}) sent.insert(sent.end(), more.begin(), more.end());
    if (std::getenv("DCX_PRINT_TRAFFIC") != nullptr)
        for (const std::string& message : sent) std::printf("%s\n", message.c_str());
    std::ifstream file{repository_root() + "/docs/protocols/feed.md"};
    REQUIRE(file.good());
    std::stringstream text;
    text << file.rdbuf();
    const auto blocks = json_blocks(text.str());
    std::size_t messages = 0;
    for (const std::string& block : blocks) {
        CAPTURE(block);
        const Json shown = Json::parse(block, nullptr, false);
        REQUIRE_FALSE(shown.is_discarded());
        const bool heard =
            std::ranges::any_of(sent, [&](const std::string& message) { return Json::parse(message) == shown; });
        if (heard)
            ++messages;
        else
            CHECK(parse_request(Format::json, std::as_bytes(std::span{block})).has_value());
    }
    // Each kind of message is shown once at least: 13 of session and the first channels, 9 of orders, bbo and candles.
    CHECK(messages >= 22);
    CHECK(blocks.size() >= messages + 5);
}
