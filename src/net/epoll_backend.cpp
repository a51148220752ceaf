#include "net/epoll_backend.h"

#include <cerrno>
#include <system_error>

#include "base/check.h"
#include "net/reactor.h"

namespace dcx::net {

namespace {

std::uint32_t mask_of(Interest interest) {
    std::uint32_t mask = 0;
    if (interest.read) mask |= EPOLLIN;
    if (interest.write) mask |= EPOLLOUT;
    return mask;
}

}  // namespace

EpollBackend::EpollBackend(Kernel& kernel, std::size_t max_events) : kernel_(kernel), events_(max_events) {
    DCX_CHECK(max_events > 0);
    fd_ = kernel_.poll_create();
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

EpollBackend::~EpollBackend() {
    for (const Slot& slot : slots_) DCX_CHECK(slot.watch == nullptr);
    kernel_.close(fd_);
}

std::expected<void, Error> EpollBackend::begin(FdWatch& watch) {
    std::uint32_t index;
    if (free_slots_.empty()) {
        index = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
        free_slots_.reserve(slots_.capacity());
    } else {
        index = free_slots_.back();
        free_slots_.pop_back();
    }
    watch.slot_ = index;
    epoll_event event = event_of(watch);
    if (kernel_.poll_control(fd_, EPOLL_CTL_ADD, watch.fd_, &event) != 0) {
        const Error error = system_error("epoll_ctl");
        free_slots_.push_back(index);
        return std::unexpected(error);
    }
    slots_[index].watch = &watch;
    return {};
}

void EpollBackend::change(FdWatch& watch) {
    epoll_event event = event_of(watch);
    DCX_CHECK(kernel_.poll_control(fd_, EPOLL_CTL_MOD, watch.fd_, &event) == 0);
}

void EpollBackend::end(FdWatch& watch) {
    // Fails only when the descriptor is closed already, which has ended the watch too.
    kernel_.poll_control(fd_, EPOLL_CTL_DEL, watch.fd_, nullptr);
    Slot& slot = slots_[watch.slot_];
    slot.watch = nullptr;
    ++slot.generation;
    free_slots_.push_back(watch.slot_);
}

void EpollBackend::wait(std::int64_t timeout_ns) { count_ = kernel_.poll_wait(fd_, events_, timeout_ns); }

std::size_t EpollBackend::dispatch() {
    std::size_t handled = 0;
    for (int i = 0; i < count_; ++i) {
        const epoll_event event = events_[static_cast<std::size_t>(i)];
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

epoll_event EpollBackend::event_of(const FdWatch& watch) const {
    epoll_event event{};
    event.events = mask_of(watch.interest_);
    event.data.u64 = std::uint64_t{slots_[watch.slot_].generation} << 32 | watch.slot_;
    return event;
}

}  // namespace dcx::net
