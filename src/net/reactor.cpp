#include "net/reactor.h"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "net/epoll_backend.h"
#include "net/uring_backend.h"

namespace dcx::net {

namespace {

// A record of TLS has at most that.
constexpr std::size_t plain_buffer_size = 16 * 1024;

std::unique_ptr<Backend> make_backend(const Reactor::Options& options, Kernel& kernel) {
    // Only the system's sockets can have it.
    const bool wanted = &kernel == &linux_kernel() && options.backend != BackendChoice::epoll;
    if (wanted && why_no_io_uring().empty()) return std::make_unique<UringBackend>();
    if (wanted && options.backend == BackendChoice::io_uring)
        throw std::system_error(ENOSYS, std::generic_category(), why_no_io_uring());
    return std::make_unique<EpollBackend>(kernel, options.max_events);
}

}  // namespace

Reactor::Reactor(const Options& options)
    : kernel_(options.kernel != nullptr ? *options.kernel : linux_kernel()),
      backend_(make_backend(options, kernel_)),
      clock_(options.clock),
      read_buffer_size_(options.read_buffer) {
    DCX_CHECK(options.read_buffer > 0);
    reset(tasks_);
    now_ns_ = clock_ns();
}

Reactor::~Reactor() { DCX_CHECK(timer_count_ == 0); }

std::span<std::byte> Reactor::read_buffer() {
    // Not before somebody reads: a backend that does it itself has memory of its own.
    if (read_buffer_ == nullptr) read_buffer_ = std::make_unique_for_overwrite<std::byte[]>(read_buffer_size_);
    return {read_buffer_.get(), read_buffer_size_};
}

std::int64_t Reactor::clock_ns() const {
    if (clock_ != nullptr) return clock_->monotonic_ns();
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t Reactor::now_ns() const { return in_round_ ? now_ns_ : clock_ns(); }

std::span<std::byte> Reactor::plain_buffer() {
    if (plain_buffer_ == nullptr) plain_buffer_ = std::make_unique_for_overwrite<std::byte[]>(plain_buffer_size);
    return {plain_buffer_.get(), plain_buffer_size};
}

// ---- rounds

bool Reactor::poll(int timeout_ms) {
    DCX_CHECK(!in_round_);
    // What was sent between two rounds must not wait for the next event.
    bool handled = run_tasks();
    // The caller is to hear of it now, not after a sleep.
    const std::int64_t wait = handled ? 0 : wait_ns(timeout_ms);
    backend_->wait(wait);
    now_ns_ = clock_ns();
    in_round_ = true;
    handled = backend_->dispatch() > 0 || handled;
    handled = run_timers() > 0 || handled;
    handled = run_tasks() || handled;
    in_round_ = false;
    return handled;
}

std::int64_t Reactor::wait_ns(int timeout_ms) const {
    if (tasks_.next_ != &tasks_) return 0;
    const std::int64_t timeout_ns = std::int64_t{timeout_ms} * 1'000'000;
    if (timers_.empty()) return timeout_ns;
    const std::int64_t timer_ns =
        std::clamp<std::int64_t>(timers_.front()->deadline_ns_ - clock_ns(), 0, 3'600'000'000'000);
    return timeout_ms < 0 ? timer_ns : std::min(timeout_ns, timer_ns);
}

// ---- round-end tasks: a circular list with a sentinel

void RoundTask::unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
}

void Reactor::reset(TaskList& list) { list.previous_ = list.next_ = &list; }

void Reactor::at_round_end(RoundTask& task) {
    if (task.next_ != nullptr) return;
    task.previous_ = tasks_.previous_;
    task.next_ = &tasks_;
    tasks_.previous_->next_ = &task;
    tasks_.previous_ = &task;
}

bool Reactor::finish_round() {
    // Within a round a caller may stand inside an object that a task would destroy.
    DCX_CHECK(!in_round_);
    return run_tasks();
}

bool Reactor::run_tasks() {
    if (tasks_.next_ == &tasks_) return false;
    // What is asked for from here on waits for the next round, so that a round ends.
    TaskList current;
    current.next_ = tasks_.next_;
    current.previous_ = tasks_.previous_;
    current.next_->previous_ = &current;
    current.previous_->next_ = &current;
    reset(tasks_);
    while (current.next_ != &current) {
        RoundTask& task = *current.next_;
        task.unlink();
        task.on_round_end();
    }
    backend_->flush();
    return true;
}

// ---- watches

std::expected<void, Error> FdWatch::open(int fd, Interest interest) {
    DCX_CHECK(fd_ < 0 && fd >= 0);
    interest_ = interest;
    fd_ = fd;
    auto begun = reactor_.backend_->begin(*this);
    if (!begun) fd_ = -1;
    return begun;
}

void FdWatch::set(Interest interest) {
    if (fd_ < 0 || interest == interest_) return;
    interest_ = interest;
    reactor_.backend_->change(*this);
}

void FdWatch::close() {
    if (fd_ < 0) return;
    reactor_.backend_->end(*this);
    fd_ = -1;
}

// ---- timers: a binary heap by deadline

void Reactor::reserve_timer() {
    ++timer_count_;
    if (timers_.capacity() < timer_count_) timers_.reserve(std::max<std::size_t>(64, 2 * timer_count_));
}

void Reactor::put_timer(std::size_t position, Timer& timer) {
    timers_[position] = &timer;
    timer.position_ = static_cast<std::uint32_t>(position);
}

void Reactor::sift_up(std::size_t position) {
    Timer& timer = *timers_[position];
    while (position > 0) {
        const std::size_t parent = (position - 1) / 2;
        if (timers_[parent]->deadline_ns_ <= timer.deadline_ns_) break;
        put_timer(position, *timers_[parent]);
        position = parent;
    }
    put_timer(position, timer);
}

void Reactor::sift_down(std::size_t position) {
    Timer& timer = *timers_[position];
    while (true) {
        std::size_t child = 2 * position + 1;
        if (child >= timers_.size()) break;
        if (child + 1 < timers_.size() && timers_[child + 1]->deadline_ns_ < timers_[child]->deadline_ns_) ++child;
        if (timer.deadline_ns_ <= timers_[child]->deadline_ns_) break;
        put_timer(position, *timers_[child]);
        position = child;
    }
    put_timer(position, timer);
}

void Reactor::insert_timer(Timer& timer) {
    timers_.push_back(&timer);
    sift_up(timers_.size() - 1);
}

void Reactor::remove_timer(Timer& timer) {
    const std::size_t position = timer.position_;
    Timer* last = timers_.back();
    timers_.pop_back();
    timer.position_ = Timer::none;
    if (last == &timer) return;
    put_timer(position, *last);
    sift_up(position);
    sift_down(last->position_);
}

std::size_t Reactor::run_timers() {
    std::size_t fired = 0;
    while (!timers_.empty() && timers_.front()->deadline_ns_ <= now_ns_) {
        Timer& timer = *timers_.front();
        remove_timer(timer);
        if (timer.period_ns_ > 0) {
            const std::int64_t missed = (now_ns_ - timer.deadline_ns_) / timer.period_ns_;
            timer.deadline_ns_ += (missed + 1) * timer.period_ns_;
            insert_timer(timer);
        }
        ++fired;
        firing_ = &timer;
        timer.callback_();
        firing_ = nullptr;
    }
    return fired;
}

void Timer::reserve() { reactor_.reserve_timer(); }

Timer::~Timer() {
    DCX_CHECK(reactor_.firing_ != this);
    cancel();
    --reactor_.timer_count_;
}

void Timer::start_after(std::int64_t delay_ns) {
    cancel();
    period_ns_ = 0;
    // Never due in the round that starts it, so that a callback which restarts itself does not hold the round.
    deadline_ns_ = reactor_.now_ns() + std::max<std::int64_t>(delay_ns, 1);
    reactor_.insert_timer(*this);
}

void Timer::start_every(std::int64_t period_ns) {
    DCX_CHECK(period_ns > 0);
    start_after(period_ns);
    period_ns_ = period_ns;
}

void Timer::cancel() {
    if (running()) reactor_.remove_timer(*this);
}

// ---- wake-up by another thread

std::expected<void, Error> Wakeup::open(int fd) {
    fd_ = fd;
    return watch_.open(fd, {.read = true});
}

void Wakeup::on_ready(Ready) {
    // One read takes an eventfd's whole count. A bell that blocks or is gone rings no more, which is its owner's bug.
    if (kernel_.drain(fd_)) callback_();
}

}  // namespace dcx::net
