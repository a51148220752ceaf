#include "history/postgres_connection.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "history/postgres_texts.h"

namespace dcx::history {

namespace {

constexpr std::int64_t kSliceNs = 200'000'000;
constexpr std::int64_t kMostSilenceNs = 600'000'000'000;
constexpr int kOldestServer = 140'000;

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

PostgresConnection::PostgresConnection(std::string url, const std::atomic<bool>* stop, const PostgresTimeouts& timeouts)
    : url_(std::move(url)),
      name_(postgres_name(url_)),
      stop_(stop),
      timeouts_(timeouts),
      silence_limit_ns_(timeouts.silence_ns) {}

PostgresConnection::~PostgresConnection() { close(); }

void PostgresConnection::close() noexcept {
    if (connection_ != nullptr) PQfinish(connection_);
    connection_ = nullptr;
}

void PostgresConnection::fail(ErrorCode code, const std::string& text) {
    close();
    throw HistoryError(code, name_ + ": " + text);
}

void PostgresConnection::fail(const PGresult* result) {
    const char* const sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate == nullptr) lost();
    const auto field = [&](int code) -> std::string {
        const char* const value = PQresultErrorField(result, code);
        return value == nullptr ? "" : postgres_one_line(value);
    };
    const ErrorCode code = error_of_sqlstate(sqlstate);
    std::string text = field(PG_DIAG_MESSAGE_PRIMARY);
    if (const std::string detail = field(PG_DIAG_MESSAGE_DETAIL); !detail.empty()) text += " (" + detail + ")";
    text += ", SQLSTATE " + std::string(sqlstate);
    if (code == ErrorCode::credentials) text += "; docs/history.md lists the rights it needs";
    if (code == ErrorCode::disk_full) text += "; make room for the server, it goes on by itself";
    fail(code, text);
}

void PostgresConnection::lost() {
    const std::string text = connection_ == nullptr ? "" : postgres_one_line(PQerrorMessage(connection_));
    fail(ErrorCode::unreachable, text.empty() ? "the connection was lost" : text);
}

void PostgresConnection::check_stop() {
    if (stop_ != nullptr && stop_->load(std::memory_order_relaxed))
        fail(ErrorCode::stopped, "a stop was asked for while it was waited for");
}

void PostgresConnection::be_patient(std::int64_t ns) { patient_ns_ = ns; }

void PostgresConnection::forget_silences() { silence_limit_ns_ = timeouts_.silence_ns; }

void PostgresConnection::pause(std::int64_t ns) {
    check_stop();
    ::poll(nullptr, 0, static_cast<int>(std::min(ns, kSliceNs) / 1'000'000));
}

void PostgresConnection::connect() {
    close();
    check_stop();
    // Ours first: what the url says goes before them. Only the encoding is not the operator's to choose.
    const char* const keywords[] = {
        "fallback_application_name", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout",          "dbname",          "client_encoding",     nullptr};
    const char* const values[] = {"dcx", "10", "5", "3", "30000", url_.c_str(), "UTF8", nullptr};
    connection_ = PQconnectStartParams(keywords, values, 1);
    if (connection_ == nullptr) throw std::bad_alloc();
    PQsetNoticeReceiver(connection_, [](void*, const PGresult*) {}, nullptr);
    // Verbose, because that is where an error of the connection has its SQLSTATE.
    PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
    const std::int64_t deadline = now_ns() + timeouts_.connect_ns;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (PQstatus(connection_) != CONNECTION_BAD && state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
        if (now_ns() > deadline) fail(ErrorCode::timeout, "it has not answered a connection in time");
        check_stop();
        pollfd waiting{.fd = PQsocket(connection_),
                       .events = static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                       .revents = 0};
        if (::poll(&waiting, 1, static_cast<int>(kSliceNs / 1'000'000)) > 0) state = PQconnectPoll(connection_);
    }
    if (PQstatus(connection_) != CONNECTION_OK) {
        const std::string text = PQerrorMessage(connection_);
        const std::size_t at = find_sqlstate(text);
        if (at == std::string::npos) {
            const bool refused = PQconnectionNeedsPassword(connection_) != 0;
            fail(refused ? ErrorCode::credentials : ErrorCode::unreachable, postgres_one_line(text));
        }
        const std::string sqlstate = text.substr(at, 5);
        const std::size_t line = text.find('\n', at);
        const std::string message = text.substr(at + 7, line == std::string::npos ? line : line - at - 7);
        fail(error_of_sqlstate(sqlstate),
             message + ", SQLSTATE " + sqlstate +
                 (sqlstate == "3D000" ? "; make it with createdb, it goes on by itself" : ""));
    }
    PQsetErrorVerbosity(connection_, PQERRORS_DEFAULT);
    silent_ns_ = 0;
    if (PQsetnonblocking(connection_, 1) != 0) lost();
    if (PQserverVersion(connection_) < kOldestServer)
        fail(ErrorCode::internal, "the server's version is " + std::to_string(PQserverVersion(connection_) / 10'000) +
                                      ", 14 is the oldest that will do");
}

short PostgresConnection::wait(short events) {
    const std::int64_t start = now_ns();
    pollfd waiting{.fd = PQsocket(connection_), .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(kSliceNs / 1'000'000));
    if (ready > 0) {
        silent_ns_ = 0;
        return waiting.revents;
    }
    check_stop();
    silent_ns_ += now_ns() - start;
    if (const std::int64_t limit = std::max(silence_limit_ns_, patient_ns_); silent_ns_ > limit) {
        const std::string seconds = std::to_string(limit / 1'000'000'000);
        silence_limit_ns_ = std::min(2 * silence_limit_ns_, std::max(kMostSilenceNs, timeouts_.silence_ns));
        fail(ErrorCode::timeout, "no sign of life for " + seconds + " s");
    }
    return 0;
}

void PostgresConnection::flush() {
    if (connection_ == nullptr) fail(ErrorCode::unreachable, "not connected");
    for (;;) {
        const int left = PQflush(connection_);
        if (left < 0) lost();
        if (left == 0) return;
        // Read too, or both sides wait with full buffers.
        if ((wait(POLLIN | POLLOUT) & POLLIN) != 0 && PQconsumeInput(connection_) == 0) lost();
    }
}

// Null when there is no more.
PostgresResult PostgresConnection::next() {
    while (PQisBusy(connection_) != 0)
        if (wait(POLLIN) != 0 && PQconsumeInput(connection_) == 0) lost();
    return PostgresResult(PQgetResult(connection_));
}

// Whatever is left of an answer.
void PostgresConnection::finish() {
    while (const PostgresResult result = next())
        if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) fail(result.get());
}

PostgresResult PostgresConnection::run(const std::string& sql) {
    if (connection_ == nullptr) fail(ErrorCode::unreachable, "not connected");
    if (PQsendQuery(connection_, sql.c_str()) == 0) lost();
    flush();
    PostgresResult last;
    while (PostgresResult result = next()) {
        if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) fail(result.get());
        last = std::move(result);
    }
    patient_ns_ = 0;
    return last;
}

PostgresResult PostgresConnection::run(const std::string& sql, const PostgresParameters& p) {
    if (connection_ == nullptr) fail(ErrorCode::unreachable, "not connected");
    send(sql, p);
    flush();
    PostgresResult result = next();
    if (result == nullptr) lost();
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) fail(result.get());
    finish();
    return result;
}

void PostgresConnection::stream(const std::string& sql, const PostgresParameters& p,
                                const std::function<void(const PGresult*)>& row) {
    if (connection_ == nullptr) fail(ErrorCode::unreachable, "not connected");
    send(sql, p);
    if (PQsetSingleRowMode(connection_) == 0) lost();
    flush();
    while (const PostgresResult result = next()) {
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_FATAL_ERROR) fail(result.get());
        if (status != PGRES_SINGLE_TUPLE) continue;
        try {
            row(result.get());
        } catch (...) {
            close();
            throw;
        }
        // A reader of many rows is stopped between them.
        check_stop();
    }
}

