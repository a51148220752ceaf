#include "platform/system_clock.h"

#include <ctime>

#include "base/check.h"

namespace dcx::platform {
namespace {

std::int64_t now_ns(clockid_t id) {
    timespec now;
    DCX_CHECK(clock_gettime(id, &now) == 0);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t SystemClock::wall_ns() { return now_ns(CLOCK_REALTIME); }
std::int64_t SystemClock::monotonic_ns() { return now_ns(CLOCK_MONOTONIC); }

}  // namespace dcx::platform
