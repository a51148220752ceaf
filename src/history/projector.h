// Projector: events from a source into a store, in batches that end at command boundaries. It never holds up its
// source's writer: when the store is slow or gone it keeps the one batch it has, falls behind, and catches up later.
//
// A batch goes out when its oldest command has waited `linger_ns`, or five times as long when it is small, or at once
// when the last one went longer ago; when it has `max_rows`, with which alone it goes while the log's time is far
// behind the clock: then there is nobody to wait for it, and large batches are cheaper. So a command waits no longer
// than five lingers, and the commit before its own.
//
// poll() does a bounded piece of work, of which a commit is one. One thread; health() and reason() any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "base/clock.h"
#include "history/fold.h"
#include "history/log_source.h"
#include "history/store.h"

namespace dcx::history {

struct ProjectorOptions {
    std::size_t max_rows = 50'000;
    std::int64_t linger_ns = 20'000'000;
    std::int64_t behind_ns = 2'000'000'000;  // log time against the wall clock: far behind
    std::int64_t retry_ns = 1'000'000'000;   // after an error that may pass
};

// Every number is exact; two of them read together need not be of the same moment.
struct ProjectorHealth {
    enum class Stage : std::uint8_t {
        opening,  // the store
        running,
        retrying,  // an error that may pass: reason() says which
        stopped,   // an error that does not: reason() says which and what to do
    };
    std::atomic<Stage> stage{Stage::opening};
    std::atomic<std::uint64_t> sequence{};  // stored
    std::atomic<std::int64_t> time{};       // of that command, log time
    // Of the oldest command that was read and is not stored, log time; while the source works its way to what is not
    // stored, time(). 0: nothing is.
    std::atomic<std::int64_t> waiting_time{};
    std::atomic<std::uint64_t> read{};    // how far the source has come
    std::atomic<std::uint64_t> wanted{};  // and how far it knows that the log goes
    std::atomic<std::uint64_t> rows{};    // stored since the start
    std::atomic<std::uint64_t> commits{};
    std::atomic<std::uint64_t> errors{};
    std::atomic<std::int64_t> commit_ns{};  // how long the last one took
};
[[nodiscard]] std::string_view to_string(ProjectorHealth::Stage stage);

class Projector {
  public:
    // Makes the source once the store has said where it stands. The source gives all events behind that cursor and no
    // restored ones; it throws HistoryError when the log does not continue it (other_venue, ahead, diverged,
    // log_unreadable; unreachable while the log can't be had yet).
    using OpenSource = std::function<std::unique_ptr<LogSource>(const Cursor& cursor)>;

    Projector(Store& store, OpenSource open_source, Clock& clock, const ProjectorOptions& options = {});
    ~Projector();
    Projector(const Projector&) = delete;
    Projector& operator=(const Projector&) = delete;

    // True when there was something to do.
    bool poll();
    // How long poll() need not be called again when it found nothing to do: a reader of the log can't be rung for.
    [[nodiscard]] int max_sleep_ms();
    // Stores what it has at once, if it can.
    void flush();
    // Nothing that the source had when it was last asked is left to be stored.
    [[nodiscard]] bool caught_up() const;

    [[nodiscard]] const ProjectorHealth& health() const { return health_; }
    // Why it retries or has stopped; empty otherwise.
    [[nodiscard]] std::string reason() const;

  private:
    bool step();
    void reach_store();
    void begin();
    void begin_anew();
    bool read();
    [[nodiscard]] std::span<const Event> ask_source();
    void fold(std::span<const Event> events, bool full);
    [[nodiscard]] bool due(std::int64_t now_ns) const;
    void commit();
    void failed(const HistoryError& error);
    void set_stage(ProjectorHealth::Stage stage, const std::string& reason);
    void note_waiting();

    Store& store_;
    OpenSource open_source_;
    Clock& clock_;
    ProjectorOptions options_;
    std::unique_ptr<LogSource> source_;
    std::unique_ptr<Fold> fold_;
    Cursor stored_;            // where the store stands, or stood before the commit that is not known to have succeeded
    bool store_open_ = false;  // no error since it was opened
    bool committing_ = false;  // the batch is sealed: it goes out as it is
    bool pending_ = false;     // events were folded that are not stored
    bool nothing_ = false;     // the source gave nothing when it was last asked
    Time oldest_{};            // of the first pending event
    Time newest_{};
    std::int64_t pending_since_ns_ = 0;
    std::int64_t committed_ns_ = INT64_MIN / 2;
    std::int64_t active_ns_ = INT64_MIN / 2;
    std::int64_t retry_due_ns_ = INT64_MIN;
    ProjectorHealth health_;
    mutable std::mutex mutex_;
    std::string reason_;
};

}  // namespace dcx::history
