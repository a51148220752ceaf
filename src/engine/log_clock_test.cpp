#include "engine/log_clock.h"

#include <doctest/doctest.h>

namespace dcx::engine {
namespace {

TEST_CASE("log clock: follows the wall clock and never goes back") {
    ManualClock clock(1'000'000'000'000);
    LogClock log(clock, Time{});
    REQUIRE(log.look());
    CHECK(log.now().value == 1'000'000'000'000);
    clock.advance(5'000);
    REQUIRE(log.look());
    CHECK(log.now().value == 1'000'000'005'000);
    clock.jump(-900'000'000);
    REQUIRE(log.look());
    CHECK(log.now().value == 1'000'000'005'000);
    clock.advance(900'000'001);
    REQUIRE(log.look());
    CHECK(log.now().value == 1'000'000'005'001);
}

TEST_CASE("log clock: stands still while the log is ahead") {
    ManualClock clock(1'000);
    LogClock log(clock, Time{std::int64_t{5000}});
    REQUIRE(log.look());
    CHECK(log.now().value == 5'000);
    clock.advance(4'001);
    REQUIRE(log.look());
    CHECK(log.now().value == 5'001);
}

TEST_CASE("log clock: a jump of more than a second is refused for ever, either way") {
    for (const std::int64_t jump : {kMaxClockJump + 1, -kMaxClockJump - 1}) {
        ManualClock clock(10'000'000'000'000);
        LogClock log(clock, Time{});
        clock.jump(jump);
        CHECK_FALSE(log.look());
        CHECK_FALSE(log.look());
        CHECK(log.now().value < 10'000'000'000'001);
        CHECK(log.jump_text().find("1000 ms") != std::string::npos);
    }
    ManualClock clock(10'000'000'000'000);
    LogClock log(clock, Time{});
    clock.jump(kMaxClockJump);
    CHECK(log.look());
}

TEST_CASE("log clock: slewing, looked at often enough, is no jump") {
    ManualClock clock(10'000'000'000'000);
    LogClock log(clock, Time{});
    for (int i = 0; i < 10'000; ++i) {
        clock.advance(100'000'000);
        clock.jump(50'000'000);
        REQUIRE(log.look());
    }
}

}  // namespace
}  // namespace dcx::engine
