// Thread: a named thread, pinned to a core when asked, stopped by a token and joined when destroyed (like
// std::jthread). All signals are blocked in it except those of its own faults: SIGTERM and its like belong to the
// thread that made it. Fails: start() says why (no such core for this process, no more threads); the body never ran
// then.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace dcx::platform {

struct ThreadOptions {
    std::string name;              // as shown by `top -H`; the kernel keeps 15 bytes
    std::optional<unsigned> core;  // a core that this process may run on
    int nice = 0;                  // 1 .. 19: gives way to other threads; a hint, so a refusal is no error
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

  private:
    explicit Thread(std::jthread thread) : thread_(std::move(thread)) {}
    std::jthread thread_;
};

}  // namespace dcx::platform
