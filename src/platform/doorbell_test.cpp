#include "platform/doorbell.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/random.h"
#include "platform/system_clock.h"

using dcx::platform::Doorbell;

namespace {

bool readable(int fd) {
    pollfd p{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&p, 1, 0) == 1;
}

// Far beyond any pause of the scheduler: a sleep this long means that a ring was lost.
constexpr int forever_ms = 20'000;

// One end of a ping-pong between threads that sleep whenever they wait.
struct Player {
    Doorbell bell;
    std::atomic<std::uint64_t> ball{0};
    std::uint64_t lost = 0;

    void serve(std::uint64_t number) {
        ball.store(number, std::memory_order_release);
        bell.ring();
    }
    void wait_for(std::uint64_t number) {
        dcx::platform::SystemClock clock;
        while (ball.load(std::memory_order_acquire) < number && lost == 0) {
            bell.announce();
            if (ball.load(std::memory_order_acquire) < number) {
                const std::int64_t start = clock.monotonic_ns();
                bell.sleep(forever_ms);
                if (clock.monotonic_ns() - start >= std::int64_t{forever_ms} * 1'000'000) ++lost;
            }
            bell.retract();
        }
    }
};

// For another thread that may not even be running now.
void spin_until(const std::atomic<std::uint64_t>& number, std::uint64_t at_least) {
    for (unsigned spins = 0; number.load(std::memory_order_acquire) < at_least; ++spins) {
        if (spins % 256 == 255)
            std::this_thread::yield();
        else
            dcx::platform::relax_cpu();
    }
}

}  // namespace

TEST_CASE("ringing when nobody sleeps costs no system call") {
    Doorbell bell;
    bell.ring();
    CHECK_FALSE(readable(bell.fd()));
    bell.announce();
    bell.retract();
    bell.ring();
    CHECK_FALSE(readable(bell.fd()));
}

TEST_CASE("a ring after the announcement ends the sleep, once") {
    Doorbell bell;
    bell.announce();
    bell.ring();
    bell.ring();  // already awake: not counted
    REQUIRE(readable(bell.fd()));
    std::uint64_t rings = 0;
    REQUIRE(::read(bell.fd(), &rings, sizeof rings) == sizeof rings);
    CHECK(rings == 1);

    bell.announce();
    bell.ring();
    bell.sleep(forever_ms);
    CHECK_FALSE(readable(bell.fd()));
    bell.sleep(0);  // nothing rang: the timeout ends it
}

TEST_CASE("one fence serves several bells") {
    Doorbell asleep, awake, also_asleep;
    asleep.announce();
    also_asleep.announce();
    Doorbell::fence();
    for (Doorbell* bell : {&asleep, &awake, &also_asleep}) bell->ring_after_fence();
    CHECK(readable(asleep.fd()));
    CHECK_FALSE(readable(awake.fd()));
    CHECK(readable(also_asleep.fd()));
}

TEST_CASE("a bell wakes an epoll loop") {
    Doorbell bell;
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{.events = EPOLLIN, .data = {}};
    REQUIRE(::epoll_ctl(epoll, EPOLL_CTL_ADD, bell.fd(), &event) == 0);
    bell.announce();
    std::thread ringer([&bell] { bell.ring(); });
    CHECK(::epoll_wait(epoll, &event, 1, forever_ms) == 1);
    ringer.join();
    bell.drain();
    CHECK(::epoll_wait(epoll, &event, 1, 0) == 0);
    ::close(epoll);
}

TEST_CASE("an announcement and a ring at the same moment never miss each other") {
    // The Dekker situation itself, again and again: both threads start together, and afterwards either the waiter's
    // second look saw the work or the bell rings. Without either fence this fails on x86 in most runs.
    constexpr std::uint64_t rounds = 300'000;
    constexpr std::int64_t long_enough_ns = 1'000'000'000;  // where neighbours take the cores away
    dcx::platform::SystemClock clock;
    const std::int64_t start = clock.monotonic_ns();
    Doorbell bell;
    std::atomic<bool> over{false};
    bool lost = false;
    alignas(128) std::atomic<std::uint64_t> go{0};
    alignas(128) std::atomic<std::uint64_t> work{0};
    alignas(128) std::atomic<std::uint64_t> done{0};
    std::thread producer([&] {
        for (std::uint64_t round = 1; round <= rounds && !over; ++round) {
            spin_until(go, round);
            work.store(round, std::memory_order_release);
            bell.ring();
            done.store(round, std::memory_order_release);
        }
    });
    dcx::Random random(1);
    for (std::uint64_t round = 1; round <= rounds && !lost; ++round) {
        go.store(round, std::memory_order_release);
        // About as long as the other core needs to see it, more or less, in steps of a nanosecond.
        for (std::uint64_t i = random.below(500); i > 0; --i) asm volatile("" ::: "memory");
        bell.announce();
        const bool saw = work.load(std::memory_order_acquire) == round;
        spin_until(done, round);
        lost = !saw && !readable(bell.fd());
        bell.retract();
        bell.drain();
        if (round % 256 == 0 && clock.monotonic_ns() - start > long_enough_ns) break;
    }
    over = true;
    go.store(rounds, std::memory_order_release);
    producer.join();
    CHECK_FALSE(lost);
}

TEST_CASE("no wake-up is lost between two threads that sleep at every turn") {
    Player here, there;
    constexpr std::uint64_t turns = 4'000;
    std::thread other([&here, &there] {
        for (std::uint64_t turn = 1; turn <= turns && there.lost == 0; ++turn) {
            there.wait_for(turn);
            here.serve(turn);
        }
    });
    for (std::uint64_t turn = 1; turn <= turns && here.lost == 0; ++turn) {
        there.serve(turn);
        here.wait_for(turn);
    }
    other.join();
    CHECK(here.lost == 0);
    CHECK(there.lost == 0);
}

TEST_CASE("no wake-up is lost when several threads ring one bell") {
    // Each producer raises its own number and waits for nobody; the last ring of the last one must be heard.
    Doorbell bell;
    constexpr std::uint64_t producers = 3, numbers = 20'000;
    std::atomic<std::uint64_t> made[producers] = {};
    std::vector<std::thread> threads;
    for (auto& mine : made)
        threads.emplace_back([&bell, &mine] {
            for (std::uint64_t number = 1; number <= numbers; ++number) {
                mine.store(number, std::memory_order_release);
                bell.ring();
            }
        });
    const auto sum = [&made] {
        std::uint64_t total = 0;
        for (const auto& one : made) total += one.load(std::memory_order_acquire);
        return total;
    };
    dcx::platform::SystemClock clock;
    bool lost = false;
    for (std::uint64_t seen = 0; seen < producers * numbers && !lost;) {
        bell.announce();
        if (sum() == seen) {
            const std::int64_t start = clock.monotonic_ns();
            bell.sleep(forever_ms);
            lost = clock.monotonic_ns() - start >= std::int64_t{forever_ms} * 1'000'000;
        }
        bell.retract();
        seen = sum();
    }
    for (auto& thread : threads) thread.join();
    CHECK_FALSE(lost);
}
