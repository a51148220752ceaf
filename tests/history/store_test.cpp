// The one list of cases that every store must pass; which store, says store_under_test.h.
#include "history/store.h"

#include <doctest/doctest.h>

#include <functional>

#include "history/random_batches.h"
#include "history/store_twin.h"
#include "history/store_under_test.h"

namespace dcx::history {
namespace {

ErrorCode refused(const std::function<void()>& call) {
    try {
        call();
    } catch (const HistoryError& error) {
        CHECK(std::string_view(error.what()).size() > 40);  // it says what and where
        return error.code();
    }
    return {};
}

// A store with some batches in it, and its twin.
struct Filled {
    explicit Filled(std::uint64_t seed, int batches = 3) : made(seed), store(under_test.open_store()) {
        for (int i = 0; i < batches; ++i) put(40);
    }
    void put(std::size_t rows) {
        const RowBatch& batch = made.next(rows);
        store->commit(batch, made.units());
        twin.apply(batch);
    }
    void check() { check_equal(*under_test.reader(), twin); }

    StoreUnderTest under_test;
    RandomBatches made;
    StoreTwin twin;
    std::unique_ptr<Store> store;
};

TEST_CASE("store: a new one has no venue, no rows and an empty state") {
    StoreUnderTest under_test;
    const auto store = under_test.open_store();
    CHECK((store->cursor() == Cursor{}));
    StoreTwin empty;
    check_state(store->load(), empty.load());
    check_equal(*under_test.reader(), empty);
}

TEST_CASE("store: a reader is told that nothing is there yet") {
    StoreUnderTest under_test;
    CHECK(refused([&] { (void)under_test.reader(); }) == ErrorCode::not_there);
    // And that makes nothing.
    CHECK(refused([&] { (void)under_test.reader(); }) == ErrorCode::not_there);
    (void)under_test.open_store();
    CHECK((under_test.reader()->cursor() == Cursor{}));
}

TEST_CASE("store: random batches, compared with a twin in memory after every commit") {
    for (const std::uint64_t seed : {1ul, 2ul, 3ul}) {
        Filled filled(seed, 0);
        for (int i = 0; i < 8; ++i) {
            CAPTURE(seed);
            CAPTURE(i);
            filled.put(i == 5 ? 2000 : static_cast<std::size_t>(1 + 30 * i));
            CHECK((filled.store->cursor() == filled.twin.cursor));
            filled.check();
            check_state(filled.store->load(), filled.twin.load());
        }
    }
}

TEST_CASE("store: what was put is there after it was opened again") {
    Filled filled(4);
    SUBCASE("by the same store") { filled.store->open(); }
    SUBCASE("by another one") {
        filled.store.reset();
        filled.store = filled.under_test.open_store();
    }
    CHECK((filled.store->cursor() == filled.twin.cursor));
    check_state(filled.store->load(), filled.twin.load());
    filled.put(50);
    filled.check();
}

TEST_CASE("store: a batch that is there already is not put again") {
    Filled filled(5, 2);
    const RowBatch& batch = filled.made.next(30);
    filled.store->commit(batch, filled.made.units());
    filled.twin.apply(batch);
    // The answer was lost: it is asked for again, by this store and after a restart.
    filled.store->commit(batch, filled.made.units());
    filled.check();
    filled.store->open();
    filled.store->commit(batch, filled.made.units());
    filled.check();
    filled.put(30);
    filled.check();
}

TEST_CASE("store: a batch that begins elsewhere is refused and leaves nothing") {
    Filled filled(6, 2);
    RowBatch batch = filled.made.next(30);
    SUBCASE("one was left out") { batch = filled.made.next(30); }
    SUBCASE("another event hash") { batch.from.event_hash ^= 1; }
    SUBCASE("another venue") { batch.from.venue_id[3] ^= std::byte{1}; }
    SUBCASE("of a new log") { batch.from = {}; }
    CHECK(refused([&] { filled.store->commit(batch, filled.made.units()); }) == ErrorCode::damaged);
    filled.check();
}

TEST_CASE("store: an order that has changed without ever being there is damage, and nothing of its batch stays") {
    Filled filled(7, 2);
    RowBatch batch = filled.made.next(30);
    auto order = filled.made.maker().make<OrderRow>();
    order.order_id = OrderId{1'000'000ul};
    order.status = OrderStatus::filled;
    batch.changed_orders.push_back(order);
    CHECK(refused([&] { filled.store->commit(batch, filled.made.units()); }) == ErrorCode::damaged);
    filled.check();
    // The store goes on without it.
    batch.changed_orders.pop_back();
    filled.store->open();
    filled.store->commit(batch, filled.made.units());
    filled.twin.apply(batch);
    filled.check();
}

TEST_CASE("store: a row told twice is damage, and nothing of its batch stays") {
    Filled filled(8, 2);
    RowBatch batch = filled.made.next(30);
    REQUIRE(!filled.twin.table<TradeRow>().empty());
    batch.trades.push_back(filled.twin.table<TradeRow>().begin()->second);
    CHECK(refused([&] { filled.store->commit(batch, filled.made.units()); }) == ErrorCode::damaged);
    filled.check();
}

TEST_CASE("store: a commit without rows moves the cursor") {
    Filled filled(9, 1);
    RowBatch batch;
    batch.from = filled.twin.cursor;
    batch.to = batch.from;
    batch.to.sequence = Sequence{batch.from.sequence.value + 100};
    batch.to.event_hash = ~0ull;
    batch.to.time = kNever;
    batch.oldest_open = filled.twin.oldest_open;
    filled.store->commit(batch, filled.made.units());
    filled.twin.apply(batch);
    filled.check();
    check_state(filled.store->load(), filled.twin.load());
}

TEST_CASE("store: a wipe takes all rows and the cursor, and leaves names and contacts") {
    Filled filled(10);
    filled.under_test.sql("INSERT INTO account_contacts VALUES (7, 'Zoë', 'zoe@example.org', '', '', 'a''b', 1)");
    filled.store->wipe();
    CHECK((filled.store->cursor() == Cursor{}));
    StoreTwin empty;
    check_equal(*filled.under_test.reader(), empty);
    check_state(filled.store->load(), empty.load());
    std::string name;
    filled.under_test.reader()->select("SELECT name FROM account_contacts WHERE account_id = 7", {},
                                       [&](Cells& cells) { name = cells.bytes(0); });
    CHECK(name == "Zoë");
    // The log from its beginning, once more.
    RandomBatches again(10);
    StoreTwin twin;
    for (int i = 0; i < 2; ++i) {
        const RowBatch& batch = again.next(60);
        filled.store->commit(batch, again.units());
        twin.apply(batch);
    }
    check_equal(*filled.under_test.reader(), twin);
}

// What prune(day) must leave.
void prune_twin(StoreTwin& twin, Day before) {
    twin.each_table([&](auto& table) {
        using Row = typename std::remove_cvref_t<decltype(table)>::mapped_type;
        if constexpr (Row::change == Change::told_once)
            std::erase_if(table, [&](const auto& entry) { return entry.second.day < before; });
    });
    std::erase_if(twin.table<OrderRow>(), [&](const auto& entry) {
        const OrderRow& order = entry.second;
        return order.status != OrderStatus::open && order.changed_time < start_of(before);
    });
}

TEST_CASE("store: a pruned one lacks what was told before that day and orders closed before it, and goes on") {
    Filled filled(11, 0);
    // Orders are accepted in the order of time and change after that.
    std::int64_t time = Day{20'000}.value * kDayNs;
    for (int i = 0; i < 12; ++i) {
        RowBatch batch = filled.made.next(400);
        for (OrderRow& order : batch.new_orders) {
            order.time = Time{time += kDayNs / 1000};
            order.changed_time = Time{time + filled.made.maker().random().between(0, kDayNs)};
        }
        batch.changed_orders.clear();
        batch.oldest_open = OrderId{1ul};
        filled.store->commit(batch, filled.made.units());
        filled.twin.apply(batch);
    }
    std::int32_t newest = 0;
    for (const std::int32_t day : {19'000, 20'001, 20'002, 20'001}) {
        CAPTURE(day);
        const std::uint64_t rows = filled.store->prune(Day{day});
        prune_twin(filled.twin, Day{day});
        filled.check();
        if (day == 19'000) CHECK(rows == 0);
        std::int64_t pruned_before = 0;
        filled.under_test.reader()->select("SELECT pruned_before FROM history_cursor", {},
                                           [&](Cells& cells) { pruned_before = cells.integer(0); });
        newest = std::max(newest, day);
        CHECK(pruned_before == newest);
    }
    check_state(filled.store->load(), filled.twin.load());
    RowBatch batch = filled.made.next(100);  // of orders that the generator knows otherwise by now, none changes
    batch.changed_orders.clear();
    filled.store->commit(batch, filled.made.units());
    filled.twin.apply(batch);
    filled.check();
    const Day behind_all_time{200'000};
    static_cast<void>(filled.store->prune(behind_all_time));
    prune_twin(filled.twin, behind_all_time);
    filled.check();
    filled.store->wipe();
    CHECK((filled.store->cursor() == Cursor{}));
}

TEST_CASE("store: a second writer is refused while the first one is there") {
    Filled filled(12, 1);
    const auto second = filled.under_test.store();
    CHECK(refused([&] { second->open(); }) == ErrorCode::locked);
    CHECK(refused([&] { second->open(); }) == ErrorCode::locked);
    filled.put(20);
    filled.check();
    filled.store.reset();
    second->open();
    CHECK((second->cursor() == filled.twin.cursor));
}

TEST_CASE("store: a newer schema is refused by writers and readers, and nothing of it is changed") {
    Filled filled(13, 1);
    filled.store.reset();
    filled.under_test.sql("UPDATE schema_migrations SET version = 999 WHERE version = 1");
    CHECK(refused([&] { (void)filled.under_test.open_store(); }) == ErrorCode::newer_schema);
    CHECK(refused([&] { (void)filled.under_test.reader(); }) == ErrorCode::newer_schema);
    filled.under_test.sql("UPDATE schema_migrations SET version = 1 WHERE version = 999");
    filled.store = filled.under_test.open_store();
    filled.check();
}

TEST_CASE("store: a reader sees whole commits, and one moment between begin_snapshot and end_snapshot") {
    Filled filled(14, 1);
    const auto reader = filled.under_test.reader();
    const StoreTwin before = filled.twin;
    reader->begin_snapshot();
    CHECK((reader->cursor() == before.cursor));
    filled.put(100);
    CHECK((reader->cursor() == before.cursor));
    std::size_t trades = 0;
    reader->select("SELECT count(*) FROM trades", {},
                   [&](Cells& cells) { trades = static_cast<std::size_t>(cells.integer(0)); });
    StoreTwin then = before;
    CHECK(trades == then.table<TradeRow>().size());
    reader->end_snapshot();
    check_equal(*reader, filled.twin);
}

TEST_CASE("store: a reader changes nothing, and says so") {
    Filled filled(15, 1);
    const auto reader = filled.under_test.reader();
    CHECK_THROWS_AS(reader->select("DELETE FROM trades", {}, [](Cells&) {}), HistoryError);
    CHECK_THROWS_AS(filled.under_test.reader()->select("SELECT nothing FROM nowhere", {}, [](Cells&) {}), HistoryError);
    filled.check();
}

TEST_CASE("store: parameters of every kind, in any order and more than once") {
    Filled filled(16, 2);
    const auto reader = filled.under_test.reader();
    const Units units = reader->units();
    REQUIRE(!filled.twin.table<DepositRow>().empty());
    const DepositRow wanted = filled.twin.table<DepositRow>().rbegin()->second;
    const std::array<Parameter, 3> parameters{static_cast<std::int64_t>(wanted.sequence.value), wanted.day, wanted.id};
    for (int again = 0; again < 2; ++again) {
        const auto found = reader->rows<DepositRow>(
            units, "WHERE id = $3 AND day = $2 AND sequence >= $1 AND sequence <= $1", parameters);
        REQUIRE(found.size() == 1);
        CHECK((found[0] == wanted));
    }
}

TEST_CASE("store: what the fold asks of the past") {
    StoreUnderTest under_test;
    const auto store = under_test.open_store();
    RandomBatches made(17);
    RowBatch batch = made.next(0);
    constexpr std::int64_t kStart = std::int64_t{20'000} * kDayNs;
    constexpr std::int64_t kHour = 3'600'000'000'000;
    for (std::uint64_t i = 0; i < 96; ++i) {
        auto trade = made.maker().make<TradeRow>();
        trade.time = Time{kStart + static_cast<std::int64_t>(i / 2) * kHour};
        trade.day = day_of(trade.time);
        trade.sequence = Sequence{i + 1};
        trade.market_id = InstrumentId{static_cast<std::uint32_t>(1 + i % 2)};
        batch.trades.push_back(trade);
        auto bust = made.maker().make<TradeBustRow>();
        bust.day = trade.day;
        bust.sequence = trade.sequence;
        bust.traded = Time{trade.time.value - kHour};
        bust.market_id = trade.market_id;
        batch.trade_busts.push_back(bust);
        auto candle = made.maker().make<CandleRow>();
        candle.market_id = trade.market_id;
        candle.interval_s = 3600;
        candle.start = trade.time;
        batch.candles.push_back(candle);
    }
    std::ranges::sort(batch.candles, {}, key_of<CandleRow>);
    batch.to.sequence = Sequence{96ul};
    store->commit(batch, made.units());
    // From within the first day to within the second, the last hour not among them.
    const Time from{kStart + 20 * kHour};
    const Time to{kStart + 30 * kHour};
    const InstrumentId market{2u};
    const auto inside = [&](auto rows, auto time) {
        std::erase_if(rows,
                      [&](const auto& row) { return row.market_id != market || time(row) < from || time(row) >= to; });
        return rows;
    };
    const auto trades = store->trades(market, from, to);
    CHECK(trades.size() == 10);
    check_rows(trades, inside(batch.trades, [](const auto& row) { return row.time; }));
    const auto busts = store->trade_busts(market, from, to);
    CHECK(busts.size() == 10);
    check_rows(busts, inside(batch.trade_busts, [](const auto& row) { return row.traded; }));
    const auto candles = store->candles(market, 3600, from, to);
    CHECK(candles.size() == 10);
    check_rows(candles, inside(batch.candles, [](const auto& row) { return row.start; }));
    CHECK(store->candles(market, 60, from, to).empty());
    CHECK(store->trades(InstrumentId{4u}, from, to).empty());
    CHECK(store->trades(market, to, from).empty());
}

TEST_CASE("store: an order far older than the rest is found open") {
    Filled filled(18, 0);
    RowBatch batch = filled.made.next(0);
    for (std::uint64_t id = 1; id <= 3000; ++id) {
        auto order = filled.made.maker().make<OrderRow>();
        order.order_id = OrderId{id};
        order.status = id == 7 || id > 2998 ? OrderStatus::open : OrderStatus::canceled;
        batch.new_orders.push_back(order);
    }
    batch.oldest_open = OrderId{7ul};
    filled.store->commit(batch, filled.made.units());
    filled.twin.apply(batch);
    const StoredState state = filled.store->load();
    REQUIRE(state.open_orders.size() == 3);
    check_state(state, filled.twin.load());
}

}  // namespace
}  // namespace dcx::history
