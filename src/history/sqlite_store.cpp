#include "history/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <tuple>

#include "base/descriptor.h"
#include "history/sqlite_pruning.h"
#include "history/sqlite_reader.h"
#include "history/sqlite_rows.h"
#include "history/sqlite_schema.h"

namespace dcx::history {
namespace {

using Lock = Descriptor;

// An error of the file system, with errno.
[[noreturn]] void fail(const std::string& path, const char* what) {
    const int error = errno;
    const char* description = ::strerrordesc_np(error);
    ErrorCode code = ErrorCode::unreachable;
    if (error == EACCES || error == EPERM || error == EROFS) code = ErrorCode::credentials;
    if (error == ENOENT || error == ENOTDIR) code = ErrorCode::not_there;
    if (error == ENOSPC || error == EDQUOT) code = ErrorCode::disk_full;
    throw HistoryError(code, path + ": " + what + ": " + (description != nullptr ? description : "unknown error"));
}

Lock take_lock(const std::string& path) {
    const std::string name = path + ".lock";
    Lock lock{::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (lock.get() < 0) fail(name, "can't be opened");
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) fail(name, "can't be locked");
    throw HistoryError(ErrorCode::locked, path + ": another program writes to it (a venue that runs?)");
}

void create(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) {
        if (!S_ISREG(status.st_mode)) throw HistoryError(ErrorCode::damaged, path + ": is not a file");
        // Not opened: closing it would take away the locks of every other connection of this program.
        return;
    }
    const Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.get() < 0) fail(path, "can't be created");
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
    const Descriptor names{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (names.get() < 0 || ::fsync(names.get()) != 0) fail(folder, "can't be synced");
}

// How it is written was chosen by measurement (docs/decisions/0033).
SqliteConnection connect(const std::string& path, const std::atomic<bool>* stop) {
    SqliteConnection connection(path, SqliteConnection::Access::write, stop);
    check_sqlite_owner(connection, path);
    // Of a new file only.
    connection.run("PRAGMA page_size = 8192");
    connection.run("PRAGMA auto_vacuum = INCREMENTAL");
    if (connection.text("PRAGMA journal_mode = WAL") != "wal")
        throw HistoryError(ErrorCode::internal, path + ": can't be put into WAL mode (a network file system?)");
    connection.run("PRAGMA synchronous = NORMAL");
    connection.run("PRAGMA cache_size = -131072");
    connection.run("PRAGMA cache_spill = OFF");
    connection.run("PRAGMA wal_autocheckpoint = 12288");
    connection.run("PRAGMA journal_size_limit = 201326592");
    connection.run("PRAGMA temp_store = MEMORY");
    migrate_sqlite(connection, path);
    return connection;
}

template <class Row>
std::string insert_of() {
    std::string places;
    for (std::size_t i = 1; i <= sqlite_columns<Row>().size(); ++i)
        places += (i == 1 ? "?" : ", ?") + std::to_string(i);
    return "INSERT INTO " + std::string(Row::table) + " (" + column_names<Row>() + ") VALUES (" + places + ")";
}

// In place of the row with that key, which is cheaper than to take that away first (REPLACE).
template <class Row>
std::string upsert_of() {
    const auto& columns = sqlite_columns<Row>();
    std::string keys;
    std::string sets;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string name(columns[i].name);
        if (i < Row::key_columns)
            keys += (keys.empty() ? "" : ", ") + name;
        else
            sets += (sets.empty() ? "" : ", ") + name + " = excluded." + name;
    }
    return insert_of<Row>() + " ON CONFLICT (" + keys + ") DO UPDATE SET " + sets;
}

template <class Row>
std::string statement_of() {
    return Row::change == Change::state ? upsert_of<Row>() : insert_of<Row>();
}

// The account stays what it was, and so its index is left alone.
std::string order_update() {
    std::string sets;
    const auto& columns = sqlite_columns<OrderRow>();
    for (std::size_t i = 2; i < columns.size(); ++i)
        sets += (i == 2 ? "" : ", ") + std::string(columns[i].name) + " = ?" + std::to_string(i + 1);
    return "UPDATE orders SET " + sets + " WHERE order_id = ?1 AND account_id = ?2";
}

