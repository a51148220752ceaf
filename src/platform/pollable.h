// Pollable: a piece of work that shares a worker's thread with others. All calls come from that one thread.
#pragma once

#include <limits>

namespace dcx::platform {

inline constexpr int any_sleep_ms = std::numeric_limits<int>::max();

class Pollable {
  public:
    virtual ~Pollable() = default;
    // Does a bounded amount of work without blocking; true when it did something. Must not throw.
    virtual bool poll() = 0;
    // Asked after a poll() that did nothing: how long at most until the next poll(), if no bell rings before. For
    // deadlines, and for work that waits for something that rings no bell (space in a full ring); 0 = don't sleep.
    virtual int max_sleep_ms() { return any_sleep_ms; }
};

// Makes a Pollable of anything that has `bool poll()` and perhaps `int max_sleep_ms()`, so that folders which may not
// include platform/ need not know it. The object must outlive the adapter.
template <class T>
class PollableOf final : public Pollable {
  public:
    explicit PollableOf(T& target) : target_(target) {}
    bool poll() override { return target_.poll(); }
    int max_sleep_ms() override {
        if constexpr (requires { target_.max_sleep_ms(); })
            return target_.max_sleep_ms();
        else
            return any_sleep_ms;
    }

  private:
    T& target_;
};

}  // namespace dcx::platform
