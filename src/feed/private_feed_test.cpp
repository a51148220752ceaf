#include "feed/private_feed.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "feed/test_accounts.h"
#include "feed/test_server.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

struct Started : TestServer {
    explicit Started(const FeedServer::Options& options = {}) : TestServer{options} {
        start_with_accounts(venue);
        drain();
    }
};

std::unique_ptr<TestClient> logged_in(TestServer& server, Format format, KeyId key) {
    auto client = TestClient::open(server, format);
    const Json answer = client->ask(login_request(client->welcome, key, key));
    REQUIRE(answer["type"] == "login");
    return client;
}

Json subscribe_to(std::string_view channel) { return {{"type", "subscribe"}, {"id", 1}, {"channel", channel}}; }

int code_of(TestClient& client, const Json& request) {
    const Json answer = client.ask(request);
    CHECK(answer["type"] == "error");
    return answer.value("code", 0);
}

std::vector<Json> heard(TestServer& server, TestClient& client) {
    server.drain();
    client.synchronise();
    std::vector<Json> messages(client.messages.begin(), client.messages.end());
    client.messages.clear();
    return messages;
}

}  // namespace

TEST_CASE("a login proves a key by a signature over this connection's challenge") {
    Started server;
    for (const Format format : kFormats) {
        const auto client = TestClient::open(server, format);
        CHECK(client->ask(login_request(client->welcome, kAliceKey, kAliceKey)) ==
              Json{{"type", "login"}, {"id", "login"}, {"key_id", 2}, {"account", 6}, {"accounts", {6, 8}}});
        // Once is enough.
        CHECK(code_of(*client, login_request(client->welcome, kBobKey, kBobKey)) == 12);
    }
    CHECK(server.feed->publisher().counters().logins == 2);
}

TEST_CASE("whatever is wrong with a login is told alike") {
    Started server;
    const auto other = TestClient::open(server, Format::json);
    const auto client = TestClient::open(server, Format::json);
    CHECK(other->welcome["challenge"] != client->welcome["challenge"]);
    const auto refused = [&](const Json& request) {
        const auto fresh = TestClient::open(server, Format::json);
        // The request may have been made for another connection.
        return fresh->ask(request);
    };
    const Json told{{"type", "error"}, {"id", "login"}, {"code", 19}, {"message", "the login was refused"}};
    CHECK(refused(login_request(other->welcome, kAliceKey, kAliceKey)) == told);
    for (const auto& [key, signer] : {std::pair{kAliceKey, kBobKey},        // not its signature
                                      {KeyId{99u}, KeyId{99u}},             // no such key
                                      {kOperatorKey, kOperatorKey},         // of no account
                                      {kAliceBlindKey, kAliceBlindKey}}) {  // may not read
        const auto fresh = TestClient::open(server, Format::json);
        CHECK(fresh->ask(login_request(fresh->welcome, key, signer)) == told);
        CHECK(code_of(*fresh, subscribe_to("balances")) == 18);
    }
    // Five times, then the connection ends.
    for (int i = 0; i < 5; ++i) CHECK(code_of(*client, login_request(client->welcome, kAliceKey, kBobKey)) == 19);
    REQUIRE(server.until([&] { return client->closed; }));
    CHECK(client->close_code == 1008);
    CHECK(server.feed->private_feed()->logged_in() == 0);
}

TEST_CASE("a revoked key can't log in, and one login at a time is checked") {
    Started server;
    const auto client = TestClient::open(server, Format::json);
    const Json good = login_request(client->welcome, kAliceKey, kAliceKey);
    client->send(good);
    client->send(good);
    Json first = client->next();
    Json second = client->next();
    CHECK(first["code"] == 21);
    CHECK(second["type"] == "login");
    server.venue.single(KeyRevoked{.key = kAliceKey});
    server.drain();
    CHECK(client->next()["code"] == 18);
    CHECK(code_of(*client, good) == 19);
}

