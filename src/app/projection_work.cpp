#include "app/projection_work.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace dcx::app {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// Also how long a stop may have to wait for a thread that has nothing to do.
constexpr std::chrono::milliseconds kLongestSleep{50};
// What has not stored anything for so long is not waited for at the end.
constexpr auto kNoProgress = 2s;

}  // namespace

ProjectionWork::ProjectionWork(std::string component, const engine::DurableSequence& durable, ProjectionOptions options)
    : component_(std::move(component)),
      durable_(durable),
      options_(std::move(options)),
      watch_(component_, clock_, options_.log) {}

std::string ProjectionWork::start() {
    platform::ThreadOptions thread = options_.thread;
    thread.name = "dcx-" + component_;
    thread.nice = 10;
    auto started = platform::Thread::start(thread, [this](const std::stop_token& stop) { run(stop); });
    if (!started) return started.error();
    thread_ = std::move(*started);
    return {};
}

void ProjectionWork::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        auto sleep = kLongestSleep;
        if (!refused()) try {
                const bool worked = work();
                sleep = worked ? 0ms : std::min(sleep, std::chrono::milliseconds(max_sleep_ms()));
            } catch (const std::exception& e) {
                // Its own errors it knows; this one is a defect, and not the venue's.
                refuse(e.what());
            }
        watch_.look(state(), durable_.get());
        if (sleep > 0ms) std::this_thread::sleep_for(sleep);
    }
}

bool ProjectionWork::refused() const {
    const std::scoped_lock lock(mutex_);
    return !refused_.empty();
}

void ProjectionWork::refuse(const std::string& reason) {
    const std::scoped_lock lock(mutex_);
    refused_ = reason;
}

ProjectionState ProjectionWork::state() const {
    ProjectionState state = look();
    state.replays = counts_.replays.load(std::memory_order_relaxed);
    state.laps = counts_.laps.load(std::memory_order_relaxed);
    const std::scoped_lock lock(mutex_);
    if (!refused_.empty()) {
        state.stage = ProjectionState::Stage::stopped;
        state.reason = refused_;
    }
    return state;
}

bool ProjectionWork::finish(int limit_ms) {
    const auto end = Steady::now() + std::chrono::milliseconds(limit_ms);
    const Sequence last = durable_.get();
    std::uint64_t stored = 0;
    auto moved = Steady::now();
    while (thread_.joinable()) {
        const ProjectionState now = state();
        if (now.sequence >= last.value) return true;
        if (now.sequence > stored) {
            stored = now.sequence;
            moved = Steady::now();
        }
        const bool well = now.stage == ProjectionState::Stage::running || now.stage == ProjectionState::Stage::opening;
        if (!well || Steady::now() > std::min(end, moved + kNoProgress)) break;
        std::this_thread::sleep_for(2ms);
    }
    return false;
}

void ProjectionWork::stop() {
    stopping_.store(true, std::memory_order_release);
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

}  // namespace dcx::app
