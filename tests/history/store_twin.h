// StoreTwin: what a store must hold after the batches that it was given, in plain maps; and how the two are compared.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "history/row_batch.h"
#include "history/row_reader.h"

namespace dcx::history {

// A row's key as words that compare as the store's columns do.
class KeyWords {
  public:
    explicit KeyWords(std::size_t columns) : left_(columns) {}
    std::vector<std::uint64_t> words;

    void small(std::string_view, const auto& value) { add(static_cast<std::int64_t>(value)); }
    void integer(std::string_view, const auto& value) { add(number_of(value)); }
    void number(std::string_view, const auto& value) { add(number_of(value)); }
    void day(std::string_view, Day value) { add(value.value); }
    void time(std::string_view, Time value) { add(value.value); }
    void price(std::string_view, Price, InstrumentId) { add(0); }
    void quantity(std::string_view, Quantity, InstrumentId) { add(0); }
    void amount(std::string_view, Amount, AssetId) { add(0); }
    void uuid(std::string_view, TransferId value) {
        if (left_ == 0) return;
        words.push_back(value.high);
        words.push_back(value.low);
        --left_;
    }
    void bytes(std::string_view, const auto&) { add(0); }
    void text(std::string_view, const auto&) { add(0); }

  private:
    static std::int64_t number_of(const auto& value) {
        if constexpr (requires { value.value; }) {
            return static_cast<std::int64_t>(value.value);
        } else {
            return static_cast<std::int64_t>(value);
        }
    }
    void add(std::int64_t value) {
        if (left_ == 0) return;
        words.push_back(static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63));
        --left_;
    }

    std::size_t left_;
};

template <class Row>
std::vector<std::uint64_t> key_of(const Row& row) {
    KeyWords key(Row::key_columns);
    Row::columns(row, key);
    return key.words;
}

template <class Row>
std::string key_names() {
    const std::string all = column_names<Row>();
    std::size_t end = 0;
    for (std::size_t i = 0; i < Row::key_columns; ++i) end = std::min(all.find(',', end + 1), all.size());
    return all.substr(0, end);
}

class StoreTwin {
  public:
    template <class Row>
    using Table = std::map<std::vector<std::uint64_t>, Row>;

    Cursor cursor;
    OrderId oldest_open{1ul};

    template <class Row>
    Table<Row>& table() {
        return std::get<Table<Row>>(tables_);
    }
    void apply(const RowBatch& batch) {
        const auto put_all = [this](const auto&... rows) { (put(rows), ...); };
        std::apply(put_all, RowBatch::told_tables(batch));
        std::apply(put_all, RowBatch::state_tables(batch));
        put(batch.new_orders);
        put(batch.changed_orders);
        cursor = batch.to;
        oldest_open = batch.oldest_open;
    }
    void each_table(const auto& call) {
        std::apply([&](auto&... tables) { (call(tables), ...); }, tables_);
    }
    StoredState load() {
        StoredState state;
        state.cursor = cursor;
        copy(state.assets);
        copy(state.markets);
        copy(state.market_fees);
        copy(state.accounts);
        copy(state.keys);
        copy(state.sessions);
        copy(state.balances);
        last_of_each(state.account_days);
        last_of_each(state.candles);
        copy(state.pending_transfers);
        copy(state.withdrawals);
        copy(state.chain);
        copy(state.chain_deposits);
        copy(state.payouts);
        std::erase_if(state.chain_deposits, [](const auto& row) { return !row.open; });
        std::erase_if(state.payouts, [](const auto& row) {
            return row.state != PayoutState::prepared && row.state != PayoutState::posted;
        });
        std::erase_if(state.pending_transfers, [](const auto& row) { return row.state != PendingState::pending; });
        std::erase_if(state.withdrawals, [](const auto& row) { return row.state != PendingState::pending; });
        copy(state.open_orders);
        std::erase_if(state.open_orders, [](const auto& row) { return row.status != OrderStatus::open; });
        return state;
    }

  private:
    template <class Row>
    void put(const std::vector<Row>& rows) {
        for (const Row& row : rows) table<Row>()[key_of(row)] = row;
    }
    template <class Row>
    void copy(std::vector<Row>& rows) {
        for (const auto& [key, row] : table<Row>()) rows.push_back(row);
    }
    // Of all that agree in the first two columns of the key.
    template <class Row>
    void last_of_each(std::vector<Row>& rows) {
        std::map<std::vector<std::uint64_t>, Row> last;
        for (const auto& [key, row] : table<Row>()) last[{key[0], key[1]}] = row;
        for (const auto& [key, row] : last) rows.push_back(row);
    }

    std::tuple<Table<TradeRow>, Table<TradeBustRow>, Table<ExecutionRow>, Table<LedgerTransferRow>, Table<DepositRow>,
               Table<AuditRow>, Table<OrderRow>, Table<AssetRow>, Table<MarketRow>, Table<MarketFeeRow>,
               Table<AccountRow>, Table<KeyRow>, Table<SessionRow>, Table<BalanceRow>, Table<AccountDayRow>,
               Table<CandleRow>, Table<PendingTransferRow>, Table<WithdrawalRow>, Table<ChainRow>,
               Table<ChainDepositRow>, Table<PayoutRow>, Table<AnchorRow>>
        tables_;
};

// The first difference only: a store that is wrong is so in thousands of rows.
template <class Row>
void check_rows(const std::vector<Row>& found, const std::vector<Row>& expected) {
    INFO("table ", std::string(Row::table));
    CHECK(found.size() == expected.size());
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
        INFO("row ", i);
        REQUIRE((found[i] == expected[i]));
    }
}

// All tables of the store, row for row, with its cursor.
inline void check_equal(StoreReader& reader, StoreTwin& twin) {
    reader.begin_snapshot();
    CHECK((reader.cursor() == twin.cursor));
    const Units units = reader.units();
    twin.each_table([&](auto& table) {
        using Row = typename std::remove_cvref_t<decltype(table)>::mapped_type;
        std::vector<Row> expected;
        for (const auto& [key, row] : table) expected.push_back(row);
        check_rows(reader.rows<Row>(units, "ORDER BY " + key_names<Row>()), expected);
    });
    reader.end_snapshot();
}

// In any order.
template <class Row>
void check_same_rows(std::vector<Row> found, const std::vector<Row>& expected) {
    std::ranges::sort(found, {}, key_of<Row>);
    check_rows(found, expected);
}

inline void check_state(const StoredState& found, const StoredState& expected) {
    CHECK((found.cursor == expected.cursor));
    check_same_rows(found.assets, expected.assets);
    check_same_rows(found.markets, expected.markets);
    check_same_rows(found.market_fees, expected.market_fees);
    check_same_rows(found.accounts, expected.accounts);
    check_same_rows(found.keys, expected.keys);
    check_same_rows(found.sessions, expected.sessions);
    check_same_rows(found.balances, expected.balances);
    check_same_rows(found.account_days, expected.account_days);
    check_same_rows(found.candles, expected.candles);
    check_same_rows(found.pending_transfers, expected.pending_transfers);
    check_same_rows(found.withdrawals, expected.withdrawals);
    check_same_rows(found.chain, expected.chain);
    check_same_rows(found.chain_deposits, expected.chain_deposits);
    check_same_rows(found.payouts, expected.payouts);
    check_same_rows(found.open_orders, expected.open_orders);
}

}  // namespace dcx::history
