#include "feed/feed_book.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

#include "base/crc32c.h"
#include "base/random.h"
#include "feed/channel.h"
#include "feed/depth_view.h"
#include "feed/test_venue.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

namespace {

bool apply_to(FeedBook& book, const Event& event) {
    switch (event.header.kind) {
        case EventKind::order_rested: book.apply(event.as<OrderRested>()); return true;
        case EventKind::order_restored: book.apply(event.as<OrderRestored>()); return true;
        case EventKind::trade_executed: book.apply(event.as<TradeExecuted>()); return true;
        case EventKind::order_canceled: book.apply(event.as<OrderCanceled>()); return true;
        case EventKind::order_amended: book.apply(event.as<OrderAmended>()); return true;
        case EventKind::order_decremented: book.apply(event.as<OrderDecremented>()); return true;
        default: return false;
    }
}

std::vector<NaiveBook::Line> lines(const LevelLadder& ladder, std::size_t depth) {
    std::vector<NaiveBook::Line> result;
    for (std::size_t i = 0; i < std::min(depth, ladder.size()); ++i)
        result.push_back({ladder[i].price.value, ladder[i].quantity.value, ladder[i].orders});
    return result;
}

std::uint32_t plain_checksum(const NaiveBook& book, std::size_t levels) {
    std::vector<std::int64_t> numbers;
    for (const Side side : {Side::buy, Side::sell})
        for (const NaiveBook::Line& line : book.lines(side, levels)) {
            numbers.push_back(line.price);
            numbers.push_back(line.quantity);
        }
    return crc32c_portable(std::as_bytes(std::span{numbers}));
}

// One reader's copy of a window.
struct Replica {
    std::map<std::int64_t, NaiveBook::Line, std::greater<>> bids;
    std::map<std::int64_t, NaiveBook::Line> asks;

    void apply(const BookUpdate& update) {
        apply_side(bids, update.bids);
        apply_side(asks, update.asks);
    }
    template <class Levels>
    static void apply_side(Levels& levels, const std::vector<LevelUpdate>& updates) {
        for (const LevelUpdate& update : updates) {
            if (update.quantity.value == 0) {
                // Only what the reader knows is ever removed.
                REQUIRE(levels.erase(update.price.value) == 1);
                continue;
            }
            const NaiveBook::Line line{update.price.value, update.quantity.value, update.orders};
            levels.insert_or_assign(update.price.value, line);
        }
    }
    template <class Levels>
    static std::vector<NaiveBook::Line> all(const Levels& levels) {
        std::vector<NaiveBook::Line> result;
        result.reserve(levels.size());
        for (const auto& [price, line] : levels) result.push_back(line);
        return result;
    }
};

}  // namespace

TEST_CASE("a long random run: the book equals the naive one after every command") {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
        CAPTURE(seed);
        TestVenue venue;
        Random random{seed};
        FeedBook book;
        std::size_t next = 0;
        for (int command = 0; command < 4000; ++command) {
            venue.random_command(random);
            for (; next < venue.events.size(); ++next) apply_to(book, venue.events[next]);
            REQUIRE(lines(book.bids(), 10'000) == venue.book().lines(Side::buy, 10'000));
            REQUIRE(lines(book.asks(), 10'000) == venue.book().lines(Side::sell, 10'000));
            // Not after every command, so that more than one change lies between two.
            const std::size_t levels = random.below(16);
            if (levels <= 10) REQUIRE(book.checksum(levels) == plain_checksum(venue.book(), levels));
        }
        CHECK(book.order_count() > 0);
    }
}

TEST_CASE("windows of every depth follow by updates alone, at every command and conflated") {
    TestVenue venue;
    Random random{7};
    FeedBook book;
    LevelChanges conflated;
    struct Window {
        std::size_t depth;
        bool conflates;
        DepthView view;
        Replica replica;
    };
    std::vector<Window> windows;
    for (const std::size_t depth : {1u, 2u, 5u, 10u, 20u, 50u})
        for (const bool conflates : {false, true}) windows.push_back({depth, conflates, DepthView{depth}, {}});
    std::size_t next = 0;
    BookUpdate update;
    for (int command = 0; command < 6000; ++command) {
        venue.random_command(random);
        for (; next < venue.events.size(); ++next) apply_to(book, venue.events[next]);
        conflated.merge(book.changes());
        const bool flush = random.chance(10);
        for (Window& window : windows) {
            if (window.conflates && !flush) continue;
            update.clear();
            window.view.advance(book, window.conflates ? conflated : book.changes(), update);
            window.replica.apply(update);
            REQUIRE(Replica::all(window.replica.bids) == venue.book().lines(Side::buy, window.depth));
            REQUIRE(Replica::all(window.replica.asks) == venue.book().lines(Side::sell, window.depth));
        }
        if (flush) conflated.clear();
        book.clear_changes();
    }
}

