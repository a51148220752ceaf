#include "base/clock.h"

#include <doctest/doctest.h>

namespace dcx {

TEST_CASE("a manual clock moves when told, and a jump moves the wall clock alone") {
    ManualClock clock(1'000);
    CHECK(clock.wall_ns() == 1'000);
    CHECK(clock.monotonic_ns() == 0);
    clock.advance(5);
    CHECK(clock.wall_ns() == 1'005);
    CHECK(clock.monotonic_ns() == 5);
    clock.jump(-100);
    CHECK(clock.wall_ns() == 905);
    CHECK(clock.monotonic_ns() == 5);
}

}  // namespace dcx
