#include "history/sqlite_reader.h"

#include <sys/stat.h>

#include <array>
#include <bit>
#include <cerrno>

#include "history/sqlite_schema.h"
#include "history/sqlite_store.h"

namespace dcx::history {
namespace {

class SqliteCells final : public Cells {
  public:
    explicit SqliteCells(sqlite3_stmt* statement) : statement_(statement) {}

    std::int64_t integer(std::size_t place) override {
        const int column = static_cast<int>(place);
        if (::sqlite3_column_type(statement_, column) != SQLITE_INTEGER) refuse(column, "a number");
        return ::sqlite3_column_int64(statement_, column);
    }
    std::int64_t steps(std::size_t place, std::int64_t, std::uint8_t) override { return integer(place); }
    std::string_view bytes(std::size_t place) override {
        const int column = static_cast<int>(place);
        const int type = ::sqlite3_column_type(statement_, column);
        if (type != SQLITE_TEXT && type != SQLITE_BLOB) refuse(column, "text or bytes");
        const void* bytes = ::sqlite3_column_blob(statement_, column);
        return {static_cast<const char*>(bytes), static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column))};
    }

  private:
    [[noreturn]] void refuse(int column, const char* expected) {
        const char* name = ::sqlite3_column_name(statement_, column);
        throw HistoryError(ErrorCode::damaged,
                           std::string("the column ") + (name != nullptr ? name : "?") + " does not hold " + expected);
    }

    sqlite3_stmt* statement_;
};

// What is bound stays where it is until the statement has run.
void bind(SqliteStatement& statement, std::span<const Parameter> parameters,
          std::vector<std::array<std::uint64_t, 2>>& ids) {
    ids.resize(parameters.size());
    if (static_cast<std::size_t>(::sqlite3_bind_parameter_count(statement.get())) != parameters.size())
        throw HistoryError(ErrorCode::internal, "a statement has another number of parameters than it was given");
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        // By name: SQLite numbers them as they first appear.
        const int place = ::sqlite3_bind_parameter_index(statement.get(), ("$" + std::to_string(i + 1)).c_str());
        if (place == 0)
            throw HistoryError(ErrorCode::internal, "a statement lacks the parameter $" + std::to_string(i + 1));
        if (const auto* number = std::get_if<std::int64_t>(&parameters[i])) statement.bind(place, *number);
        if (const auto* day = std::get_if<Day>(&parameters[i])) statement.bind(place, day->value);
        if (const auto* id = std::get_if<TransferId>(&parameters[i])) {
            ids[i] = {__builtin_bswap64(id->high), __builtin_bswap64(id->low)};
            statement.bind_blob(place, ids[i].data(), sizeof ids[i]);
        }
    }
}

// A reader of its own connection.
class SqliteFileReader final : public StoreReader {
  public:
    SqliteFileReader(std::string path, const std::atomic<bool>* stop)
        : path_(std::move(path)), connection_(path_, SqliteConnection::Access::read, stop), reader_(connection_) {
        check_sqlite_schema(connection_, path_);
        connection_.run("PRAGMA cache_size = -16384");
    }
    void select(std::string_view sql, std::span<const Parameter> parameters,
                const std::function<void(Cells&)>& row) override {
        // Another file may stand there by now (moved away and rebuilt), and what we hold would never change again.
        if (connection_.moved())
            throw HistoryError(ErrorCode::not_there, path_ + ": was moved or deleted since it was opened");
        reader_.select(sql, parameters, row);
    }
    void begin_snapshot() override { reader_.begin_snapshot(); }
    void end_snapshot() override { reader_.end_snapshot(); }

  private:
    std::string path_;
    SqliteConnection connection_;
    SqliteReader reader_;
};

}  // namespace

void SqliteReader::select(std::string_view sql, std::span<const Parameter> parameters,
                          const std::function<void(Cells&)>& row) {
    const std::string text(sql);
    // Taken out while it runs: `row` may select too.
    SqliteStatement statement;
    if (auto kept = statements_.extract(text)) {
        statement = std::move(kept.mapped());
    } else {
        statement = SqliteStatement(*connection_, sql);
        // A reader promises to change nothing, whatever it is asked.
        if (::sqlite3_stmt_readonly(statement.get()) == 0)
            throw HistoryError(ErrorCode::internal, "a reader was given a statement that is no SELECT");
    }
    std::vector<std::array<std::uint64_t, 2>> ids;
    bind(statement, parameters, ids);
    SqliteCells cells(statement.get());
    while (statement.step()) row(cells);
    if (statements_.size() >= kKept) statements_.clear();
    statements_.emplace(text, std::move(statement));
}

void SqliteReader::begin_snapshot() {
    connection_->run("BEGIN");
    // The snapshot is that of the first read.
    connection_->run("SELECT one FROM history_cursor");
}

void SqliteReader::end_snapshot() {
    // Nothing was written: what could be wrong with it was told by the reads.
    for (const char* sql : {"COMMIT", "ROLLBACK"})
        if (::sqlite3_get_autocommit(connection_->get()) == 0)
            ::sqlite3_exec(connection_->get(), sql, nullptr, nullptr, nullptr);
}

std::unique_ptr<StoreReader> open_sqlite_reader(const StoreOptions& options) {
    struct stat status{};
    if (::stat(options.url.c_str(), &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            throw HistoryError(ErrorCode::not_there, options.url + ": there is no history yet");
        const char* description = ::strerrordesc_np(errno);
        throw HistoryError(ErrorCode::credentials, options.url + ": " + (description != nullptr ? description : "?"));
    }
    if (!S_ISREG(status.st_mode)) throw HistoryError(ErrorCode::damaged, options.url + ": is not a file");
    return std::make_unique<SqliteFileReader>(options.url, options.stop);
}

}  // namespace dcx::history
