// Takes old rows out of a SQLite file, a few at a time, so that neither a transaction nor the file's log gets long, and
// gives their room back to the disk. Interrupted anywhere, it can be begun again.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "history/row_types.h"
#include "history/sqlite_connection.h"

namespace dcx::history {

class SqlitePruning {
  public:
    // `stop`: see StoreOptions.
    SqlitePruning(SqliteConnection& connection, const std::atomic<bool>* stop) : connection_(connection), stop_(stop) {}

    // What was told before that day and orders closed before it; how many rows that were.
    std::uint64_t prune(Day before);
    void give_back();

  private:
    std::uint64_t prune_told(std::string_view table, Day before);
    std::uint64_t prune_orders(Time before);
    void check_stop() const;

    SqliteConnection& connection_;
    const std::atomic<bool>* stop_;
};

}  // namespace dcx::history
