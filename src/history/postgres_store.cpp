#include "history/postgres_store.h"

#include <array>
#include <cstdlib>
#include <set>

#include "history/copy_encoder.h"
#include "history/postgres_connection.h"
#include "history/postgres_reader.h"
#include "history/postgres_schema.h"
#include "history/postgres_writer.h"

namespace dcx::history {

namespace {

constexpr std::int64_t kLongWorkNs = 600'000'000'000;

// What is neither a partition nor about a person.
constexpr std::string_view kTables =
    "history_cursor, trades, trade_busts, executions, ledger_transfers, deposits, audit_log, orders, assets, markets, "
    "market_fees, accounts, keys, sessions, balances, account_days, candles, pending_transfers, withdrawals, "
    "chain, chain_deposits, payouts, anchors";

// The row of history_cursor as it is written, so that the codec of the rows does it.
struct CursorRow {
    Cursor at;
    OrderId oldest_open{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.bytes("venue_id", row.at.venue_id);
        v.number("sequence", row.at.sequence);
        v.number("event_hash", row.at.event_hash);
        v.time("time", row.at.time);
        v.number("oldest_open", row.oldest_open);
    }
};

class PostgresStore final : public Store {
  public:
    PostgresStore(const StoreOptions& options, const PostgresTimeouts& timeouts)
        : connection_(options.url, options.stop, timeouts), reader_(connection_), writer_(connection_) {}

    void open() override;
    Cursor cursor() override;
    StoredState load() override;
    void commit(const RowBatch& batch, const Units& units) override;
    void wipe() override;
    std::uint64_t prune(Day before) override;
    [[nodiscard]] std::string name() const override { return connection_.name(); }

    std::vector<TradeRow> trades(InstrumentId market, Time from, Time to) override;
    std::vector<TradeBustRow> trade_busts(InstrumentId market, Time traded_from, Time traded_to) override;
    std::vector<CandleRow> candles(InstrumentId market, std::uint32_t interval_s, Time from, Time to) override;

  private:
    // Opened by its owner once, it opens itself again after an error.
    void ensure_open() {
        if (!opened_) throw HistoryError(ErrorCode::unreachable, name() + " is not open");
        if (!connection_.connected()) open();
    }
    template <class Row>
    std::vector<Row> last_of_each(const Units& units);
    void write(const RowBatch& batch, const Units& units);
    void begin(const RowBatch& batch);
    void move_cursor(const RowBatch& batch);
    template <class Row>
    void find_days(const std::vector<Row>& rows, std::string& sql);

