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

// Everything since the minute 1439 minutes before this one.
TickerWindow::Totals naive(const std::vector<Trade>& trades, std::int64_t now) {
    TickerWindow::Totals totals;
    for (const Trade& trade : trades) {
        if (trade.time.value / kMinute <= now / kMinute - 1440) continue;
        if (totals.trades == 0) totals.open = totals.high = totals.low = trade.price;
        totals.high = std::max(totals.high, trade.price);
        totals.low = std::min(totals.low, trade.price);
        totals.volume += trade.quantity.value;
        totals.quote_volume += (trade.price * trade.quantity).value;
        ++totals.trades;
    }
    return totals;
}

// Ids count from 1.
struct Trades {
    std::uint64_t last_id = 0;
    Trade next(std::int64_t time, std::int64_t price, std::int64_t quantity) {
        return {.id = TradeId{++last_id},
                .price = ticks(price),
                .quantity = lots(quantity),
                .side = Side::buy,
                .time = Time{time}};
    }
};

}  // namespace

TEST_CASE("the moving day equals the sum of its trades, over weeks with pauses, whatever is taken back") {
    TickerWindow window;
    Trades made;
    std::vector<Trade> trades;  // those that stand
    int taken_back = 0;
    Random random{3};
    std::int64_t now = 1'700'000'000'000'000'000;
    for (int step = 0; step < 3000; ++step) {
        // Mostly seconds, sometimes hours, rarely days.
        now += random.chance(90) ? random.between(0, kMinute / 2)
                                 : random.between(0, random.chance(20) ? 3 * 1440 * kMinute : 90 * kMinute);
        const std::uint64_t kind = random.below(100);
        if (kind < 70) {
            trades.push_back(made.next(now, random.between(1, 1000), random.between(1, 100)));
            window.add(trades.back());
        } else if (kind < 85 && !trades.empty()) {
            const auto trade = trades.end() - 1 - random.between(0, std::min<std::int64_t>(19, std::ssize(trades) - 1));
            if (now - trade->time.value > 15 * kMinute) continue;
            window.take_back(*trade, Time{now});
            trades.erase(trade);
            ++taken_back;
        } else {
            window.advance(Time{now});
        }
        REQUIRE(window.totals() == naive(trades, now));
    }
    CHECK(taken_back > 100);
}

TEST_CASE("what was never counted, or has left the window, is not taken back") {
    TickerWindow window;
    Trades made;
    const Trade before_the_start = made.next(kMinute, 9, 9);
    window.take_back(before_the_start, Time{kMinute});
    CHECK(window.totals() == TickerWindow::Totals{});
    const Trade first = made.next(2 * kMinute, 5, 1);
    window.add(first);
    window.take_back(before_the_start, Time{2 * kMinute});
    CHECK(window.totals() == naive({first}, 2 * kMinute));
    const Trade later = made.next(1500 * kMinute, 6, 1);
    window.add(later);
    window.take_back(first, later.time);
    CHECK(window.totals() == naive({later}, later.time.value));
    window.take_back(later, later.time);
    CHECK(window.totals() == TickerWindow::Totals{});
    const Trade again = made.next(1500 * kMinute, 7, 2);
    window.add(again);
    CHECK(window.totals() == naive({again}, again.time.value));
}

TEST_CASE("a minute with more trades than are kept keeps its prices, its sums are right") {
    TickerWindow window;
    Trades made;
    const Trade highest = made.next(kMinute, 1000, 1);
    window.add(highest);
    Trade last = highest;
    for (std::size_t i = 0; i < TickerWindow::kKeptTrades; ++i) {
        last = made.next(kMinute, 10, 1);
        window.add(last);
    }
    window.take_back(highest, Time{kMinute});
    CHECK(window.totals().high == ticks(1000));
    CHECK(window.totals().open == ticks(1000));
    CHECK(window.totals().volume == TickerWindow::kKeptTrades);
    CHECK(window.totals().quote_volume == 10 * TickerWindow::kKeptTrades);
    window.take_back(last, Time{kMinute});
    CHECK(window.totals().trades == TickerWindow::kKeptTrades - 1);
    // The next minute is whole again.
    const Trade low = made.next(2 * kMinute, 1, 1);
    window.add(low);
    CHECK(window.totals().low == ticks(1));
    window.take_back(low, low.time);
    CHECK(window.totals().low == ticks(10));
    window.advance(Time{1441 * kMinute});
    CHECK(window.totals() == TickerWindow::Totals{});
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
    trades.remove(TradeId{1ul});
    CHECK(trades.size() == 100);
    trades.remove(TradeId{200ul});
    CHECK(trades.size() == 99);
    CHECK(trades[48].id == TradeId{199ul});
    CHECK(trades[49].id == TradeId{201ul});
}
