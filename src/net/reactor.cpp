#include "net/reactor.h"

#include <time.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/check.h"

namespace dcx::net {

struct Reactor::Epoll {
    Kernel& kernel;
    int fd;
    std::vector<epoll_event> events;
    ~Epoll() { kernel.close(fd); }
};

namespace {

std::uint32_t epoll_mask(Interest interest) {
    std::uint32_t mask = 0;
    if (interest.read) mask |= EPOLLIN;
    if (interest.write) mask |= EPOLLOUT;
    return mask;
}

}  // namespace

Reactor::Reactor(const Options& options)
    : kernel_(options.kernel != nullptr ? *options.kernel : linux_kernel()),
      clock_(options.clock),
      read_buffer_(std::make_unique_for_overwrite<std::byte[]>(options.read_buffer)),
      read_buffer_size_(options.read_buffer) {
    DCX_CHECK(options.read_buffer > 0 && options.max_events > 0);
    const int fd = kernel_.poll_create();
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    epoll_ = std::make_unique<Epoll>(kernel_, fd, std::vector<epoll_event>(options.max_events));
    reset(tasks_);
}

Reactor::~Reactor() {
    DCX_CHECK(timer_count_ == 0);
    for (const Slot& slot : slots_) DCX_CHECK(slot.watch == nullptr);
}

std::int64_t Reactor::clock_ns() const {
    if (clock_ != nullptr) return clock_->monotonic_ns();
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t Reactor::now_ns() const { return in_round_ ? now_ns_ : clock_ns(); }

// ---- rounds

bool Reactor::poll(int timeout_ms) {
    DCX_CHECK(!in_round_);
    // What was sent between two rounds must not wait for the next event.
    bool handled = run_tasks();
    // The caller is to hear of it now, not after a sleep.
    const int wait = handled ? 0 : wait_ms(timeout_ms);
    const int count = kernel_.poll_wait(epoll_->fd, epoll_->events, wait);
    now_ns_ = clock_ns();
    in_round_ = true;
    if (count > 0) handled = dispatch(static_cast<std::size_t>(count)) > 0 || handled;
    handled = run_timers() > 0 || handled;
    handled = run_tasks() || handled;
    in_round_ = false;
    return handled;
}

std::size_t Reactor::dispatch(std::size_t count) {
    std::size_t handled = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const epoll_event event = epoll_->events[i];
        const Slot& slot = slots_[event.data.u64 & 0xFFFFFFFFu];
        // An earlier handler of this round may have closed the watch, and another may have taken its slot.
        if (slot.generation != event.data.u64 >> 32 || slot.watch == nullptr) continue;
        FdWatch& watch = *slot.watch;
        const Ready ready{.read = watch.interest_.read && (event.events & EPOLLIN) != 0,
                          .write = watch.interest_.write && (event.events & EPOLLOUT) != 0,
                          .failed = (event.events & (EPOLLERR | EPOLLHUP)) != 0};
        if (!ready.read && !ready.write && !ready.failed) continue;
        ++handled;
        watch.handler_.on_ready(ready);
    }
    return handled;
}

int Reactor::wait_ms(int timeout_ms) const {
    if (tasks_.next_ != &tasks_) return 0;
    if (timers_.empty()) return timeout_ms;
    // Rounded up: waking early would only spin until the timer is due.
    const std::int64_t wait = (timers_.front()->deadline_ns_ - clock_ns() + 999'999) / 1'000'000;
    const int timer_ms = static_cast<int>(std::clamp<std::int64_t>(wait, 0, 3'600'000));
    return timeout_ms < 0 ? timer_ms : std::min(timeout_ms, timer_ms);
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
    return true;
}

// ---- watches

std::expected<void, Error> Reactor::begin_watch(FdWatch& watch, int fd) {
    std::uint32_t index;
    if (free_slots_.empty()) {
        index = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
        free_slots_.reserve(slots_.capacity());
    } else {
        index = free_slots_.back();
        free_slots_.pop_back();
    }
    epoll_event event{};
    event.events = epoll_mask(watch.interest_);
    event.data.u64 = std::uint64_t{slots_[index].generation} << 32 | index;
    if (kernel_.poll_control(epoll_->fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        free_slots_.push_back(index);
        return std::unexpected(system_error("epoll_ctl"));
    }
    slots_[index].watch = &watch;
    watch.slot_ = index;
    watch.fd_ = fd;
    return {};
}

void Reactor::change_watch(const FdWatch& watch) {
    epoll_event event{};
    event.events = epoll_mask(watch.interest_);
    event.data.u64 = std::uint64_t{slots_[watch.slot_].generation} << 32 | watch.slot_;
    DCX_CHECK(kernel_.poll_control(epoll_->fd, EPOLL_CTL_MOD, watch.fd_, &event) == 0);
}

void Reactor::end_watch(FdWatch& watch) {
    // Fails only when the descriptor is closed already, which has ended the watch too.
    kernel_.poll_control(epoll_->fd, EPOLL_CTL_DEL, watch.fd_, nullptr);
    Slot& slot = slots_[watch.slot_];
    slot.watch = nullptr;
    ++slot.generation;
    free_slots_.push_back(watch.slot_);
}

std::expected<void, Error> FdWatch::open(int fd, Interest interest) {
    DCX_CHECK(fd_ < 0 && fd >= 0);
    interest_ = interest;
    return reactor_.begin_watch(*this, fd);
}

void FdWatch::set(Interest interest) {
    if (fd_ < 0 || interest == interest_) return;
    interest_ = interest;
    reactor_.change_watch(*this);
}

void FdWatch::close() {
    if (fd_ < 0) return;
    reactor_.end_watch(*this);
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

Timer::Timer(Reactor& reactor, std::function<void()> callback) : reactor_(reactor), callback_(std::move(callback)) {
    reactor_.reserve_timer();
}

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
