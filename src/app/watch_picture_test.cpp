#include "app/watch_picture.h"

#include <doctest/doctest.h>

#include "app/test_feed.h"
#include "client/mirror_reader.h"

using namespace dcx::app;
using namespace dcx::app::testing;

namespace {

struct Fixture {
    MarketPicture picture{"DEC/USD"};
    Fixture() { REQUIRE(picture.apply(welcome_text()) == Applied::welcome); }
};

}  // namespace

TEST_CASE("picture: the welcome tells the market's units, or the known markets") {
    MarketPicture picture("BTC/USD");
    CHECK(picture.apply(welcome_text()) == Applied::welcome);
    CHECK(picture.price_text(123) == "1.23");
    CHECK(picture.quantity_text(123) == "0.000123");
    CHECK(picture.base() == "BTC");
    MarketPicture other("DOGE/USD");
    CHECK(other.apply(welcome_text()) == Applied::unknown_market);
    CHECK(other.known_markets() == std::vector<std::string>{"DEC/USD", "BTC/USD"});
}

TEST_CASE_FIXTURE(Fixture, "picture: a book from a snapshot and what follows it") {
    CHECK(picture.apply(book_text(0, 10, test_book())) == Applied::book);
    CHECK(picture.bids().size() == 3);
    CHECK(picture.bids()[0].price == 12'499);
    CHECK(picture.bids()[2].orders == 3);
    CHECK(picture.asks()[0].price == 12'501);

    TestBook after = test_book();
    after.bids.erase(after.bids.begin());
    after.asks.insert(after.asks.begin(), {12'500, 5'000});
    CHECK(picture.apply(book_text(10, 15, {.bids = {{12'499, 0, 0}}, .asks = {{12'500, 5'000}}}, after.checksum())) ==
          Applied::book);
    CHECK(picture.bids()[0].price == 12'498);
    CHECK(picture.asks()[0].price == 12'500);
    CHECK(picture.seq() == 15);
    CHECK(picture.gaps() == 0);
}

TEST_CASE_FIXTURE(Fixture, "picture: a gap is told once, then only a snapshot counts") {
    CHECK(picture.apply(book_text(0, 10, test_book())) == Applied::book);
    CHECK(picture.apply(book_text(11, 12, test_book())) == Applied::gap);
    CHECK(picture.gap_channel() == "orderbook");
    CHECK_FALSE(picture.has_book());
    CHECK(picture.apply(book_text(12, 13, test_book())) == Applied::nothing);
    CHECK(picture.apply(book_text(10, 13, test_book())) == Applied::nothing);
    CHECK(picture.apply(book_text(0, 20, test_book())) == Applied::book);
    CHECK(picture.has_book());
    CHECK(picture.gaps() == 1);
}

TEST_CASE_FIXTURE(Fixture, "picture: a wrong checksum is a gap, in an update and in a snapshot") {
    CHECK(picture.apply(book_text(0, 10, test_book())) == Applied::book);
    CHECK(picture.apply(book_text(10, 11, {.bids = {{12'400, 1}}, .asks = {}}, 1)) == Applied::gap);
    CHECK(picture.apply(book_text(0, 12, test_book(), 1)) == Applied::gap);
    CHECK(picture.gaps() == 2);
}

TEST_CASE_FIXTURE(Fixture, "picture: another epoch is a gap, a new connection begins with snapshots") {
    CHECK(picture.apply(book_text(0, 10, test_book())) == Applied::book);
    std::string other = book_text(10, 11, test_book());
    other.replace(other.find("\"epoch\":7"), 9, "\"epoch\":8");
    CHECK(picture.apply(other) == Applied::gap);
    CHECK(picture.apply(book_text(0, 12, test_book())) == Applied::book);
    picture.disconnected();
    CHECK_FALSE(picture.has_book());
    CHECK(picture.apply(book_text(12, 13, test_book())) == Applied::nothing);
}

TEST_CASE_FIXTURE(Fixture, "picture: trades stand newest first, those of a snapshot are not new") {
    CHECK(picture.apply(trades_text(0, 10, {{1, "buy"}, {2, "sell"}})) == Applied::trades);
    CHECK(picture.new_trades() == 0);
    CHECK(picture.trades().front().id == 2);
    CHECK(picture.apply(trades_text(10, 12, {{3, "buy"}, {4, "buy"}})) == Applied::trades);
    CHECK(picture.new_trades() == 2);
    CHECK(picture.trades().front().id == 4);
    CHECK(picture.apply(trades_text(11, 13, {{5, "buy"}})) == Applied::gap);
    CHECK(picture.gap_channel() == "trades");
    TestTrades many;
    for (std::uint64_t id = 10; id < 300; ++id) many.emplace_back(id, "buy");
    CHECK(picture.apply(trades_text(0, 14, many)) == Applied::trades);
    CHECK(picture.trades().size() == kTradesKept);
    CHECK(picture.trades().front().id == 299);
}

TEST_CASE_FIXTURE(Fixture, "picture: a busted trade is marked and told once, also when it is no longer here") {
    CHECK(picture.apply(trades_text(0, 10, {{1, "buy"}, {2, "sell"}}, {{3, "buy"}})) == Applied::trades);
    CHECK(picture.new_busts().empty());
    CHECK(picture.apply(trades_text(10, 12, {}, {{2, "sell"}})) == Applied::trades);
    CHECK(picture.new_trades() == 0);
    REQUIRE(picture.new_busts().size() == 1);
    CHECK(picture.new_busts().front().id == 2);
    REQUIRE(picture.trades().size() == 2);
    CHECK(picture.trades()[0].busted);
    CHECK_FALSE(picture.trades()[1].busted);
    CHECK(picture.apply(trades_text(12, 13, {}, {{99, "buy"}})) == Applied::trades);
    CHECK(picture.new_busts().front().id == 99);
    CHECK(picture.apply(trades_text(13, 14, {{5, "buy"}})) == Applied::trades);
    CHECK(picture.new_busts().empty());
    CHECK(picture.apply(trades_text(10, 15, {}, {{5, "buy"}})) == Applied::gap);
}

TEST_CASE_FIXTURE(Fixture, "picture: ticker, notice, error, and what is not ours") {
    CHECK(picture.apply(ticker_text(0, 10)) == Applied::ticker);
    CHECK(picture.ticker()->last == "1.2501");
    CHECK(picture.ticker()->trades == 42);
    CHECK(picture.apply(R"({"type":"notice","code":"shutdown","message":"going down"})") == Applied::notice);
    CHECK(picture.error() == "going down");
    CHECK(picture.apply(R"({"type":"error","code":9,"message":"no such symbol"})") == Applied::failed);
    CHECK(picture.apply(R"({"type":"heartbeat","time":1,"channels":[]})") == Applied::nothing);
    CHECK(picture.apply(R"({"type":"something new"})") == Applied::nothing);
    std::string other = book_text(0, 10, test_book());
    other.replace(other.find("DEC/USD"), 7, "BTC/USD");
    CHECK(picture.apply(other) == Applied::nothing);
}

TEST_CASE_FIXTURE(Fixture, "picture: what is no message is an error, not a crash") {
    for (const char* text :
         {"", "{", "[]", "null", "{\"type\":1}", "{\"type\":\"welcome\"}", "{\"type\":\"update\"}",
          "{\"type\":\"error\"}", "{\"type\":\"snapshot\",\"symbol\":\"DEC/USD\",\"channel\":\"orderbook\"}"})
        CHECK(picture.apply(text) == Applied::failed);
    std::string half_tick = book_text(0, 10, test_book());
    half_tick.replace(half_tick.find("1.2499"), 6, "1.24995");
    CHECK(picture.apply(half_tick) == Applied::failed);
}

TEST_CASE("picture: requests are JSON whatever the symbol") {
    CHECK(MarketPicture("A\"B").request("subscribe", "trades") ==
          R"({"channel":"trades","symbol":"A\"B","type":"subscribe"})");
    CHECK(MarketPicture("A").request("unsubscribe", "orderbook") ==
          R"({"channel":"orderbook","depth":10,"rate":0,"symbol":"A","type":"unsubscribe"})");
}

TEST_CASE("picture: of a book mirror, and a last trade that was not there before is a new one") {
    MarketPicture picture("DEC/USD");
    dcx::client::MirrorBook book{.head = {.sequence = dcx::Sequence{7ul},
                                          .time = dcx::Time{1'000l},
                                          .phase = dcx::Phase::halted,
                                          .tick_scale = 4,
                                          .lot_scale = 2,
                                          .tick_mantissa = 1,
                                          .lot_mantissa = 5,
                                          .last_price = dcx::Price{12'500l},
                                          .last_quantity = dcx::Quantity{3l},
                                          .last_trade_id = dcx::TradeId{9ul},
                                          .last_time = dcx::Time{900l},
                                          .last_taker_side = dcx::Side::sell},
                                 .bids = {{.price = dcx::Price{12'499l}, .quantity = dcx::Quantity{2l}, .orders = 1},
                                          {.price = dcx::Price{12'498l}, .quantity = dcx::Quantity{4l}, .orders = 2}},
                                 .asks = {{.price = dcx::Price{12'501l}, .quantity = dcx::Quantity{6l}, .orders = 3}}};
    picture.show(book, 3);
    CHECK(picture.phase() == "halted");
    CHECK(picture.seq() == 7);
    CHECK(picture.epoch() == 3);
    CHECK(picture.time() == 1'000);
    CHECK(picture.bids().size() == 2);
    CHECK(picture.bids()[0].price == 12'499);
    CHECK(picture.asks()[0].orders == 3);
    CHECK(picture.trades().front().price == "1.2500");
    CHECK(picture.trades().front().quantity == "0.15");
    CHECK(picture.trades().front().side == "sell");
    CHECK(picture.new_trades() == 0);

    picture.show(book, 3);
    CHECK(picture.new_trades() == 0);
    CHECK(picture.trades().size() == 1);
    book.head.last_trade_id = dcx::TradeId{10ul};
    book.bids.clear();
    picture.show(book, 3);
    CHECK(picture.new_trades() == 1);
    CHECK(picture.trades().size() == 2);
    CHECK(picture.bids().empty());
}
