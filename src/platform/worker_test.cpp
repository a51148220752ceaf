#include "platform/worker.h"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <chrono>
#include <ctime>

#include "platform/system_clock.h"

using namespace dcx::platform;

namespace {

constexpr std::int64_t patience_ns = 20'000'000'000;

// Waits for a condition that another thread will make true; false when it never did.
template <class Condition>
bool eventually(Condition condition) {
    SystemClock clock;
    const std::int64_t start = clock.monotonic_ns();
    while (!condition()) {
        if (clock.monotonic_ns() - start > patience_ns) return false;
        std::this_thread::yield();
    }
    return true;
}

// Takes what is put in front of it.
struct Eater final : Pollable {
    std::atomic<std::uint64_t> offered{0}, eaten{0}, polls{0};
    int limit_ms = any_sleep_ms;

    bool poll() override {
        polls.fetch_add(1, std::memory_order_relaxed);
        const std::uint64_t food = offered.load(std::memory_order_acquire);
        if (food == eaten.load(std::memory_order_relaxed)) return false;
        eaten.store(food, std::memory_order_release);
        return true;
    }
    int max_sleep_ms() override { return limit_ms; }
};

// A reactor in small: sleeps in epoll, where its doorbell is one of the files.
class EpollSleeper final : public Sleeper {
  public:
    EpollSleeper() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        epoll_event event{.events = EPOLLIN, .data = {}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, bell_.fd(), &event);
    }
    ~EpollSleeper() override { ::close(epoll_); }
    Doorbell& doorbell() override { return bell_; }
    void sleep(int timeout_ms) override {
        epoll_event event;
        if (::epoll_wait(epoll_, &event, 1, timeout_ms) > 0) bell_.drain();
    }

  private:
    Doorbell bell_;
    int epoll_;
};

std::int64_t process_cpu_ns() {
    timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1'000'000'000 + used.tv_nsec;
}

WorkerOptions never_by_timeout(const char* name) {
    return {.thread = {.name = name, .core = {}}, .max_sleep_ms = 100'000};
}

// Feeds a sleeping worker again and again; only the bell can wake it.
void feed_sleeping_worker(Sleeper& sleeper) {
    Eater first, second;
    Worker worker(never_by_timeout("sleeper"), sleeper, {&first, &second});
    REQUIRE(worker.start());
    for (std::uint64_t meal = 1; meal <= 20; ++meal) {
        const std::uint64_t slept = worker.sleeps();
        Eater& eater = meal % 2 == 0 ? first : second;
        eater.offered.store(meal, std::memory_order_release);
        sleeper.doorbell().ring();
        REQUIRE(eventually([&] { return eater.eaten.load(std::memory_order_acquire) == meal; }));
        REQUIRE(eventually([&] { return worker.sleeps() > slept; }));
    }
    SystemClock clock;
    const std::int64_t start = clock.monotonic_ns();
    worker.stop();
    // It was asleep for up to 100 s: the stop itself must have woken it.
    CHECK(clock.monotonic_ns() - start < patience_ns);
    CHECK_FALSE(worker.running());
}

}  // namespace

TEST_CASE("a sleeping worker is woken by its bell and by stop()") {
    SUBCASE("asleep on the bell") {
        Doorbell bell;
        feed_sleeping_worker(bell);
    }
    SUBCASE("asleep in epoll") {
        EpollSleeper reactor;
        feed_sleeping_worker(reactor);
    }
}

TEST_CASE("work that appears between the last look and the announcement is not slept over") {
    // Puts its own food down just after each look that found none, while the bell has nobody to wake yet.
    struct Late final : Pollable {
        Doorbell& bell;
        bool food = false, sated = false;
        std::atomic<unsigned> eaten{0};
        explicit Late(Doorbell& b) : bell(b) {}
        bool poll() override {
            if (food) {
                food = false;
                eaten.fetch_add(1);
                sated = true;
                return true;
            }
            food = !sated;
            sated = false;
            bell.ring();
            return false;
        }
    };
    Doorbell bell;
    Late late(bell);
    WorkerOptions options = never_by_timeout("late");
    options.spin_rounds = 0;
    options.yield_rounds = 0;
    Worker worker(options, bell, {&late});
    REQUIRE(worker.start());
    CHECK(eventually([&] { return late.eaten.load() > 0; }));
}

