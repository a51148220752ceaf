// PostgresConnection: one connection to a PostgreSQL server, never blocked by it: every wait is a poll of at most 200
// ms between looks at the stop flag, and a server that gives no sign of life for too long is given up (a process that
// was paused keeps its TCP connections alive: only silence tells). Only the look-up of a host's name is the system's
// own.
//
// One thread. Every function but close() may throw HistoryError; the connection is closed then: a transaction that was
// open is undone by the server, unless its COMMIT was under way, which only the stored cursor can tell.
#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "history/history_error.h"

namespace dcx::history {

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

struct PostgresTimeouts {
    std::int64_t connect_ns = 10'000'000'000;
    std::int64_t silence_ns = 30'000'000'000;  // doubled after each silence, so that slow work ends at last
    std::int64_t lock_ns = 5'000'000'000;      // for another writer to go away
};

// Values of a statement's parameters, binary.
struct PostgresParameters {
    std::vector<Oid> types;  // empty: the server knows
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;

    void clear() {
        types.clear();
        values.clear();
        lengths.clear();
        formats.clear();
    }
    void add(const char* value, int length) {
        values.push_back(value);
        lengths.push_back(length);
        formats.push_back(1);
    }
};

class PostgresConnection {
  public:
    // Throws bad_url. Does not connect yet.
    PostgresConnection(std::string url, const std::atomic<bool>* stop, const PostgresTimeouts& timeouts = {});
    ~PostgresConnection();
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;

    void connect();
    void close() noexcept;
    [[nodiscard]] bool connected() const { return connection_ != nullptr; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const PostgresTimeouts& timeouts() const { return timeouts_; }

    // One or more statements as text, without parameters: the result of the last.
    PostgresResult run(const std::string& sql);
    // One statement; results are binary.
    PostgresResult run(const std::string& sql, const PostgresParameters& parameters);
    // One statement whose rows come one by one. When `row` throws, the connection is closed.
    void stream(const std::string& sql, const PostgresParameters& parameters,
                const std::function<void(const PGresult*)>& row);

    // COPY ... FROM STDIN: begin, any number of put, end; returns the rows.
    void begin_copy(const std::string& sql);
    void put(std::string_view bytes);
    std::uint64_t end_copy();

    // Statements sent without waiting for their answers; settle() waits for all and gives each one's result to `told`
    // in the order in which they were sent (for prepare() too).
    void begin_pipeline();
    void prepare(const std::string& statement, const std::string& sql);
    void execute(const std::string& statement, const PostgresParameters& parameters);
    void send(const std::string& sql, const PostgresParameters& parameters = {});
    void settle(const std::function<void(const PGresult*)>& told);

    // The next run() may be silent for so long: it is known to be long work.
    void be_patient(std::int64_t ns);
    // What it was given up for has worked: the patience is as at the start.
    void forget_silences();
    // Gives up with `stopped` when a stop was asked for; else sleeps as long, at most 200 ms.
    void pause(std::int64_t ns);
    [[noreturn]] void fail(const PGresult* result);
    [[noreturn]] void fail(ErrorCode code, const std::string& text);

  private:
    PostgresResult next();
    void finish();
    void flush();
    // Returns the poll events that came; counts the silence.
    short wait(short events);
    void check_stop();
    [[noreturn]] void lost();

    std::string url_;
    std::string name_;
    const std::atomic<bool>* stop_;
    PostgresTimeouts timeouts_;
    PGconn* connection_ = nullptr;
    std::int64_t silence_limit_ns_;
    std::int64_t patient_ns_ = 0;
    std::int64_t silent_ns_ = 0;
};

}  // namespace dcx::history