class SqliteStore final : public Store {
  public:
    explicit SqliteStore(const StoreOptions& options) : path_(options.url), stop_(options.stop) {}

    void open() override;
    Cursor cursor() override { return reader().cursor(); }
    StoredState load() override;
    void commit(const RowBatch& batch, const Units& units) override;
    void wipe() override;
    std::uint64_t prune(Day before) override;
    [[nodiscard]] std::string name() const override { return "sqlite " + path_; }

    std::vector<TradeRow> trades(InstrumentId market, Time from, Time to) override;
    std::vector<TradeBustRow> trade_busts(InstrumentId market, Time from, Time to) override;
    std::vector<CandleRow> candles(InstrumentId market, std::uint32_t interval_s, Time from, Time to) override;

  private:
    static constexpr std::size_t kTold = std::tuple_size_v<decltype(RowBatch::told_tables(std::declval<RowBatch&>()))>;
    static constexpr std::size_t kState =
        std::tuple_size_v<decltype(RowBatch::state_tables(std::declval<RowBatch&>()))>;
    // What is made for a connection, in the order in which it may be made.
    struct Open {
        explicit Open(SqliteConnection connected);
        SqliteConnection connection;
        SqliteReader reader;
        std::array<SqliteStatement, kTold> told;
        std::array<SqliteStatement, kState> state;
        SqliteStatement new_order;
        SqliteStatement changed_order;
        SqliteStatement put_cursor;
    };

    Open& opened();
    SqliteReader& reader() { return opened().reader; }
    template <class Row>
    std::vector<Row> last_of_each(const Units& units);

    std::string path_;
    const std::atomic<bool>* stop_;
    std::optional<Lock> lock_;
    std::unique_ptr<Open> open_;
};

SqliteStore::Open::Open(SqliteConnection connected) : connection(std::move(connected)), reader(connection) {
    const RowBatch columns;
    const auto prepare = [this](auto& statements, const auto&... tables) {
        std::size_t i = 0;
        ((statements[i++] =
              SqliteStatement(connection, statement_of<typename std::remove_cvref_t<decltype(tables)>::value_type>())),
         ...);
    };
    std::apply([&](const auto&... tables) { prepare(told, tables...); }, RowBatch::told_tables(columns));
    std::apply([&](const auto&... tables) { prepare(state, tables...); }, RowBatch::state_tables(columns));
    new_order = SqliteStatement(connection, insert_of<OrderRow>());
    changed_order = SqliteStatement(connection, order_update());
    put_cursor = SqliteStatement(
        connection,
        "INSERT INTO history_cursor (one, venue_id, sequence, event_hash, time, oldest_open, pruned_before) "
        "VALUES (1, ?1, ?2, ?3, ?4, ?5, 0) ON CONFLICT (one) DO UPDATE SET venue_id = excluded.venue_id, "
        "sequence = excluded.sequence, event_hash = excluded.event_hash, time = excluded.time, "
        "oldest_open = excluded.oldest_open");
}

void SqliteStore::open() {
    open_.reset();
    if (!lock_) lock_ = take_lock(path_);
    create(path_);
    open_ = std::make_unique<Open>(connect(path_, stop_));
}

SqliteStore::Open& SqliteStore::opened() {
    if (!open_) throw HistoryError(ErrorCode::unreachable, path_ + ": is not open");
    // What goes into a file without a name is lost.
    if (open_->connection.moved())
        throw HistoryError(ErrorCode::damaged,
                           path_ + ": was moved or deleted while it was open; a restart makes it again");
    return *open_;
}

