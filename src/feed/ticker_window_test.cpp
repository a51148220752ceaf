#include "feed/ticker_window.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "feed/market.h"
#include "feed/test_venue.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

struct NaiveTrade {
    std::int64_t time, price, quantity;
};

// Everything since the minute 1439 minutes before this one.
TickerWindow::Totals naive(const std::vector<NaiveTrade>& trades, std::int64_t now) {
    TickerWindow::Totals totals;
    for (const NaiveTrade& trade : trades) {
        if (trade.time / kMinute <= now / kMinute - 1440) continue;
        if (totals.trades == 0) totals.open = totals.high = totals.low = Price{trade.price};
        totals.high = std::max(totals.high, Price{trade.price});
        totals.low = std::min(totals.low, Price{trade.price});
        totals.volume += trade.quantity;
        totals.quote_volume += int128{trade.price} * trade.quantity;
        ++totals.trades;
    }
    return totals;
}

}  // namespace

TEST_CASE("the moving day equals the sum of its trades, over weeks with pauses") {
    TickerWindow window;
    std::vector<NaiveTrade> trades;
    Random random{3};
    std::int64_t now = 1'700'000'000'000'000'000;
    for (int step = 0; step < 3000; ++step) {
        // Mostly seconds, sometimes hours, rarely days.
        now += random.chance(90) ? random.between(0, kMinute / 2)
                                 : random.between(0, random.chance(20) ? 3 * 1440 * kMinute : 90 * kMinute);
        if (random.chance(80)) {
            const NaiveTrade trade{now, random.between(1, 1000), random.between(1, 100)};
            trades.push_back(trade);
            window.add(Time{now}, Price{trade.price}, Quantity{trade.quantity});
        } else {
            window.advance(Time{now});
        }
        REQUIRE(window.totals() == naive(trades, now));
    }
}

TEST_CASE("a market's ticker: best prices, last price also from before the start") {
    InstrumentListed listing = TestVenue::listing(InstrumentId{1u}, "DEC/USD");
    listing.last_price = ticks(777);
    Market market{listing, "DEC", "USD"};
    Ticker ticker = market.ticker(Time{kMinute});
    CHECK(ticker.last == ticks(777));
    CHECK(ticker.bid == ticks(0));
    CHECK(ticker.day.trades == 0);
    market.book().apply(OrderRested{.order_id = OrderId{1ul},
                                    .price = ticks(10),
                                    .quantity = lots(4),
                                    .instrument = InstrumentId{1u},
                                    .side = Side::buy,
                                    .zero = {}});
    market.add_trade(
        {.id = TradeId{1ul}, .price = ticks(12), .quantity = lots(3), .side = Side::buy, .time = Time{kMinute}});
    ticker = market.ticker(Time{kMinute});
    CHECK(ticker.last == ticks(12));
    CHECK(ticker.bid == ticks(10));
    CHECK(ticker.bid_quantity == lots(4));
    CHECK(ticker.day.volume == 3);
    CHECK(ticker.day.quote_volume == 36);
}

TEST_CASE("recent trades keep the last hundred, oldest first") {
    RecentTrades trades;
    for (std::uint64_t id = 1; id <= 250; ++id) {
        trades.add({.id = TradeId{id}, .price = ticks(1), .quantity = lots(1), .side = Side::buy, .time = Time{}});
        REQUIRE(trades.size() == std::min<std::uint64_t>(id, 100));
        REQUIRE(trades[0].id == TradeId{id <= 100 ? 1ul : id - 99});
        REQUIRE(trades[trades.size() - 1].id == TradeId{id});
    }
}
