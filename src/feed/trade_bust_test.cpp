// A trade that is taken back: what the channel of trades and the ticker tell, and how it is resumed.
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "feed/test_publisher.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

constexpr std::int64_t kOneMinute = 60'000 * kMs;

// Leaves no order behind.
TradeId make_trade(TestVenue& venue, std::int64_t price, std::int64_t quantity) {
    venue.place(Side::sell, price, quantity);
    venue.place(Side::buy, price, quantity);
    return TradeId{venue.last_trade()};
}

Json ids(const Json& trades) {
    Json result = Json::array();
    for (const Json& trade : trades) result.push_back(trade["id"]);
    return result;
}

}  // namespace

TEST_CASE("a bust stands in the chain of trades, in both formats") {
    Feed feed;
    feed.venue.start();
    const TradeId trade = make_trade(feed.venue, 100, 7);
    const std::int64_t traded = feed.venue.now_ns;
    make_trade(feed.venue, 101, 2);
    feed.take_all();
    for (const Format format : {Format::json, Format::msgpack}) {
        const auto reader = feed.subscribe(kTrades, format);
        const Json snapshot = reader->sink.take();
        if (format == Format::json) feed.venue.bust(trade);
        feed.take_all();
        if (format == Format::msgpack) {
            // After the bust: it is no more among the trades, but told.
            CHECK(ids(snapshot["data"]["trades"]) == Json::parse("[2]"));
            CHECK(ids(snapshot["data"]["busted"]) == Json::parse("[1]"));
            CHECK(snapshot["seq"] == feed.venue.sequence());
            continue;
        }
        CHECK(ids(snapshot["data"]["trades"]) == Json::parse("[1,2]"));
        CHECK_FALSE(snapshot["data"].contains("busted"));
        const Json update = reader->sink.take();
        CHECK(update["type"] == "update");
        CHECK(update["prev"] == snapshot["seq"]);
        CHECK(update["seq"] == feed.venue.sequence());
        CHECK(update["time"] == feed.venue.now_ns);
        CHECK(update["data"]["trades"] == Json::array());
        CHECK(
            update["data"]["busted"] ==
            Json::array({{{"id", 1}, {"price", "0.0100"}, {"quantity", "0.0007"}, {"side", "buy"}, {"time", traded}}}));
    }
    const auto reader = feed.subscribe(kTrades, Format::msgpack);
    reader->sink.messages.clear();
    feed.venue.bust(TradeId{2ul});
    const TradeId next = make_trade(feed.venue, 102, 3);
    feed.take_all();
    REQUIRE(reader->sink.messages.size() == 2);
    CHECK(reader->sink.messages[0]["data"]["busted"][0]["price"] == 101);
    CHECK(reader->sink.messages[1]["prev"] == reader->sink.messages[0]["seq"]);
    CHECK(reader->sink.messages[1]["data"]["trades"][0]["id"] == next.value);
    CHECK_FALSE(reader->sink.messages[1]["data"].contains("busted"));
}

TEST_CASE("a bust changes no book and no other market") {
    Feed feed;
    feed.venue.start();
    feed.venue.single(TestVenue::listing(InstrumentId{2u}, "BTC/USD"));
    const TradeId trade = make_trade(feed.venue, 100, 7);
    feed.take_all();
    const auto book = feed.subscribe(book_of(20));
    Reader other{feed.publisher, Format::json, kTrades, "BTC/USD"};
    feed.publisher.attach(other.subscription, std::nullopt);
    book->sink.messages.clear();
    other.sink.messages.clear();
    feed.venue.bust(trade);
    feed.take_all();
    feed.tick(100);
    CHECK(book->sink.messages.empty());
    CHECK(other.sink.messages.empty());
    CHECK(feed.publisher.sequence() == feed.venue.sequence());
}

