#include "history/memory_store.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace dcx::naive {

using namespace history;

namespace {

template <class Row>
void require(bool holds, const Row& row, const char* what) {
    if (!holds) FAIL(Row::table << ": " << what << ": " << text_of(row));
}

template <class Row>
void require_rising(const std::vector<Row>& rows) {
    for (std::size_t i = 1; i < rows.size(); ++i)
        require(key_of(rows[i - 1]) < key_of(rows[i]), rows[i], "not behind the row before it");
}

}  // namespace

template <class Row>
void MemoryStore::append(const std::vector<Row>& rows, Day from, Day to) {
    require_rising(rows);
    for (const Row& row : rows) {
        require(row.day >= from && row.day <= to, row, "a day that the batch has not");
        require(table<Row>().try_emplace(key_of(row), row).second, row, "told before");
    }
    if (!rows.empty())
        require(key_of(table<Row>().rbegin()->second) == key_of(rows.back()), rows.back(), "older than what is stored");
}

template <class Row>
void MemoryStore::put(const std::vector<Row>& rows) {
    require_rising(rows);
    for (const Row& row : rows) table<Row>().insert_or_assign(key_of(row), row);
}

void MemoryStore::put_orders(const RowBatch& batch) {
    require_rising(batch.new_orders);
    require_rising(batch.changed_orders);
    auto& orders = table<OrderRow>();
    for (const OrderRow& row : batch.changed_orders) {
        const auto place = orders.find(key_of(row));
        require(place != orders.end(), row, "changed, but not there");
        require(place->second.status == OrderStatus::open, row, "changed, but closed before");
        require(row.order_id >= oldest_open_, row, "older than the oldest open order");
        place->second = row;
    }
    for (const OrderRow& row : batch.new_orders) {
        require(row.sequence > batch.from.sequence && row.sequence <= batch.to.sequence, row, "not of this batch");
        require(orders.try_emplace(key_of(row), row).second, row, "accepted before");
    }
    for (const auto& [key, row] : orders)
        if (row.status == OrderStatus::open)
            require(row.order_id >= batch.oldest_open, row, "open, and older than the oldest open order");
    oldest_open_ = batch.oldest_open;
}

void MemoryStore::commit(const RowBatch& batch, const Units&) {
    if (cursor_ == batch.to) return;
    if (cursor_ != batch.from) FAIL("the batch does not begin at the cursor");
    if (batch.to.sequence <= batch.from.sequence) FAIL("the batch has no command");
    const auto told = [&](const auto&... rows) {
        (append(rows, day_of(std::max(batch.from.time, Time{})), day_of(batch.to.time)), ...);
    };
    std::apply(told, RowBatch::told_tables(batch));
    std::apply([&](const auto&... rows) { (put(rows), ...); }, RowBatch::state_tables(batch));
    put_orders(batch);
    cursor_ = batch.to;
}

void MemoryStore::wipe() {
    std::apply([](auto&... tables) { (tables.clear(), ...); }, tables_);
    cursor_ = {};
    oldest_open_ = OrderId{1ul};
}

StoredState MemoryStore::load() {
    StoredState state;
    state.cursor = cursor_;
    state.oldest_open = oldest_open_;
    const auto copy = [&](auto& rows, const auto& keep) {
        using Row = typename std::remove_reference_t<decltype(rows)>::value_type;
        for (const auto& [key, row] : table<Row>())
            if (keep(row)) rows.push_back(row);
    };
    const auto all = [](const auto&) { return true; };
    const auto pending = [](const auto& row) { return row.state == PendingState::pending; };
    copy(state.assets, all);
    copy(state.markets, all);
    copy(state.market_fees, all);
    copy(state.accounts, all);
    copy(state.keys, all);
    copy(state.sessions, all);
    copy(state.balances, all);
    copy(state.pending_transfers, pending);
    copy(state.withdrawals, pending);
    copy(state.chain, all);
    copy(state.chain_deposits, [](const ChainDepositRow& row) { return row.open; });
    copy(state.payouts, [](const PayoutRow& row) { return row.state <= PayoutState::posted; });
    copy(state.open_orders, [](const OrderRow& row) { return row.status == OrderStatus::open; });
    // The last of each: keys rise, and the day and the start are their last part.
    for (const auto& [key, row] : table<AccountDayRow>()) {
        auto& days = state.account_days;
        if (!days.empty() && days.back().account_id == row.account_id && days.back().asset_id == row.asset_id)
            days.back() = row;
        else
            days.push_back(row);
    }
    for (const auto& [key, row] : table<CandleRow>()) {
        auto& candles = state.candles;
        if (!candles.empty() && candles.back().market_id == row.market_id &&
            candles.back().interval_s == row.interval_s)
            candles.back() = row;
        else
            candles.push_back(row);
    }
    return state;
}

void MemoryStore::asked() {
    ++questions_;
    if (!random_.chance(percent_)) return;
    ++failures_;
    throw HistoryError(ErrorCode::unreachable, "so the test wants it");
}

std::vector<TradeRow> MemoryStore::trades(InstrumentId market, Time from, Time to) {
    asked();
    std::vector<TradeRow> rows;
    for (const auto& [key, row] : table<TradeRow>())
        if (row.market_id == market && row.time >= from && row.time < to) rows.push_back(row);
    return rows;
}

std::vector<TradeBustRow> MemoryStore::trade_busts(InstrumentId market, Time traded_from, Time traded_to) {
    asked();
    std::vector<TradeBustRow> rows;
    for (const auto& [key, row] : table<TradeBustRow>())
        if (row.market_id == market && row.traded >= traded_from && row.traded < traded_to) rows.push_back(row);
    return rows;
}

std::vector<CandleRow> MemoryStore::candles(InstrumentId market, std::uint32_t interval_s, Time from, Time to) {
    asked();
    std::vector<CandleRow> rows;
    for (const auto& [key, row] : table<CandleRow>())
        if (row.market_id == market && row.interval_s == interval_s && row.start >= from && row.start < to)
            rows.push_back(row);
    return rows;
}

Tables MemoryStore::tables() const {
    Tables result;
    const auto fill = [&](auto&... rows) {
        const auto one = [&](auto& into) {
            using Row = typename std::remove_reference_t<decltype(into)>::value_type;
            for (const auto& [key, row] : std::get<Table<Row>>(tables_)) into.push_back(row);
        };
        (one(rows), ...);
    };
    std::apply(fill, Tables::all(result));
    return result;
}

}  // namespace dcx::naive
