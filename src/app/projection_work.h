// ProjectionWork: a projection of a running venue on a thread of its own, which gives way to all others and makes
// nobody wait. Whatever is wrong with what it writes to is told (log, metrics, health), and tried again where that can
// help; it never stops the venue or its start. What it is a projection into, HistoryWork and CacheWork know.
//
// One owner thread for start, finish and stop; the rest any thread.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "app/projection_log.h"
#include "app/projection_watch.h"
#include "engine/durable_sequence.h"
#include "platform/log.h"
#include "platform/system_clock.h"
#include "platform/thread.h"

namespace dcx::app {

struct ProjectionOptions {
    std::string url;  // of what it writes to; may hold a password
    ProjectionLog::Ground log_ground;
    platform::ThreadOptions thread;  // where it runs
    platform::Log* log = nullptr;
};

class ProjectionWork {
  public:
    ProjectionWork(const ProjectionWork&) = delete;
    ProjectionWork& operator=(const ProjectionWork&) = delete;
    virtual ~ProjectionWork() = default;

    // Does not wait for what it writes to. Text of what went wrong, empty when nothing did.
    [[nodiscard]] std::string start();
    // Nothing more becomes durable: stores the rest. Waits while it comes on and no longer than `limit_ms`; false: the
    // next start does what is left.
    bool finish(int limit_ms);
    // Gives up what it waits for, and ends.
    void stop();

    [[nodiscard]] ProjectionState state() const;
    [[nodiscard]] std::int64_t lag_ns(const ProjectionState& state) const {
        return watch_.lag_ns(state, durable_.get());
    }

  protected:
    // `component`: its name in the log, and of its thread behind "dcx-".
    ProjectionWork(std::string component, const engine::DurableSequence& durable, ProjectionOptions options);

    // ---- Of the thread; not called any more when stop() has returned, which every destructor calls first.
    virtual bool work() = 0;
    [[nodiscard]] virtual int max_sleep_ms() = 0;
    // ---- Any thread.
    [[nodiscard]] virtual ProjectionState look() const = 0;

    // It can't do anything any more, for this reason.
    void refuse(const std::string& reason);
    [[nodiscard]] const std::atomic<bool>& stopping() const { return stopping_; }
    [[nodiscard]] const ProjectionOptions& options() const { return options_; }
    [[nodiscard]] Clock& clock() { return clock_; }
    [[nodiscard]] ProjectionLog::Counts& counts() { return counts_; }

  private:
    void run(const std::stop_token& stop);
    [[nodiscard]] bool refused() const;

    std::string component_;
    const engine::DurableSequence& durable_;
    ProjectionOptions options_;
    platform::SystemClock clock_;
    std::atomic<bool> stopping_{false};
    ProjectionLog::Counts counts_;
    ProjectionWatch watch_;
    mutable std::mutex mutex_;
    std::string refused_;
    platform::Thread thread_;
};

}  // namespace dcx::app