    PostgresConnection connection_;
    PostgresReader reader_;
    PostgresWriter writer_;
    bool opened_ = false;
    Cursor cursor_;                     // as stored, while connected
    std::set<std::string> partitions_;  // as they are, while connected
};

void PostgresStore::open() {
    if (!connection_.connected()) {
        writer_.forget();
        connection_.connect();
        set_up_writer(connection_);
        partitions_ = partitions(connection_);
    }
    cursor_ = reader_.cursor();
    opened_ = true;
}

Cursor PostgresStore::cursor() {
    ensure_open();
    cursor_ = reader_.cursor();
    return cursor_;
}

void PostgresStore::commit(const RowBatch& batch, const Units& units) {
    ensure_open();
    if (cursor_ == batch.to) return;
    if (cursor_ != batch.from)
        throw HistoryError(ErrorCode::damaged,
                           name() + " stands at command " + std::to_string(cursor_.sequence.value) +
                               ", where the rows to be stored begin behind " +
                               std::to_string(batch.from.sequence.value) +
                               ": it was changed by somebody else, or has lost what it had confirmed; start again");
    try {
        write(batch, units);
    } catch (...) {
        // The server undoes what it has not committed. Whether it has, the cursor will tell.
        connection_.close();
        throw;
    }
    connection_.forget_silences();
    cursor_ = batch.to;
}

void PostgresStore::write(const RowBatch& batch, const Units& units) {
    CopyEncoder encoder(units);
    begin(batch);
    move_cursor(batch);
    writer_.send_few(batch, encoder);
    connection_.settle([&](const PGresult* result) {
        const std::string_view status = PQcmdStatus(const_cast<PGresult*>(result));
        if (!status.starts_with("INSERT") && !status.starts_with("UPDATE")) return;
        if (std::string_view(PQcmdTuples(const_cast<PGresult*>(result))) != "1")
            connection_.fail(ErrorCode::damaged, "a row that changes is not there: rebuild the history");
    });
    writer_.copy_many(batch, encoder);
    const PostgresResult done = connection_.run("COMMIT");
    if (std::string_view(PQcmdStatus(done.get())) != "COMMIT")
        connection_.fail(ErrorCode::conflict, "the transaction was undone");
}

// The days that a batch's rows are of; they come in the log's order.
template <class Row>
void PostgresStore::find_days(const std::vector<Row>& rows, std::string& sql) {
    bool first = true;
    Day last{};
    for (const Row& row : rows) {
        if (!first && row.day == last) continue;
        first = false;
        last = row.day;
        if (partitions_.insert(partition_name(Row::table, last)).second)
            sql += "; " + create_partition_sql(Row::table, last);
    }
}

void PostgresStore::begin(const RowBatch& batch) {
    std::string sql = "BEGIN";
    find_days(batch.trades, sql);
    find_days(batch.executions, sql);
    find_days(batch.ledger_transfers, sql);
    if (sql != "BEGIN") {
        connection_.run(sql);
        connection_.begin_pipeline();
    } else {
        connection_.begin_pipeline();
        connection_.send(sql);
    }
}

// First: whoever else writes here (which the lock forbids) would be noticed before a row is written.
void PostgresStore::move_cursor(const RowBatch& batch) {
    const Units none;
    CopyEncoder encoder(none);
    encoder.row(CursorRow{.at = batch.to, .oldest_open = batch.oldest_open});
    const std::size_t old_at = encoder.bytes().size();
    encoder.row(CursorRow{.at = batch.from, .oldest_open = {}});
    PostgresParameters parameters;
    const auto add = [&](const char* value, int length) { parameters.add(value, length); };
    for_each_field(encoder.bytes().substr(0, old_at), add);
    if (batch.from == Cursor{}) {
        connection_.send(
            "INSERT INTO history_cursor (one, venue_id, sequence, event_hash, time, oldest_open, pruned_before) "
            "VALUES (1, $1, $2, $3, $4, $5, '1970-01-01') ON CONFLICT DO NOTHING",
            parameters);
        return;
    }
    int left = 4;
    for_each_field(encoder.bytes().substr(old_at), [&](const char* value, int length) {
        if (left-- > 0) add(value, length);
    });
    connection_.send(
        "UPDATE history_cursor SET venue_id = $1, sequence = $2, event_hash = $3, time = $4, oldest_open = $5 "
        "WHERE one = 1 AND venue_id = $6 AND sequence = $7 AND event_hash = $8 AND time = $9",
        parameters);
}

void PostgresStore::wipe() {
    ensure_open();
    std::string sql = "BEGIN; TRUNCATE " + std::string(kTables);
    for (const std::string& partition : partitions_) sql += "; DROP TABLE " + partition;
    connection_.be_patient(kLongWorkNs);
    connection_.run(sql + "; COMMIT");
    partitions_.clear();
    cursor_ = {};
}

std::uint64_t PostgresStore::prune(Day before) {
    ensure_open();
    const std::string date = "'" + date_text(before) + "'";
    std::uint64_t rows = 0;
    const auto run = [&](const std::string& sql) {
        connection_.be_patient(kLongWorkNs);
        const PostgresResult result = connection_.run(sql);
        rows += std::strtoull(PQcmdTuples(result.get()), nullptr, 10);
    };
    connection_.run("BEGIN");
    for (const char* table : {"trade_busts", "deposits", "audit_log"})
        run("DELETE FROM " + std::string(table) + " WHERE day < " + date);
    run("DELETE FROM orders WHERE status <> " + std::to_string(static_cast<int>(OrderStatus::open)) +
        " AND changed_time < " + std::to_string(start_of(before).value));
    const std::uint64_t counted = rows;
    std::set<std::string> kept;
    for (const std::string& partition : partitions_) {
        // trades_20260131: the name says the day, and the same text compares as the day does.
        std::string first_kept = date_text(before);
        std::erase(first_kept, '-');
        if (partition.substr(partition.rfind('_') + 1) < first_kept)
            run("DROP TABLE " + partition);
        else
            kept.insert(partition);
    }
    run("UPDATE history_cursor SET pruned_before = greatest(pruned_before, " + date + ")");
    run("COMMIT");
    partitions_ = std::move(kept);
    return counted;
}

std::vector<TradeRow> PostgresStore::trades(InstrumentId market, Time from, Time to) {
    if (to <= from) return {};
    ensure_open();
    return reader_.rows<TradeRow>(reader_.units(),
                                  "WHERE market_id = $1 AND day >= $2 AND day <= $3 AND time >= $4 AND time < $5 "
                                  "ORDER BY day, sequence, event_index",
                                  std::array<Parameter, 5>{std::int64_t{market.value}, day_of(from),
                                                           day_of(Time{to.value - 1}), from.value, to.value});
}

std::vector<TradeBustRow> PostgresStore::trade_busts(InstrumentId market, Time traded_from, Time traded_to) {
    ensure_open();
    return reader_.rows<TradeBustRow>(
        reader_.units(), "WHERE market_id = $1 AND traded >= $2 AND traded < $3 ORDER BY day, sequence, event_index",
        std::array<Parameter, 3>{std::int64_t{market.value}, traded_from.value, traded_to.value});
}

std::vector<CandleRow> PostgresStore::candles(InstrumentId market, std::uint32_t interval_s, Time from, Time to) {
    ensure_open();
    return reader_.rows<CandleRow>(
        reader_.units(), "WHERE market_id = $1 AND interval_s = $2 AND start >= $3 AND start < $4 ORDER BY start",
        std::array<Parameter, 4>{std::int64_t{market.value}, std::int64_t{interval_s}, from.value, to.value});
}

// Of each value of the key's first two columns the row with the highest third one: two searches each in the key's
// index, however many rows there are.
template <class Row>
std::vector<Row> PostgresStore::last_of_each(const Units& units) {
    static_assert(Row::key_columns == 3);
    const std::string columns = column_names<Row>();
    const std::size_t first = columns.find(", ");
    const std::size_t second = columns.find(", ", first + 2);
    const std::string a = columns.substr(0, first);
    const std::string b = columns.substr(first + 2, second - first - 2);
    const std::string c = columns.substr(second + 2, columns.find(", ", second + 2) - second - 2);
    const std::string table(Row::table);
    std::vector<Row> rows;
    reader_.select(
        "WITH RECURSIVE pairs AS ((SELECT " + a + ", " + b + " FROM " + table + " ORDER BY " + a + ", " + b +
            " LIMIT 1) UNION ALL SELECT n." + a + ", n." + b + " FROM pairs p CROSS JOIN LATERAL (SELECT t." + a +
            ", t." + b + " FROM " + table + " t WHERE (t." + a + ", t." + b + ") > (p." + a + ", p." + b +
            ") ORDER BY t." + a + ", t." + b + " LIMIT 1) n) SELECT " + columns +
            " FROM (SELECT l.* FROM pairs p CROSS JOIN LATERAL (SELECT * FROM " + table + " t WHERE t." + a + " = p." +
            a + " AND t." + b + " = p." + b + " ORDER BY t." + c + " DESC LIMIT 1) l) last ORDER BY " + a + ", " + b,
        {}, [&](Cells& cells) { rows.push_back(read_row<Row>(cells, units)); });
    return rows;
}

StoredState PostgresStore::load() {
    ensure_open();
    StoredState state;
    state.cursor = cursor_;
    const Units units = reader_.units();
    state.assets = reader_.rows<AssetRow>(units, "ORDER BY asset_id");
    state.markets = reader_.rows<MarketRow>(units, "ORDER BY market_id");
    state.market_fees = reader_.rows<MarketFeeRow>(units, "ORDER BY market_id, tier");
    state.accounts = reader_.rows<AccountRow>(units, "ORDER BY account_id");
    state.keys = reader_.rows<KeyRow>(units, "ORDER BY key_id");
    state.sessions = reader_.rows<SessionRow>(units, "ORDER BY session_id");
    state.balances = reader_.rows<BalanceRow>(units, "ORDER BY account_id, asset_id");
    state.pending_transfers = reader_.rows<PendingTransferRow>(units, "WHERE state = 0 ORDER BY scope, id");
    state.withdrawals = reader_.rows<WithdrawalRow>(units, "WHERE state = 0 ORDER BY scope, id");
    state.chain = reader_.rows<ChainRow>(units, "");
    state.chain_deposits = reader_.rows<ChainDepositRow>(units, "WHERE open = 1 ORDER BY sequence");
    state.payouts = reader_.rows<PayoutRow>(units, "WHERE state IN (1, 2) ORDER BY sequence");
    state.open_orders =
        reader_.rows<OrderRow>(units, "WHERE order_id >= (SELECT oldest_open FROM history_cursor) AND status = " +
                                          std::to_string(static_cast<int>(OrderStatus::open)) + " ORDER BY order_id");
    state.account_days = last_of_each<AccountDayRow>(units);
    state.candles = last_of_each<CandleRow>(units);
    return state;
}

}  // namespace

std::unique_ptr<Store> make_postgres_store(const StoreOptions& options, const PostgresTimeouts& timeouts) {
    return std::make_unique<PostgresStore>(options, timeouts);
}
std::unique_ptr<Store> make_postgres_store(const StoreOptions& options) { return make_postgres_store(options, {}); }

}  // namespace dcx::history
