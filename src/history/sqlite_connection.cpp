#include "history/sqlite_connection.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace dcx::history {
namespace {

// Nobody but us writes, so a lock is held by somebody's sqlite3 shell, or for a moment by who recovers or checkpoints.
constexpr int kBusyTries = 400;
constexpr std::chrono::milliseconds kBusyWait{5};

// What the system has said last: SQLite passes it on for some errors only, but its files keep it.
int system_error_of(sqlite3* connection) {
    if (connection == nullptr) return 0;
    if (const int error = ::sqlite3_system_errno(connection); error != 0) return error;
    int of_file = 0;
    ::sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file);
    if (of_file != 0) return of_file;
    sqlite3_file* log = nullptr;
    ::sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    int of_log = 0;
    if (log != nullptr && log->pMethods != nullptr && log->pMethods->xFileControl != nullptr)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
    return of_log;
}

ErrorCode code_of(int code, int system_error) {
    const bool full = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
    switch (code & 0xFF) {
        case SQLITE_FULL: return ErrorCode::disk_full;
        // A disk that fails once need not fail always: the transaction is taken back and made again.
        case SQLITE_IOERR: return full ? ErrorCode::disk_full : ErrorCode::unreachable;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return ErrorCode::conflict;
        case SQLITE_INTERRUPT: return ErrorCode::stopped;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        // A row that is there already, or of another type: it is not as we left it.
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH: return ErrorCode::damaged;
        case SQLITE_CANTOPEN:
            if (full) return ErrorCode::disk_full;
            return system_error == EMFILE || system_error == ENFILE ? ErrorCode::unreachable : ErrorCode::credentials;
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_READONLY: return ErrorCode::credentials;
        case SQLITE_NOMEM: return ErrorCode::unreachable;
        default: return ErrorCode::internal;
    }
}

const char* advice(ErrorCode code) {
    switch (code) {
        case ErrorCode::disk_full: return "; make room on its disk (dcx history prune)";
        case ErrorCode::conflict: return "; another program holds it locked";
        case ErrorCode::damaged: return "; move it away and make it again (dcx history rebuild)";
        case ErrorCode::credentials: return "; the venue's user must be able to read and write it and its folder";
        default: return "";
    }
}

}  // namespace

SqliteConnection::SqliteConnection(const std::string& path, Access access, const std::atomic<bool>* stop)
    : waiting_(std::make_unique<Waiting>(Waiting{.stop = stop})), path_(path) {
    // Counting what it allocates, under a lock, costs SQLite a tenth of an insert. Nobody else in the program uses it.
    [[maybe_unused]] static const int kUncounted = ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3* opened = nullptr;
    const int flags = (access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                      SQLITE_OPEN_EXRESCODE;
    const int code = ::sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
    connection_.reset(opened);
    if (code != SQLITE_OK) fail(code);
    const auto wait = [](void* told, int tries) {
        auto& waiting = *static_cast<Waiting*>(told);
        waiting.stopped = waiting.stop != nullptr && waiting.stop->load(std::memory_order_relaxed);
        if (waiting.stopped || tries >= kBusyTries) return 0;
        std::this_thread::sleep_for(kBusyWait);
        return 1;
    };
    ::sqlite3_busy_handler(connection_.get(), wait, waiting_.get());
}

void SqliteConnection::fail(int code) const {
    const bool of_system = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
    const int system_error = of_system ? system_error_of(connection_.get()) : 0;
    ErrorCode meaning = code_of(code, system_error);
    if (meaning == ErrorCode::conflict && waiting_ != nullptr && waiting_->stopped) meaning = ErrorCode::stopped;
    std::string text = path_ + ": " + (connection_ != nullptr ? ::sqlite3_errmsg(connection_.get()) : "out of memory");
    text += " (SQLite " + std::to_string(code);
    if (system_error != 0) {
        const char* description = ::strerrordesc_np(system_error);
        text += std::string(", ") + (description != nullptr ? description : "unknown error");
    }
    throw HistoryError(meaning, text + ")" + advice(meaning));
}

void SqliteConnection::run(const std::string& sql) {
    if (const int code = ::sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK)
        fail(code);
}

std::int64_t SqliteConnection::integer(const std::string& sql) {
    SqliteStatement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string SqliteConnection::text(const std::string& sql) {
    SqliteStatement statement(*this, sql);
    if (!statement.step()) return {};
    const unsigned char* bytes = ::sqlite3_column_text(statement.get(), 0);
    return bytes == nullptr ? std::string{} : std::string(reinterpret_cast<const char*>(bytes));
}

bool SqliteConnection::moved() const {
    int moved = 0;
    return ::sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

SqliteStatement::SqliteStatement(const SqliteConnection& connection, std::string_view sql) : connection_(&connection) {
    sqlite3_stmt* prepared = nullptr;
    const int code = ::sqlite3_prepare_v3(connection.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    statement_.reset(prepared);
    if (code != SQLITE_OK) connection.fail(code);
}

bool SqliteStatement::step() {
    const int code = ::sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    const int reset = ::sqlite3_reset(statement_.get());
    if (code != SQLITE_DONE) connection_->fail(reset != SQLITE_OK ? reset : code);
    return false;
}

SqliteTransaction::SqliteTransaction(SqliteConnection& connection) : connection_(connection) {
    connection_.run("BEGIN IMMEDIATE");
}

SqliteTransaction::~SqliteTransaction() {
    // SQLite itself has taken it back after some errors. Should this fail too, the next BEGIN says so.
    if (::sqlite3_get_autocommit(connection_.get()) == 0)
        ::sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteTransaction::commit() { connection_.run("COMMIT"); }

}  // namespace dcx::history
