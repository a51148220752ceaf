// SELECTs of a SQLite connection as StoreReader has them (contract: row_reader.h). Statements are kept for the next
// time.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "history/row_reader.h"
#include "history/sqlite_connection.h"

namespace dcx::history {

class SqliteReader : public StoreReader {
  public:
    // The connection outlives the reader.
    explicit SqliteReader(SqliteConnection& connection) : connection_(&connection) {}

    void select(std::string_view sql, std::span<const Parameter> parameters,
                const std::function<void(Cells&)>& row) override;
    void begin_snapshot() override;
    void end_snapshot() override;

  private:
    static constexpr std::size_t kKept = 64;

    SqliteConnection* connection_;
    std::unordered_map<std::string, SqliteStatement> statements_;
};

}  // namespace dcx::history
