// Pages under attack: tokens that nobody gave out, ranges that can't be, rows stored between two pages, commands
// larger than a page, a past that was pruned.
#include "history/page.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "history/queries.h"
#include "history/reading/random_history.h"
#include "history/reading/reading_store.h"

namespace dcx::reading {
namespace {

using namespace history;

template <class Function>
ErrorCode code_of(const Function& function) {
    try {
        function();
    } catch (const HistoryError& error) {
        return error.code();
    }
    FAIL("nothing was thrown");
    return {};
}

TEST_CASE("pages: a token is read as it was written, and anything else is refused") {
    const PageKey key{{20'000, 77, 3, -1}};
    CHECK(token_text('s', key) == "s20000.77.3.18446744073709551615");
    CHECK(parse_token('s', token_text('s', key)) == key);
    for (const char* wrong :
         {"", "s", "t20000.77.3.1", "s20000.77.3", "s20000.77.3.1.", "s20000.77.3.1.2", "s020000.77.3.1",
          "s+20000.77.3.1", "s-1.77.3.1", "s 20000.77.3.1", "s20000.77.3.18446744073709551616", "s20000..3.1",
          "s20000.77.3.1 ", "s9223372036854775807.1.1.1", "s1.9223372036854775807.1.1",
          "s1.18446744073709551615.1.1"}) {
        CAPTURE(wrong);
        CHECK(code_of([&] { (void)parse_token('s', wrong); }) == ErrorCode::bad_request);
    }
    CHECK(code_of([&] { (void)parse_token('s', std::string(100'000, '1')); }) == ErrorCode::bad_request);
    CHECK(code_of([&] { (void)parse_token('s', std::string("s1.1.1.1\0", 9)); }) == ErrorCode::bad_request);
}

TEST_CASE("pages: what can't be asked is refused with its number, and the reader goes on") {
    ReadingStore store;
    RandomHistory history(11);
    history.run(200);
    store.put(history.next(), history.units());
    const auto reader = store.reader();
    Queries queries(*reader);
    const AccountId account{6u};
    const auto statement = [&](const PageRequest& page) {
        return code_of([&] { (void)queries.statement(account, {}, page); });
    };
    CHECK(statement({.limit = 0}) == ErrorCode::bad_request);
    CHECK(statement({.limit = kMaxPage + 1}) == ErrorCode::bad_request);
    CHECK(statement({.from = Sequence{9ul}, .to = Sequence{8ul}}) == ErrorCode::bad_request);
    CHECK(statement({.from = Time{9l}, .to = Time{8l}}) == ErrorCode::bad_request);
    CHECK(statement({.from = Time{-1l}}) == ErrorCode::bad_request);
    CHECK(statement({.from = Sequence{~0ul}}) == ErrorCode::bad_request);
    CHECK(statement({.after = "o1.0.0.0"}) == ErrorCode::bad_request);
    CHECK(statement({.after = "s4294967296.0.0.0"}) == ErrorCode::bad_request);
    CHECK(statement({.after = "s106752.0.0.0"}) == ErrorCode::bad_request);
    CHECK(code_of([&] { (void)queries.statement(AccountId{99u}, {}, {}); }) == ErrorCode::not_found);
    CHECK(code_of([&] { (void)queries.statement(AccountId{}, {}, {}); }) == ErrorCode::not_found);
    CHECK(code_of([&] { (void)queries.statement(AccountId{~0u}, {}, {}); }) == ErrorCode::not_found);
    CHECK(code_of([&] { (void)queries.balances(AccountId{99u}); }) == ErrorCode::not_found);
    CHECK(code_of([&] { (void)queries.order(OrderId{~0ul}, {}); }) == ErrorCode::not_found);
    CHECK(code_of([&] { (void)queries.asset("XXX"); }) == ErrorCode::not_found);
    CHECK(code_of([&] { (void)queries.asset(""); }) == ErrorCode::not_found);
    CHECK(code_of([&] { (void)queries.market("DEC/usd"); }) == ErrorCode::not_found);
    CHECK(code_of([&] { (void)queries.candles(InstrumentId{1u}, 61, {}); }) == ErrorCode::bad_request);
    CHECK(code_of([&] { (void)queries.candles(InstrumentId{1u}, 60, {.from = Sequence{1ul}}); }) ==
          ErrorCode::bad_request);
    CHECK(code_of([&] { (void)queries.daily(account, {}, {.to = Sequence{1ul}}); }) == ErrorCode::bad_request);
    CHECK(code_of([&] { (void)queries.daily(account, {}, {.after = "d1.200000.0.0"}); }) == ErrorCode::bad_request);
    CHECK(code_of([&] { (void)queries.balances_at(account, Sequence{history.all().to.sequence.value + 1}); }) ==
          ErrorCode::bad_request);
    // Numbers at the ends of what can be written are no error: there is nothing there.
    for (const char* end : {"s106751.9223372036854775806.18446744073709551615.18446744073709551615", "s0.0.0.0"})
        CHECK_NOTHROW((void)queries.statement(account, {}, {.after = end}));
    CHECK_NOTHROW((void)queries.pending_transfers(account, {}, {.after = "p0.9223372036854775806.1.1"}));
    CHECK_NOTHROW((void)queries.orders({.account = account}, {.to = Sequence{std::uint64_t{INT64_MAX}}}));
    CHECK_NOTHROW(
        (void)queries.audit({.from = Sequence{std::uint64_t{INT64_MAX}}, .to = Time{std::int64_t{INT64_MAX}}}));
    CHECK(queries.asset("USD") == AssetId{2u});
    CHECK(queries.market("DEC/JPY") == InstrumentId{2u});
    CHECK(queries.statement(AccountId{9u}, {}, {}).entries.empty());
}

TEST_CASE("pages: a store without rows answers that it knows nobody") {
    ReadingStore store;
    const auto reader = store.reader();
    Queries queries(*reader);
    CHECK(code_of([&] { (void)queries.statement(AccountId{6u}, {}, {}); }) == ErrorCode::not_found);
    CHECK(queries.audit({}).entries.empty());
    CHECK(queries.audit({}).as_of.sequence == Sequence{});
    CHECK(queries.trades(InstrumentId{1u}, {.from = Time{5l}, .to = Time{9l}}).entries.empty());
}

TEST_CASE("pages: rows that are stored between two pages are told once and in their place") {
    ReadingStore store;
    RandomHistory history(12);
    history.run(150);
    store.put(history.next(), history.units());
    const auto reader = store.reader();
    Queries queries(*reader);
    PageRequest request{.limit = 9};
    std::vector<std::uint64_t> versions;
    int batches = 0;
    for (;;) {
        const auto page = queries.statement(AccountId{6u}, AssetId{1u}, request);
        CHECK(page.as_of.sequence == history.all().to.sequence);
        for (const StatementEntry& entry : page.entries) versions.push_back(entry.version);
        if (page.next.empty()) break;
        request.after = page.next;
        if (++batches <= 20) {
            history.run(30);
            store.put(history.next(), history.units());
        }
    }
    CHECK(batches > 20);
    REQUIRE(versions.size() > 200);
    for (std::size_t i = 0; i < versions.size(); ++i) CHECK(versions[i] == i + 1);
}

TEST_CASE("pages: a command of more rows than a page looks at, with a filter that hides most") {
    ReadingStore store;
    RandomHistory history(13);
    history.run(50);
    RowBatch batch = history.next();
    // 5'000 fills of account 6 in one command, one in 1'000 of them in the other market.
    batch.to.sequence = Sequence{batch.to.sequence.value + 1};
    for (std::uint32_t i = 0; i < 5'000; ++i)
        batch.executions.push_back({.day = day_of(batch.to.time),
                                    .sequence = batch.to.sequence,
                                    .event_index = i,
                                    .time = batch.to.time,
                                    .exec_type = ExecType::trade,
                                    .order_id = OrderId{i + 1ul},
                                    .account_id = AccountId{6u},
                                    .market_id = InstrumentId{i % 1'000 == 999 ? 2u : 1u}});
    store.put(batch, history.units());
    const auto reader = store.reader();
    Queries queries(*reader);
    for (const Direction direction : {Direction::oldest_first, Direction::newest_first}) {
        PageRequest request{.from = batch.to.sequence, .limit = 3, .direction = direction};
        std::vector<std::uint32_t> found;
        do {
            const auto page = queries.my_trades(AccountId{6u}, InstrumentId{2u}, request);
            for (const ExecutionRow& row : page.entries) found.push_back(row.event_index);
            request.after = page.next;
        } while (!request.after.empty());
        if (direction == Direction::newest_first) std::ranges::reverse(found);
        CHECK(found == std::vector<std::uint32_t>{999, 1'999, 2'999, 3'999, 4'999});
    }
}

TEST_CASE("pages: what was pruned is said to be gone, and the days' ends are still known") {
    ReadingStore store;
    RandomHistory history(14);
    history.run(3'000);
    store.put(history.next(), history.units());
    const RowBatch& all = history.all();
    const Day first = all.ledger_transfers.front().day;
    const Day middle{(first.value + all.ledger_transfers.back().day.value + 1) / 2};
    REQUIRE(middle > first);
    store.store().prune(middle);
    const auto reader = store.reader();
    Queries queries(*reader);
    const AccountId account{6u};
    const auto page = queries.statement(account, {}, {.limit = 1});
    REQUIRE(page.entries.size() == 1);
    CHECK(page.entries[0].posting.day >= middle);
    CHECK(queries.daily(account, {}, {.limit = 1}).entries[0].day == first);
    // In the middle of a day that is gone.
    CHECK(code_of([&] { (void)queries.balances_at(account, all.ledger_transfers[5].sequence); }) ==
          ErrorCode::not_found);
    for (const AccountDayRow& row : all.account_days) {
        if (row.account_id != account || row.asset_id != AssetId{2u} || row.day < middle) continue;
        for (const PastBalance& past : queries.balances_at(account, row.last_sequence).entries)
            CHECK(past.total == history.total_at(account, past.asset, row.last_sequence));
    }
}

TEST_CASE("pages: docs/history.md says of every numbered error what to do") {
    const char* const repository = std::getenv("DCX_REPOSITORY");
    if (repository == nullptr) return;
    std::ifstream file(std::string(repository) + "/docs/history.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    int known = 0;
    for (unsigned number = 0; number < 1'000; ++number) {
        const std::string_view name = to_string(static_cast<ErrorCode>(number));
        if (name == "?") continue;
        CAPTURE(name);
        CHECK(text.find(std::string(name) + " (" + std::to_string(number) + ")") != std::string::npos);
        ++known;
    }
    CHECK(known >= 19);
}

}  // namespace
}  // namespace dcx::reading
