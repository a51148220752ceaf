// Compares what two stores hold, table by table and row for row in the order of their keys: the stores' own rows, as
// read_row() makes them, so that it does not matter of which kind they are. For `dcx history check`, where one of them
// was made from the journal a moment ago.
//
// Both readers should be in a snapshot. Reads by pages of keys: bounded memory, one index scan a table. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "history/row_reader.h"

namespace dcx::history {

struct Comparison {
    std::uint64_t rows{};         // that are in either
    std::uint64_t differences{};  // of them: missing, too many, or not the same
};
struct Difference {
    std::string_view table;
    std::string text;  // which row, and the columns that differ
};

// `told` hears of each difference, at most `max_told` times; `looked`, if there is one, of the rows so far now and
// then.
[[nodiscard]] Comparison compare_stores(StoreReader& store, StoreReader& expected, std::size_t max_told,
                                        const std::function<void(const Difference&)>& told,
                                        const std::function<void(std::uint64_t)>& looked = {});

// What was told before that day was taken away; 0: nothing was.
[[nodiscard]] Day pruned_before(StoreReader& reader);

// Calls f(std::type_identity<Row>) for each type of row.
template <class F>
void each_row_type(F&& f);

// Rows of each table.
struct TableSize {
    std::string_view table;
    std::uint64_t rows{};
};
[[nodiscard]] std::vector<TableSize> table_sizes(StoreReader& reader);

// ---- What the template is made of.

template <class F>
void each_row_type(F&& f) {
    const RowBatch tables;
    const auto each = [&](const auto&... vectors) {
        (f(std::type_identity<typename std::decay_t<decltype(vectors)>::value_type>{}), ...);
    };
    std::apply(each, RowBatch::state_tables(tables));
    each(tables.new_orders);
    std::apply(each, RowBatch::told_tables(tables));
}

}  // namespace dcx::history
