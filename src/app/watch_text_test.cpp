#include "app/watch_text.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "app/test_feed.h"

using namespace dcx::app;
using namespace dcx::app::testing;

namespace {

MarketPicture whole_picture() {
    MarketPicture picture("DEC/USD");
    picture.apply(welcome_text());
    picture.apply(book_text(0, 10, test_book()));
    picture.apply(trades_text(0, 11, {{1, "buy"}, {2, "sell"}}));
    picture.apply(ticker_text(0, 12));
    return picture;
}

const PictureStatus kStatus{
    .messages_per_second = 412.25, .trades_per_second = 3, .text = "ws://127.0.0.1:8080/v1/feed"};

}  // namespace

TEST_CASE("watch text: the ladder of a known book") {
    CHECK(ladder_text(whole_picture(), kStatus, {.levels = 3}) ==
          "DEC/USD  trading   last 1.2501   +0.81 %\n"
          "24 h  low 1.2300   high 1.2600   volume 1000.5000 DEC = 1250.12345678 USD   trades 42\n"
          "       price        quantity    n               last trades\n"
          "                                                22:13:20.456 sell      1.2501         12.5000\n"
          "      1.2503          8.0000    4 ########      22:13:20.456 buy       1.2501         12.5000\n"
          "      1.2501          2.0000    1 ##\n"
          "    spread 0.0002 (1.60 bp)\n"
          "      1.2499          4.0000    2 ####\n"
          "      1.2498         12.3456    1 ############\n"
          "      1.2490          1.0000    3 #\n"
          "412.2 messages/s   3.0 trades/s   seq 10   gaps 0   ws://127.0.0.1:8080/v1/feed\n");
}

TEST_CASE("watch text: fewer levels than the book has are the best ones") {
    CHECK(ladder_text(whole_picture(), kStatus, {.levels = 1}) ==
          "DEC/USD  trading   last 1.2501   +0.81 %\n"
          "24 h  low 1.2300   high 1.2600   volume 1000.5000 DEC = 1250.12345678 USD   trades 42\n"
          "       price        quantity    n               last trades\n"
          "      1.2501          2.0000    1 ######        22:13:20.456 sell      1.2501         12.5000\n"
          "    spread 0.0002 (1.60 bp)\n"
          "      1.2499          4.0000    2 ############  22:13:20.456 buy       1.2501         12.5000\n"
          "412.2 messages/s   3.0 trades/s   seq 10   gaps 0   ws://127.0.0.1:8080/v1/feed\n");
}

TEST_CASE("watch text: the height never changes, an empty picture says so") {
    const MarketPicture empty("DEC/USD");
    const std::string text = ladder_text(empty, {.text = "connecting"}, {.levels = 10});
    CHECK(std::count(text.begin(), text.end(), '\n') == 25);
    CHECK(text.find("waiting for a snapshot") != text.npos);
    CHECK(text.find("no trades") != text.npos);
    const std::string whole = ladder_text(whole_picture(), kStatus, {.levels = 10});
    CHECK(std::count(whole.begin(), whole.end(), '\n') == 25);
}

TEST_CASE("watch text: colors are ended in the line where they begin, and only when asked for") {
    const std::string text = ladder_text(whole_picture(), kStatus, {.levels = 3, .color = true, .unicode = true});
    std::size_t begun = 0;
    std::size_t ended = 0;
    for (std::size_t at = text.find("\x1b["); at != text.npos; at = text.find("\x1b[", at + 1))
        ++(text.compare(at, 4, "\x1b[0m") == 0 ? ended : begun);
    CHECK(begun > 10);
    CHECK(begun == ended);
    CHECK(text.find("\u2588") != text.npos);
    CHECK(ladder_text(whole_picture(), kStatus, {.levels = 3}).find('\x1b') == std::string::npos);
}

TEST_CASE("watch text: lines for a file") {
    const MarketPicture picture = whole_picture();
    CHECK(trade_line(picture.trades().front()) == "22:13:20.456 trade sell 12.5000 @ 1.2501  #2");
    CHECK(book_line(picture) == "22:13:20.135 book  1.2499 x 4.0000 | 1.2501 x 2.0000  spread 0.0002");
    CHECK(ticker_line(picture) ==
          "22:13:20.135 24 h  last 1.2501 low 1.2300 high 1.2600 volume 1000.5000 DEC trades 42");
    MarketPicture bust = picture;
    bust.apply(trades_text(11, 13, {}, {{2, "sell"}}));
    CHECK(bust_line(bust, bust.new_busts().front()) == "22:13:20.136 bust  sell 12.5000 @ 1.2501  #2 of 22:13:20.456");
    CHECK(ladder_text(bust, kStatus, {.levels = 1}).find("sell      1.2501         12.5000  busted\n") !=
          std::string::npos);
    MarketPicture one_side("DEC/USD");
    one_side.apply(welcome_text());
    one_side.apply(book_text(0, 10, {.bids = {{1, 1}}, .asks = {}}));
    CHECK(book_line(one_side) == "22:13:20.133 book  0.0001 x 0.0001 | none");
}

TEST_CASE("watch text: JSON lines for a program") {
    const MarketPicture picture = whole_picture();
    CHECK(book_json(picture) == R"({"type":"book","symbol":"DEC/USD","seq":10,"time":1700000000135000000,)"
                                R"("bids":[["1.2499","4.0000",2],["1.2498","12.3456",1],["1.2490","1.0000",3]],)"
                                R"("asks":[["1.2501","2.0000",1],["1.2503","8.0000",4]]})");
    CHECK(trade_json(picture, picture.trades().back()) ==
          R"({"type":"trade","symbol":"DEC/USD","id":1,"price":"1.2501","quantity":"12.5000","side":"buy",)"
          R"("time":1700000000456000000})");
    MarketPicture bust = picture;
    bust.apply(trades_text(11, 13, {}, {{2, "sell"}}));
    CHECK(trade_json(bust, bust.new_busts().front()) ==
          R"({"type":"bust","symbol":"DEC/USD","id":2,"price":"1.2501","quantity":"12.5000","side":"sell",)"
          R"("time":1700000000456000000})");
    CHECK(ticker_json(picture) ==
          R"({"type":"ticker","symbol":"DEC/USD","time":1700000000135000000,"last":"1.2501","open":"1.2400",)"
          R"("high":"1.2600","low":"1.2300","volume":"1000.5000","quote_volume":"1250.12345678","trades":42})");
}
