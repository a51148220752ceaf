#include "history/postgres_schema.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "history/migrations.h"

namespace dcx::history {

namespace {

constexpr std::int64_t kMigrationNs = 600'000'000'000;

// The newest version that was applied; 0: no tables yet.
std::uint64_t schema_version(PostgresConnection& connection) {
    const PostgresResult there = connection.run("SELECT to_regclass('schema_migrations') IS NOT NULL");
    if (PQgetvalue(there.get(), 0, 0)[0] != 't') return 0;
    const PostgresResult newest = connection.run("SELECT coalesce(max(version), 0) FROM schema_migrations");
    return std::strtoull(PQgetvalue(newest.get(), 0, 0), nullptr, 10);
}

void refuse_newer(PostgresConnection& connection, std::uint64_t version) {
    const std::uint64_t known = postgresql_migrations().size();
    if (version > known)
        connection.fail(ErrorCode::newer_schema, "its schema has version " + std::to_string(version) +
                                                     ", this program knows them up to " + std::to_string(known) +
                                                     ": run the newer program, or give it another database");
}

void find_schema(PostgresConnection& connection) {
    const PostgresResult schema = connection.run("SELECT current_schema() IS NULL");
    if (PQgetvalue(schema.get(), 0, 0)[0] == 't')
        connection.fail(ErrorCode::not_there,
                        "no schema of the connection's search_path is there: CREATE SCHEMA first");
}

void take_lock(PostgresConnection& connection) {
    // A connection of ours that was lost may still be at work: the server lets its lock go when that is done.
    for (std::int64_t waited = 0;; waited += 100'000'000) {
        const PostgresResult taken =
            connection.run("SELECT pg_try_advisory_lock(1684240497, hashtext(current_schema()))");
        if (PQgetvalue(taken.get(), 0, 0)[0] == 't') return;
        if (waited >= connection.timeouts().lock_ns)
            connection.fail(ErrorCode::locked,
                            "another projector writes to it (or one that was lost is still at work)");
        connection.pause(100'000'000);
    }
}

}  // namespace

void set_up_writer(PostgresConnection& connection) {
    connection.run(
        // A commit that was answered is never made again, so it has to be on the server's disk by then.
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';"
        // Nobody's lock holds us for long; who has lost us finds out while it works.
        "SET lock_timeout = '10s'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = '10min';"
        "SET client_connection_check_interval = '2s'; SET default_transaction_isolation = 'read committed';"
        // Batches meet large tables by their keys, which a planner that knows a staging table badly may not see.
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; SET temp_buffers = '32MB'");
    find_schema(connection);
    take_lock(connection);
    connection.run("CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, name text NOT NULL)");
    const std::uint64_t version = schema_version(connection);
    refuse_newer(connection, version);
    for (const Migration& migration : postgresql_migrations()) {
        if (migration.version <= version) continue;
        connection.be_patient(kMigrationNs);
        connection.run("BEGIN;\n" + std::string(migration.sql) + ";\nINSERT INTO schema_migrations VALUES (" +
                       std::to_string(migration.version) + ", '" + std::string(migration.name) + "'); COMMIT");
    }
}

void set_up_reader(PostgresConnection& connection) {
    connection.run("SET default_transaction_read_only = on; SET jit = off");
    find_schema(connection);
    const std::uint64_t version = schema_version(connection);
    refuse_newer(connection, version);
    if (version < postgresql_migrations().size())
        connection.fail(ErrorCode::not_there, version == 0 ? "nothing was stored there yet"
                                                           : "its schema is older: the next writer mends that");
}

std::string date_text(Day day) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day.value}}};
    char text[32];
    std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
}

std::string partition_name(std::string_view table, Day day) {
    std::string date = date_text(day);
    std::erase(date, '-');
    return std::string(table) + "_" + date;
}

std::set<std::string> partitions(PostgresConnection& connection) {
    std::set<std::string> names;
    for (const std::string_view table : kPartitioned) {
        const PostgresResult found = connection.run(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = '" +
            std::string(table) + "'::regclass");
        for (int i = 0; i < PQntuples(found.get()); ++i) names.emplace(PQgetvalue(found.get(), i, 0));
    }
    return names;
}

std::string create_partition_sql(std::string_view table, Day day) {
    const std::string name = partition_name(table, day);
    const std::string parent(table);
    return "CREATE TABLE " + name + " (LIKE " + parent + " INCLUDING ALL); ALTER TABLE " + parent +
           " ATTACH PARTITION " + name + " FOR VALUES FROM ('" + date_text(day) + "') TO ('" +
           date_text(Day{day.value + 1}) + "')";
}

}  // namespace dcx::history
