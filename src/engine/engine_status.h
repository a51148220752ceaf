// EngineStatus: what the engine is doing and, when it ended, why. Any thread reads it; the engine's and the journal's
// thread write it. The first reason to fail stays.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace dcx::engine {

enum class EngineState : std::uint8_t {
    restoring = 1,  // telling the readers the state of the start; submissions wait
    live = 2,
    stopping = 3,  // asked to stop: takes what was submitted, then logs its last checkpoint
    stopped = 4,   // everything is durable; final
    failed = 5,    // a disk or clock fault; reason() says which. Nothing is taken or becomes durable any more; final
};
[[nodiscard]] std::string_view to_string(EngineState state);

class EngineStatus {
  public:
    [[nodiscard]] EngineState state() const { return state_.load(std::memory_order_acquire); }
    // It takes submissions. For gateways, which may not know this folder: the flag alone.
    [[nodiscard]] bool accepting() const { return accepting_.load(std::memory_order_acquire); }
    [[nodiscard]] const std::atomic<bool>& accepting_flag() const { return accepting_; }
    [[nodiscard]] bool ended() const { return state() >= EngineState::stopped; }
    [[nodiscard]] bool failed() const { return state() == EngineState::failed; }
    // Why it failed; empty otherwise.
    [[nodiscard]] std::string reason() const;
    // Blocks until it ended or the time is over; true when it ended.
    bool wait_for_end(std::chrono::milliseconds timeout) const;

    // Only forward: restoring, live, stopping, then an end. No move leaves an end.
    void move_to(EngineState state);
    void fail(std::string reason);

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable end_;
    std::string reason_;
    std::atomic<EngineState> state_{EngineState::restoring};
    std::atomic<bool> accepting_{false};
};

}  // namespace dcx::engine
