#include "platform/worker.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/check.h"
#include "platform/cpu.h"

namespace dcx::platform {

Worker::Worker(WorkerOptions options, Sleeper& sleeper, std::vector<Pollable*> pollables)
    : options_(std::move(options)), sleeper_(sleeper), pollables_(std::move(pollables)) {}

Worker::~Worker() { stop(); }

std::expected<void, std::string> Worker::start() {
    DCX_CHECK(!running());
    auto thread = Thread::start(options_.thread, [this](const std::stop_token& stop) { run(stop); });
    if (!thread) return std::unexpected(std::move(thread.error()));
    thread_ = std::move(*thread);
    return {};
}

void Worker::stop() {
    if (!running()) return;
    thread_.request_stop();
    // The request is work like any other: made known first, then rung for; sleep() looks at it after announce().
    sleeper_.doorbell().ring();
    thread_.join();
}

void Worker::run(const std::stop_token& stop) {
    unsigned idle_rounds = 0;
    while (!stop.stop_requested()) {
        if (poll_all()) {
            idle_rounds = 0;
        } else if (options_.idle == IdlePolicy::spin) {
            relax_cpu();
        } else if (idle_rounds < options_.spin_rounds) {
            ++idle_rounds;
            relax_cpu();
        } else if (idle_rounds < options_.spin_rounds + options_.yield_rounds) {
            ++idle_rounds;
            std::this_thread::yield();
        } else {
            sleep(stop);
            idle_rounds = 0;
        }
    }
}

bool Worker::poll_all() {
    // Everybody gets a turn in every round: no short cut after the first that did something.
    bool did_something = false;
    // One writer, so no read-modify-write is needed.
    rounds_.store(rounds_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    for (Pollable* pollable : pollables_) did_something |= pollable->poll();
    return did_something;
}

void Worker::sleep(const std::stop_token& stop) {
    Doorbell& bell = sleeper_.doorbell();
    bell.announce();
    // The second look, without which a ring between the last look and the announcement would be lost.
    if (!stop.stop_requested() && !poll_all()) {
        if (const int limit = sleep_limit_ms(); limit > 0) {
            // Relaxed: a statistic.
            sleeps_.fetch_add(1, std::memory_order_relaxed);
            sleeper_.sleep(limit);
        }
    }
    bell.retract();
}

int Worker::sleep_limit_ms() {
    int limit = options_.max_sleep_ms;
    for (Pollable* pollable : pollables_) limit = std::min(limit, pollable->max_sleep_ms());
    return limit;
}

}  // namespace dcx::platform
