// All tables of a store as they are in it, read back by its reader as of one commit.
#pragma once

#include "history/naive_history.h"
#include "history/row_reader.h"
#include "history/row_text.h"

namespace dcx::naive {

struct Stored {
    history::Cursor cursor;
    Tables tables;
};

// Throws HistoryError.
inline Stored read_store(const history::StoreOptions& options) {
    const auto reader = history::open_reader(options);
    reader->begin_snapshot();
    Stored stored{.cursor = reader->cursor(), .tables = {}};
    const history::Units units = reader->units();
    const auto read = [&](auto& rows) {
        using Row = typename std::remove_reference_t<decltype(rows)>::value_type;
        rows = reader->rows<Row>(units, "");
        sort_by_key(rows);
    };
    std::apply([&](auto&... tables) { (read(tables), ...); }, Tables::all(stored.tables));
    reader->end_snapshot();
    return stored;
}

}  // namespace dcx::naive