void SqliteStore::commit(const RowBatch& batch, const Units&) {
    Open& to = opened();
    SqliteTransaction transaction(to.connection);
    const Cursor stands = to.reader.cursor();
    if (stands == batch.to) return;
    if (stands != batch.from)
        throw HistoryError(ErrorCode::damaged, path_ + ": stands at command " + std::to_string(stands.sequence.value) +
                                                   ", not at " + std::to_string(batch.from.sequence.value) +
                                                   " where these rows begin: somebody else has written to it");
    const auto put = [](SqliteStatement& statement, const auto& rows) {
        using Row = typename std::remove_cvref_t<decltype(rows)>::value_type;
        const auto& columns = sqlite_columns<Row>();
        for (const Row& row : rows) {
            sqlite_bind(statement, columns, &row);
            statement.run();
        }
    };
    const auto put_all = [&](auto& statements, const auto&... tables) {
        std::size_t i = 0;
        (put(statements[i++], tables), ...);
    };
    std::apply([&](const auto&... tables) { put_all(to.state, tables...); }, RowBatch::state_tables(batch));
    std::apply([&](const auto&... tables) { put_all(to.told, tables...); }, RowBatch::told_tables(batch));
    put(to.new_order, batch.new_orders);
    for (const OrderRow& order : batch.changed_orders) {
        sqlite_bind(to.changed_order, sqlite_columns<OrderRow>(), &order);
        to.changed_order.run();
        if (to.connection.changes() != 1)
            throw HistoryError(ErrorCode::damaged, path_ + ": lacks the order " + std::to_string(order.order_id.value) +
                                                       " that has changed; make it again (dcx history rebuild)");
    }
    to.put_cursor.bind_blob(1, batch.to.venue_id.data(), batch.to.venue_id.size());
    to.put_cursor.bind(2, static_cast<std::int64_t>(batch.to.sequence.value));
    to.put_cursor.bind(3, static_cast<std::int64_t>(batch.to.event_hash));
    to.put_cursor.bind(4, batch.to.time.value);
    to.put_cursor.bind(5, static_cast<std::int64_t>(batch.oldest_open.value));
    to.put_cursor.run();
    transaction.commit();
}

// Of each value of the first two columns the row with the highest third one: one search each, from the end.
template <class Row>
std::vector<Row> SqliteStore::last_of_each(const Units& units) {
    static_assert(Row::key_columns == 3);
    const auto& columns = sqlite_columns<Row>();
    const std::string a(columns[0].name);
    const std::string b(columns[1].name);
    const std::string order =
        " ORDER BY " + a + " DESC, " + b + " DESC, " + std::string(columns[2].name) + " DESC LIMIT 1";
    std::vector<Row> all = reader().rows<Row>(units, order);
    if (all.empty()) return all;
    while (true) {
        // The key as it is stored.
        struct To {
            std::vector<Parameter> key;
            void integer(std::int64_t value) { key.emplace_back(value); }
            void blob(const void*, std::size_t) {}
            void passing_blob(const void*, std::size_t) {}
            void text(std::string_view) {}
        } to;
        for (std::size_t i = 0; i < 2; ++i) sqlite_value(columns[i], &all.back(), to);
        auto next = reader().rows<Row>(units, "WHERE (" + a + ", " + b + ") < ($1, $2)" + order, to.key);
        if (next.empty()) break;
        all.push_back(std::move(next.front()));
    }
    std::ranges::reverse(all);
    return all;
}

