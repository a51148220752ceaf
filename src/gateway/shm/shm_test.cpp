// Clients over shared memory that do what they should not: each ends its own session with a number, and a neighbour
// trades on, over memory as well.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include "base/random.h"
#include "gateway/shm/street.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::gateway_test;

namespace {

using Words = ring::SpscWords<>;

}  // namespace

TEST_CASE("shared memory: positions that cannot be end the session that wrote them") {
    Street street;
    auto client = street.established(2);
    Words& requests = client->shm().requests().words();
    Words& reports = client->shm().reports().words();
    SUBCASE("its own, far ahead") { requests.tail = 1'000'000'000; }
    SUBCASE("its own, behind what was read") { requests.tail = 3; }
    SUBCASE("its own, at the very end") { requests.tail = ~std::uint64_t{0}; }
    SUBCASE("the one of its reading, ahead of what was written") {
        client->pause_reading();
        reports.head = 1'000'000'000;
        // Found when the venue needs the room.
        std::uint64_t sequence = 0;
        street.until([&] {
            for (int i = 0; i < 50 && !client->shm().closed(); ++i) {
                ++sequence;
                client->command(order(sequence), sequence);
            }
            return street.terminates(TerminateCode::broken_ring) == 1;
        });
    }
    street.until([&] { return street.terminates(TerminateCode::broken_ring) == 1; });
    street.gone();
    client->resume_reading();
    street.until([&] { return client->closed(); });
    CHECK(client->terminated() == TerminateCode::broken_ring);
}

TEST_CASE("shared memory: records that cannot be end the session that wrote them") {
    Street street;
    auto client = street.established(2);
    auto& producer = client->shm().producer();
    const auto frame = make_command_frame(order(1), Time{}, 1);
    TerminateCode expected = TerminateCode::broken_ring;
    const auto header_word = [&]() -> std::uint64_t& {
        const auto position = client->shm().requests().words().tail.load();
        const auto slots = client->shm().requests().slots();
        return slots[position & (slots.size() - 1)];
    };
    const auto one_more_record = [&](std::uint64_t length) {
        header_word() = length;
        client->shm().requests().words().tail += 16;
    };
    SUBCASE("longer than what is published") { one_more_record(1000); }
    SUBCASE("longer than the ring") { one_more_record(std::uint64_t{1} << 40); }
    SUBCASE("a skip in the middle") { one_more_record(ring::record_skip); }
    SUBCASE("nothing in it") { one_more_record(0); }
    SUBCASE("a byte") { REQUIRE(producer.try_push(frame.bytes().first(1))); }
    SUBCASE("half a frame") { REQUIRE(producer.try_push(frame.bytes().first(60))); }
    SUBCASE("a frame and something behind it") {
        std::vector<std::byte> more(frame.bytes().begin(), frame.bytes().end());
        more.resize(more.size() + 8);
        REQUIRE(producer.try_push(more));
    }
    SUBCASE("two frames in one record") {
        std::vector<std::byte> two(frame.bytes().begin(), frame.bytes().end());
        two.insert(two.end(), frame.bytes().begin(), frame.bytes().end());
        REQUIRE(producer.try_push(two));
    }
    SUBCASE("a very long record") {
        const std::vector<std::byte> filler(producer.longest(), std::byte{0x41});
        REQUIRE(producer.try_push(filler));
        expected = TerminateCode::frame_too_large;
    }
    SUBCASE("another protocol") {
        const std::string_view text = "8=FIX.4.4|35=D|and so on, until it is as long as a header of ours";
        REQUIRE(producer.try_push(std::as_bytes(std::span{text})));
        expected = TerminateCode::frame_too_large;
    }
    street.until([&] { return street.terminates(expected) == 1; });
    street.gone();
    street.until([&] { return client->closed(); });
    CHECK(client->terminated() == expected);
    CHECK(street.gateway->metrics().commands.get() == street.traded);
}

TEST_CASE("shared memory: the header and the whole mapping written over with anything, at any time") {
    Random random(7);
    Street street;
    for (int round = 0; round < 100; ++round) {
        auto client = street.established(2);
        // It does not look at what it has made of its own ring.
        client->pause_reading();
        const auto memory = client->shm().memory();
        const std::size_t writes = 1 + random.below(200);
        const bool everywhere = random.chance(50);
        for (std::size_t i = 0; i < writes; ++i) {
            // Mostly the headers, bells and positions of the rings.
            const std::size_t base = random.chance(50) ? 0 : client->shm().answer().reports.offset;
            const std::size_t at = everywhere ? random.below(memory.size() - 8) : base + random.below(1024) / 8 * 8;
            const std::uint64_t value = random.chance(50) ? random.below(4000) : random.next();
            std::memcpy(memory.data() + at, &value, sizeof value);
            if (random.chance(30)) street.rounds(1);
        }
        client->close_now();
        street.gone();
    }
}

TEST_CASE("shared memory: bytes that change while they are read") {
    // What the gateway takes is what it judged: commands that reach the engine have the sequences they were admitted
    // by.
    Street street;
    auto client = street.established(2);
    const auto good = make_command_frame(order(1), Time{}, 1);
    std::atomic<bool> stop{false};
    std::thread rewriter([&] {
        Random random(3);
        const auto slots = client->shm().requests().slots();
        while (!stop.load(std::memory_order_relaxed))
            std::as_writable_bytes(slots)[random.below(4096)] = static_cast<std::byte>(random.below(256));
    });
    for (int i = 0; i < 2000 && !client->shm().closed(); ++i) {
        (void)client->shm().producer().try_push(good.bytes());
        street.rounds(1);
    }
    stop = true;
    rewriter.join();
    client->close_now();
    street.gone();
    std::uint64_t expected = 1;
    for (const Submission& seen : street.engine.seen)
        if (seen.command.header.session == SessionId{2u} && seen.command.header.session_sequence != 0) {
            CHECK(seen.command.header.session_sequence == expected);
            ++expected;
        }
}

TEST_CASE("shared memory: who never reads is dropped when its ring is full, and still finds why in it") {
    Street street;
    auto slow = street.established(2);
    slow->pause_reading();
    std::uint64_t sequence = 0;
    street.until([&] {
        for (int i = 0; i < 50; ++i) {
            ++sequence;
            slow->command(order(sequence), sequence);
        }
        return street.terminates(TerminateCode::slow_consumer) == 1;
    });
    street.gone();
    slow->resume_reading();
    street.until([&] { return slow->closed(); });
    CHECK(slow->terminated() == TerminateCode::slow_consumer);
    CHECK(slow->received.size() > 100);
}

TEST_CASE("shared memory: a reading position that says full leaves the socket for the last word") {
    Street street;
    auto client = street.established(2);
    // The ring of reports looks full for ever: nothing was ever read.
    client->shm().reports().words().head = 0;
    client->pause_reading();
    std::uint64_t sequence = 0;
    street.until([&] {
        for (int i = 0; i < 50 && !client->shm().closed(); ++i) {
            ++sequence;
            client->command(order(sequence), sequence);
        }
        return street.gateway->metrics().shm_open.get() == 1;
    });
    street.gone();
    CHECK(street.terminates(TerminateCode::slow_consumer) + street.terminates(TerminateCode::broken_ring) == 1);
}

TEST_CASE("shared memory: a flood takes its turns and no more") {
    RigOptions options = over_memory();
    options.ring = 16;
    Street street(options);
    auto flood = street.established(2);
    std::uint64_t sequence = 0;
    for (int i = 0; i < 300; ++i) {
        // As much as the ring takes, always.
        while (true) {
            const auto frame = make_command_frame(order(sequence + 1), Time{}, sequence + 1);
            if (!flood->shm().producer().try_push(frame.bytes())) break;
            ++sequence;
        }
        street.rounds(1);
        if (i % 50 == 0) street.trades_on();
    }
    flood->received.clear();
    flood->close_now();
    street.gone();
}

TEST_CASE("shared memory: closes the socket and goes on writing") {
    Street street;
    auto client = street.established(2);
    std::uint64_t sequence = 0;
    const auto write = [&](std::uint64_t up_to) {
        while (sequence < up_to) {
            const auto frame = make_command_frame(order(sequence + 1), Time{}, sequence + 1);
            if (!client->shm().producer().try_push(frame.bytes())) return;
            ++sequence;
        }
    };
    write(300);
    client->shm().close();
    for (int i = 0; i < 2000 && street.gateway->metrics().shm_open.get() == 2; ++i) {
        street.rounds(1);
        write(100'000);
    }
    street.gone();
    // What it had published before it went is done, as TCP would have it; then one ring more at most.
    const std::uint64_t taken = street.gateway->metrics().commands.get() - street.traded;
    CHECK(taken >= 300);
    CHECK(taken <= 300 + kMinShmRing / sizeof(make_command_frame(order(1), Time{}, 1)));
}

TEST_CASE("shared memory: noise on the socket, descriptors among it, harms nobody") {
    Street street;
    auto client = street.established(2);
    const std::size_t before = open_descriptors();
    const std::array<std::byte, 300> noise{};
    for (int i = 0; i < 500; ++i) {
        client->shm().say(noise);
        // Sent until the socket is full; nobody takes them.
        const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        (void)platform::send_descriptor(client->shm().socket(), null);
        ::close(null);
        street.rounds(1);
    }
    street.rounds(600);
    CHECK(open_descriptors() == before);
    client->command(order(1), 1);
    CHECK(street.next(*client).header.sequence == 1);
    // Nothing at all in a message reads like an end.
    client->shm().say({});
    street.gone();
}

TEST_CASE("shared memory: a gateway that sleeps is woken by the first record, and a client by the first report") {
    Street street;
    auto client = street.established(2);
    auto& bell = client->shm().requests().consumer_bell();
    CHECK_FALSE(bell.take_announcement());
    // What a worker asks before it sleeps.
    while (street.gateway->max_sleep_ms() == 0) street.rounds(1);
    CHECK(bell.take_announcement());
    street.rounds(1);
    CHECK_FALSE(bell.take_announcement());
    // With a record there it does not sleep.
    REQUIRE(client->shm().producer().try_push(make_command_frame(order(1), Time{}, 1).bytes()));
    CHECK(street.gateway->max_sleep_ms() == 0);
    client->shm().reports().consumer_bell().announce();
    const int wakes = client->shm().wakes();
    street.next(*client);
    street.until([&] { return client->shm().wakes() > wakes; });
    CHECK(client->shm().wakes() == wakes + 1);
}
