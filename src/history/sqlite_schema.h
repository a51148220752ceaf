// The schema of a SQLite file: applies the migrations that it lacks, and refuses a file that is not ours.
#pragma once

#include <string>

#include "history/sqlite_connection.h"

namespace dcx::history {

// Throws HistoryError damaged for a file of something else (nothing of it is changed) or one whose schema was changed
// by somebody, newer_schema for one of a newer program. Further indices and views are nobody's harm.
void check_sqlite_owner(SqliteConnection& connection, const std::string& path);
// `newest`: to no higher version than that, as an older program would have left it (for tests).
void migrate_sqlite(SqliteConnection& connection, const std::string& path, std::size_t newest = ~std::size_t{0});
// For readers, who change nothing: not_there while the schema is an older one or none.
void check_sqlite_schema(SqliteConnection& connection, const std::string& path);

}  // namespace dcx::history