StoredState SqliteStore::load() {
    SqliteReader& from = reader();
    struct Snapshot {
        explicit Snapshot(SqliteReader& r) : reader(r) { reader.begin_snapshot(); }
        ~Snapshot() { reader.end_snapshot(); }
        SqliteReader& reader;
    } snapshot(from);
    StoredState state;
    state.cursor = from.cursor();
    const Units units = from.units();
    state.assets = from.rows<AssetRow>(units, "ORDER BY asset_id");
    state.markets = from.rows<MarketRow>(units, "ORDER BY market_id");
    state.market_fees = from.rows<MarketFeeRow>(units, "ORDER BY market_id, tier");
    state.accounts = from.rows<AccountRow>(units, "ORDER BY account_id");
    state.keys = from.rows<KeyRow>(units, "ORDER BY key_id");
    state.sessions = from.rows<SessionRow>(units, "ORDER BY session_id");
    state.balances = from.rows<BalanceRow>(units, "ORDER BY account_id, asset_id");
    state.account_days = last_of_each<AccountDayRow>(units);
    state.candles = last_of_each<CandleRow>(units);
    state.pending_transfers = from.rows<PendingTransferRow>(units, "WHERE state = 0 ORDER BY scope, id");
    state.withdrawals = from.rows<WithdrawalRow>(units, "WHERE state = 0 ORDER BY scope, id");
    state.chain = from.rows<ChainRow>(units, "");
    state.chain_deposits = from.rows<ChainDepositRow>(units, "WHERE open = 1 ORDER BY sequence");
    state.payouts = from.rows<PayoutRow>(units, "WHERE state IN (1, 2) ORDER BY sequence");
    state.open_orders = from.rows<OrderRow>(
        units, "WHERE status = 1 AND order_id >= (SELECT oldest_open FROM history_cursor) ORDER BY order_id");
    return state;
}

std::vector<TradeRow> SqliteStore::trades(InstrumentId market, Time from, Time to) {
    const std::array<Parameter, 5> parameters{day_of(from), day_of(to), std::int64_t{market.value}, from.value,
                                              to.value};
    // The market's index goes by sequence: the days find them sooner.
    return reader().rows<TradeRow>(reader().units(),
                                   "WHERE day >= $1 AND day <= $2 AND +market_id = $3 AND time >= $4 AND time < $5 "
                                   "ORDER BY day, sequence, event_index",
                                   parameters);
}

std::vector<TradeBustRow> SqliteStore::trade_busts(InstrumentId market, Time from, Time to) {
    const std::array<Parameter, 4> parameters{day_of(from), std::int64_t{market.value}, from.value, to.value};
    return reader().rows<TradeBustRow>(reader().units(),
                                       "WHERE day >= $1 AND market_id = $2 AND traded >= $3 AND traded < $4 "
                                       "ORDER BY day, sequence, event_index",
                                       parameters);
}

std::vector<CandleRow> SqliteStore::candles(InstrumentId market, std::uint32_t interval_s, Time from, Time to) {
    const std::array<Parameter, 4> parameters{std::int64_t{market.value}, std::int64_t{interval_s}, from.value,
                                              to.value};
    return reader().rows<CandleRow>(
        reader().units(), "WHERE market_id = $1 AND interval_s = $2 AND start >= $3 AND start < $4 ORDER BY start",
        parameters);
}

void SqliteStore::wipe() {
    Open& from = opened();
    SqliteTransaction transaction(from.connection);
    const RowBatch batch;
    const auto empty = [&](const auto&... tables) {
        (from.connection.run("DELETE FROM " + std::string(std::remove_cvref_t<decltype(tables)>::value_type::table)),
         ...);
    };
    std::apply(empty, RowBatch::told_tables(batch));
    std::apply(empty, RowBatch::state_tables(batch));
    from.connection.run("DELETE FROM orders");
    from.connection.run("DELETE FROM history_cursor");
    transaction.commit();
    SqlitePruning(from.connection, stop_).give_back();
}

std::uint64_t SqliteStore::prune(Day before) {
    SqliteConnection& connection = opened().connection;
    SqliteStatement mark(connection, "UPDATE history_cursor SET pruned_before = max(pruned_before, ?1)");
    // First, so that nobody takes what is half gone for all there was.
    mark.bind(1, before.value);
    mark.run();
    return SqlitePruning(connection, stop_).prune(before);
}

}  // namespace

std::unique_ptr<Store> make_sqlite_store(const StoreOptions& options) {
    if (options.url.empty()) throw HistoryError(ErrorCode::bad_url, "history.url is empty: it names the SQLite file");
    if (options.url.find('\0') != std::string::npos || options.url.starts_with(":") || options.url.starts_with("file:"))
        throw HistoryError(ErrorCode::bad_url, "history.url must be the name of a file: " + options.url);
    return std::make_unique<SqliteStore>(options);
}

}  // namespace dcx::history
