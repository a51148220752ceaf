#include "platform/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "base/check.h"

namespace dcx::platform {
namespace {

// Not FUTEX_PRIVATE: the sleeper may be in another process.
long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) {
    return ::syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

}  // namespace

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t timeout_ns) {
    const timespec timeout{.tv_sec = static_cast<std::time_t>(timeout_ns / 1'000'000'000),
                           .tv_nsec = static_cast<long>(timeout_ns % 1'000'000'000)};
    const long result = futex(word, FUTEX_WAIT, expected, &timeout);
    DCX_CHECK(result == 0 || errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT);
}

void futex_wake(std::atomic<std::uint32_t>& word) { DCX_CHECK(futex(word, FUTEX_WAKE, 1, nullptr) >= 0); }

}  // namespace dcx::platform