TEST_CASE("a bust is resumed like a trade") {
    Feed feed;
    feed.venue.start();
    const TradeId trade = make_trade(feed.venue, 100, 7);
    feed.take_all();
    auto reader = feed.subscribe(kTrades);
    const std::uint64_t last = reader->sink.take()["seq"];
    reader.reset();
    make_trade(feed.venue, 101, 1);
    feed.venue.bust(trade);
    make_trade(feed.venue, 102, 1);
    feed.take_all();
    const std::uint64_t bust_seq = feed.venue.sequence() - 2;

    const auto again = std::make_unique<Reader>(feed.publisher, Format::json, kTrades);
    REQUIRE(feed.publisher.can_resume(again->subscription, {1, last}));
    feed.publisher.attach(again->subscription, ResumePoint{1, last});
    REQUIRE(again->sink.messages.size() == 3);
    std::uint64_t seq = last;
    for (const Json& message : again->sink.messages) {
        CHECK(message["type"] == "update");
        CHECK(message["prev"] == seq);
        seq = message["seq"];
    }
    CHECK(again->sink.messages[1]["seq"] == bust_seq);
    CHECK(ids(again->sink.messages[1]["data"]["busted"]) == Json::parse("[1]"));
    // From the bust itself on.
    const auto behind = std::make_unique<Reader>(feed.publisher, Format::json, kTrades);
    REQUIRE(feed.publisher.can_resume(behind->subscription, {1, bust_seq}));
    feed.publisher.attach(behind->subscription, ResumePoint{1, bust_seq});
    CHECK(ids(behind->sink.take()["data"]["trades"]) == Json::parse("[3]"));
}

TEST_CASE("a snapshot tells the last hundred busts, also of trades that it no longer has") {
    Feed feed;
    feed.venue.start();
    for (int i = 0; i < 210; ++i) make_trade(feed.venue, 100, 1);
    for (std::uint64_t id = 1; id <= 101; ++id) feed.venue.bust(TradeId{id});
    feed.venue.bust(TradeId{210ul});
    feed.take_all();
    const auto reader = feed.subscribe(kTrades);
    const Json data = reader->sink.take()["data"];
    CHECK(data["trades"].size() == 99);
    CHECK(data["trades"].back()["id"] == 209);
    REQUIRE(data["busted"].size() == 100);
    CHECK(data["busted"].front()["id"] == 3);
    CHECK(data["busted"].back()["id"] == 210);
}

TEST_CASE("the ticker without a trade that was taken back: all but the last price") {
    Feed feed;
    feed.venue.start();
    feed.take_all();
    make_trade(feed.venue, 100, 7);
    make_trade(feed.venue, 200, 1);
    const TradeId slip = make_trade(feed.venue, 9'000, 3);
    feed.take_all();
    feed.tick(100);
    const auto reader = feed.subscribe(kTicker, Format::msgpack);
    CHECK(reader->sink.take()["data"]["high"] == 9'000);
    feed.venue.now_ns += 14 * kOneMinute;
    feed.venue.bust(slip);
    feed.take_all();
    feed.tick(100);
    Json data = reader->sink.take()["data"];
    CHECK(data["last"] == 9'000);
    CHECK(data["open"] == 100);
    CHECK(data["high"] == 200);
    CHECK(data["low"] == 100);
    CHECK(data["volume"] == 8);
    CHECK(data["quote_volume"] == 900);
    CHECK(data["trades"] == 2);
    feed.venue.bust(TradeId{1ul});
    feed.venue.bust(TradeId{2ul});
    feed.take_all();
    feed.tick(100);
    data = reader->sink.take()["data"];
    CHECK(data["open"].is_null());
    CHECK(data["trades"] == 0);
    CHECK(data["volume"] == 0);
    CHECK(data["last"] == 9'000);
}

TEST_CASE("a bust of a trade that the ticker does not count is told, and leaves the ticker alone") {
    Feed feed;
    // Made before the feed's start: of its journal the feed sees nothing.
    make_trade(feed.venue, 100, 7);
    feed.venue.events.clear();
    feed.venue.start();
    make_trade(feed.venue, 200, 1);
    feed.take_all();
    const auto trades = feed.subscribe(kTrades);
    const auto ticker = feed.subscribe(kTicker, Format::msgpack);
    trades->sink.messages.clear();
    const Json before = ticker->sink.take()["data"];
    CHECK(before["trades"] == 1);
    feed.venue.bust(TradeId{1ul});
    feed.take_all();
    feed.tick(100);
    CHECK(ids(trades->sink.take()["data"]["busted"]) == Json::parse("[1]"));
    CHECK(ticker->sink.messages.empty());
    // A day later the other has left the window too (the core would not take it back any more).
    feed.venue.now_ns += 24 * 60 * kOneMinute;
    feed.venue.bust(TradeId{2ul});
    feed.take_all();
    feed.tick(100);
    CHECK(ids(trades->sink.take()["data"]["busted"]) == Json::parse("[2]"));
    CHECK(ticker->sink.take()["data"]["trades"] == 0);
}
