#include "history/postgres_writer.h"

#include <cstdlib>
#include <vector>

namespace dcx::history {

namespace {

// From how many rows on COPY is faster, for new ones and for changes (bench/history_postgres_bench.cpp).
constexpr std::size_t kManyNew = 16;
constexpr std::size_t kManyChanges = 200;
// What goes to the server at once while the next rows are encoded.
constexpr std::size_t kChunk = 64 * 1024;

struct Columns {
    std::vector<std::string> names;

    void small(std::string_view name, const auto&) { names.emplace_back(name); }
    void integer(std::string_view name, const auto&) { names.emplace_back(name); }
    void number(std::string_view name, const auto&) { names.emplace_back(name); }
    void day(std::string_view name, Day) { names.emplace_back(name); }
    void time(std::string_view name, Time) { names.emplace_back(name); }
    void price(std::string_view name, Price, InstrumentId) { names.emplace_back(name); }
    void quantity(std::string_view name, Quantity, InstrumentId) { names.emplace_back(name); }
    void amount(std::string_view name, Amount, AssetId) { names.emplace_back(name); }
    void uuid(std::string_view name, const TransferId&) { names.emplace_back(name); }
    void bytes(std::string_view name, const auto&) { names.emplace_back(name); }
    void text(std::string_view name, const auto&) { names.emplace_back(name); }
};

template <class Row>
const std::vector<std::string>& columns_of() {
    static const std::vector<std::string> kNames = [] {
        const Row row{};
        Columns columns;
        Row::columns(row, columns);
        return std::move(columns.names);
    }();
    return kNames;
}

// "format(name, its number), …" of the columns in [from, to).
template <class Format>
std::string list(const std::vector<std::string>& names, std::size_t from, std::size_t to, const char* between,
                 const Format& format) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) text += (i == from ? "" : between) + format(names[i], i + 1);
    return text;
}
std::string name_alone(const std::string& name, std::size_t) { return name; }
std::string parameter(const std::string&, std::size_t number) { return "$" + std::to_string(number); }

template <class Row>
std::string all_names() {
    return list(columns_of<Row>(), 0, columns_of<Row>().size(), ", ", name_alone);
}

template <class Row>
std::string on_conflict_sql() {
    const auto& names = columns_of<Row>();
    return " ON CONFLICT (" + list(names, 0, Row::key_columns, ", ", name_alone) + ") DO UPDATE SET " +
           list(names, Row::key_columns, names.size(), ", ",
                [](const std::string& name, std::size_t) { return name + " = excluded." + name; });
}

template <class Row>
std::string insert_sql() {
    const auto& names = columns_of<Row>();
    return "INSERT INTO " + std::string(Row::table) + " (" + all_names<Row>() + ") VALUES (" +
           list(names, 0, names.size(), ", ", parameter) + ")";
}

template <class Row>
std::string update_sql() {
    const auto& names = columns_of<Row>();
    const auto set = [](const std::string& name, std::size_t number) { return name + " = " + parameter(name, number); };
    return "UPDATE " + std::string(Row::table) + " SET " + list(names, Row::key_columns, names.size(), ", ", set) +
           " WHERE " + list(names, 0, Row::key_columns, " AND ", set);
}

template <class Row>
std::string stage_of() {
    return "pg_temp.stage_" + std::string(Row::table);
}

template <class Row>
std::string merge_sql(bool update) {
    const auto& names = columns_of<Row>();
    const std::string table(Row::table);
    if (!update)
        return "INSERT INTO " + table + " (" + all_names<Row>() + ") SELECT " + all_names<Row>() + " FROM " +
               stage_of<Row>() + on_conflict_sql<Row>();
    const auto set = [](const std::string& name, std::size_t) { return name + " = s." + name; };
    const auto same = [&](const std::string& name, std::size_t) { return table + "." + name + " = s." + name; };
    return "UPDATE " + table + " SET " + list(names, Row::key_columns, names.size(), ", ", set) + " FROM " +
           stage_of<Row>() + " s WHERE " + list(names, 0, Row::key_columns, " AND ", same);
}

}  // namespace

