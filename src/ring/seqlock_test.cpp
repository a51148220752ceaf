#include "ring/seqlock.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <memory>
#include <new>
#include <thread>

#include "ring/wait.h"

using dcx::ring::Seqlock;
using dcx::ring::WaitWord;

namespace {

using Value = std::array<std::uint64_t, 9>;

Value value_of(std::uint64_t number) {
    Value value;
    for (std::uint64_t i = 0; i < value.size(); ++i) value[i] = number * 31 + i;
    return value;
}

}  // namespace

TEST_CASE("a seqlock shows the newest value, and its parts can be changed alone") {
    Seqlock<Value> lock;
    Value seen{1};
    std::uint64_t version = 1;
    REQUIRE(lock.try_load(seen, version));
    CHECK(seen == Value{});
    CHECK(version == 0);
    lock.store(value_of(7));
    lock.update([](auto words) { words[2].store(99, std::memory_order_relaxed); });
    REQUIRE(lock.try_load(seen, version));
    Value expected = value_of(7);
    expected[2] = 99;
    CHECK(seen == expected);
    CHECK(version == 4);
}

TEST_CASE("a writer that died inside leaves nothing readable, and the next writer repairs it") {
    dcx::ring::SeqlockGuard<> guard{0};
    std::atomic<std::uint64_t> word{1};
    std::uint64_t seen = 0;
    std::uint64_t version = 0;
    const auto read = [&] {
        return dcx::ring::seqlock_try_read(guard, version, [&] { seen = word.load(std::memory_order_relaxed); });
    };
    REQUIRE(read());
    // Its memory stays, its destructor never comes.
    alignas(dcx::ring::SeqlockWrite<>) std::array<std::byte, sizeof(dcx::ring::SeqlockWrite<>)> dead;
    new (dead.data()) dcx::ring::SeqlockWrite<>(guard);
    word.store(5, std::memory_order_relaxed);
    CHECK_FALSE(read());
    CHECK_FALSE(dcx::ring::seqlock_read(guard, 3, [] {}));
    {
        const dcx::ring::SeqlockWrite<> next(guard);
        word.store(2, std::memory_order_relaxed);
        CHECK_FALSE(read());
    }
    REQUIRE(read());
    CHECK(seen == 2);
    CHECK(version == 2);
}

TEST_CASE("a reader beside a writer sees whole values that only rise") {
    const auto lock = std::make_unique<Seqlock<Value>>();
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (std::uint64_t i = 1; i <= 200'000; ++i) {
            lock->store(value_of(i));
            // A pause now and then, or a reader on a crowded machine would see the end only.
            if (i % 64 == 0) std::this_thread::yield();
        }
        done = true;
    });
    std::uint64_t torn = 0, backwards = 0, last = 0;
    for (bool last_look = false; !last_look;) {
        last_look = done;
        Value seen;
        std::uint64_t version;
        if (!lock->try_load(seen, version)) continue;
        torn += seen == (version == 0 ? Value{} : value_of(version / 2)) ? 0u : 1u;
        backwards += version < last ? 1u : 0u;
        last = version;
    }
    writer.join();
    CHECK(torn == 0);
    CHECK(backwards == 0);
    CHECK(last == 400'000);
}

TEST_CASE("a wait gives up after its bound, and a ring ends its sleep") {
    using dcx::ring::wait;
    using dcx::ring::WaitStrategy;
    WaitWord<> word;
    for (const auto strategy : {WaitStrategy::spin, WaitStrategy::yield, WaitStrategy::block})
        CHECK_FALSE(wait({.strategy = strategy, .spin_rounds = 3, .yield_rounds = 3, .max_sleep_ns = 1000}, word,
                         [] { return false; }));
    // Sleeps at once and long: a lost ring would stop the flow for minutes.
    const dcx::ring::WaitOptions sleepy{.spin_rounds = 0, .yield_rounds = 0, .max_sleep_ns = 100'000'000'000};
    std::atomic<std::uint64_t> asked{0}, answered{0};
    WaitWord<> answer;
    std::thread other([&] {
        for (std::uint64_t i = 1; i <= 2'000; ++i) {
            while (!wait(sleepy, word, [&] { return asked.load(std::memory_order_acquire) >= i; })) {
            }
            answered.store(i, std::memory_order_release);
            answer.ring();
        }
    });
    for (std::uint64_t i = 1; i <= 2'000; ++i) {
        asked.store(i, std::memory_order_release);
        word.ring();
        while (!wait(sleepy, answer, [&] { return answered.load(std::memory_order_acquire) >= i; })) {
        }
    }
    other.join();
    CHECK(answered == 2'000);
}
