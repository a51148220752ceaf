// Candles from trades, and what a trade that is taken back does to them: beside candles made anew from all trades that
// were not, wherever the batches were cut.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/random.h"
#include "history/fold_test_tables.h"
#include "history/fold_test_venue.h"

namespace dcx::history {
namespace {

constexpr std::int64_t kCandleTestSecond = 1'000'000'000;

// All candles again, each from all trades.
std::vector<CandleRow> candles_anew(const TestTables& tables) {
    std::set<TradeId> busted;
    for (const auto& bust : tables.rows<TradeBustRow>()) busted.insert(bust.trade_id);
    Table<CandleRow> result;
    for (const auto& trade : tables.rows<TradeRow>()) {
        for (const std::uint32_t interval : kCandleIntervals) {
            const std::int64_t length = interval * kCandleTestSecond;
            CandleRow row{.market_id = trade.market_id,
                          .interval_s = interval,
                          .start = Time{trade.time.value / length * length},
                          .first_sequence = trade.sequence};
            CandleRow& c = result.try_emplace(RowText::key(row), row).first->second;
            c.last_sequence = trade.sequence;
            if (busted.contains(trade.trade_id)) continue;
            if (c.trades++ == 0) c.open = c.high = c.low = trade.price;
            c.high = std::max(c.high, trade.price);
            c.low = std::min(c.low, trade.price);
            c.close = trade.price;
            c.volume += trade.quantity;
        }
    }
    std::vector<CandleRow> rows;
    for (const auto& [key, row] : result) rows.push_back(row);
    return rows;
}

// Folds all of it, in batches of random length, sometimes with a fold that goes on from the store.
TestTables folded_in_pieces(const std::vector<Event>& events, std::uint64_t seed) {
    Random random(seed);
    TestTables tables;
    auto fold = std::make_unique<Fold>(tables.state(), tables);
    for (const Event& event : events) {
        fold->apply(event);
        if (!fold->at_boundary() || random.below(4) != 0) continue;
        tables.put(fold->seal());
        fold->forget();
        if (random.below(4) == 0) fold = std::make_unique<Fold>(tables.state(), tables);
    }
    tables.put(fold->seal());
    return tables;
}

struct Made {
    TradeId id;
    Time time;
    AccountId buyer;
    AccountId seller;
    std::int64_t price;
    std::int64_t quantity;
};

Made make_trade(TestVenue& venue, bool alice_buys, std::int64_t price, std::int64_t quantity) {
    const AccountId buyer = alice_buys ? kAlice : kBob;
    const AccountId seller = alice_buys ? kBob : kAlice;
    const OrderId maker = venue.rested(seller, Side::sell, price, quantity);
    const Time time = venue.now;
    const TradeId id = venue.trade(maker, buyer, quantity);
    return {.id = id, .time = time, .buyer = buyer, .seller = seller, .price = price, .quantity = quantity};
}

void take_back(TestVenue& venue, const Made& made) {
    venue.bust(made.id, made.time, made.buyer, made.seller, made.price, made.quantity);
}

TEST_CASE("a candle of every interval, begun by its first trade") {
    TestVenue venue;
    venue.open();
    venue.now = Time{(kTestStart / kDayNs + 1) * kDayNs};
    make_trade(venue, true, 100, 2);
    make_trade(venue, true, 90, 3);
    make_trade(venue, true, 120, 1);
    make_trade(venue, true, 95, 1);
    venue.now = Time{venue.now.value + kCandleTestSecond};
    make_trade(venue, false, 80, 5);
    const TestTables tables = folded_in_pieces(venue.events, 1);
    const auto rows = tables.rows<CandleRow>();
    REQUIRE(rows.size() == 8);
    CHECK(rows[0].interval_s == 1);
    CHECK(rows[0].open.value == 100);
    CHECK(rows[0].high.value == 120);
    CHECK(rows[0].low.value == 90);
    CHECK(rows[0].close.value == 95);
    CHECK(rows[0].volume.value == 7);
    CHECK(rows[0].trades == 4);
    CHECK(rows[1].open.value == 80);
    CHECK(rows[2].interval_s == 60);
    CHECK(rows[2].volume.value == 12);
    CHECK(rows[2].low.value == 80);
    CHECK(rows[7].interval_s == 86'400);
    CHECK(rows[7].start.value % kDayNs == 0);
    CHECK(rows == candles_anew(tables));
}

TEST_CASE("a trade that is taken back leaves its candles, and the last one leaves them empty") {
    TestVenue venue;
    venue.open();
    const Made first = make_trade(venue, true, 100, 2);
    const Made second = make_trade(venue, true, 120, 3);
    take_back(venue, first);
    TestTables tables = folded_in_pieces(venue.events, 2);
    for (const auto& row : tables.rows<CandleRow>()) {
        CHECK(row.open.value == 120);
        CHECK(row.volume.value == 3);
        CHECK(row.first_sequence < row.last_sequence);
    }
    take_back(venue, second);
    tables = folded_in_pieces(venue.events, 3);
    for (const auto& row : tables.rows<CandleRow>()) {
        CHECK(row.trades == 0);
        CHECK(row.open.value == 0);
        CHECK(row.high.value == 0);
        CHECK(row.volume.value == 0);
    }
    // And begin again.
    make_trade(venue, false, 70, 1);
    tables = folded_in_pieces(venue.events, 4);
    CHECK(tables.rows<CandleRow>() == candles_anew(tables));
    CHECK(tables.rows<TradeBustRow>().size() == 2);
    const auto postings = tables.rows<LedgerTransferRow>();
    CHECK(std::ranges::count(postings, LedgerKind::trade_bust, &LedgerTransferRow::kind) == 4);
}

TEST_CASE("random trades and busts over hours and days: candles are those made anew, wherever batches end") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Random random(seed);
        TestVenue venue;
        venue.open();
        venue.now = Time{(kTestStart / kDayNs + 1) * kDayNs - 600 * kCandleTestSecond};
        std::vector<Made> made;
        for (int i = 0; i < 120; ++i) {
            if (!made.empty() && random.below(3) == 0) {
                const auto which = static_cast<std::ptrdiff_t>(random.below(made.size()));
                const Made& trade = made[static_cast<std::size_t>(which)];
                if (venue.now.value - trade.time.value <= kBustWindowNs) take_back(venue, trade);
                made.erase(made.begin() + which);
                continue;
            }
            made.push_back(make_trade(venue, random.below(2) == 0, random.between(50, 150), random.between(1, 20)));
            const std::int64_t steps[] = {1'000, kCandleTestSecond / 3, 20 * kCandleTestSecond,
                                          200 * kCandleTestSecond};
            venue.now = Time{venue.now.value + steps[random.below(4)]};
        }
        const TestTables whole = folded_in_pieces(venue.events, 0);
        CHECK(whole.rows<CandleRow>() == candles_anew(whole));
        CHECK(folded_in_pieces(venue.events, seed) == whole);
    }
}

TEST_CASE("a store that can't be asked leaves the fold as it was: the same event may be given again") {
    TestVenue venue;
    venue.open();
    const Made made = make_trade(venue, true, 100, 2);
    make_trade(venue, true, 130, 1);
    take_back(venue, made);
    const TestTables whole = folded_in_pieces(venue.events, 0);
    TestTables tables;
    auto fold = std::make_unique<Fold>(tables.state(), tables);
    int refused = 0;
    for (const Event& event : venue.events) {
        if (event.header.kind == EventKind::trade_busted) {
            tables.put(fold->seal());
            fold->forget();
            fold = std::make_unique<Fold>(tables.state(), tables);
            tables.down = true;
            for (int i = 0; i < 3; ++i) {
                try {
                    fold->apply(event);
                    FAIL("it asked nobody");
                } catch (const HistoryError& error) {
                    CHECK(error.code() == ErrorCode::unreachable);
                    ++refused;
                }
                CHECK(fold->at_boundary());
                CHECK(fold->rows() == 0);
            }
            tables.down = false;
        }
        fold->apply(event);
    }
    tables.put(fold->seal());
    CHECK(refused == 3);
    CHECK(tables == whole);
}

TEST_CASE("a batch that is stored though nobody told us counts once in a bust's candles") {
    TestVenue venue;
    venue.open();
    make_trade(venue, true, 100, 2);
    const Made made = make_trade(venue, true, 130, 1);
    const std::size_t before = venue.events.size();
    take_back(venue, made);
    const TestTables whole = folded_in_pieces(venue.events, 0);
    TestTables tables;
    Fold fold(tables.state(), tables);
    for (std::size_t i = 0; i < before; ++i) fold.apply(venue.events[i]);
    TestTables committed;
    committed.put(fold.seal());
    tables.all = committed.all;  // the answer was lost: the fold goes on with the same batch
    for (std::size_t i = before; i < venue.events.size(); ++i) fold.apply(venue.events[i]);
    TestTables fresh;
    fresh.put(fold.seal());
    CHECK(fresh == whole);
}

TEST_CASE("a trade whose row was pruned can't be taken back: damaged, with what to do") {
    TestVenue venue;
    venue.open();
    const Made made = make_trade(venue, true, 100, 2);
    take_back(venue, made);
    TestTables tables;
    Fold fold(tables.state(), tables);
    for (const Event& event : venue.events) {
        if (event.header.kind != EventKind::trade_busted) {
            fold.apply(event);
            continue;
        }
        tables.put(fold.seal());
        fold.forget();
        tables.table<TradeRow>().clear();
        try {
            fold.apply(event);
            FAIL("it found the trade");
        } catch (const HistoryError& error) {
            CHECK(error.code() == ErrorCode::damaged);
            CHECK(std::string(error.what()).find("rebuild") != std::string::npos);
        }
        break;
    }
}

}  // namespace
}  // namespace dcx::history
