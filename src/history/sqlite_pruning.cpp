#include "history/sqlite_pruning.h"

#include <limits>
#include <tuple>

#include "history/row_batch.h"

namespace dcx::history {
namespace {

constexpr int kRows = 50'000;
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

}  // namespace

void SqlitePruning::check_stop() const {
    if (stop_ != nullptr && stop_->load(std::memory_order_relaxed))
        throw HistoryError(ErrorCode::stopped, "pruning was stopped; what it has taken away is gone, the rest stays");
}

std::uint64_t SqlitePruning::prune(Day before) {
    std::uint64_t rows = 0;
    const RowBatch batch;
    std::apply(
        [&](const auto&... tables) {
            ((rows += prune_told(std::remove_cvref_t<decltype(tables)>::value_type::table, before)), ...);
        },
        RowBatch::told_tables(batch));
    rows += prune_orders(start_of(before));
    give_back();
    return rows;
}

std::uint64_t SqlitePruning::prune_told(std::string_view table, Day before) {
    const std::string name(table);
    SqliteStatement bound(connection_, "SELECT sequence FROM " + name +
                                           " WHERE day = ?1 ORDER BY sequence LIMIT 1 OFFSET " + std::to_string(kRows));
    SqliteStatement part(connection_, "DELETE FROM " + name + " WHERE day = ?1 AND sequence <= ?2");
    SqliteStatement first(connection_, "SELECT day FROM " + name + " ORDER BY day LIMIT 1");
    std::uint64_t rows = 0;
    while (first.step()) {
        const std::int64_t day = first.integer(0);
        first.reset();
        if (day >= before.value) break;
        check_stop();
        bound.bind(1, day);
        const std::int64_t end = bound.step() ? bound.integer(0) : kEnd;
        bound.reset();
        part.bind(1, day);
        part.bind(2, end);
        part.run();
        rows += static_cast<std::uint64_t>(connection_.changes());
    }
    return rows;
}

std::uint64_t SqlitePruning::prune_orders(Time before) {
    SqliteStatement bound(
        connection_,
        "SELECT order_id FROM orders WHERE order_id >= ?1 ORDER BY order_id LIMIT 1 OFFSET " + std::to_string(kRows));
    // Accepted later, so changed later: none of those behind it can be older.
    SqliteStatement first_later(connection_, "SELECT time FROM orders WHERE order_id >= ?1 ORDER BY order_id LIMIT 1");
    SqliteStatement part(
        connection_,
        "DELETE FROM orders WHERE order_id >= ?1 AND order_id <= ?2 AND status <> 1 AND changed_time < ?3");
    std::uint64_t rows = 0;
    std::int64_t from = 0;
    while (true) {
        first_later.bind(1, from);
        const bool more = first_later.step() && first_later.integer(0) < before.value;
        first_later.reset();
        if (!more) return rows;
        check_stop();
        bound.bind(1, from);
        const std::int64_t end = bound.step() ? bound.integer(0) : kEnd;
        bound.reset();
        part.bind(1, from);
        part.bind(2, end);
        part.bind(3, before.value);
        part.run();
        rows += static_cast<std::uint64_t>(connection_.changes());
        if (end == kEnd) return rows;
        from = end + 1;
    }
}

// Free pages to the file system, a few at a time as above.
void SqlitePruning::give_back() {
    std::int64_t free = connection_.integer("PRAGMA freelist_count");
    while (free > 0) {
        check_stop();
        connection_.run("PRAGMA incremental_vacuum(4096)");
        const std::int64_t left = connection_.integer("PRAGMA freelist_count");
        if (left >= free) break;
        free = left;
    }
    // While somebody reads it can't: then a later one does it.
    connection_.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace dcx::history
