#include "platform/system_clock.h"

#include <doctest/doctest.h>

#include <ctime>

using dcx::platform::SystemClock;

TEST_CASE("the system clock gives nanoseconds of the right epochs") {
    SystemClock clock;
    // The two sources differ by the tick of the coarser one.
    CHECK(clock.wall_ns() / 1'000'000'000 >= std::time(nullptr) - 1);
    CHECK(clock.wall_ns() / 1'000'000'000 <= std::time(nullptr) + 1);

    std::int64_t last = clock.monotonic_ns();
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t now = clock.monotonic_ns();
        REQUIRE(now >= last);
        last = now;
    }
}
