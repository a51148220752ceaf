#include "ring/broadcast_ring.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <vector>

#include "base/random.h"

using dcx::HeapMemory;
using dcx::platform::Doorbell;
using dcx::ring::BroadcastRing;
using dcx::ring::Position;

namespace {

template <class T>
void write(BroadcastRing<T>& ring, Position count) {
    for (Position i = 0; i < count; ++i) ring.slot(ring.position() + i) = static_cast<T>(ring.position() + i);
    ring.publish(ring.position() + count);
}

}  // namespace

TEST_CASE("every reader sees every message") {
    HeapMemory memory;
    BroadcastRing<std::uint64_t> ring(8, memory);
    auto& fast = ring.add_reader();
    auto& slow = ring.add_reader();
    CHECK(fast.peek().empty());
    write(ring, 5);
    REQUIRE(fast.peek().size() == 5);
    CHECK(fast.peek()[4] == 4);
    CHECK(fast.peek(dcx::ring::no_limit, 2).size() == 2);
    fast.release(5);
    CHECK(fast.peek().empty());
    CHECK(fast.position() == 5);
    CHECK(slow.cursor() == 0);
    REQUIRE(slow.peek().size() == 5);
    slow.release(1);
    CHECK(slow.peek()[0] == 1);

    // Four more: three to the wrap, one after it.
    CHECK(ring.free_slots() == 4);
    write(ring, 4);
    REQUIRE(fast.peek().size() == 3);
    CHECK(fast.peek()[0] == 5);
    fast.release(3);
    REQUIRE(fast.peek().size() == 1);
    CHECK(fast.peek()[0] == 8);
}

TEST_CASE("the slowest reader gates the writer") {
    HeapMemory memory;
    BroadcastRing<std::uint64_t> ring(8, memory);
    auto& fast = ring.add_reader();
    auto& slow = ring.add_reader();
    CHECK(ring.has_room(8));
    CHECK_FALSE(ring.has_room(9));
    write(ring, 8);
    CHECK(ring.free_slots() == 0);
    fast.release(fast.peek().size());
    CHECK_FALSE(ring.has_room(1));
    REQUIRE(slow.peek().size() == 8);
    slow.release(3);
    CHECK(ring.has_room(3));
    CHECK_FALSE(ring.has_room(4));
    write(ring, 3);
    CHECK(slow.peek()[0] == 3);
    CHECK(ring.free_slots() == 0);
}

TEST_CASE("the writer may run ahead of what it shows") {
    HeapMemory memory;
    BroadcastRing<std::uint64_t> ring(16, memory);
    auto& reader = ring.add_reader();
    for (Position p = 0; p < 10; ++p) ring.slots()[p & ring.mask()] = p * 10;
    ring.advance(10);
    CHECK(ring.position() == 10);
    CHECK(ring.published() == 0);
    CHECK(reader.peek().empty());
    CHECK(ring.free_slots() == 6);  // written counts as used
    ring.publish(4);
    REQUIRE(reader.peek().size() == 4);
    CHECK(reader.peek()[3] == 30);
    CHECK(ring.position() == 10);
    reader.release(4);
    CHECK(reader.peek().empty());
    CHECK(ring.free_slots() == 10);
    ring.publish(10);
    CHECK(reader.peek().size() == 6);
}

TEST_CASE("a limit keeps a reader behind others") {
    HeapMemory memory;
    BroadcastRing<std::uint64_t> ring(16, memory);
    using Reader = BroadcastRing<std::uint64_t>::Reader;
    Reader& first = ring.add_reader();
    Reader& second = ring.add_reader();
    Reader& behind = ring.add_reader();
    const std::array<const Reader*, 2> ahead{&first, &second};
    const std::span<const Reader* const> those = ahead;
    write(ring, 10);
    CHECK(behind.peek(dcx::ring::slowest(those)).empty());
    first.release(first.peek(dcx::ring::no_limit, 7).size());
    CHECK(behind.peek(dcx::ring::slowest(those)).empty());
    second.release(second.peek(dcx::ring::no_limit, 3).size());
    CHECK(behind.peek(dcx::ring::slowest(those)).size() == 3);
    behind.release(3);
    CHECK(behind.peek(dcx::ring::slowest(those)).empty());
    CHECK(behind.peek(1).empty());  // a limit it has passed
    CHECK(dcx::ring::slowest(std::span<const Reader* const>{}) == dcx::ring::no_limit);
}

