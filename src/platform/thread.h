// Thread: a named thread, pinned to a core when asked, stopped by a token and joined when destroyed (like
// std::jthread). All signals are blocked in it except those of its own faults: SIGTERM and its like belong to the
// thread that made it. Fails: start() says why (no such core for this process, no more threads); the body never ran
// then. A priority that is refused is no failure: the thread runs without, and warning() names the limit to change.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

namespace dcx::platform {

struct ThreadOptions {
    std::string name;              // as shown by `top -H`; the kernel keeps 15 bytes
    std::optional<unsigned> core;  // a core that this process may run on
    int nice = 0;                  // 1 .. 19: gives way to other threads; a hint, so a refusal is no error
    int realtime = 0;              // 1 .. 99: SCHED_FIFO of this priority; threads it makes do not inherit it
};

class Thread {
  public:
    Thread() = default;
    // The body must not throw. It ends soon after its token asks it to.
    static std::expected<Thread, std::string> start(const ThreadOptions& options,
                                                    std::function<void(std::stop_token)> body);

    void request_stop() { thread_.request_stop(); }
    [[nodiscard]] bool joinable() const { return thread_.joinable(); }
    void join() { thread_.join(); }
    // What it goes without, for the log; empty when it has all that was asked for.
    [[nodiscard]] const std::string& warning() const { return warning_; }

  private:
    Thread(std::jthread thread, std::string warning) : thread_(std::move(thread)), warning_(std::move(warning)) {}
    std::jthread thread_;
    std::string warning_;
};

// From now on the calling thread, and those it makes, run on these cores only. Text of what went wrong, empty when
// nothing did.
[[nodiscard]] std::string keep_this_thread_on(std::span<const unsigned> cores);

}  // namespace dcx::platform
