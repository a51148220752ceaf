#include "history/sqlite_schema.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <span>

#include "base/sha256.h"
#include "history/migrations.h"

namespace dcx::history {
namespace {

// "dcxh", where SQLite lets programs sign their files.
constexpr std::int64_t kApplicationId = 0x64637868;

constexpr const char* kMigrationsTable =
    "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL, "
    "sha256 TEXT NOT NULL) STRICT";

std::string hash_of(const Migration& migration) { return to_hex(Sha256::of(std::as_bytes(std::span(migration.sql)))); }

void apply(SqliteConnection& connection, const Migration& migration) {
    connection.run(std::string(migration.sql));
    SqliteStatement row(connection, "INSERT INTO schema_migrations VALUES (?1, ?2, ?3, ?4)");
    const std::string hash = hash_of(migration);
    row.bind(1, migration.version);
    row.bind_text(2, migration.name);
    row.bind(3, std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
    row.bind_text(4, hash);
    row.run();
}

// What each of its objects was made by, by name.
std::map<std::string, std::string> objects(SqliteConnection& connection) {
    std::map<std::string, std::string> all;
    SqliteStatement rows(connection, "SELECT name, type || ' ' || sql FROM sqlite_schema WHERE sql IS NOT NULL");
    const auto text = [&](int place) {
        return std::string(reinterpret_cast<const char*>(::sqlite3_column_text(rows.get(), place)));
    };
    while (rows.step()) all[text(0)] = text(1);
    return all;
}

// Ours, made in memory, beside what is in the file.
void compare(SqliteConnection& connection, const std::string& path) {
    static const std::map<std::string, std::string> kOurs = [] {
        SqliteConnection memory(":memory:", SqliteConnection::Access::write, nullptr);
        memory.run(kMigrationsTable);
        for (const Migration& migration : sqlite_migrations()) apply(memory, migration);
        return objects(memory);
    }();
    const std::map<std::string, std::string> theirs = objects(connection);
    const auto refuse = [&](const std::string& what) {
        throw HistoryError(ErrorCode::damaged,
                           path + ": " + what + "; move it away and make it again (dcx history rebuild)");
    };
    for (const auto& [name, sql] : kOurs) {
        const auto found = theirs.find(name);
        if (found == theirs.end()) refuse("its schema lacks " + name);
        if (found->second != sql) refuse(name + " is not as its migration made it");
    }
    for (const auto& [name, sql] : theirs)
        if (!kOurs.contains(name) && !sql.starts_with("index ") && !sql.starts_with("view "))
            refuse("its schema has something that we have not made: " + name);
}

// The version it has, after a look at each migration that it says it has.
std::uint32_t version_of(SqliteConnection& connection, const std::string& path) {
    const auto ours = sqlite_migrations();
    if (const auto newest = connection.integer("SELECT max(version) FROM schema_migrations");
        newest > static_cast<std::int64_t>(ours.size()))
        throw HistoryError(ErrorCode::newer_schema, path + ": its schema has version " + std::to_string(newest) +
                                                        ", this program knows " + std::to_string(ours.size()) +
                                                        "; start the newer program, or rebuild into another file");
    std::uint32_t version = 0;
    SqliteStatement rows(connection, "SELECT version, sha256 FROM schema_migrations ORDER BY version");
    while (rows.step()) {
        if (rows.integer(0) != version + 1 ||
            hash_of(ours[version]) != reinterpret_cast<const char*>(::sqlite3_column_text(rows.get(), 1)))
            throw HistoryError(ErrorCode::damaged, path + ": migration " + std::to_string(rows.integer(0)) +
                                                       " is not the one that this program has; move the file away and "
                                                       "make it again (dcx history rebuild)");
        ++version;
    }
    return version;
}

bool has_versions(SqliteConnection& connection) {
    return connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'") != 0;
}

}  // namespace

void check_sqlite_owner(SqliteConnection& connection, const std::string& path) {
    const std::int64_t owner = connection.integer("PRAGMA application_id");
    if (owner == kApplicationId) return;
    if (owner != 0 || connection.integer("SELECT count(*) FROM sqlite_schema") != 0)
        throw HistoryError(ErrorCode::damaged,
                           path + ": is a SQLite file of another program; history.url must name a file of its own");
}

void migrate_sqlite(SqliteConnection& connection, const std::string& path, std::size_t newest) {
    const auto ours = sqlite_migrations();
    std::uint32_t version = has_versions(connection) ? version_of(connection, path) : 0;
    for (; version < std::min(ours.size(), newest); ++version) {
        SqliteTransaction transaction(connection);
        if (!has_versions(connection)) {
            connection.run("PRAGMA application_id = " + std::to_string(kApplicationId));
            connection.run(kMigrationsTable);
        }
        apply(connection, ours[version]);
        transaction.commit();
    }
    if (version == ours.size()) compare(connection, path);
}

void check_sqlite_schema(SqliteConnection& connection, const std::string& path) {
    check_sqlite_owner(connection, path);
    if (!has_versions(connection) || version_of(connection, path) < sqlite_migrations().size())
        throw HistoryError(ErrorCode::not_there, path +
                                                     ": has no schema of this program yet; start the venue once, or "
                                                     "dcx history catch-up");
    compare(connection, path);
}

}  // namespace dcx::history
