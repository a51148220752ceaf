#include "engine/engine_status.h"

#include <utility>

namespace dcx::engine {

std::string_view to_string(EngineState state) {
    switch (state) {
        case EngineState::restoring: return "restoring";
        case EngineState::live: return "live";
        case EngineState::stopping: return "stopping";
        case EngineState::stopped: return "stopped";
        case EngineState::failed: return "failed";
    }
    return "unknown";
}

std::string EngineStatus::reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
}

bool EngineStatus::wait_for_end(std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    return end_.wait_for(lock, timeout, [this] { return ended(); });
}

void EngineStatus::move_to(EngineState next) {
    const std::lock_guard lock(mutex_);
    if (ended() || next <= state()) return;
    accepting_.store(next == EngineState::live, std::memory_order_release);
    state_.store(next, std::memory_order_release);
    if (ended()) end_.notify_all();
}

void EngineStatus::fail(std::string reason) {
    const std::lock_guard lock(mutex_);
    if (ended()) return;
    reason_ = std::move(reason);
    accepting_.store(false, std::memory_order_release);
    state_.store(EngineState::failed, std::memory_order_release);
    end_.notify_all();
}

}  // namespace dcx::engine
