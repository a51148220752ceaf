// The migration holds what rows.h says, table by table; and what is not ours is refused.
#include "history/sqlite_schema.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "history/row_batch.h"
#include "history/sqlite_rows.h"
#include "history/sqlite_store.h"

namespace dcx::history {
namespace {

ErrorCode error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const HistoryError& error) {
        return error.code();
    }
    return {};
}

SqliteConnection in_memory() { return SqliteConnection(":memory:", SqliteConnection::Access::write, nullptr); }

struct TableColumn {
    std::string name;
    std::string type;
    std::int64_t not_null = 0;
    std::int64_t key_place = 0;
    bool operator==(const TableColumn&) const = default;
};

// What rows.h says.
template <class Row>
std::vector<TableColumn> expected_columns() {
    std::vector<TableColumn> columns;
    for (const SqliteColumn& column : sqlite_columns<Row>()) {
        std::string type = "INTEGER";
        if (column.kind == SqliteColumn::Kind::uuid || column.kind == SqliteColumn::Kind::bytes) type = "BLOB";
        if (column.kind == SqliteColumn::Kind::padded || column.kind == SqliteColumn::Kind::text) type = "TEXT";
        const std::size_t place = columns.size() + 1;
        const bool key = place <= Row::key_columns;
        // An INTEGER PRIMARY KEY is never NULL, and is not said to be.
        const bool rowid = key && Row::key_columns == 1;
        columns.push_back({std::string(column.name), type, rowid ? 0 : 1, key ? static_cast<std::int64_t>(place) : 0});
    }
    return columns;
}

std::vector<TableColumn> stored_columns(SqliteConnection& connection, std::string_view table) {
    std::vector<TableColumn> columns;
    SqliteStatement rows(connection, "PRAGMA table_info(" + std::string(table) + ")");
    const auto text = [&](int place) {
        return std::string(reinterpret_cast<const char*>(::sqlite3_column_text(rows.get(), place)));
    };
    while (rows.step()) columns.push_back({text(1), text(2), rows.integer(3), rows.integer(5)});
    return columns;
}

TEST_CASE("sqlite schema: every table has the columns, types and keys of rows.h, in their order") {
    auto connection = in_memory();
    migrate_sqlite(connection, "memory");
    std::size_t tables = 0;
    const auto check = [&](const auto& rows) {
        using Row = typename std::remove_cvref_t<decltype(rows)>::value_type;
        ++tables;
        CAPTURE(std::string(Row::table));
        const auto stored = stored_columns(connection, Row::table);
        const auto expected = expected_columns<Row>();
        REQUIRE(stored.size() == expected.size());
        for (std::size_t i = 0; i < stored.size(); ++i) {
            CAPTURE(expected[i].name);
            CAPTURE(stored[i].name);
            CHECK((stored[i] == expected[i]));
        }
    };
    const RowBatch batch;
    const auto check_all = [&](const auto&... rows) { (check(rows), ...); };
    std::apply(check_all, RowBatch::told_tables(batch));
    std::apply(check_all, RowBatch::state_tables(batch));
    check(batch.new_orders);
    // Beside the cursor, the versions and the contacts there is no other.
    CHECK(connection.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table'") ==
          static_cast<std::int64_t>(tables) + 3);
    CHECK(connection.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%'") ==
          0);
}

TEST_CASE("sqlite schema: migrating again changes nothing") {
    auto connection = in_memory();
    migrate_sqlite(connection, "memory");
    const std::string before = connection.text("SELECT group_concat(name || applied_at) FROM schema_migrations");
    const std::int64_t changes = ::sqlite3_total_changes64(connection.get());
    migrate_sqlite(connection, "memory");
    check_sqlite_schema(connection, "memory");
    CHECK(connection.text("SELECT group_concat(name || applied_at) FROM schema_migrations") == before);
    CHECK(::sqlite3_total_changes64(connection.get()) == changes);
}

TEST_CASE("sqlite schema: a file of another program is refused") {
    auto connection = in_memory();
    connection.run("CREATE TABLE bookmarks (a)");
    CHECK(error_of([&] { check_sqlite_owner(connection, "memory"); }) == ErrorCode::damaged);
    auto marked = in_memory();
    marked.run("PRAGMA application_id = 12345");
    CHECK(error_of([&] { check_sqlite_owner(marked, "memory"); }) == ErrorCode::damaged);
    auto empty = in_memory();
    CHECK(error_of([&] { check_sqlite_owner(empty, "memory"); }) == ErrorCode{});
    CHECK(error_of([&] { check_sqlite_schema(empty, "memory"); }) == ErrorCode::not_there);
}

