// Every query against a plain search of the rows it was made from: any page size, direction, range and filter gives the
// same entries, once each, in order.
#include "history/queries.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "history/reading/random_history.h"
#include "history/reading/reading_store.h"

namespace dcx::reading {
namespace {

using namespace history;

struct Asked {
    PageRequest request;
    bool sequences = true;  // whether the query takes them
};

// A range of sequences, of times, half open, or none.
Bound random_bound(RandomHistory& history, bool sequences) {
    const std::uint64_t last = history.all().to.sequence.value;
    const std::uint64_t at = history.below(last + 10);
    switch (history.below(3)) {
        case 0: return {};
        case 1:
            if (sequences) return Sequence{at};
            [[fallthrough]];
        default:
            return Time{history.time_of(Sequence{at}).value + static_cast<std::int64_t>(history.below(3)) - 1 +
                        (at == 0 ? 1 : 0)};
    }
}

PageRequest random_request(RandomHistory& history, bool sequences) {
    PageRequest request;
    for (bool fits = false; !fits;) {
        request.from = random_bound(history, sequences);
        request.to = random_bound(history, sequences);
        fits = request.from.index() != request.to.index() || request.from <= request.to;
    }
    constexpr std::array<std::size_t, 6> kLimits{1, 3, 17, 50, 999, 1000};
    request.limit = kLimits[history.below(kLimits.size())];
    // Pages of one entry take long when there are thousands.
    if (request.limit == 1 && request.from.index() == 0 && request.to.index() == 0) request.limit = 100;
    request.direction = history.below(2) == 0 ? Direction::oldest_first : Direction::newest_first;
    return request;
}

bool lies_in(const PageRequest& request, Sequence sequence, Time time) {
    if (const auto* const from = std::get_if<Sequence>(&request.from); from != nullptr && sequence < *from)
        return false;
    if (const auto* const from = std::get_if<Time>(&request.from); from != nullptr && time < *from) return false;
    if (const auto* const to = std::get_if<Sequence>(&request.to); to != nullptr && sequence > *to) return false;
    if (const auto* const to = std::get_if<Time>(&request.to); to != nullptr && time >= *to) return false;
    return true;
}

// All entries of all pages.
template <class Entry, class Query>
std::vector<Entry> walk(PageRequest request, const Query& query, const Cursor& as_of) {
    std::vector<Entry> all;
    for (std::size_t pages = 0;; ++pages) {
        REQUIRE(pages < 20'000);
        Page<Entry> page = query(request);
        REQUIRE(page.as_of.sequence == as_of.sequence);
        REQUIRE(page.entries.size() <= request.limit);
        std::ranges::move(page.entries, std::back_inserter(all));
        if (page.next.empty()) return all;
        REQUIRE(page.next != request.after);
        request.after = page.next;
    }
}

template <class Entry>
std::vector<Entry> turned(std::vector<Entry> entries, const PageRequest& request) {
    if (request.direction == Direction::newest_first) std::ranges::reverse(entries);
    return entries;
}

// The rows of a table that was told once, or of orders, which are wanted and lie in the range.
template <class Row, class Wanted>
std::vector<Row> expected(const std::vector<Row>& rows, const PageRequest& request, const Wanted& wanted) {
    std::vector<Row> result;
    for (const Row& row : rows)
        if (lies_in(request, row.sequence, row.time) && wanted(row)) result.push_back(row);
    return turned(std::move(result), request);
}

struct Sides {
    std::vector<Sequence> sequences;
    std::vector<std::int64_t> changes;
    std::vector<std::int64_t> balances;
    std::vector<std::uint64_t> versions;
    bool operator==(const Sides&) const = default;
};
Sides sides_of(const std::vector<StatementEntry>& entries) {
    Sides sides;
    for (const StatementEntry& entry : entries) {
        sides.sequences.push_back(entry.posting.sequence);
        sides.changes.push_back(entry.change.value);
        sides.balances.push_back(entry.balance.value);
        sides.versions.push_back(entry.version);
    }
    return sides;
}

// From the amounts alone.
Sides naive_statement(const RandomHistory& history, AccountId account, std::optional<AssetId> asset,
                      const PageRequest& request) {
    struct Line {
        Sequence sequence;
        std::int64_t change, balance;
        std::uint64_t version;
    };
    std::vector<Line> lines;
    std::map<std::uint32_t, std::pair<std::int64_t, std::uint64_t>> totals;
    for (const LedgerTransferRow& row : history.all().ledger_transfers) {
        for (const bool credit : {false, true}) {
            if ((credit ? row.credit_account : row.debit_account) != account) continue;
            auto& [total, version] = totals[row.asset_id.value];
            const std::int64_t change = credit ? row.amount.value : -row.amount.value;
            total += change;
            ++version;
            if ((!asset || row.asset_id == *asset) && lies_in(request, row.sequence, row.time))
                lines.push_back({row.sequence, change, total, version});
        }
    }
    if (request.direction == Direction::newest_first) std::ranges::reverse(lines);
    Sides sides;
    for (const Line& line : lines) {
        sides.sequences.push_back(line.sequence);
        sides.changes.push_back(line.change);
        sides.balances.push_back(line.balance);
        sides.versions.push_back(line.version);
    }
    return sides;
}

AccountId some_account(RandomHistory& history) { return AccountId{static_cast<std::uint32_t>(5 + history.below(5))}; }
std::optional<InstrumentId> some_market(RandomHistory& history) {
    const auto id = static_cast<std::uint32_t>(history.below(kMarkets + 1));
    return id == 0 ? std::nullopt : std::optional(InstrumentId{id});
}

struct Stored {
    explicit Stored(std::uint64_t seed, std::size_t commands) : history(seed) {
        history.run(commands);
        store.put(history.next(), history.units());
        reader = store.reader();
    }
    RandomHistory history;
    ReadingStore store;
    std::unique_ptr<StoreReader> reader;
};

TEST_CASE("queries: an account's statement is its postings with a running balance, however it is paged") {
    Stored s(1, 700);
    Queries queries(*s.reader);
    for (int i = 0; i < 40; ++i) {
        CAPTURE(i);
        const PageRequest request = random_request(s.history, true);
        const AccountId account = some_account(s.history);
        const auto number = static_cast<std::uint32_t>(s.history.below(kAssets + 1));
        const auto asset = number == 0 ? std::nullopt : std::optional(AssetId{number});
        const auto entries = walk<StatementEntry>(
            request, [&](const PageRequest& page) { return queries.statement(account, asset, page); },
            s.history.all().to);
        CHECK(sides_of(entries) == naive_statement(s.history, account, asset, request));
    }
}

TEST_CASE("queries: orders, executions, trades, deposits and the audit log") {
    Stored s(2, 600);
    Queries queries(*s.reader);
    const RowBatch& all = s.history.all();
    for (int i = 0; i < 40; ++i) {
        CAPTURE(i);
        const PageRequest request = random_request(s.history, true);
        const AccountId account = some_account(s.history);
        const auto market = some_market(s.history);
        OrderFilter filter{.account = account, .market = market};
        if (s.history.below(2) == 0) filter.status = static_cast<OrderStatus>(1 + s.history.below(4));
        if (s.history.below(2) == 0) filter.side = Side::sell;
        CHECK(walk<OrderRow>(
                  request, [&](const PageRequest& page) { return queries.orders(filter, page); }, all.to) ==
              expected(all.new_orders, request, [&](const OrderRow& row) {
                  return row.account_id == account && (!market || row.market_id == *market) &&
                         (!filter.status || row.status == *filter.status) && (!filter.side || row.side == *filter.side);
              }));
        CHECK(walk<ExecutionRow>(
                  request, [&](const PageRequest& page) { return queries.my_trades(account, market, page); }, all.to) ==
              expected(all.executions, request, [&](const ExecutionRow& row) {
                  return row.account_id == account && row.exec_type == ExecType::trade &&
                         (!market || row.market_id == *market);
              }));
        const InstrumentId one = market.value_or(InstrumentId{1u});
        CHECK(walk<TradeRow>(
                  request, [&](const PageRequest& page) { return queries.trades(one, page); }, all.to) ==
              expected(all.trades, request, [&](const TradeRow& row) { return row.market_id == one; }));
        CHECK(walk<DepositRow>(
                  request, [&](const PageRequest& page) { return queries.deposits(account, page); }, all.to) ==
              expected(all.deposits, request, [&](const DepositRow& row) { return row.account_id == account; }));
        CHECK(walk<AuditRow>(
                  request, [&](const PageRequest& page) { return queries.audit(page); }, all.to) ==
              expected(all.audit_log, request, [](const AuditRow&) { return true; }));
    }
}

TEST_CASE("queries: one order with what became of it") {
    Stored s(3, 800);
    Queries queries(*s.reader);
    const RowBatch& all = s.history.all();
    for (std::size_t i = 0; i < all.new_orders.size(); i += 7) {
        const OrderRow& order = all.new_orders[i];
        const PageRequest request{.limit = 1 + s.history.below(9)};
        CHECK(queries.order(order.order_id, request).order == order);
        const auto executions = walk<ExecutionRow>(
            request, [&](const PageRequest& page) { return queries.order(order.order_id, page).executions; }, all.to);
        CHECK(executions == expected(all.executions, {}, [&](const ExecutionRow& row) {
                  return row.account_id == order.account_id && row.order_id == order.order_id &&
                         row.sequence >= order.sequence && row.sequence <= order.changed_sequence;
              }));
    }
}

TEST_CASE("queries: withdrawals and pending transfers of both sides, several of one command among them") {
    Stored s(4, 1'500);
    Queries queries(*s.reader);
    const RowBatch& all = s.history.all();
    const auto by_place = [](const auto& a, const auto& b) {
        return std::tuple(a.sequence, a.scope, a.id) < std::tuple(b.sequence, b.scope, b.id);
    };
    auto withdrawals = all.withdrawals;
    auto pendings = all.pending_transfers;
    std::ranges::sort(withdrawals, by_place);
    std::ranges::sort(pendings, by_place);
    for (int i = 0; i < 40; ++i) {
        CAPTURE(i);
        const PageRequest request = random_request(s.history, true);
        const AccountId account = some_account(s.history);
        const auto number = s.history.below(5);
        const auto state = number == 4 ? std::nullopt : std::optional(static_cast<PendingState>(number));
        CHECK(walk<WithdrawalRow>(
                  request, [&](const PageRequest& page) { return queries.withdrawals(account, state, page); },
                  all.to) == expected(withdrawals, request, [&](const WithdrawalRow& row) {
                  return row.account_id == account && (!state || row.state == *state);
              }));
        CHECK(walk<PendingTransferRow>(
                  request, [&](const PageRequest& page) { return queries.pending_transfers(account, state, page); },
                  all.to) == expected(pendings, request, [&](const PendingTransferRow& row) {
                  return (row.debit_account == account || row.credit_account == account) &&
                         (!state || row.state == *state);
              }));
    }
}

TEST_CASE("queries: candles and daily statements go by times") {
    Stored s(5, 1'500);
    Queries queries(*s.reader);
    const RowBatch& all = s.history.all();
    for (int i = 0; i < 40; ++i) {
        CAPTURE(i);
        const PageRequest request = random_request(s.history, false);
        std::vector<CandleRow> candles;
        for (const CandleRow& row : all.candles)
            if (lies_in(request, {}, row.start)) candles.push_back(row);
        CHECK(walk<CandleRow>(
                  request, [&](const PageRequest& page) { return queries.candles(InstrumentId{1u}, 60, page); },
                  all.to) == turned(std::move(candles), request));

        const AccountId account = some_account(s.history);
        const auto number = static_cast<std::uint32_t>(s.history.below(kAssets + 1));
        std::vector<AccountDayRow> days;
        const auto* const from = std::get_if<Time>(&request.from);
        const auto* const to = std::get_if<Time>(&request.to);
        for (const AccountDayRow& row : all.account_days)
            if (row.account_id == account && (number == 0 || row.asset_id.value == number) &&
                (from == nullptr || row.day >= day_of(*from)) &&
                (to == nullptr || (to->value > 0 && row.day <= day_of(Time{to->value - 1}))))
                days.push_back(row);
        const auto asset = number == 0 ? std::nullopt : std::optional(AssetId{number});
        CHECK(walk<AccountDayRow>(
                  request, [&](const PageRequest& page) { return queries.daily(account, asset, page); }, all.to) ==
              turned(std::move(days), request));
    }
}

TEST_CASE("queries: balances now, and behind any command and moment of the past") {
    Stored s(6, 1'200);
    Queries queries(*s.reader);
    const Sequence last = s.history.all().to.sequence;
    for (std::uint32_t account = 6; account <= 9; ++account) {
        std::size_t entries = 0;
        for (const BalanceRow& row : queries.balances(AccountId{account}).entries) {
            CHECK(row.available == s.history.total_at(AccountId{account}, row.asset_id, last));
            ++entries;
        }
        CHECK(entries == (account == 9 ? 0 : kAssets));
    }
    for (int i = 0; i < 150; ++i) {
        const AccountId account = some_account(s.history);
        Sequence at{s.history.below(last.value + 1)};
        Bound moment = at;
        if (s.history.below(2) == 0) {
            const Time time = s.history.time_of(at);
            moment = time;
            // All commands of that time.
            while (at < last && s.history.time_of(Sequence{at.value + 1}) == time) at = Sequence{at.value + 1};
        }
        CAPTURE(at.value);
        for (const PastBalance& past : queries.balances_at(account, moment).entries)
            CHECK(past.total == s.history.total_at(account, past.asset, at));
    }
}

}  // namespace
}  // namespace dcx::reading