TEST_CASE("an idle polite worker uses next to no processor time") {
    Doorbell bell;
    Eater eater;
    Worker worker({.thread = {.name = "idle", .core = {}}}, bell, {&eater});
    REQUIRE(worker.start());
    REQUIRE(eventually([&] { return worker.sleeps() > 0; }));
    const std::int64_t cpu = process_cpu_ns();
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    // The aim is 3 %; a thread that spins takes many times the limit even on a crowded machine.
    CHECK(process_cpu_ns() - cpu < 400'000'000 / 10);
}

TEST_CASE("a spinning worker never sleeps") {
    Doorbell bell;
    Eater eater;
    Worker worker({.thread = {.name = "spinner", .core = {}}, .idle = IdlePolicy::spin}, bell, {&eater});
    REQUIRE(worker.start());
    CHECK(eventually([&] { return eater.polls.load(std::memory_order_relaxed) > 100'000; }));
    CHECK(worker.sleeps() == 0);
}

TEST_CASE("a pollable bounds the sleep of its worker") {
    Doorbell bell;
    Eater idle, busy_soon;
    SUBCASE("0 forbids it") {
        busy_soon.limit_ms = 0;
        Worker worker(never_by_timeout("insomniac"), bell, {&idle, &busy_soon});
        REQUIRE(worker.start());
        CHECK(eventually([&] { return idle.polls.load(std::memory_order_relaxed) > 10'000; }));
        CHECK(worker.sleeps() == 0);
    }
    SUBCASE("a deadline shortens it") {
        busy_soon.limit_ms = 1;
        Worker worker(never_by_timeout("light"), bell, {&idle, &busy_soon});
        REQUIRE(worker.start());
        CHECK(eventually([&] { return worker.sleeps() > 3; }));
    }
}

TEST_CASE("a stopped worker can be started again, and a core that is not there is an error") {
    Doorbell bell;
    Eater eater;
    Worker worker({.thread = {.name = "again", .core = {}}}, bell, {&eater});
    for (std::uint64_t meal = 1; meal <= 3; ++meal) {
        REQUIRE(worker.start());
        eater.offered.store(meal, std::memory_order_release);
        bell.ring();
        CHECK(eventually([&] { return eater.eaten.load(std::memory_order_acquire) == meal; }));
        worker.stop();
        worker.stop();
    }
    Worker nowhere({.thread = {.name = "nowhere", .core = 1023}}, bell, {&eater});
    const auto refused = nowhere.start();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().find("core 1023") != std::string::npos);
    CHECK_FALSE(nowhere.running());
}

TEST_CASE("anything with poll() becomes a pollable") {
    struct Plain {
        int polls = 0;
        bool poll() { return ++polls % 2 == 1; }
    } plain;
    struct WithDeadline {
        bool poll() { return false; }
        int max_sleep_ms() { return 7; }
    } with_deadline;
    PollableOf of_plain(plain);
    PollableOf of_deadline(with_deadline);
    CHECK(of_plain.poll());
    CHECK_FALSE(of_plain.poll());
    CHECK(of_plain.max_sleep_ms() == any_sleep_ms);
    CHECK(of_deadline.max_sleep_ms() == 7);
}

namespace {

// Does not come back from a turn while it is told to hang.
class Hanger final : public Pollable {
  public:
    bool poll() override {
        while (hang.load(std::memory_order_acquire)) {
            hangs.store(true, std::memory_order_release);
            std::this_thread::yield();
        }
        hangs.store(false, std::memory_order_release);
        return false;
    }
    std::atomic<bool> hang{false};
    std::atomic<bool> hangs{false};
};

}  // namespace

TEST_CASE("a worker's rounds rise while it idles, and stand still while a pollable hangs") {
    Hanger hanger;
    Doorbell bell;
    Worker worker({.thread = {.name = "rounds", .core = {}}}, bell, {&hanger});
    REQUIRE(worker.start());
    const std::uint64_t begin = worker.rounds();
    REQUIRE(eventually([&] { return worker.rounds() > begin && worker.sleeps() > 1; }));
    hanger.hang.store(true, std::memory_order_release);
    REQUIRE(eventually([&] { return hanger.hangs.load(std::memory_order_acquire); }));
    const std::uint64_t hung = worker.rounds();
    bell.ring();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK(worker.rounds() == hung);
    hanger.hang.store(false, std::memory_order_release);
    REQUIRE(eventually([&] { return worker.rounds() > hung; }));
}
