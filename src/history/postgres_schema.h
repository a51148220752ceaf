// What a connection needs before rows can be written or read: the session's settings, the lock of the one writer, the
// migrations and the partitions. All functions may throw HistoryError; see postgres_connection.h.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "history/postgres_connection.h"
#include "history/row_types.h"

namespace dcx::history {

// Takes the writer's lock (an advisory one of this database and schema: the session's, so it goes with the connection)
// and applies the migrations that are missing. Throws locked, newer_schema.
void set_up_writer(PostgresConnection& connection);
// Throws not_there when the schema's tables are not there (yet), newer_schema.
void set_up_reader(PostgresConnection& connection);

// The tables that have a partition for each day.
inline constexpr std::string_view kPartitioned[] = {"trades", "executions", "ledger_transfers"};

// "trades_20260131"
[[nodiscard]] std::string partition_name(std::string_view table, Day day);
// 2026-01-31
[[nodiscard]] std::string date_text(Day day);
// The names of all partitions.
[[nodiscard]] std::set<std::string> partitions(PostgresConnection& connection);
// Readers are not held up: the table is made alone and attached.
[[nodiscard]] std::string create_partition_sql(std::string_view table, Day day);

}  // namespace dcx::history
