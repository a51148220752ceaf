#include "net/reactor.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include "net/test_support.h"

namespace dcx::net {

namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) == 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    void write(char c) { REQUIRE(::write(ends[1], &c, 1) == 1); }
    std::array<int, 2> ends{};
};

struct Reader final : FdHandler {
    Reader(Reactor& reactor, int fd) : watch(reactor, *this) { REQUIRE(watch.open(fd, {.read = true}).has_value()); }
    void on_ready(Ready ready) override {
        ++calls;
        if (ready.failed) ++failures;
        if (then) then();
    }
    int calls = 0;
    int failures = 0;
    std::function<void()> then;
    FdWatch watch;
};

struct Task final : RoundTask {
    void on_round_end() override {
        ++calls;
        if (then) then();
    }
    int calls = 0;
    std::function<void()> then;
};

struct Fixture {
    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "timers fire in the order of their deadlines, once each") {
    std::string fired;
    Timer a(reactor, [&] { fired += 'a'; });
    Timer b(reactor, [&] { fired += 'b'; });
    Timer c(reactor, [&] { fired += 'c'; });
    a.start_after(300);
    b.start_after(100);
    c.start_after(200);
    CHECK_FALSE(reactor.poll(0));
    clock.advance(99);
    CHECK_FALSE(reactor.poll(0));
    clock.advance(101);
    CHECK(reactor.poll(0));
    CHECK(fired == "bc");
    CHECK_FALSE(b.running());
    CHECK(a.running());
    clock.advance(1000);
    CHECK(reactor.poll(0));
    CHECK_FALSE(reactor.poll(0));
    CHECK(fired == "bca");
}

TEST_CASE_FIXTURE(Fixture, "a periodic timer keeps its beat and skips what was missed") {
    int fired = 0;
    Timer timer(reactor, [&] { ++fired; });
    timer.start_every(100);
    for (int i = 0; i < 3; ++i) {
        clock.advance(100);
        reactor.poll(0);
    }
    CHECK(fired == 3);
    clock.advance(1050);
    reactor.poll(0);
    CHECK(fired == 4);
    clock.advance(50);
    reactor.poll(0);
    CHECK(fired == 5);
    timer.cancel();
    clock.advance(1000);
    reactor.poll(0);
    CHECK(fired == 5);
}

TEST_CASE_FIXTURE(Fixture, "a callback may start, cancel and destroy other timers and start its own again") {
    int first = 0;
    int second = 0;
    auto doomed = std::make_unique<Timer>(reactor, [&] { ++second; });
    Timer canceled(reactor, [&] { ++second; });
    Timer* self = nullptr;
    Timer timer(reactor, [&] {
        ++first;
        doomed.reset();
        canceled.cancel();
        self->start_after(0);
    });
    self = &timer;
    timer.start_after(10);
    doomed->start_after(11);
    canceled.start_after(12);
    clock.advance(20);
    reactor.poll(0);
    CHECK(first == 1);
    CHECK(second == 0);
    clock.advance(1);
    reactor.poll(0);
    CHECK(first == 2);
}