void PostgresConnection::begin_copy(const std::string& sql) {
    if (connection_ == nullptr) fail(ErrorCode::unreachable, "not connected");
    if (PQsendQuery(connection_, sql.c_str()) == 0) lost();
    flush();
    const PostgresResult result = next();
    if (result == nullptr || PQresultStatus(result.get()) != PGRES_COPY_IN) fail(result.get());
}

void PostgresConnection::put(std::string_view bytes) {
    for (;;) {
        const int taken = PQputCopyData(connection_, bytes.data(), static_cast<int>(bytes.size()));
        if (taken < 0) lost();
        if (taken > 0) break;
        if ((wait(POLLIN | POLLOUT) & POLLIN) != 0 && PQconsumeInput(connection_) == 0) lost();
    }
    // What was taken goes out now, while we make the next rows.
    if (PQflush(connection_) < 0) lost();
}

std::uint64_t PostgresConnection::end_copy() {
    for (;;) {
        const int taken = PQputCopyEnd(connection_, nullptr);
        if (taken < 0) lost();
        if (taken > 0) break;
        if ((wait(POLLIN | POLLOUT) & POLLIN) != 0 && PQconsumeInput(connection_) == 0) lost();
    }
    flush();
    const PostgresResult result = next();
    if (result == nullptr || PQresultStatus(result.get()) != PGRES_COMMAND_OK) fail(result.get());
    const std::uint64_t rows = std::strtoull(PQcmdTuples(result.get()), nullptr, 10);
    finish();
    return rows;
}

void PostgresConnection::begin_pipeline() {
    if (connection_ == nullptr) fail(ErrorCode::unreachable, "not connected");
    if (PQenterPipelineMode(connection_) == 0) lost();
}

void PostgresConnection::prepare(const std::string& statement, const std::string& sql) {
    if (PQsendPrepare(connection_, statement.c_str(), sql.c_str(), 0, nullptr) == 0) lost();
}

void PostgresConnection::execute(const std::string& statement, const PostgresParameters& p) {
    if (PQsendQueryPrepared(connection_, statement.c_str(), static_cast<int>(p.values.size()), p.values.data(),
                            p.lengths.data(), p.formats.data(), 1) == 0)
        lost();
}

void PostgresConnection::send(const std::string& sql, const PostgresParameters& p) {
    if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(p.values.size()),
                          p.types.empty() ? nullptr : p.types.data(), p.values.data(), p.lengths.data(),
                          p.formats.data(), 1) == 0)
        lost();
}

void PostgresConnection::settle(const std::function<void(const PGresult*)>& told) {
    if (PQpipelineSync(connection_) == 0) lost();
    flush();
    for (;;) {
        const PostgresResult result = next();
        if (result == nullptr) {  // between two statements
            if (PQstatus(connection_) == CONNECTION_BAD) lost();
            continue;
        }
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_PIPELINE_SYNC) break;
        if (status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED) fail(result.get());
        told(result.get());
    }
    if (PQexitPipelineMode(connection_) == 0) lost();
}

}  // namespace dcx::history
