// SqliteConnection and SqliteStatement: the C interface of SQLite with owners and with numbered errors. One thread a
// connection and all of its statements; a statement does not outlive its connection.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "history/history_error.h"

namespace dcx::history {

class SqliteConnection {
  public:
    enum class Access : std::uint8_t { read, write };

    SqliteConnection() = default;
    // Of a file that is there, or with ":memory:" one of its own. When `stop` becomes true, whatever waits gives up.
    SqliteConnection(const std::string& path, Access access, const std::atomic<bool>* stop);

    explicit operator bool() const { return connection_ != nullptr; }
    [[nodiscard]] sqlite3* get() const { return connection_.get(); }
    // Statements without results.
    void run(const std::string& sql);
    // The first cell of the first row; 0 or empty when there is none.
    [[nodiscard]] std::int64_t integer(const std::string& sql);
    [[nodiscard]] std::string text(const std::string& sql);
    // Of the last INSERT, UPDATE or DELETE.
    [[nodiscard]] std::int64_t changes() const { return ::sqlite3_changes64(connection_.get()); }
    // The file's name leads to another file by now, or to none.
    [[nodiscard]] bool moved() const;
    [[noreturn]] void fail(int code) const;

  private:
    struct Close {
        void operator()(sqlite3* connection) const { ::sqlite3_close_v2(connection); }
    };
    struct Waiting {
        const std::atomic<bool>* stop = nullptr;
        bool stopped = false;
    };
    std::unique_ptr<Waiting> waiting_;  // where the connection finds it
    std::unique_ptr<sqlite3, Close> connection_;
    std::string path_;
};

class SqliteStatement {
  public:
    SqliteStatement() = default;
    SqliteStatement(const SqliteConnection& connection, std::string_view sql);

    explicit operator bool() const { return statement_ != nullptr; }
    [[nodiscard]] sqlite3_stmt* get() const { return statement_.get(); }
    // Text and bytes are not copied: they stay as they are until the statement is reset. Places from 1.
    void bind(int place, std::int64_t value) { ::sqlite3_bind_int64(statement_.get(), place, value); }
    void bind_blob(int place, const void* bytes, std::size_t size) {
        ::sqlite3_bind_blob64(statement_.get(), place, bytes, size, SQLITE_STATIC);
    }
    void bind_text(int place, std::string_view text) {
        ::sqlite3_bind_text64(statement_.get(), place, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    // To the next row of the result: false at the end, when it is reset by itself.
    bool step();
    void reset() { ::sqlite3_reset(statement_.get()); }
    // Without a result, from begin to end.
    void run() {
        while (step()) continue;
    }
    [[nodiscard]] std::int64_t integer(int place) const { return ::sqlite3_column_int64(statement_.get(), place); }

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    const SqliteConnection* connection_ = nullptr;
};

// A transaction that is taken back unless it was committed.
class SqliteTransaction {
  public:
    explicit SqliteTransaction(SqliteConnection& connection);
    ~SqliteTransaction();
    SqliteTransaction(const SqliteTransaction&) = delete;
    SqliteTransaction& operator=(const SqliteTransaction&) = delete;
    void commit();

  private:
    SqliteConnection& connection_;
};

}  // namespace dcx::history