TEST_CASE_FIXTURE(Fixture, "many timers, started and canceled at random, fire sorted") {
    constexpr std::size_t count = 500;
    std::vector<std::size_t> fired;
    std::vector<std::unique_ptr<Timer>> timers;
    std::vector<std::int64_t> due(count);
    for (std::size_t i = 0; i < count; ++i)
        timers.push_back(std::make_unique<Timer>(reactor, [&fired, i] { fired.push_back(i); }));
    std::uint32_t random = 12345;
    const auto next = [&] { return random = random * 1664525 + 1013904223; };
    for (int round = 0; round < 5; ++round) {
        for (std::size_t i = 0; i < count; ++i) {
            due[i] = (next() >> 8) % 10'000 + 1;
            timers[i]->start_after(due[i]);
        }
    }
    std::size_t running = count;
    for (std::size_t i = 0; i < count; i += 3) {
        timers[i]->cancel();
        --running;
    }
    clock.advance(10'000);
    reactor.poll(0);
    REQUIRE(fired.size() == running);
    for (std::size_t i = 1; i < fired.size(); ++i) CHECK(due[fired[i - 1]] <= due[fired[i]]);
}

TEST_CASE("a sleeping reactor wakes for its timer") {
    Reactor reactor;
    bool fired = false;
    Timer timer(reactor, [&] { fired = true; });
    timer.start_after(2'000'000);
    CHECK(test::run_until(reactor, [&] { return reactor.poll(10'000) && fired; }));
}

TEST_CASE_FIXTURE(Fixture, "a handler may close its own watch and those of others whose events are fetched") {
    std::array<Pipe, 3> pipes;
    std::array<std::unique_ptr<Reader>, 3> readers;
    int calls = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        readers[i] = std::make_unique<Reader>(reactor, pipes[i].ends[0]);
        readers[i]->then = [&, i] {
            ++calls;
            readers[i]->watch.close();
            for (std::size_t j = 0; j < 3; ++j)
                if (j != i) readers[j].reset();
        };
        pipes[i].write('x');
    }
    CHECK(reactor.poll(0));
    CHECK(calls == 1);
    CHECK_FALSE(reactor.poll(0));
}

TEST_CASE_FIXTURE(Fixture, "an event fetched for a closed watch does not reach the next one in its place") {
    Pipe first;
    Pipe second;
    Pipe third;
    auto victim = std::make_unique<Reader>(reactor, second.ends[0]);
    std::unique_ptr<Reader> successor;
    Reader killer(reactor, first.ends[0]);
    // The order of events within a round is the system's: whoever comes first replaces the other.
    const auto replace = [&] {
        killer.watch.close();
        victim->watch.close();
        successor = std::make_unique<Reader>(reactor, third.ends[0]);
    };
    killer.then = replace;
    victim->then = replace;
    first.write('x');
    second.write('x');
    CHECK(reactor.poll(0));
    CHECK(killer.calls + victim->calls == 1);
    CHECK(successor->calls == 0);
}

TEST_CASE_FIXTURE(Fixture, "a hang-up is told whatever the interest") {
    Pipe pipe;
    Reader reader(reactor, pipe.ends[0]);
    reader.watch.set({});
    pipe.write('x');
    CHECK_FALSE(reactor.poll(0));
    ::close(std::exchange(pipe.ends[1], -1));
    CHECK(reactor.poll(0));
    CHECK(reader.failures == 1);
}

TEST_CASE_FIXTURE(Fixture, "round-end tasks run once a round, and what they ask for waits for the next") {
    Task task;
    Task destroyed_by_task;
    task.then = [&] { reactor.at_round_end(task); };
    reactor.at_round_end(task);
    reactor.at_round_end(task);
    {
        Task gone;
        reactor.at_round_end(gone);
    }
    CHECK(reactor.finish_round());
    CHECK(task.calls == 1);
    task.then = nullptr;
    // It waits, so this poll does not sleep.
    CHECK(reactor.poll(600'000));
    CHECK(task.calls == 2);
    CHECK_FALSE(reactor.finish_round());
}

TEST_CASE_FIXTURE(Fixture, "a round-end task may destroy the one behind it") {
    Task first;
    auto second = std::make_unique<Task>();
    first.then = [&] { second.reset(); };
    reactor.at_round_end(first);
    reactor.at_round_end(*second);
    CHECK(reactor.finish_round());
    CHECK(second == nullptr);
}

TEST_CASE("another thread wakes the reactor through an eventfd") {
    Reactor reactor;
    const int bell = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    REQUIRE(bell >= 0);
    int woken = 0;
    {
        Wakeup wakeup(reactor, [&] { ++woken; });
        REQUIRE(wakeup.open(bell).has_value());
        std::thread other([&] {
            for (int i = 0; i < 2; ++i) ::eventfd_write(bell, 1);
        });
        CHECK(test::run_until(reactor, [&] { return woken > 0; }));
        other.join();
        while (reactor.poll(0)) {
        }
        CHECK(woken <= 2);
        CHECK_FALSE(reactor.poll(0));
    }
    ::close(bell);
}

}  // namespace dcx::net
