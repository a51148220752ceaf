#include "gateway/command_port.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/memory.h"

using namespace dcx;
using namespace dcx::gateway;

namespace {

struct Rig {
    HeapMemory memory;
    platform::Doorbell bell;
    ring::Channel<Submission> channel;
    CommandPort port{channel};

    explicit Rig(std::size_t capacity) : channel(capacity, memory, bell) {}

    static Submission numbered(std::uint64_t number) {
        Submission submission;
        submission.command.header.session_sequence = number;
        return submission;
    }
    bool push(std::uint64_t number) {
        Submission* slot = port.claim();
        if (slot == nullptr) return false;
        *slot = numbered(number);
        port.commit();
        return true;
    }
    std::vector<std::uint64_t> take(std::size_t max) {
        std::vector<std::uint64_t> numbers;
        Submission submission;
        while (numbers.size() < max && channel.try_pop(submission))
            numbers.push_back(submission.command.header.session_sequence);
        return numbers;
    }
};

}  // namespace

TEST_CASE("commands are seen after flush, in order") {
    Rig rig{8};
    CHECK_FALSE(rig.port.flush());
    REQUIRE(rig.push(1));
    REQUIRE(rig.push(2));
    CHECK(rig.take(8).empty());
    CHECK(rig.port.flush());
    CHECK(rig.take(8) == std::vector<std::uint64_t>{1, 2});
    REQUIRE(rig.push(3));
    CHECK(rig.port.flush());
    CHECK(rig.take(8) == std::vector<std::uint64_t>{3});
}

TEST_CASE("a full ring refuses, and what was written before is seen without a flush") {
    Rig rig{4};
    std::uint64_t number = 0;
    while (rig.push(number + 1)) ++number;
    CHECK(number == 4);
    CHECK_FALSE(rig.port.has_room());
    CHECK(rig.take(2) == std::vector<std::uint64_t>{1, 2});
    CHECK(rig.push(5));
    CHECK(rig.push(6));
    CHECK_FALSE(rig.push(7));
    CHECK(rig.take(8) == std::vector<std::uint64_t>{3, 4, 5, 6});
}

TEST_CASE("what must be sent waits for room and is not overtaken") {
    Rig rig{4};
    for (std::uint64_t i = 1; i <= 4; ++i) REQUIRE(rig.push(i));
    rig.port.send_surely(Rig::numbered(100));
    rig.port.send_surely(Rig::numbered(101));
    CHECK(rig.port.waiting());
    CHECK(rig.take(1) == std::vector<std::uint64_t>{1});
    // One slot is free, but it belongs to the one that waits.
    CHECK_FALSE(rig.push(5));
    CHECK(rig.take(3) == std::vector<std::uint64_t>{2, 3, 4});
    REQUIRE(rig.push(5));
    CHECK_FALSE(rig.port.waiting());
    rig.port.flush();
    CHECK(rig.take(8) == std::vector<std::uint64_t>{100, 101, 5});
}

TEST_CASE("many rounds through a small ring lose and reorder nothing") {
    Rig rig{16};
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    while (received < 10'000) {
        for (std::uint64_t i = 0; i < sent % 23 + 1; ++i) {
            if (sent % 7 == 3) {
                rig.port.send_surely(Rig::numbered(++sent));
            } else if (rig.push(sent + 1)) {
                ++sent;
            }
        }
        rig.port.flush();
        for (const std::uint64_t number : rig.take(received % 11 + 1)) REQUIRE(number == ++received);
    }
}
