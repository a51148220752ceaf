// Worker: one thread that polls its pollables in turn and, when none of them has anything to do, idles:
//     spin    never sleeps: the lowest latency, a whole core
//     polite  spins a little, yields a little, then sleeps in its Sleeper until the bell rings; idle costs < 3 % of a
//     core
// One worker per piece of work, or all of them on one worker whose Sleeper is the reactor: the pieces don't notice.
// start(), stop() and the destructor belong to one owner thread; pollables and sleeper must outlive the worker's run.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "platform/cpu.h"
#include "platform/doorbell.h"
#include "platform/pollable.h"
#include "platform/thread.h"

namespace dcx::platform {

enum class IdlePolicy { spin, polite };

struct WorkerOptions {
    ThreadOptions thread;
    IdlePolicy idle = IdlePolicy::polite;
    // Rounds without work before the next stage of politeness. Few, because neighbours may share the core.
    unsigned spin_rounds = 100;
    unsigned yield_rounds = 10;
    // The longest sleep: bounds the harm of a pollable that forgot its deadline, and costs ten wake-ups a second.
    int max_sleep_ms = 100;
};

class Worker {
  public:
    Worker(WorkerOptions options, Sleeper& sleeper, std::vector<Pollable*> pollables);
    ~Worker();  // stops
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // The error of Thread::start, if any. A stopped worker may be started again.
    std::expected<void, std::string> start();
    // Ends after the round it is in, sleeping or not, and joins. What is still queued stays queued.
    void stop();
    [[nodiscard]] bool running() const { return thread_.joinable(); }
    // Thread::warning() of the last start.
    [[nodiscard]] const std::string& warning() const { return thread_.warning(); }
    // How often it went to sleep. Any thread.
    [[nodiscard]] std::uint64_t sleeps() const { return sleeps_.load(std::memory_order_relaxed); }
    // Turns that its pollables have had: rises for as long as the thread lives and none of them hangs, asleep or not,
    // at least every max_sleep_ms. Any thread.
    [[nodiscard]] std::uint64_t rounds() const { return rounds_.load(std::memory_order_relaxed); }

  private:
    void run(const std::stop_token& stop);
    bool poll_all();
    void sleep(const std::stop_token& stop);
    int sleep_limit_ms();

    WorkerOptions options_;
    Sleeper& sleeper_;
    std::vector<Pollable*> pollables_;
    std::atomic<std::uint64_t> sleeps_{0};
    // On a line of its own: a watcher's look must not slow the thread down.
    alignas(separate_lines) std::atomic<std::uint64_t> rounds_{0};
    alignas(separate_lines) Thread thread_;
};

}  // namespace dcx::platform
