// BalanceCache: the balances of all accounts in Redis, kept there from events for whoever needs one at once
// (balance_reader.h). It needs no store, and no store needs it. docs/decisions/0038 says why it is as it is; keys and
// fields stand in balance_keys.h.
//
// What is promised: a watermark says as of which command everything there is. It is written in one transaction with the
// balances that changed, at the end of a command, and only by the writer that it names: a wipe, a restart or another
// writer is noticed before anything more is written. At a start, after every lost connection and after a wipe there is
// a new generation: not ready, everything stale removed, everything written, ready. A balance that changes a thousand
// times between two writes is written once.
//
// poll() does a bounded piece of work and is the one thread's; it waits for Redis, but never longer than `answer_ns`,
// nor once `stop` is true. health() and reason() are any thread's. Redis slow or gone: events are read on, the source's
// writer is never held up. Memory: balances of all accounts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "history/balance_book.h"
#include "history/balance_cache_options.h"
#include "history/balance_writer.h"
#include "history/history_error.h"
#include "model/event_source.h"

namespace dcx::history {

class BalanceCache {
  public:
    // A source that begins with the state (restored events), or with the log's first command. It is opened again after
    // it has thrown an error that may pass.
    using OpenSource = std::function<std::unique_ptr<EventSource>()>;

    // Throws HistoryError bad_url.
    BalanceCache(OpenSource open_source, Clock& clock, const BalanceCacheOptions& options);
    ~BalanceCache();
    BalanceCache(const BalanceCache&) = delete;
    BalanceCache& operator=(const BalanceCache&) = delete;

    // True when there was something to do.
    bool poll();
    // Writes what it has at once, if it can.
    void flush();
    // Redis has all that the source had when it was last asked.
    [[nodiscard]] bool caught_up() const;

    [[nodiscard]] const BalanceCacheHealth& health() const { return health_; }
    // Why it retries or has stopped; empty otherwise. Any thread.
    [[nodiscard]] std::string reason() const;
    // For messages: where it writes, without a password.
    [[nodiscard]] std::string name() const { return writer_.name(); }

  private:
    bool open_source();
    bool read_events();
    bool write_something();
    [[nodiscard]] bool write_due() const;
    void fail(const HistoryError& error, bool stops);
    void tell(BalanceCacheHealth::Stage stage, const std::string& reason = {});

    OpenSource open_source_;
    Clock& clock_;
    BalanceCacheOptions options_;
    BalanceCacheHealth health_;
    BalanceWriter writer_;
    BalanceBook book_;
    std::unique_ptr<EventSource> source_;
    bool source_empty_ = false;
    std::int64_t written_ns_ = INT64_MIN / 2;
    std::int64_t open_at_ns_ = INT64_MIN / 2;   // the source, again
    std::int64_t retry_at_ns_ = INT64_MIN / 2;  // Redis
    mutable std::mutex mutex_;
    std::string reason_;
};

}  // namespace dcx::history