template <class Row>
void PostgresWriter::send(const std::vector<Row>& rows, Way way, CopyEncoder& encoder) {
    if (rows.empty() || rows.size() >= (way == Way::insert ? kManyNew : kManyChanges)) return;
    const std::string statement = (way == Way::update ? "update_" : "put_") + std::string(Row::table);
    if (prepared_.insert(statement).second) {
        connection_.prepare(statement, way == Way::update   ? update_sql<Row>()
                                       : way == Way::upsert ? insert_sql<Row>() + on_conflict_sql<Row>()
                                                            : insert_sql<Row>());
    }
    for (const Row& row : rows) {
        encoder.clear();
        encoder.row(row);
        parameters_.clear();
        for_each_field(encoder.bytes(), [&](const char* value, int length) { parameters_.add(value, length); });
        connection_.execute(statement, parameters_);
    }
}

template <class Row>
void PostgresWriter::copy_rows(const std::string& target, const std::vector<Row>& rows, CopyEncoder& encoder) {
    connection_.begin_copy("COPY " + target + " (" + all_names<Row>() + ") FROM STDIN (FORMAT binary)");
    encoder.clear();
    encoder.begin();
    for (const Row& row : rows) {
        encoder.row(row);
        if (encoder.bytes().size() < kChunk) continue;
        connection_.put(encoder.bytes());
        encoder.clear();
    }
    encoder.end();
    connection_.put(encoder.bytes());
    if (connection_.end_copy() != rows.size())
        connection_.fail(ErrorCode::internal, "COPY into " + target + " took another number of rows");
}

template <class Row>
void PostgresWriter::copy(const std::vector<Row>& rows, Way way, CopyEncoder& encoder) {
    if (rows.size() < (way == Way::insert ? kManyNew : kManyChanges)) return;
    if (way == Way::insert) {
        copy_rows<Row>(std::string(Row::table), rows, encoder);
        return;
    }
    // Emptied by every commit; made again only after a lost connection or a transaction that was undone.
    if (staged_.insert(std::string(Row::table)).second) {
        connection_.run("CREATE TEMPORARY TABLE IF NOT EXISTS stage_" + std::string(Row::table) + " (LIKE " +
                        std::string(Row::table) + ") ON COMMIT DELETE ROWS");
    }
    copy_rows<Row>(stage_of<Row>(), rows, encoder);
    const PostgresResult merged = connection_.run(merge_sql<Row>(way == Way::update));
    if (std::strtoull(PQcmdTuples(merged.get()), nullptr, 10) != rows.size())
        connection_.fail(ErrorCode::damaged,
                         "rows of " + std::string(Row::table) + " that change are not there: rebuild the history");
}

void PostgresWriter::send_few(const RowBatch& batch, CopyEncoder& encoder) {
    std::apply([&](const auto&... rows) { (send(rows, Way::upsert, encoder), ...); }, RowBatch::state_tables(batch));
    std::apply([&](const auto&... rows) { (send(rows, Way::insert, encoder), ...); }, RowBatch::told_tables(batch));
    send(batch.new_orders, Way::insert, encoder);
    send(batch.changed_orders, Way::update, encoder);
}

void PostgresWriter::copy_many(const RowBatch& batch, CopyEncoder& encoder) {
    std::apply([&](const auto&... rows) { (copy(rows, Way::upsert, encoder), ...); }, RowBatch::state_tables(batch));
    std::apply([&](const auto&... rows) { (copy(rows, Way::insert, encoder), ...); }, RowBatch::told_tables(batch));
    copy(batch.new_orders, Way::insert, encoder);
    copy(batch.changed_orders, Way::update, encoder);
}

}  // namespace dcx::history
