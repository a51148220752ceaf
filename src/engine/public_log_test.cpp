#include "engine/public_log.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstring>
#include <functional>

#include "engine/test_event_ring.h"

namespace dcx::engine::test {
namespace {

// What a reader of the public log was told, and checks of its order.
struct Told {
    std::vector<Event> events;  // but the restored ones
    bool complete = false;

    void drain(PublicLog& log, std::size_t rounds = 100) {
        for (std::size_t i = 0; i < rounds;) {
            const auto some = log.peek(100);
            if (some.empty()) {
                ++i;
                continue;
            }
            i = 0;
            for (const Event& event : some) {
                if (event.header.kind == EventKind::restore_completed) {
                    CHECK_FALSE(complete);
                    complete = true;
                } else if ((event.header.flags & kRestored) != 0) {
                    CHECK_FALSE(complete);
                } else {
                    CHECK(complete);
                    events.push_back(event);
                }
            }
            log.release(some.size());
        }
    }
    // The end of what was seen live, whole.
    void check(const std::vector<Event>& live) const {
        std::vector<Event> expected;
        for (Event event : live) {
            if ((event.header.flags & kRestored) != 0 || events.empty() ||
                event.header.sequence < events.front().header.sequence)
                continue;
            event.header.applied_time = {};
            expected.push_back(event);
        }
        // Genesis is told to nobody live.
        auto first = events.begin();
        while (first != events.end() && !expected.empty() && first->header.sequence < expected.front().header.sequence)
            ++first;
        REQUIRE(static_cast<std::size_t>(events.end() - first) == expected.size());
        for (const Event& event : expected) {
            Event told = *first++;
            told.header.applied_time = {};
            REQUIRE(std::memcmp(&told, &event, sizeof event) == 0);
        }
    }
};

}  // namespace

TEST_CASE("public log: from the first command on, then live") {
    RingGround ground;
    PublicLog log = ground.log();
    Told told;
    told.drain(log);
    CHECK(log.stage() == PublicLog::Stage::waiting);
    RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
    Traffic traffic(7);
    life.settle();
    life.rig.submit(traffic.set_up());
    life.settle();
    ground.clock.advance(1'000'000'000);
    told.drain(log);
    CHECK(log.stage() == PublicLog::Stage::live);
    CHECK(log.replays() == 1);
    for (int i = 0; i < 300; ++i) {
        life.rig.submit(traffic.next());
        life.settle();
        if (i % 7 == 0) told.drain(log, 2);
    }
    told.drain(log);
    told.check(life.rig.seen.live);
    CHECK(log.replays() == 1);
    CHECK(log.laps() == 0);
}

TEST_CASE("public log: from a snapshot, and lapped again and again") {
    RingGround ground;
    RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
    Traffic traffic(11);
    life.settle();
    life.rig.submit(traffic.set_up());
    for (int i = 0; i < 600; ++i) {
        life.rig.submit(traffic.next());
        life.settle();
    }
    PublicLog log = ground.log();
    Told told;
    Random random(3);
    for (int round = 0; round < 12; ++round) {
        // Some rounds stay within the ring, others do not; often it stops within a command.
        const std::uint64_t commands = 20 + random.below(1200);
        for (std::uint64_t i = 0; i < commands; ++i) {
            life.rig.submit(traffic.next());
            life.settle();
        }
        ground.clock.advance(1'000'000'000);
        const std::uint64_t looks = round % 3 == 0 ? 10'000 : random.below(20);
        for (std::uint64_t i = 0; i < looks; ++i) {
            const auto some = log.peek(1 + random.below(40));
            for (const Event& event : some) {
                if (event.header.kind == EventKind::restore_completed) told.complete = true;
                if ((event.header.flags & kRestored) == 0) told.events.push_back(event);
            }
            log.release(some.size());
        }
    }
    told.drain(log);
    CHECK(log.stage() == PublicLog::Stage::live);
    CHECK(log.laps() > 2);
    CHECK(told.events.front().header.sequence.value > 100);
    told.check(life.rig.seen.live);
}

TEST_CASE("public log: over the venue's ends, in peace or not") {
    RingGround ground;
    PublicLog log = ground.log();
    Told told;
    std::vector<Event> live;
    Traffic traffic(23);
    for (int life_number = 0; life_number < 4; ++life_number) {
        RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
        life.settle();
        if (life_number == 0) life.rig.submit(traffic.set_up());
        for (int i = 0; i < 200; ++i) {
            life.rig.submit(traffic.next());
            life.settle();
            if (life_number % 2 == 0 && i % 10 == 0) {
                ground.clock.advance(100'000'000);
                told.drain(log, 2);
            }
        }
        // The last ones are in the ring only.
        if (life_number == 3) {
            for (int i = 0; i < 5; ++i) {
                ground.clock.advance(1'000'000'000);
                told.drain(log, 2);
            }
            CHECK(log.stage() == PublicLog::Stage::live);
        }
        if (life_number == 1) life.writer.close();
        live.insert(live.end(), life.rig.seen.live.begin(), life.rig.seen.live.end());
    }
    ground.clock.advance(1'000'000'000);
    told.drain(log);
    CHECK(log.stage() == PublicLog::Stage::away);
    CHECK(log.caught_up());
    told.check(live);
}

TEST_CASE("public log: nothing before its owners were told") {
    RingGround ground;
    RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
    Traffic traffic(5);
    life.settle();
    life.rig.submit(traffic.set_up());
    life.settle();
    PublicLog log = ground.log();
    Told told;
    told.drain(log);
    // Durable, but the owners' reader stands still.
    const Sequence told_to = life.rig.seen.live.back().header.sequence;
    for (int i = 0; i < 50; ++i) life.rig.submit(traffic.next());
    for (int i = 0; i < 100; ++i) {
        life.rig.engine->poll();
        life.rig.poll_journal();
        life.writer.poll();
    }
    CHECK(life.rig.engine->durable() > told_to);
    told.drain(log);
    CHECK(log.sequence() == told_to);
    // A reader that begins just now reads the journal, and no further either.
    PublicLog late = ground.log();
    Told also;
    also.drain(late);
    CHECK(late.stage() == PublicLog::Stage::live);
    CHECK(late.sequence() == told_to);
}

TEST_CASE("public log: a log that ends before what was told, or is another venue's") {
    RingGround ground;
    PublicLog log = ground.log();
    {
        RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
        Traffic traffic(9);
        life.settle();
        life.rig.submit(traffic.set_up());
        life.settle();
        Told().drain(log);
        CHECK(log.stage() == PublicLog::Stage::live);
    }
    RingGround other;
    RingLife life(other.disk, other.snapshots, other.clock, ground.where);
    life.settle();
    ground.clock.advance(1'000'000'000);
    for (int i = 0; i < 100; ++i) {
        ground.clock.advance(100'000'000);
        (void)log.peek(10);
    }
    CHECK(log.stage() == PublicLog::Stage::failed);
    CHECK(log.reason().find("ends before") != std::string::npos);
    CHECK(log.peek(10).empty());
}

TEST_CASE("event ring: files that are none") {
    RingFolder where;
    const EventRingWriter::Options options{.capacity = EventRingWriter::kCapacityMin};
    const auto open = [&] { return EventRingReader::open(where.ring(), ::geteuid()); };
    CHECK_FALSE(open().has_value());
    using Words = std::span<std::atomic<std::uint64_t>>;
    const auto refused = [&](const std::function<void(Words)>& spoil, std::size_t bytes) {
        RingFile file(where.ring(), bytes);
        if (bytes >= EventRingWriter::bytes(options)) EventRingWriter writer(file.words(), options);
        spoil(file.words());
        return !open().has_value();
    };
    const std::size_t whole = EventRingWriter::bytes(options);
    CHECK_FALSE(refused([](Words) {}, whole));
    CHECK(refused([](Words) {}, 8));
    CHECK(refused([](Words) {}, 256));
    CHECK(refused([](Words words) { words[0] = 1; }, whole));            // magic
    CHECK(refused([](Words words) { words[1] ^= 1; }, whole));           // version
    CHECK(refused([](Words words) { words[1] ^= 1ull << 40; }, whole));  // where the ring is
    for (std::size_t word = 32; word < 36; ++word)                       // the ring's own header
        for (const unsigned bit : {0u, 3u, 31u, 32u, 63u})
            CHECK(refused([&](Words words) { words[word] ^= 1ull << bit; }, whole));
    RingFile file(where.ring(), whole);
    EventRingWriter writer(file.words(), options);
    CHECK(open().has_value());
    CHECK_FALSE(EventRingReader::open(where.ring(), ::geteuid() + 1).has_value());
    REQUIRE(::chmod(where.ring().c_str(), 0622) == 0);
    CHECK_FALSE(open().has_value());
    REQUIRE(::chmod(where.ring().c_str(), 0600) == 0);
    std::filesystem::create_symlink(where.ring(), where.ring() + "2");
    CHECK_FALSE(EventRingReader::open(where.ring() + "2", ::geteuid()).has_value());
}

TEST_CASE("public log: any bytes in the ring are found out, and the journal goes on") {
    Random random(77);
    for (int round = 0; round < 30; ++round) {
        RingGround ground;
        RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
        Traffic traffic(random.next());
        life.settle();
        life.rig.submit(traffic.set_up());
        life.settle();
        PublicLog log = ground.log();
        Told told;
        told.drain(log);
        REQUIRE(log.stage() == PublicLog::Stage::live);
        // Sequences and positions torn or invented; behind the ring's own front begin the events' words.
        const auto words = life.file.words();
        for (int i = 0; i < 60; ++i) {
            life.rig.submit(traffic.next());
            life.settle();
            const std::size_t from = round % 2 == 0 ? 16 : 32 + 4;
            words[from + random.below(round % 3 == 0 ? words.size() - from : 120)] = random.next() >> random.below(64);
            ground.clock.advance(60'000'000);
            const auto some = log.peek(1 + random.below(64));
            for (const Event& event : some) told.events.push_back(event);
            log.release(some.size());
            if (log.stage() == PublicLog::Stage::failed) break;
        }
        // Whatever was told came in its order.
        EventPlace place;
        for (const Event& event : told.events) {
            REQUIRE(place.continues_with(event.header));
            place.pass(event.header);
        }
    }
}

}  // namespace dcx::engine::test