TEST_CASE("sqlite schema: one that somebody has changed is refused, whatever was changed") {
    const std::vector<std::string> changes{
        "ALTER TABLE trades ADD COLUMN more INTEGER",
        "ALTER TABLE orders RENAME COLUMN cum TO filled",
        "DROP TABLE candles",
        "DROP INDEX trades_by_market",
        "CREATE TABLE mine (a)",
        "CREATE TRIGGER t AFTER INSERT ON trades BEGIN DELETE FROM trades; END",
        "UPDATE schema_migrations SET sha256 = 'x'",
        "UPDATE schema_migrations SET version = 0 WHERE version = 1",
        "DELETE FROM schema_migrations",
        "DROP TABLE schema_migrations",
    };
    for (const std::string& change : changes) {
        CAPTURE(change);
        auto connection = in_memory();
        migrate_sqlite(connection, "memory");
        connection.run(change);
        const std::int64_t rows = ::sqlite3_total_changes64(connection.get());
        CHECK_THROWS_AS(migrate_sqlite(connection, "memory"), HistoryError);
        CHECK_THROWS_AS(check_sqlite_schema(connection, "memory"), HistoryError);
        CHECK(::sqlite3_total_changes64(connection.get()) == rows);
    }
}

TEST_CASE("sqlite schema: indices and views of an operator's own are left alone") {
    auto connection = in_memory();
    migrate_sqlite(connection, "memory");
    connection.run("CREATE INDEX mine ON trades (taker_account); CREATE VIEW my_view AS SELECT * FROM trades");
    migrate_sqlite(connection, "memory");
    check_sqlite_schema(connection, "memory");
    CHECK(connection.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('mine', 'my_view')") == 2);
}

TEST_CASE("sqlite schema: a newer version is refused") {
    auto connection = in_memory();
    migrate_sqlite(connection, "memory");
    connection.run("INSERT INTO schema_migrations VALUES (4711, 'x', 1, 'y')");
    CHECK(error_of([&] { migrate_sqlite(connection, "memory"); }) == ErrorCode::newer_schema);
    CHECK(error_of([&] { check_sqlite_schema(connection, "memory"); }) == ErrorCode::newer_schema);
}

// As the program before the chain's tables left it.
TEST_CASE("sqlite store: a file of version 2 goes on with its rows, and takes those of the chain") {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("dcx-history-v2-" + std::to_string(::getpid()))).string();
    std::ofstream(path, std::ios::trunc).close();
    {
        SqliteConnection old(path, SqliteConnection::Access::write, nullptr);
        migrate_sqlite(old, path, 2);
        CHECK(old.integer("SELECT max(version) FROM schema_migrations") == 2);
        CHECK(old.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'chain_deposits'") == 0);
        old.run(
            "INSERT INTO history_cursor VALUES (1, x'000102030405060708090a0b0c0d0e0f', 41, 42, 43, 1, 0);"
            "INSERT INTO assets VALUES (1, 'DEC', 8, 1000, 0, 0, 0, 5, 6);"
            "INSERT INTO accounts VALUES (6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 8);"
            "INSERT INTO ledger_transfers VALUES (1, 9, 0, 0, 10, 2, zeroblob(16), 0, 1, 6, 1, 77, 0, -77, 0, 77, 1, "
            "1)");
        CHECK(error_of([&] { check_sqlite_schema(old, path); }) == ErrorCode::not_there);
    }
    const auto store = make_sqlite_store({.kind = "sqlite", .url = path});
    store->open();
    const StoredState state = store->load();
    CHECK(state.cursor.sequence == Sequence{41ul});
    CHECK(state.assets.size() == 1);
    CHECK(state.accounts.size() == 1);
    CHECK(state.chain.empty());
    CHECK(state.chain_deposits.empty());
    CHECK(state.payouts.empty());

    RowBatch batch;
    batch.from = batch.to = state.cursor;
    batch.to.sequence = Sequence{42ul};
    batch.chain.push_back({.asset_id = AssetId{1u}, .confirmations = 3, .followed = true, .height = 9});
    batch.chain_deposits.push_back({.sequence = Sequence{42ul},
                                    .account_id = AccountId{6u},
                                    .asset_id = AssetId{1u},
                                    .amount = Amount{std::int64_t{5}},
                                    .state = DepositState::credited,
                                    .open = true});
    batch.payouts.push_back({.sequence = Sequence{40ul}, .state = PayoutState::settled});
    batch.payouts.push_back({.sequence = Sequence{41ul}, .state = PayoutState::posted});
    Units units;
    units.set_asset(AssetId{1u}, 8);
    store->commit(batch, units);
    const StoredState after = store->load();
    CHECK((after.chain == batch.chain));
    CHECK((after.chain_deposits == batch.chain_deposits));
    REQUIRE(after.payouts.size() == 1);
    CHECK(after.payouts[0].sequence == Sequence{41ul});
    const auto reader = open_sqlite_reader({.kind = "sqlite", .url = path});
    CHECK(reader->rows<LedgerTransferRow>(units, "").size() == 1);
    for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + end);
}

TEST_CASE("sqlite store: names that are none are refused before anything is made") {
    for (const char* url : {"", ":memory:", "file:history.sqlite?mode=ro"}) {
        CAPTURE(url);
        CHECK(error_of([&] { (void)make_sqlite_store({.kind = "sqlite", .url = url}); }) == ErrorCode::bad_url);
    }
    CHECK(error_of([&] { (void)make_store({.kind = "oracle", .url = "x"}); }) == ErrorCode::bad_url);
    CHECK(error_of([&] { (void)open_reader({.kind = "", .url = "x"}); }) == ErrorCode::bad_url);
}

}  // namespace
}  // namespace dcx::history