TEST_CASE("a window tells only what changed in it") {
    TestVenue venue;
    FeedBook book;
    DepthView view{2};
    std::size_t next = 0;
    const auto update_after = [&] {
        for (; next < venue.events.size(); ++next) apply_to(book, venue.events[next]);
        BookUpdate update;
        view.advance(book, book.changes(), update);
        book.clear_changes();
        return update;
    };
    venue.place(Side::buy, 100, 5);
    venue.place(Side::buy, 99, 5);
    update_after();
    venue.place(Side::buy, 98, 5);
    CHECK(update_after().empty());  // below the window
    const OrderId better = venue.place(Side::buy, 101, 5);
    BookUpdate update = update_after();
    REQUIRE(update.bids.size() == 2);  // 101 came, 99 fell out
    CHECK(update.bids[0].price == ticks(101));
    CHECK(update.bids[1].price == ticks(99));
    CHECK(update.bids[1].quantity == lots(0));
    venue.cancel(better);
    update = update_after();
    REQUIRE(update.bids.size() == 2);  // 101 went, 99 is back
    CHECK(update.bids[0].quantity == lots(0));
    CHECK(update.bids[1].price == ticks(99));
    CHECK(update.bids[1].quantity == lots(5));
    // Two changes that cancel out in one publication say nothing.
    const OrderId brief = venue.place(Side::buy, 100, 1);
    venue.cancel(brief);
    CHECK(update_after().empty());
}

TEST_CASE("checksum: best levels, bids then asks, as little-endian ticks and lots") {
    TestVenue venue;
    FeedBook book;
    venue.place(Side::buy, 100, 5);
    venue.place(Side::buy, 99, 6);
    venue.place(Side::sell, 103, 7);
    for (const Event& event : venue.events) apply_to(book, event);
    const std::array<std::int64_t, 6> top{100, 5, 99, 6, 103, 7};
    CHECK(book.checksum(10) == crc32c(std::as_bytes(std::span{top})));
    const std::array<std::int64_t, 4> best{100, 5, 103, 7};
    CHECK(book.checksum(1) == crc32c(std::as_bytes(std::span{best})));
    CHECK(FeedBook{}.checksum(10) == crc32c({}));
}

TEST_CASE("a restored book goes on like a live one") {
    TestVenue venue;
    FeedBook book;
    venue.restore_order(Side::buy, 100, 5);
    venue.restore_order(Side::buy, 100, 7);
    venue.restore_order(Side::sell, 102, 3);
    venue.place(Side::sell, 100, 6);  // takes the first whole and one of the second
    for (const Event& event : venue.events) apply_to(book, event);
    CHECK(lines(book.bids(), 5) == std::vector<NaiveBook::Line>{{100, 6, 1}});
    CHECK(lines(book.asks(), 5) == std::vector<NaiveBook::Line>{{102, 3, 1}});
}

TEST_CASE("self-trade rules: makers leave or shrink in their place, nothing is traded") {
    TestVenue venue;
    FeedBook book;
    std::size_t next = 0;
    const auto bids_after = [&] {
        for (; next < venue.events.size(); ++next) apply_to(book, venue.events[next]);
        CHECK(book.asks().empty());
        return lines(book.bids(), 10);
    };
    const auto sell = [&](std::int64_t quantity) {
        venue.place(Side::sell, 99, quantity, {.ioc = true, .account = AccountId{1u}});
        return bids_after();
    };
    const OrderId first = venue.place(Side::buy, 100, 5, {.account = AccountId{1u}});
    venue.place(Side::buy, 100, 7, {.account = AccountId{1u}});
    venue.place(Side::buy, 100, 4, {.account = AccountId{2u}});
    venue.self_trade_rule = SelfTradeRule::cancel_taker;
    CHECK(sell(3) == std::vector<NaiveBook::Line>{{100, 16, 3}});
    venue.self_trade_rule = SelfTradeRule::decrement_and_cancel;
    CHECK(sell(3) == std::vector<NaiveBook::Line>{{100, 13, 3}});
    venue.cancel(first);  // checks that it had 2 left
    CHECK(bids_after() == std::vector<NaiveBook::Line>{{100, 11, 2}});
    CHECK(venue.last_trade() == 0);
    CHECK(sell(8) == std::vector<NaiveBook::Line>{{100, 3, 1}});  // the own 7 are gone, 1 is traded
    CHECK(venue.last_trade() == 1);
    venue.place(Side::buy, 99, 6, {.account = AccountId{1u}});
    venue.self_trade_rule = SelfTradeRule::cancel_both;
    CHECK(sell(5).empty());
    venue.place(Side::buy, 99, 6, {.account = AccountId{1u}});
    venue.self_trade_rule = SelfTradeRule::cancel_maker;
    CHECK(sell(5).empty());
    CHECK(venue.last_trade() == 2);
}

TEST_CASE("order index: random insertions and removals against a map") {
    OrderIndex index;
    std::map<std::uint64_t, std::uint32_t> twin;
    Random random{5};
    for (std::uint32_t step = 0; step < 20'000; ++step) {
        const std::uint64_t id = 1 + random.below(3000);
        if (twin.erase(id) > 0) {
            index.erase(OrderId{id});
        } else {
            index.insert(OrderId{id}, step);
            twin[id] = step;
        }
        const std::uint64_t probe = 1 + random.below(3000);
        const auto found = twin.find(probe);
        REQUIRE(index.find(OrderId{probe}, kNoNode) == (found == twin.end() ? kNoNode : found->second));
        REQUIRE(index.size() == twin.size());
    }
}
