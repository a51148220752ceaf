// Reactor: waits for sockets and timers and calls their handlers, on the one thread that calls poll(). What it waits
// with (io_uring or epoll) is a Backend, chosen when the reactor is made, and nobody sees which.
//
// One round = wait, handlers of ready descriptors, due timers, round-end tasks (queued output is written there, and
// on_closed is called there). A handler may close or destroy any watch, timer or task except the one whose call is
// running: events already fetched for it are dropped. A Reactor outlives everything made with it. Limits: a watch costs
// 16 to 32 bytes, a timer one heap entry; both are reserved when made, so starting never fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/backend.h"
#include "net/block_pool.h"
#include "net/error.h"
#include "net/kernel.h"

namespace dcx::net {

class Reactor;

// One descriptor (not owned) under watch from open() to close() or destruction. The watch of a stream or of a listening
// socket is closed only when the socket is about to be: a backend that reads by itself makes an end of it.
class FdWatch {
  public:
    FdWatch(Reactor& reactor, FdHandler& handler) : reactor_(reactor), handler_(handler) {}
    FdWatch(Reactor& reactor, StreamHandler& handler) : reactor_(reactor), handler_(handler), kind_(Kind::stream) {}
    FdWatch(Reactor& reactor, ListenHandler& handler) : reactor_(reactor), handler_(handler), kind_(Kind::listener) {}
    ~FdWatch() { close(); }
    FdWatch(const FdWatch&) = delete;
    FdWatch& operator=(const FdWatch&) = delete;

    std::expected<void, Error> open(int fd, Interest interest);
    // Costs a system call only when something changes.
    void set(Interest interest);
    void close();
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

  private:
    friend class EpollBackend;
    friend class UringBackend;
    friend class Reactor;
    enum class Kind : std::uint8_t { descriptor, stream, listener };
    Reactor& reactor_;
    FdHandler& handler_;
    int fd_ = -1;
    std::uint32_t slot_ = 0;
    Interest interest_;
    Kind kind_ = Kind::descriptor;
};

// What a timer calls. A lambda that holds one pointer needs no memory of its own, so that a timer is small.
class TimerCall {
  public:
    template <class Call>
        requires(!std::is_same_v<std::remove_cvref_t<Call>, TimerCall>)
    TimerCall(Call&& call) {
        using Kept = std::remove_cvref_t<Call>;
        if constexpr (sizeof(Kept) <= sizeof(void*) && std::is_trivially_copyable_v<Kept>) {
            ::new (static_cast<void*>(state_)) Kept(std::forward<Call>(call));
            act_ = [](std::byte* state, bool run) {
                if (run) (*std::launder(reinterpret_cast<Kept*>(state)))();
            };
        } else {
            ::new (static_cast<void*>(state_)) Kept*(new Kept(std::forward<Call>(call)));
            act_ = [](std::byte* state, bool run) {
                Kept* const kept = *std::launder(reinterpret_cast<Kept**>(state));
                run ? (*kept)() : delete kept;
            };
        }
    }
    ~TimerCall() { act_(state_, false); }
    TimerCall(const TimerCall&) = delete;
    TimerCall& operator=(const TimerCall&) = delete;
    void operator()() { act_(state_, true); }

  private:
    void (*act_)(std::byte* state, bool run);
    alignas(void*) std::byte state_[sizeof(void*)];
};

// A timer for one callback; must not be destroyed by its own callback.
class Timer {
  public:
    template <class Call>
    Timer(Reactor& reactor, Call&& callback) : reactor_(reactor), callback_(std::forward<Call>(callback)) {
        reserve();
    }
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    // Each start replaces what was running.
    void start_after(std::int64_t delay_ns);
    // A late round skips the missed periods instead of firing them in a burst.
    void start_every(std::int64_t period_ns);
    void cancel();
    [[nodiscard]] bool running() const { return position_ != none; }

  private:
    friend class Reactor;
    static constexpr std::uint32_t none = 0xFFFFFFFFu;
    void reserve();
    Reactor& reactor_;
    TimerCall callback_;
    std::int64_t deadline_ns_ = 0;
    std::int64_t period_ns_ = 0;
    std::uint32_t position_ = none;
};

// Work to be done once at the end of the current round (or at the start of the next poll, when asked for outside one).
class RoundTask {
  public:
    RoundTask() = default;
    RoundTask(const RoundTask&) = delete;
    RoundTask& operator=(const RoundTask&) = delete;
    virtual ~RoundTask() { unlink(); }
    virtual void on_round_end() = 0;

