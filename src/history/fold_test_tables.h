// For tests: the tables of a store in memory, filled by batches as a store fills them, and the state to go on from.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "history/fold.h"

namespace dcx::history {

// The key of a row as text that sorts as the key does, and all of it as text for messages.
class RowText {
  public:
    template <class Row>
    static std::string key(const Row& row) {
        RowText text;
        text.left_ = Row::key_columns;
        Row::columns(row, text);
        return text.text_;
    }
    void small(const char*, auto value) { number("", static_cast<std::uint64_t>(value)); }
    void integer(const char*, auto value) { number("", value.value); }
    void integer(const char*, std::uint32_t value) { number("", std::uint64_t{value}); }
    template <class T>
    void number(const char*, const T& value) {
        std::uint64_t bits = 0;
        if constexpr (requires { value.value; })
            bits = static_cast<std::uint64_t>(value.value);
        else
            bits = static_cast<std::uint64_t>(value);
        if (left_ == 0) return;
        --left_;
        for (int shift = 56; shift >= 0; shift -= 8) text_ += static_cast<char>(bits >> shift & 0xFF);
    }
    void day(const char*, Day value) { number("", value); }
    void time(const char*, Time value) { number("", value); }
    void uuid(const char*, TransferId id) {
        if (left_ == 0) return;
        number("", id.high);
        ++left_;
        number("", id.low);
    }
    void price(const char*, Price, InstrumentId) {}
    void quantity(const char*, Quantity, InstrumentId) {}
    void amount(const char*, Amount, AssetId) {}
    void bytes(const char*, const auto&) {}
    void text(const char*, const auto&) {}

  private:
    std::size_t left_ = 0;
    std::string text_;
};

template <class Row>
using Table = std::map<std::string, Row>;

class TestTables final : public StoredRows {
  public:
    std::tuple<Table<TradeRow>, Table<TradeBustRow>, Table<ExecutionRow>, Table<LedgerTransferRow>, Table<DepositRow>,
               Table<AuditRow>, Table<OrderRow>, Table<AssetRow>, Table<MarketRow>, Table<MarketFeeRow>,
               Table<AccountRow>, Table<KeyRow>, Table<SessionRow>, Table<BalanceRow>, Table<AccountDayRow>,
               Table<CandleRow>, Table<PendingTransferRow>, Table<WithdrawalRow>, Table<ChainRow>,
               Table<ChainDepositRow>, Table<PayoutRow>, Table<AnchorRow>>
        all;
    Cursor cursor;
    OrderId oldest_open{1ul};
    bool down = false;  // every question throws

    bool operator==(const TestTables& other) const { return all == other.all && cursor == other.cursor; }

    template <class Row>
    [[nodiscard]] Table<Row>& table() {
        return std::get<Table<Row>>(all);
    }
    template <class Row>
    [[nodiscard]] std::vector<Row> rows() const {
        std::vector<Row> result;
        for (const auto& [key, row] : std::get<Table<Row>>(all)) result.push_back(row);
        return result;
    }

    // As a store takes it: what is told must be new, and state rows stand by rising key.
    void put(const RowBatch& batch) {
        REQUIRE(batch.from == cursor);
        std::apply([&](const auto&... rows) { (put_rows(rows, true), ...); }, RowBatch::told_tables(batch));
        put_rows(batch.new_orders, true);
        put_rows(batch.changed_orders, false);
        std::apply([&](const auto&... rows) { (put_rows(rows, false), ...); }, RowBatch::state_tables(batch));
        cursor = batch.to;
        oldest_open = batch.oldest_open;
        for (const auto& [key, row] : table<OrderRow>())
            if (row.status == OrderStatus::open) CHECK(row.order_id >= oldest_open);
    }

    [[nodiscard]] StoredState state() {
        StoredState s;
        s.cursor = cursor;
        s.oldest_open = oldest_open;
        s.assets = rows<AssetRow>();
        s.markets = rows<MarketRow>();
        s.market_fees = rows<MarketFeeRow>();
        s.accounts = rows<AccountRow>();
        s.keys = rows<KeyRow>();
        s.sessions = rows<SessionRow>();
        s.balances = rows<BalanceRow>();
        // Tables are sorted: the last of each group.
        last_of(s.account_days, [](const AccountDayRow& r) { return std::tuple(r.account_id, r.asset_id); });
        last_of(s.candles, [](const CandleRow& r) { return std::tuple(r.market_id, r.interval_s); });
        for (const auto& row : rows<PendingTransferRow>())
            if (row.state == PendingState::pending) s.pending_transfers.push_back(row);
        for (const auto& row : rows<WithdrawalRow>())
            if (row.state == PendingState::pending) s.withdrawals.push_back(row);
        s.chain = rows<ChainRow>();
        for (const auto& row : rows<ChainDepositRow>())
            if (row.open) s.chain_deposits.push_back(row);
        for (const auto& row : rows<PayoutRow>())
            if (row.state <= PayoutState::posted) s.payouts.push_back(row);
        for (const auto& row : rows<OrderRow>())
            if (row.status == OrderStatus::open) s.open_orders.push_back(row);
        return s;
    }

    std::vector<TradeRow> trades(InstrumentId market, Time from, Time to) override {
        return where<TradeRow>(
            [&](const TradeRow& r) { return r.market_id == market && r.time >= from && r.time < to; });
    }
    std::vector<TradeBustRow> trade_busts(InstrumentId market, Time from, Time to) override {
        return where<TradeBustRow>(
            [&](const TradeBustRow& r) { return r.market_id == market && r.traded >= from && r.traded < to; });
    }
    std::vector<CandleRow> candles(InstrumentId market, std::uint32_t interval_s, Time from, Time to) override {
        return where<CandleRow>([&](const CandleRow& r) {
            return r.market_id == market && r.interval_s == interval_s && r.start >= from && r.start < to;
        });
    }

  private:
    template <class Row>
    void put_rows(const std::vector<Row>& rows, bool is_new) {
        std::string before;
        for (const Row& row : rows) {
            const std::string key = RowText::key(row);
            CHECK(before < key);
            before = key;
            const bool added = table<Row>().insert_or_assign(key, row).second;
            if (is_new) CHECK(added);
        }
    }
    template <class Row, class Group>
    void last_of(std::vector<Row>& out, Group group) const {
        for (const Row& row : rows<Row>()) {
            if (!out.empty() && group(out.back()) == group(row)) out.pop_back();
            out.push_back(row);
        }
    }
    template <class Row, class Condition>
    std::vector<Row> where(Condition condition) const {
        if (down) throw HistoryError(ErrorCode::unreachable, "down");
        std::vector<Row> result;
        for (const Row& row : rows<Row>())
            if (condition(row)) result.push_back(row);
        return result;
    }
};

}  // namespace dcx::history
