#include "platform/doorbell.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/check.h"

namespace dcx::platform {

Doorbell::Doorbell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Doorbell::~Doorbell() { ::close(fd_); }

void Doorbell::wake() {
    // Of several producers that saw the announcement only the one that takes it back pays for the system call. The
    // others' work is not lost: the waiter looks once more after every announcement, and this one ends its sleep.
    // Relaxed: see ring_after_fence().
    if (asleep_.exchange(0, std::memory_order_relaxed) == 0) return;
    const std::uint64_t one = 1;
    // EAGAIN means the counter is full, so the bell is ringing anyway.
    const auto written = ::write(fd_, &one, sizeof one);
    DCX_CHECK(written == sizeof one || errno == EAGAIN);
}

void Doorbell::drain() {
    std::uint64_t rings;
    const auto got = ::read(fd_, &rings, sizeof rings);
    DCX_CHECK(got == sizeof rings || errno == EAGAIN || errno == EINTR);
}

void Doorbell::sleep(int timeout_ms) {
    pollfd bell{.fd = fd_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&bell, 1, timeout_ms);
    DCX_CHECK(ready >= 0 || errno == EINTR);
    if (ready > 0) drain();
}

}  // namespace dcx::platform
