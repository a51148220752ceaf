// What only a PostgreSQL server can do to its store. Run by tests/servers/with_servers.py, or beside a server of your
// own with DCX_POSTGRES_URL (a superuser's, an empty database) and DCX_SERVERS_CONTROL.
#include "history/postgres_store.h"

#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include "base/skip_test.h"
#include "history/copy_encoder.h"
#include "history/random_rows.h"
#include "servers/server_control.h"

namespace dcx::history {
namespace {

constexpr Day kToday{20'000};

ErrorCode refused(const std::function<void()>& call, std::string* text = nullptr) {
    try {
        call();
    } catch (const HistoryError& error) {
        MESSAGE(std::string(error.what()));
        if (text != nullptr) *text = error.what();
        return error.code();
    }
    return {};
}

// Another client of the server, as an administrator's.
class Admin {
  public:
    explicit Admin(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
        if (PQstatus(connection_) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_));
        PQsetNoticeReceiver(connection_, [](void*, const PGresult*) {}, nullptr);
    }
    ~Admin() { PQfinish(connection_); }
    Admin(const Admin&) = delete;
    Admin& operator=(const Admin&) = delete;

    // After the server was down.
    void reconnect() { PQreset(connection_); }
    // The first cell of the last result.
    std::string run(const std::string& sql) {
        const PostgresResult result(PQexec(connection_, sql.c_str()));
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            throw std::runtime_error(PQresultErrorMessage(result.get()));
        return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
    }
    // Until it says so: at most 30 s.
    void wait_for(const std::string& sql, const std::string& wanted) {
        for (int i = 0; i < 6000; ++i) {
            if (run(sql) == wanted) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        throw std::runtime_error("waited for " + sql);
    }

  private:
    PGconn* connection_;
};

// A database of its own with a store, and batches for it.
struct Bed {
    std::string url = servers::control("postgres database");
    RandomRows rows{7};
    std::unique_ptr<Store> store = open_store();
    RowBatch batch;
    Admin admin{url};

    Bed() { batch.to.venue_id.fill(std::byte{9}); }
    std::unique_ptr<Store> closed_store(const PostgresTimeouts& timeouts = {}) const {
        return make_postgres_store({.kind = "postgresql", .url = url}, timeouts);
    }
    std::unique_ptr<Store> open_store(const PostgresTimeouts& timeouts = {}) const {
        auto opened = closed_store(timeouts);
        opened->open();
        return opened;
    }
    std::unique_ptr<StoreReader> reader() const { return open_reader({.kind = "postgresql", .url = url}); }
    // The next one: `count` new rows of each table.
    RowBatch& next(std::size_t count, Day day = kToday) {
        const bool first = batch.to.sequence == Sequence{};
        const std::uint64_t key = batch.to.sequence.value + 1;
        batch.clear();
        if (first) batch.from = {};
        batch.to.sequence = Sequence{batch.from.sequence.value + std::max<std::size_t>(count, 1)};
        batch.to.event_hash = batch.to.sequence.value * 0x9E3779B97F4A7C15u;
        batch.to.time = Time{static_cast<std::int64_t>(batch.to.sequence.value)};
        rows.fill(batch, key, count, day);
        return batch;
    }
    void commit() { store->commit(batch, rows.units()); }
    // As a projector does: the same batch until it is in.
    int commit_again() {
        for (int errors = 0;; ++errors) {
            try {
                commit();
                return errors;
            } catch (const HistoryError& error) {
                if (!may_pass(error.code()) || errors > 300) throw;
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
            }
        }
    }
    std::string count(const std::string& table) { return admin.run("SELECT count(*) FROM " + table); }
    // Each table has the rows of all commits, each once.
    void check_whole() {
        const std::string wanted = std::to_string(batch.to.sequence.value);
        for (const char* table :
             {"trades", "executions", "ledger_transfers", "audit_log", "orders", "balances", "keys"})
            CHECK(count(table) == wanted);
        CHECK(admin.run("SELECT sequence FROM history_cursor") == wanted);
    }
    // Does this to the store's session in the middle of a COPY of a commit; of another one when it came too late.
    ErrorCode commit_while(const std::string& function) {
        ErrorCode code{};
        for (int i = 0; i < 20 && code == ErrorCode{}; ++i) code = try_commit_while(function);
        return code;
    }
    ErrorCode try_commit_while(const std::string& function) {
        next(5'000);
        std::atomic<bool> done{false};
        std::thread other([&] {
            Admin second(url);
            while (!done && second.run("SELECT count(" + function +
                                       "(pid)) FROM pg_stat_activity WHERE application_name = 'dcx' AND "
                                       "query LIKE 'COPY executions%' AND state = 'active'") == "0") {
            }
        });
        const ErrorCode code = refused([&] { commit(); });
        done = true;
        other.join();
        return code;
    }
};

bool no_server() {
    if (!servers::postgres_url().empty() && !servers::environment("DCX_SERVERS_CONTROL").empty()) return false;
    skip_test("no PostgreSQL beside this test: tests/servers/with_servers.py postgres -- PROGRAM");
    return true;
}

template <class Row>
void check_rows(StoreReader& reader, const Units& units, const std::vector<Row>& wanted) {
    CAPTURE(Row::table);
    std::vector<Row> stored = reader.rows<Row>(units, "");
    const auto by_text = [&](const Row& a, const Row& b) {
        CopyEncoder left(units), right(units);
        left.row(a);
        right.row(b);
        return left.bytes() < right.bytes();
    };
    std::vector<Row> sorted = wanted;
    std::sort(sorted.begin(), sorted.end(), by_text);
    std::sort(stored.begin(), stored.end(), by_text);
    CHECK(stored.size() == sorted.size());
    CHECK((stored == sorted));
}

}  // namespace

TEST_CASE("postgres store: every column of every table comes back, few rows and many") {
    if (no_server()) return;
    for (const std::size_t count : {std::size_t{1}, std::size_t{20}, std::size_t{900}}) {
        Bed bed;
        bed.next(count);
        bed.commit();
        const auto reader = bed.reader();
        CHECK(reader->cursor() == bed.batch.to);
        const auto check = [&](const auto&... tables) { (check_rows(*reader, bed.rows.units(), tables), ...); };
        std::apply(check, RowBatch::told_tables(bed.batch));
        std::apply(check, RowBatch::state_tables(bed.batch));
        check_rows(*reader, bed.rows.units(), bed.batch.new_orders);
    }
}

TEST_CASE("postgres store: rows that change are changed in place, few and many") {
    if (no_server()) return;
    for (const std::size_t count : {std::size_t{3}, std::size_t{500}}) {
        Bed bed;
        bed.next(count);
        bed.commit();
        bed.next(0);
        bed.rows.fill_table(bed.batch.changed_orders, 1, count);
        std::apply([&](auto&... tables) { (bed.rows.fill_table(tables, 1, count), ...); },
                   std::tie(bed.batch.assets, bed.batch.markets, bed.batch.accounts, bed.batch.keys));
        bed.commit();
        const auto reader = bed.reader();
        check_rows(*reader, bed.rows.units(), bed.batch.changed_orders);
        check_rows(*reader, bed.rows.units(), bed.batch.assets);
        check_rows(*reader, bed.rows.units(), bed.batch.markets);
        check_rows(*reader, bed.rows.units(), bed.batch.accounts);
        check_rows(*reader, bed.rows.units(), bed.batch.keys);
        // An order that was never there.
        bed.next(0);
        bed.rows.fill_table(bed.batch.changed_orders, 1'000'000, count);
        CHECK(refused([&] { bed.commit(); }) == ErrorCode::damaged);
        CHECK(reader->cursor() == bed.batch.from);
    }
}

TEST_CASE("postgres store: a day has a partition, and pruning takes it away whole") {
    if (no_server()) return;
    Bed bed;
    for (int i = 0; i < 3; ++i) {
        bed.next(i == 1 ? 3 : 50, Day{kToday.value + i});
        bed.commit();
    }
    const std::string partitions =
        "SELECT count(*) || ' ' || max(relname) FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE relkind = 'r'";
    CHECK(bed.admin.run(partitions) == "9 trades_20241006");
    CHECK(bed.admin.run("SELECT count(*) FROM trades_20241005") == "3");
    for (auto& order : bed.batch.new_orders) order.status = OrderStatus::open;
    bed.store->prune(Day{kToday.value + 2});
    CHECK(bed.admin.run(partitions) == "3 trades_20241006");
    CHECK(bed.count("trades") == "50");
    CHECK(bed.count("audit_log") == "50");
    CHECK(bed.count("balances") == "103");
    CHECK(bed.admin.run("SELECT pruned_before FROM history_cursor") == "2024-10-06");
    bed.admin.run("INSERT INTO account_contacts VALUES (7, 'a', 'b', '', '', '', 0)");
    bed.store->wipe();
    CHECK(bed.count("trades") == "0");
    CHECK(bed.count("balances") == "0");
    CHECK(bed.count("account_contacts") == "1");
    CHECK(bed.store->cursor() == Cursor{});
    bed.batch = {};
    bed.batch.to.venue_id.fill(std::byte{9});
    bed.next(20);
    bed.commit();
    CHECK(bed.count("trades") == "20");
}

TEST_CASE("postgres store: a commit whose answer was lost is not made again") {
    if (no_server()) return;
    Bed bed;
    bed.next(40);
    bed.commit();
    bed.commit();
    bed.store.reset();
    bed.store = bed.open_store();
    bed.commit();
    bed.check_whole();
    // One that begins elsewhere is none of this store's.
    bed.next(10);
    bed.batch.from.event_hash ^= 1;
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::damaged);
}

TEST_CASE("postgres store: the server restarts between commits") {
    if (no_server()) return;
    Bed bed;
    bed.next(100);
    bed.commit();
    servers::control("postgres restart");
    bed.next(100);
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::unreachable);
    bed.commit();
    bed.admin.reconnect();
    bed.check_whole();
}

TEST_CASE("postgres store: the server is killed during commits") {
    if (no_server()) return;
    Bed bed;
    int errors = 0;
    for (int i = 0; i < 3; ++i) {
        bed.next(3'000);
        std::thread killer([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(100 + 150 * i));
            servers::control("postgres kill");
            servers::control("postgres start");
        });
        errors += bed.commit_again();
        killer.join();
    }
    bed.commit_again();
    CHECK(errors > 0);
    bed.admin.reconnect();
    bed.check_whole();
}

TEST_CASE("postgres store: its session is ended, or its statement canceled, in the middle of a COPY") {
    if (no_server()) return;
    Bed bed;
    CHECK(bed.commit_while("pg_terminate_backend") == ErrorCode::unreachable);
    bed.commit();
    bed.check_whole();
    CHECK(bed.commit_while("pg_cancel_backend") == ErrorCode::conflict);
    bed.commit();
    bed.check_whole();
}

TEST_CASE("postgres store: a deadlock or a serialisation failure undoes the batch, which is made again") {
    if (no_server()) return;
    Bed bed;
    // The store's session shall be the one that notices.
    bed.admin.run(
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET deadlock_timeout = ''5s'''; END $$");
    bed.next(50);
    bed.commit();
    bed.store.reset();
    bed.store = bed.open_store();
    bed.next(50);
    std::thread other([&] {
        Admin second(bed.url);
        second.run("SET deadlock_timeout = '5min'; BEGIN; LOCK TABLE orders IN EXCLUSIVE MODE");
        bed.admin.wait_for("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass", "1");
        second.run("UPDATE history_cursor SET oldest_open = oldest_open; ROLLBACK");
    });
    ErrorCode code{};
    for (int i = 0; i < 100 && code == ErrorCode{}; ++i) {
        // Until the other one has its lock.
        Admin third(bed.url);
        if (third.run("SELECT count(*) FROM pg_locks WHERE granted AND mode = 'ExclusiveLock' AND relation = "
                      "'orders'::regclass") == "1")
            code = refused([&] { bed.commit(); });
        else
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    other.join();
    CHECK(code == ErrorCode::conflict);
    bed.commit();
    bed.check_whole();

    bed.admin.run(
        "CREATE SEQUENCE tries; CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('tries') = 1 THEN RAISE 'try again' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$; "
        "CREATE TRIGGER fails AFTER INSERT ON orders EXECUTE FUNCTION fail_once()");
    bed.next(50);
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::conflict);
    bed.commit();
    bed.check_whole();
}

TEST_CASE("postgres store: a wrong password, missing rights and no database are said clearly") {
    if (no_server()) return;
    std::string text;
    const std::string tcp = servers::control("postgres tcp_url");
    std::string wrong = tcp;
    const std::size_t colon = wrong.find(':', wrong.find("//") + 2);
    wrong.replace(colon + 1, wrong.find('@') - colon - 1, "quitewrong");
    const auto open = [](const std::string& url) { make_postgres_store({.kind = "postgresql", .url = url})->open(); };
    CHECK(refused([&] { open(wrong); }, &text) == ErrorCode::credentials);
    CHECK(text.find("28P01") != std::string::npos);
    CHECK(text.find("quitewrong") == std::string::npos);

    Bed bed;
    bed.admin.run("DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN");
    std::string poor = servers::control("postgres database");
    poor.replace(poor.find("dcx@"), 4, "poor@");
    CHECK(refused([&] { open(poor); }, &text) == ErrorCode::credentials);
    CHECK(text.find("42501") != std::string::npos);
    std::string absent = bed.url;
    absent.replace(absent.find("/dcx_"), 5, "/none_");
    CHECK(refused([&] { open(absent); }) == ErrorCode::unreachable);
    CHECK(refused([] { (void)open_reader({.kind = "postgresql", .url = servers::control("postgres database")}); }) ==
          ErrorCode::not_there);
}

TEST_CASE("postgres store: a newer schema is refused, one writer at a time") {
    if (no_server()) return;
    Bed bed;
    bed.store->open();
    const auto second = bed.closed_store({.lock_ns = 300'000'000});
    CHECK(refused([&] { second->open(); }) == ErrorCode::locked);
    // It waits for one that is about to go.
    std::thread leaving([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        bed.store.reset();
    });
    bed.closed_store()->open();
    leaving.join();
    bed.admin.run("INSERT INTO schema_migrations VALUES (999, '0999_future.sql')");
    CHECK(refused([&] { bed.closed_store()->open(); }) == ErrorCode::newer_schema);
    CHECK(refused([&] { bed.reader(); }) == ErrorCode::newer_schema);
}

TEST_CASE("postgres store: a paused server is given up in time, and goes on when it wakes") {
    if (no_server()) return;
    Bed bed;
    bed.store.reset();
    bed.store = bed.open_store({.connect_ns = 1'000'000'000, .silence_ns = 1'000'000'000});
    bed.next(100);
    bed.commit();
    bed.next(2'000);
    servers::control("postgres pause");
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::timeout);
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::timeout);
    std::atomic<bool> stop{false};
    const auto stopped = make_postgres_store({.kind = "postgresql", .url = bed.url, .stop = &stop});
    std::thread stopping([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        stop = true;
    });
    CHECK(refused([&] { stopped->open(); }) == ErrorCode::stopped);
    stopping.join();
    servers::control("postgres resume");
    bed.commit_again();
    bed.check_whole();
}

TEST_CASE("postgres store: a server that is only slow is given more time at each attempt") {
    if (no_server()) return;
    Bed bed;
    bed.store.reset();
    bed.store = bed.open_store({.silence_ns = 300'000'000});
    bed.next(20);
    bed.commit();
    bed.admin.run(
        "CREATE FUNCTION think() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; "
        "END $$; CREATE TRIGGER slow BEFORE INSERT ON orders EXECUTE FUNCTION think()");
    bed.next(20);
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::timeout);
    bed.commit_again();
    bed.check_whole();
}

TEST_CASE("postgres store: a full disk keeps the batch until there is room") {
    if (no_server()) return;
    if (::geteuid() != 0) {
        // Not skip_test(): that would skip the whole program.
        MESSAGE("not looked at: a small disk, which needs root");
        return;
    }
    Bed bed;
    const std::string folder = bed.admin.run("SHOW unix_socket_directories") + "/tiny";
    const auto shell = [](const std::string& command) { return std::system(command.c_str()); };
    REQUIRE(shell("mkdir " + folder + " && mount -t tmpfs -o size=4m,uid=nobody,mode=700 tmpfs " + folder) == 0);
    bed.admin.run("CREATE TABLESPACE tiny LOCATION '" + folder + "'");
    bed.admin.run(
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET default_tablespace = tiny'; END $$");
    bed.store.reset();
    bed.admin.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    bed.store = bed.open_store();
    ErrorCode code{};
    for (int i = 0; i < 50 && code == ErrorCode{}; ++i) {
        bed.next(500);
        code = refused([&] { bed.commit(); });
    }
    CHECK(code == ErrorCode::disk_full);
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::disk_full);
    REQUIRE(shell("mount -o remount,size=200m " + folder) == 0);
    bed.commit_again();
    bed.check_whole();
    shell("umount -l " + folder);
}

TEST_CASE("postgres store: what somebody else has written is damaged, not believed") {
    if (no_server()) return;
    Bed bed;
    bed.next(40);
    bed.commit();
    const auto reader = bed.reader();
    const auto read = [&] { return reader->rows<TradeRow>(bed.rows.units(), ""); };
    CHECK(read().size() == 40);
    bed.admin.run("UPDATE trades SET price = 'NaN' WHERE sequence = 3");
    CHECK(refused([&] { read(); }) == ErrorCode::damaged);
    bed.admin.run("UPDATE trades SET price = 0.123456789012345678901 WHERE sequence = 3");
    CHECK(refused([&] { read(); }) == ErrorCode::damaged);
    bed.admin.run("UPDATE trades SET price = 0, taker_side = 300 WHERE sequence = 3");
    CHECK(refused([&] { read(); }) == ErrorCode::damaged);
    bed.admin.run("UPDATE trades SET taker_side = 1 WHERE sequence = 3");
    CHECK(read().size() == 40);
    bed.admin.run("DROP VIEW trades_view CASCADE; ALTER TABLE trades ALTER quantity TYPE text");
    CHECK(refused([&] { read(); }) == ErrorCode::damaged);
    bed.next(40);
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::damaged);
    // A cursor that was moved by hand.
    bed.admin.run("UPDATE history_cursor SET sequence = 7");
    CHECK(refused([&] { bed.commit(); }) == ErrorCode::damaged);
}

TEST_CASE("postgres store: a snapshot sees one commit, and a schema of its own is the url's") {
    if (no_server()) return;
    Bed bed;
    bed.admin.run("CREATE SCHEMA own");
    const std::string url = bed.url + "&options=-csearch_path%3Down";
    const auto store = make_postgres_store({.kind = "postgresql", .url = url});
    store->open();
    CHECK(bed.admin.run("DROP TABLE public.history_cursor CASCADE") == "");
    bed.next(5);
    store->commit(bed.batch, bed.rows.units());
    CHECK(bed.admin.run("SELECT count(*) FROM own.trades") == "5");
    CHECK(bed.count("public.trades") == "0");
    const auto reader = open_reader({.kind = "postgresql", .url = url});
    reader->begin_snapshot();
    CHECK(reader->cursor().sequence == Sequence{5ul});
    bed.next(5);
    store->commit(bed.batch, bed.rows.units());
    CHECK(reader->cursor().sequence == Sequence{5ul});
    CHECK(reader->rows<TradeRow>(bed.rows.units(), "").size() == 5);
    reader->end_snapshot();
    CHECK(reader->cursor().sequence == Sequence{10ul});
    CHECK(reader
              ->rows<TradeRow>(bed.rows.units(), "WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                               std::array<Parameter, 2>{std::int64_t{3}, std::int64_t{4}})
              .size() == 4);
    CHECK(
        refused([&] {
            (void)make_postgres_store({.kind = "postgresql", .url = bed.url + "&options=-csearch_path%3Dnone"})->open();
        }) == ErrorCode::not_there);
}

}  // namespace dcx::history