TEST_CASE("so many connections log in with one key, and no more") {
    FeedServer::Options options;
    options.private_feed.logins_per_key = 2;
    Started server{options};
    auto first = logged_in(server, Format::json, kAliceKey);
    CHECK(first->welcome["limits"]["logins_per_key"] == 2);
    const auto second = logged_in(server, Format::msgpack, kAliceKey);
    const auto third = TestClient::open(server, Format::json);
    CHECK(code_of(*third, login_request(third->welcome, kAliceKey, kAliceKey)) == 20);
    const auto bob = logged_in(server, Format::json, kBobKey);
    first.reset();
    REQUIRE(server.until([&] { return server.feed->clients() == 3; }));
    CHECK(third->ask(login_request(third->welcome, kAliceKey, kAliceKey))["type"] == "login");
}

TEST_CASE("private subscriptions: what is refused") {
    Started server;
    const auto client = TestClient::open(server, Format::json);
    CHECK(code_of(*client, subscribe_to("executions")) == 18);
    CHECK(code_of(*client, {{"type", "unsubscribe"}, {"channel", "balances"}}) == 18);
    CHECK(client->ask(login_request(client->welcome, kAliceKey, kAliceKey))["type"] == "login");
    const auto with = [&](const Json& more) {
        Json request = subscribe_to("executions");
        request.update(more);
        return code_of(*client, request);
    };
    // Somebody else's account is told as one that there is not.
    for (const std::uint32_t account : {7u, 1u, 99u, 4'000'000'000u}) CHECK(with({{"account", account}}) == 22);
    CHECK(with({{"account", 0}}) == 7);
    CHECK(with({{"account", 4'294'967'296}}) == 7);
    CHECK(with({{"account", "6"}}) == 7);
    CHECK(with({{"symbol", "DEC/USD"}}) == 12);
    CHECK(with({{"depth", 20}}) == 12);
    CHECK(code_of(*client, {{"type", "subscribe"}, {"channels", {"trades", "executions"}}}) == 12);
    CHECK(code_of(*client, {{"type", "subscribe"}, {"channel", "trades"}, {"symbol", "DEC/USD"}, {"account", 6}}) ==
          12);
    CHECK(code_of(*client, {{"type", "unsubscribe"}, {"channel", "balances"}}) == 13);
    // All public channels are no private ones.
    client->send({{"type", "subscribe"}, {"channel", "*"}, {"symbol", "*"}});
    for (const Json& message : heard(server, *client)) CHECK_FALSE(message.contains("account"));
    // A sub-account is one's own.
    CHECK(client->ask({{"type", "subscribe"}, {"channel", "balances"}, {"account", 8}})["type"] == "subscribed");
}

TEST_CASE("executions and balances: a snapshot, then what each command changed") {
    Started server;
    TestVenue& venue = server.venue;
    place_for(venue, 1, kAlice, Side::sell, 12'500, 30'000);
    place_for(venue, 2, kBob, Side::buy, 12'400, 30'000);
    server.drain();
    const auto client = logged_in(server, Format::json, kAliceKey);
    const Json subscribed = client->ask(subscribe_to("executions"));
    CHECK(subscribed == Json{{"type", "subscribed"}, {"id", 1}, {"channel", "executions"}, {"account", 6}});
    Json message = client->next();
    CHECK(message["type"] == "snapshot");
    CHECK(message["account"] == 6);
    CHECK(message["prev"] == 0);
    CHECK(message["seq"] == venue.sequence());
    CHECK(message["data"] == Json{{"orders",
                                   {{{"ord_status", "accepted"},
                                     {"order_id", 1},
                                     {"cl_ord_id", 1001},
                                     {"symbol", "DEC/USD"},
                                     {"side", "sell"},
                                     {"order_type", "limit"},
                                     {"time_in_force", "gtc"},
                                     {"price", "1.2500"},
                                     {"order_qty", "3.0000"},
                                     {"leaves_qty", "3.0000"},
                                     {"cum_qty", "0.0000"},
                                     {"cum_notional", "0.00000000"},
                                     {"session", 0}}}},
                                  {"more", false}});
    CHECK(client->ask(subscribe_to("balances"))["type"] == "subscribed");
    message = client->next();
    CHECK(message["type"] == "snapshot");
    CHECK(message["data"]["balances"] ==
          Json::array({{{"asset", "DEC"}, {"available", "997.00000000"}, {"held", "3.00000000"}},
                       {{"asset", "USD"}, {"available", "1000.00000000"}, {"held", "0.00000000"}}}));

    // Bob's own are none of Alice's.
    place_for(venue, 3, kBob, Side::buy, 12'300, 10'000);
    CHECK(heard(server, *client).empty());
    const std::uint64_t before = message["seq"];
    sell_to_bob(venue, 1, 4, 12'500, 30'000);
    auto messages = heard(server, *client);
    REQUIRE(messages.size() == 2);
    CHECK(messages[0]["channel"] == "executions");
    CHECK(messages[0]["prev"] == before);
    CHECK(messages[0]["seq"] == venue.sequence());
    REQUIRE(messages[0]["data"]["executions"].size() == 1);
    const Json& fill = messages[0]["data"]["executions"][0];
    CHECK(fill["exec_type"] == "trade");
    CHECK(fill["ord_status"] == "filled");
    CHECK(fill["last_px"] == "1.2500");
    CHECK(fill["last_qty"] == "3.0000");
    CHECK(fill["leaves_qty"] == "0.0000");
    CHECK(fill["cum_notional"] == "3.75000000");
    CHECK(fill["fee"] == "0.00000250");
    CHECK(fill["fee_asset"] == "USD");
    CHECK(fill["liquidity"] == "maker");
    CHECK(messages[1]["channel"] == "balances");
    CHECK(messages[1]["data"]["balances"].size() == 2);
    CHECK(server.feed->private_feed()->view().orders().open(kAlice) == 0);
}

TEST_CASE("every kind of news of an order") {
    Started server;
    TestVenue& venue = server.venue;
    const auto client = logged_in(server, Format::msgpack, kAliceKey);
    client->send(subscribe_to("executions"));
    (void)heard(server, *client);
    const auto news = [&] {
        const auto messages = heard(server, *client);
        REQUIRE(messages.size() == 1);
        const Json& executions = messages[0]["data"]["executions"];
        REQUIRE(executions.size() == 1);
        return executions[0];
    };
    place_for(venue, 1, kAlice, Side::sell, 12'500, 30'000);
    CHECK(news()["exec_type"] == "accepted");
    venue.single(OrderAmended{.order_id = OrderId{1ul},
                              .cl_ord_id = ClOrdId{2000ul},
                              .orig_cl_ord_id = ClOrdId{1001ul},
                              .price = Price{12'500l},
                              .leaves = Quantity{20'000l},
                              .account = kAlice,
                              .instrument = TestVenue::kInstrument,
                              .side = Side::sell,
                              .kept_priority = 1,
                              .zero = {}});
    Json execution = news();
    CHECK(execution["exec_type"] == "replaced");
    CHECK(execution["price"] == 12'500);
    CHECK(execution["leaves_qty"] == 20'000);
    CHECK(execution["orig_cl_ord_id"] == 1001);
    venue.single(OrderDecremented{.order_id = OrderId{1ul},
                                  .price = Price{12'500l},
                                  .quantity = Quantity{5'000l},
                                  .leaves = Quantity{15'000l},
                                  .account = kAlice,
                                  .instrument = TestVenue::kInstrument,
                                  .side = Side::sell,
                                  .rested = 1,
                                  .zero = {}});
    CHECK(news()["exec_type"] == "restated");
    venue.single(OrderCanceled{.order_id = OrderId{1ul},
                               .cl_ord_id = ClOrdId{2001ul},
                               .orig_cl_ord_id = ClOrdId{2000ul},
                               .price = Price{12'500l},
                               .quantity = Quantity{15'000l},
                               .account = kAlice,
                               .instrument = TestVenue::kInstrument,
                               .side = Side::sell,
                               .reason = CancelReason::requested,
                               .rested = 1,
                               .zero = {}});
    execution = news();
    CHECK(execution["exec_type"] == "canceled");
    CHECK(execution["cancel_reason"] == "requested");
    CHECK(execution["orig_cl_ord_id"] == 2000);
    // As wild as a request can be.
    for (const std::uint32_t instrument : {1u, 0u, 77u}) {
        venue.single(OrderRejected{.cl_ord_id = ClOrdId{3000ul},
                                   .price = Price{INT64_MIN},
                                   .quantity = Quantity{INT64_MAX},
                                   .account = kAlice,
                                   .instrument = InstrumentId{instrument},
                                   .side = Side{9},
                                   .type = OrderType{9},
                                   .reason = RejectReason::unknown_instrument});
        execution = news();
        CHECK(execution["exec_type"] == "rejected");
        CHECK(execution["reject_reason"] == "unknown_instrument");
    }
    venue.single(CancelRejected{.cl_ord_id = ClOrdId{3001ul},
                                .order_id = OrderId{77ul},
                                .account = kAlice,
                                .reason = RejectReason::unknown_order});
    CHECK(news()["exec_type"] == "cancel_rejected");
    venue.single(TradeBusted{.trade_id = TradeId{4ul},
                             .price = Price{12'500l},
                             .quantity = Quantity{30'000l},
                             .buyer = kBob,
                             .seller = kAlice,
                             .instrument = TestVenue::kInstrument,
                             .taker_side = Side::buy,
                             .zero = {}});
    execution = news();
    CHECK(execution["exec_type"] == "busted");
    CHECK(execution["side"] == "sell");
}

TEST_CASE("owners are told before the public, on the same connection and on another") {
    Started server;
    TestVenue& venue = server.venue;
    place_for(venue, 1, kAlice, Side::sell, 12'500, 30'000);
    server.drain();
    const auto alice = logged_in(server, Format::json, kAliceKey);
    const auto anybody = TestClient::open(server, Format::json);
    for (const auto& client : {alice.get(), anybody.get()}) {
        client->send({{"type", "subscribe"}, {"channel", "trades"}, {"symbol", "DEC/USD"}});
        (void)heard(server, *client);
    }
    alice->send(subscribe_to("executions"));
    (void)heard(server, *alice);
    sell_to_bob(venue, 1, 2, 12'500, 30'000);
    const auto messages = heard(server, *alice);
    REQUIRE(messages.size() == 2);
    CHECK(messages[0]["channel"] == "executions");
    CHECK(messages[1]["channel"] == "trades");
    CHECK(messages[0]["seq"] == messages[1]["seq"]);
    CHECK(heard(server, *anybody).size() == 1);
}

TEST_CASE("a lost connection goes on where it stopped, or is told that it can't") {
    for (const Format format : kFormats) {
        Started server;
        TestVenue& venue = server.venue;
        auto client = logged_in(server, format, kAliceKey);
        client->send(subscribe_to("executions"));
        place_for(venue, 1, kAlice, Side::sell, 12'500, 30'000);
        const std::uint64_t seq = heard(server, *client).back()["seq"];
        client.reset();
        place_for(venue, 2, kAlice, Side::sell, 12'500, 30'000);
        place_for(venue, 3, kBob, Side::buy, 12'000, 30'000);
        place_for(venue, 4, kAlice, Side::sell, 12'500, 30'000);
        server.drain();

        client = logged_in(server, format, kAliceKey);
        Json request = subscribe_to("executions");
        request["from"] = {{"epoch", 1}, {"seq", seq}};
        client->send(request);
        auto messages = heard(server, *client);
        REQUIRE(messages.size() == 3);
        CHECK(messages[0]["resumed"] == true);
        CHECK(messages[1]["prev"] == seq);
        CHECK(messages[2]["prev"] == messages[1]["seq"]);
        CHECK(messages[2]["data"]["executions"][0]["order_id"] == 4);
        // What it asks for never was; of another epoch; of a channel that nobody has listened to.
        for (const auto& [channel, epoch, from] :
             {std::tuple{"executions", 1u, seq + 2}, {"executions", 2u, seq}, {"balances", 1u, seq}}) {
            request["channel"] = channel;
            request["from"] = {{"epoch", epoch}, {"seq", from}};
            client->send(request);
            messages = heard(server, *client);
            REQUIRE(messages.size() == 2);
            CHECK(messages[0]["resumed"] == false);
            CHECK(messages[1]["type"] == "snapshot");
        }
    }
}

TEST_CASE("what is kept for those who come back ends after a while") {
    Started server;
    auto client = logged_in(server, Format::json, kAliceKey);
    client->send(subscribe_to("balances"));
    const std::uint64_t seq = heard(server, *client).back()["seq"];
    client.reset();
    REQUIRE(server.until([&] { return server.feed->clients() == 0; }));
    server.clock.advance(31'000'000'000);
    server.poll();
    client = logged_in(server, Format::json, kAliceKey);
    Json request = subscribe_to("balances");
    request["from"] = {{"epoch", 1}, {"seq", seq}};
    CHECK(client->ask(request)["resumed"] == false);
}

TEST_CASE("a revoked key hears of it and nothing more") {
    Started server;
    const auto client = logged_in(server, Format::json, kAliceKey);
    client->send({{"type", "subscribe"}, {"channels", {"executions", "balances"}}});
    client->send({{"type", "subscribe"}, {"channel", "trades"}, {"symbol", "DEC/USD"}});
    (void)heard(server, *client);
    server.venue.single(KeyRevoked{.key = kBobKey});
    CHECK(heard(server, *client).empty());
    server.venue.single(KeyRevoked{.key = kAliceKey});
    const auto messages = heard(server, *client);
    REQUIRE(messages.size() == 3);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(messages[i]["type"] == "unsubscribed");
        CHECK(messages[i]["reason"] == "key_revoked");
    }
    CHECK(messages[2]["code"] == 18);
    place_for(server.venue, 1, kAlice, Side::sell, 12'500, 30'000);
    sell_to_bob(server.venue, 1, 2, 12'500, 30'000);
    // The public channels go on.
    const auto later = heard(server, *client);
    REQUIRE(later.size() == 1);
    CHECK(later[0]["channel"] == "trades");
    CHECK(code_of(*client, subscribe_to("executions")) == 18);
}

TEST_CASE("a subscription in the middle of a command begins behind it") {
    Started server;
    TestVenue& venue = server.venue;
    const auto client = logged_in(server, Format::json, kAliceKey);
    venue.begin();
    emit_order(venue, 1, kAlice, Side::sell, 12'500, 30'000);
    const std::uint64_t seq = venue.sequence();
    server.drain();
    CHECK(client->ask(subscribe_to("executions"))["type"] == "subscribed");
    client->synchronise();
    CHECK(client->messages.empty());
    emit_order(venue, 2, kAlice, Side::sell, 12'500, 30'000);
    venue.end();
    auto messages = heard(server, *client);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["type"] == "snapshot");
    CHECK(messages[0]["seq"] == seq);
    CHECK(messages[0]["data"]["orders"].size() == 2);
    place_for(venue, 3, kAlice, Side::sell, 12'500, 30'000);
    messages = heard(server, *client);
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["prev"] == seq);
}

TEST_CASE("many open orders come in pages, and what happens meanwhile between them") {
    FeedServer::Options options;
    options.limits.output_bytes = 64 * 1024;
    Started server{options};
    TestVenue& venue = server.venue;
    constexpr std::uint64_t kOrders = 1000;
    for (std::uint64_t id = 1; id <= kOrders; ++id) place_for(venue, id, kAlice, Side::sell, 12'500, 30'000);
    server.drain();
    const auto client = logged_in(server, Format::json, kAliceKey);
    client->send(subscribe_to("executions"));
    std::map<std::uint64_t, Json> orders;
    std::uint64_t seq = 0;
    bool more = true;
    std::size_t pages = 0;
    while (more) {
        const Json message = client->next();
        if (message["type"] == "subscribed") continue;
        CHECK(message["prev"] == seq);
        seq = message["seq"];
        if (message["type"] == "snapshot") {
            ++pages;
            more = message["data"]["more"];
            for (const Json& order : message["data"]["orders"]) orders[order["order_id"]] = order;
            if (pages == 1) place_for(venue, kOrders + 1, kAlice, Side::sell, 12'500, 30'000);
        } else {
            for (const Json& execution : message["data"]["executions"]) orders[execution["order_id"]] = execution;
        }
    }
    for (const Json& message : heard(server, *client))
        for (const Json& execution : message["data"]["executions"]) orders[execution["order_id"]] = execution;
    CHECK(pages == 4);
    CHECK(orders.size() == kOrders + 1);
}