  private:
    friend class Reactor;
    void unlink();
    RoundTask* previous_ = nullptr;
    RoundTask* next_ = nullptr;
};

class Reactor {
  public:
    struct Options {
        // Shared by all connections of this reactor, so that idle ones need no receive memory of their own.
        std::size_t read_buffer = 256 * 1024;
        std::size_t max_events = 256;
        // Only its monotonic time is used; nullptr = the system's. Timers follow it, waiting does not.
        Clock* clock = nullptr;
        // Whose descriptors it watches, and its connections use; nullptr = the system's. Outlives the reactor. Only the
        // system's can have io_uring.
        Kernel* kernel = nullptr;
        BackendChoice backend = default_backend();
    };
    // Throws std::system_error when the system gives no backend: a program cannot start without.
    Reactor() : Reactor(Options{}) {}
    explicit Reactor(const Options& options);
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    // One round. Waits at most timeout_ms for the first event or timer (0: does not wait; negative: no bound).
    // True when anything was handled.
    bool poll(int timeout_ms);
    // Does the round-end work now (writes all queued output); true when there was any. Not from within a handler.
    bool finish_round();
    // Queues the task for the end of the round, once however often it is asked.
    void at_round_end(RoundTask& task);

    // Monotonic time as of the last wake-up; fresh outside of a round.
    [[nodiscard]] std::int64_t now_ns() const;
    // As of the last wake-up also outside of a round: for what need not be exact, without a look at the clock.
    [[nodiscard]] std::int64_t woke_ns() const { return now_ns_; }
    [[nodiscard]] Kernel& kernel() { return kernel_; }
    [[nodiscard]] const Backend& backend() const { return *backend_; }
    // For what waits in its connections.
    [[nodiscard]] BlockPool& memory() { return memory_; }
    // Scratch for one read at a time; its content is lost with the next read of any connection.
    [[nodiscard]] std::span<std::byte> read_buffer();
    // The same for what one read brought, decrypted.
    [[nodiscard]] std::span<std::byte> plain_buffer();
    // Queues the stream's output for the end of the round, with that of all others. False: send it now.
    [[nodiscard]] bool send_later(FdWatch& watch) { return backend_->send_later(watch); }

  private:
    friend class FdWatch;
    friend class Timer;
    // The sentinel of a circular list.
    class TaskList final : public RoundTask {
        void on_round_end() override {}
    };

    void reserve_timer();
    void insert_timer(Timer& timer);
    void remove_timer(Timer& timer);
    void put_timer(std::size_t position, Timer& timer);
    void sift_up(std::size_t position);
    void sift_down(std::size_t position);
    std::size_t run_timers();
    bool run_tasks();
    static void reset(TaskList& list);
    [[nodiscard]] std::int64_t wait_ns(int timeout_ms) const;
    [[nodiscard]] std::int64_t clock_ns() const;

    Kernel& kernel_;
    BlockPool memory_;
    std::unique_ptr<Backend> backend_;
    Clock* clock_;
    std::unique_ptr<std::byte[]> read_buffer_;
    std::unique_ptr<std::byte[]> plain_buffer_;
    std::size_t read_buffer_size_;
    std::vector<Timer*> timers_;  // binary heap by deadline; each timer knows its position
    std::size_t timer_count_ = 0;
    Timer* firing_ = nullptr;
    TaskList tasks_;
    std::int64_t now_ns_ = 0;
    bool in_round_ = false;
};

// Lets another thread wake this reactor through an eventfd that it owns (platform::Doorbell): the descriptor is
// drained, then the callback runs once however often the bell was rung.
class Wakeup final : FdHandler {
  public:
    Wakeup(Reactor& reactor, std::function<void()> callback)
        : callback_(std::move(callback)), kernel_(reactor.kernel()), watch_(reactor, *this) {}
    std::expected<void, Error> open(int fd);

  private:
    void on_ready(Ready ready) override;
    std::function<void()> callback_;
    Kernel& kernel_;
    int fd_ = -1;
    FdWatch watch_;
};

}  // namespace dcx::net