TEST_CASE("bells: of readers by the writer, of followers by the reader") {
    HeapMemory memory;
    BroadcastRing<int> ring(16, memory);
    Doorbell shared, own, follower;
    auto& one = ring.add_reader(&shared);
    ring.add_reader(&shared);
    ring.add_reader(&own);
    one.add_follower(follower);
    const auto rang = [](Doorbell& bell) {
        std::uint64_t before = 0;
        Doorbell::fence();
        // A bell that rang has taken back the announcement, so that ringing again does nothing; look at the eventfd.
        const auto got = ::read(bell.fd(), &before, sizeof before);
        return got == sizeof before ? before : 0;
    };
    for (Doorbell* bell : {&shared, &own, &follower}) bell->announce();
    write(ring, 4);
    CHECK(rang(own) == 0);  // publish() alone is silent
    ring.wake_readers();
    CHECK(rang(own) == 1);
    CHECK(rang(shared) == 1);
    CHECK(rang(follower) == 0);
    one.release(one.peek().size());
    CHECK(rang(follower) == 1);
}

TEST_CASE("three readers on threads: all messages, whole, in order, and one never ahead of the others") {
    struct Message {
        std::uint64_t number, twice, inverse;
    };
    constexpr std::uint64_t messages = 600'000;
    constexpr std::uint64_t tries_without_progress = 50'000'000;
    HeapMemory memory;
    BroadcastRing<Message> ring(1024, memory);
    using Reader = BroadcastRing<Message>::Reader;
    Reader& first = ring.add_reader();
    Reader& second = ring.add_reader();
    Reader& behind = ring.add_reader();
    const std::array<const Reader*, 2> ahead{&first, &second};
    // What each of the first two did with a message, in plain memory: that the one behind may look at it is ordered by
    // the cursors alone, which TSan verifies.
    std::array<std::vector<unsigned char>, 2> handled;
    for (auto& marks : handled) marks.resize(messages);

    struct Outcome {
        std::uint64_t read = 0, wrong = 0;
    };
    std::array<Outcome, 3> outcomes;
    const auto consume = [&](std::size_t index, Reader& reader, auto limit, auto handle) {
        dcx::Random random(index);
        Outcome& outcome = outcomes[index];
        for (std::uint64_t tries = 0; outcome.read < messages && tries < tries_without_progress; ++tries) {
            const auto seen = reader.peek(limit(), 1 + random.below(300));
            if (seen.empty()) {
                std::this_thread::yield();
                continue;
            }
            tries = 0;
            for (const Message& m : seen) {
                if (m.number != outcome.read || m.twice != 2 * m.number || m.inverse != ~m.number) ++outcome.wrong;
                if (!handle(outcome.read)) ++outcome.wrong;
                ++outcome.read;
            }
            reader.release(seen.size());
        }
    };
    const auto no_limit = [] { return dcx::ring::no_limit; };
    const auto behind_both = [&] { return dcx::ring::slowest(std::span<const Reader* const>(ahead)); };
    std::vector<std::thread> threads;
    threads.emplace_back(consume, 0, std::ref(first), no_limit, [&](std::uint64_t n) { return handled[0][n] = 1; });
    threads.emplace_back(consume, 1, std::ref(second), no_limit, [&](std::uint64_t n) { return handled[1][n] = 1; });
    threads.emplace_back(consume, 2, std::ref(behind), behind_both,
                         [&](std::uint64_t n) { return handled[0][n] == 1 && handled[1][n] == 1; });

    dcx::Random random(99);
    std::uint64_t next = 0;
    for (std::uint64_t tries = 0; ring.published() < messages && tries < tries_without_progress; ++tries) {
        const std::uint64_t wanted = std::min(1 + random.below(500), messages - next);
        if (wanted > 0 && ring.has_room(wanted)) {
            for (std::uint64_t i = 0; i < wanted; ++i, ++next) ring.slot(next) = {next, 2 * next, ~next};
            ring.advance(next);
            tries = 0;
        } else {
            std::this_thread::yield();
        }
        // What may be shown trails what is written.
        ring.publish(next == messages ? next : std::max(ring.published(), next - std::min(next, random.below(200))));
    }
    for (auto& thread : threads) thread.join();
    for (const Outcome& outcome : outcomes) {
        CHECK(outcome.read == messages);
        CHECK(outcome.wrong == 0);
    }
    CHECK(ring.free_slots() == ring.capacity());
}
