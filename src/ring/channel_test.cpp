#include "ring/channel.h"

#include <doctest/doctest.h>

#include <thread>

#include "platform/worker.h"

using dcx::HeapMemory;
using dcx::platform::Doorbell;
using dcx::ring::Channel;

namespace {

// Passes every number on to the next channel, plus one.
struct Stage final : dcx::platform::Pollable {
    Channel<std::uint64_t>& in;
    Channel<std::uint64_t>& out;
    bool blocked = false;

    Stage(Channel<std::uint64_t>& from, Channel<std::uint64_t>& to) : in(from), out(to) {}
    bool poll() override {
        const auto numbers = in.peek(64);
        std::size_t passed = 0;
        while (passed < numbers.size() && out.try_write(numbers[passed] + 1)) ++passed;
        blocked = passed < numbers.size();
        in.release(passed);
        out.flush();
        return passed > 0;
    }
    // Nobody rings when there is room again.
    int max_sleep_ms() override { return blocked ? 1 : dcx::platform::any_sleep_ms; }
};

}  // namespace

TEST_CASE("a batch is seen, and the bell rung, at the flush") {
    HeapMemory memory;
    Doorbell bell;
    Channel<int> channel(4, memory, bell);
    CHECK(channel.capacity() == 4);
    CHECK_FALSE(channel.flush());
    bell.announce();
    CHECK(channel.try_write(1));
    CHECK(channel.try_write(2));
    CHECK(channel.peek().empty());
    CHECK(channel.flush());
    bell.sleep(20'000);
    REQUIRE(channel.peek().size() == 2);
    channel.release(2);

    channel.claim(1)[0] = 3;
    channel.publish(1);
    int out = 0;
    CHECK(channel.try_pop(out));
    CHECK(out == 3);
    CHECK_FALSE(channel.try_pop(out));
}

TEST_CASE("a full channel shows what was written, so that its producer can wait for room") {
    HeapMemory memory;
    Doorbell bell;
    Channel<int> channel(2, memory, bell);
    CHECK(channel.try_write(1));
    CHECK(channel.try_write(2));
    CHECK_FALSE(channel.try_write(3));
    CHECK(channel.peek().size() == 2);
    channel.release(1);
    CHECK(channel.try_write(3));
}

TEST_CASE("numbers pass through two sleeping workers and come back whole") {
    constexpr std::uint64_t numbers = 100'000;
    HeapMemory memory;
    Doorbell bell_one, bell_two, bell_back;
    Channel<std::uint64_t> first(64, memory, bell_one), second(32, memory, bell_two), back(64, memory, bell_back);
    Stage stage_one(first, second), stage_two(second, back);
    const auto options = [](const char* name) {
        // Sleeps at once and long: a lost ring would stop the flow.
        return dcx::platform::WorkerOptions{
            .thread = {.name = name, .core = {}}, .spin_rounds = 0, .yield_rounds = 0, .max_sleep_ms = 100'000};
    };
    dcx::platform::Worker one(options("one"), bell_one, {&stage_one});
    dcx::platform::Worker two(options("two"), bell_two, {&stage_two});
    REQUIRE(one.start());
    REQUIRE(two.start());
    std::uint64_t sent = 0, received = 0, wrong = 0;
    const auto receive = [&] {
        const auto seen = back.peek();
        for (std::size_t i = 0; i < seen.size(); ++i) wrong += seen[i] == received + i + 2 ? 0u : 1u;
        received += seen.size();
        back.release(seen.size());
        return !seen.empty();
    };
    unsigned empty_sleeps = 0;
    while (received < numbers && empty_sleeps < 3) {
        while (sent < numbers && sent < received + 100 && first.try_write(sent)) ++sent;
        first.flush();
        if (receive()) continue;
        bell_back.announce();
        if (back.peek().empty()) {
            bell_back.sleep(10'000);
            empty_sleeps = back.peek().empty() ? empty_sleeps + 1 : 0;
        }
        bell_back.retract();
    }
    CHECK(received == numbers);
    CHECK(wrong == 0);
}
