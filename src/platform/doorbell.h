// Doorbell: wakes one sleeping thread (the waiter); any number of threads may ring. Sleeper: whatever the waiter sleeps
// in, the doorbell itself or an epoll loop that watches fd().
//
// No wake-up is lost if both sides keep to the order:
//     waiter                                  producer
//     announce()                              publish the work
//     look for work once more                 ring()
//     none: sleep; some: don't
//     retract()
// Cost: ring() is one fence and one load of a line that stays shared while the waiter is awake, and one write() of an
// eventfd when it sleeps: ring once a batch, never once a message. A waiter may wake without cause (a ring that came
// too late for the last sleep); it looks, finds nothing, and sleeps again.
// Fails: the constructor throws std::system_error when the process is out of file descriptors.
#pragma once

#include <atomic>
#include <cstdint>

#include "platform/cpu.h"

namespace dcx::platform {

class Doorbell;

class Sleeper {
  public:
    virtual ~Sleeper() = default;
    // The bell that ends sleep(). Everybody who makes work for this thread rings it.
    virtual Doorbell& doorbell() = 0;
    // Waiter only, between announce() and retract(): blocks until the bell rings, an event of the sleeper's own comes
    // (which it may handle at once) or `timeout_ms` (>= 0) is over. May return early; consumes the ring.
    virtual void sleep(int timeout_ms) = 0;
};

class Doorbell final : public Sleeper {
  public:
    Doorbell();
    ~Doorbell() override;
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    // Any thread, after publishing.
    void ring() {
        fence();
        ring_after_fence();
    }
    // To ring several bells after one publish: one fence(), then ring_after_fence() of each.
    static void fence() {
        // Store-load (Dekker), with the fence in announce(): of the two fences one is first. If this one, the waiter's
        // second look sees what was published before it; if the waiter's, the load below sees the announcement.
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
    void ring_after_fence() {
        // Relaxed: the fences order it. Work travels by the release/acquire of the ring that carries it, not by this.
        if (asleep_.load(std::memory_order_relaxed) != 0) [[unlikely]]
            wake();
    }

    // Waiter only. After announce() look for work once more before sleeping.
    void announce() {
        asleep_.store(1, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);  // partner: fence()
    }
    // Relaxed: a producer that still sees the announcement writes the eventfd in vain, nothing more.
    void retract() { asleep_.store(0, std::memory_order_relaxed); }

    // For an epoll loop: readable after a ring to a sleeping waiter. Watch it level-triggered and drain() it when
    // ready.
    [[nodiscard]] int fd() const { return fd_; }
    void drain();

    Doorbell& doorbell() override { return *this; }
    void sleep(int timeout_ms) override;

  private:
    [[gnu::cold, gnu::noinline]] void wake();

    alignas(separate_lines) std::atomic<std::uint32_t> asleep_{0};
    alignas(separate_lines) int fd_;
};

}  // namespace dcx::platform
