#include "ring/spsc_ring.h"

#include <doctest/doctest.h>

#include <array>
#include <thread>
#include <vector>

#include "base/random.h"

using dcx::HeapMemory;
using dcx::ring::SpscRing;

namespace {

struct Message {
    std::uint64_t number;
    std::array<std::uint64_t, 7> body;

    static Message make(std::uint64_t number) {
        Message message{number, {}};
        for (std::uint64_t i = 0; i < message.body.size(); ++i) message.body[i] = number * 31 + i;
        return message;
    }
    friend bool operator==(const Message&, const Message&) = default;
};

// Bounded by the number of tries without progress, far beyond what a crowded machine needs.
class Patience {
  public:
    bool wait() {
        std::this_thread::yield();
        return ++tries_ < 50'000'000;
    }
    void progress() { tries_ = 0; }

  private:
    std::uint64_t tries_ = 0;
};

}  // namespace

TEST_CASE("messages come out in order, one at a time, over many wraps") {
    HeapMemory memory;
    SpscRing<std::uint64_t> ring(4, memory);
    CHECK(ring.capacity() == 4);
    std::uint64_t out = 0;
    CHECK_FALSE(ring.try_pop(out));
    for (std::uint64_t i = 0; i < 100; ++i) {
        CHECK(ring.try_push(i));
        CHECK(ring.try_push(i + 1000));
        CHECK(ring.try_pop(out));
        CHECK(out == i);
        CHECK(ring.try_pop(out));
        CHECK(out == i + 1000);
        CHECK_FALSE(ring.try_pop(out));
    }
}

TEST_CASE("a full ring refuses and overwrites nothing") {
    HeapMemory memory;
    SpscRing<int> ring(4, memory);
    for (int i = 0; i < 4; ++i) CHECK(ring.try_push(i));
    CHECK_FALSE(ring.try_push(99));
    CHECK_FALSE(ring.try_write(99));
    CHECK(ring.claim(1).empty());
    int out = -1;
    CHECK(ring.try_pop(out));
    CHECK(out == 0);
    CHECK(ring.try_push(4));
    CHECK_FALSE(ring.try_push(99));
    for (int i = 1; i <= 4; ++i) {
        CHECK(ring.try_pop(out));
        CHECK(out == i);
    }
    CHECK_FALSE(ring.try_pop(out));
}

TEST_CASE("a ring of one slot works") {
    HeapMemory memory;
    SpscRing<int> ring(1, memory);
    int out = 0;
    for (int i = 0; i < 5; ++i) {
        CHECK(ring.try_push(i));
        CHECK_FALSE(ring.try_push(99));
        CHECK(ring.try_pop(out));
        CHECK(out == i);
    }
}

TEST_CASE("claimed slots are unseen until published, and a batch may be published in part") {
    HeapMemory memory;
    SpscRing<int> ring(8, memory);
    auto slots = ring.claim(5);
    REQUIRE(slots.size() == 5);
    for (int i = 0; i < 5; ++i) slots[static_cast<std::size_t>(i)] = i;
    CHECK(ring.peek().empty());
    ring.publish(3);
    auto seen = ring.peek();
    REQUIRE(seen.size() == 3);
    CHECK(seen[2] == 2);
    CHECK(ring.peek(2).size() == 2);
    ring.release(2);
    seen = ring.peek();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0] == 2);
    ring.release(1);
    CHECK(ring.peek().empty());

    // Three were used: five to the wrap, then the rest.
    CHECK(ring.claim(8).size() == 5);
    ring.publish(5);
    CHECK(ring.claim(8).size() == 3);
    ring.publish(3);
    CHECK(ring.claim(8).empty());
    CHECK(ring.peek().size() == 5);
    ring.release(5);
    CHECK(ring.peek().size() == 3);
    ring.release(3);
    CHECK(ring.peek().empty());
}

TEST_CASE("written messages wait for the flush") {
    HeapMemory memory;
    SpscRing<int> ring(8, memory);
    CHECK_FALSE(ring.flush());
    CHECK(ring.try_write(1));
    CHECK(ring.try_write(2));
    CHECK(ring.peek().empty());
    CHECK(ring.flush());
    CHECK_FALSE(ring.flush());
    CHECK(ring.peek().size() == 2);

    // A push and a claim come after what was written, and publish it too.
    CHECK(ring.try_write(3));
    CHECK(ring.try_push(4));
    CHECK(ring.try_write(5));
    ring.claim(1)[0] = 6;
    ring.publish(1);
    for (int expected = 1; expected <= 6; ++expected) {
        int out = 0;
        REQUIRE(ring.try_pop(out));
        CHECK(out == expected);
    }
}

TEST_CASE("positions of either side never share a pair of cache lines") {
    using Ring = SpscRing<int>;
    CHECK(alignof(Ring) == dcx::platform::separate_lines);
    CHECK(sizeof(Ring) == 4 * dcx::platform::separate_lines);
}

TEST_CASE("two threads: every message arrives once, whole and in order") {
    constexpr std::uint64_t messages = 1'000'000;
    HeapMemory memory;
    SpscRing<Message> ring(256, memory);
    std::thread producer([&ring] {
        dcx::Random random(7);
        Patience patience;
        for (std::uint64_t next = 0; next < messages;) {
            const std::uint64_t before = next;
            const std::uint64_t wanted = std::min(1 + random.below(60), messages - next);
            switch (random.below(3)) {
                case 0:
                    if (ring.try_push(Message::make(next))) ++next;
                    break;
                case 1:
                    for (std::uint64_t i = 0; i < wanted && ring.try_write(Message::make(next)); ++i) ++next;
                    ring.flush();
                    break;
                default: {
                    auto slots = ring.claim(wanted);
                    for (auto& slot : slots) slot = Message::make(next++);
                    ring.publish(slots.size());
                }
            }
            if (next != before)
                patience.progress();
            else if (!patience.wait())
                return;
        }
    });
    dcx::Random random(8);
    Patience patience;
    std::uint64_t next = 0, wrong = 0;
    while (next < messages) {
        std::uint64_t got = 0;
        if (random.chance(30)) {
            Message message;
            got = ring.try_pop(message) ? 1 : 0;
            if (got == 1) wrong += message == Message::make(next) ? 0u : 1u;
        } else {
            const auto seen = ring.peek(1 + random.below(100));
            got = seen.size();
            for (std::uint64_t i = 0; i < got; ++i) wrong += seen[i] == Message::make(next + i) ? 0u : 1u;
            ring.release(got);
        }
        next += got;
        if (got > 0)
            patience.progress();
        else if (!patience.wait())
            break;
    }
    producer.join();
    CHECK(next == messages);
    CHECK(wrong == 0);
    CHECK(ring.peek().empty());
}
