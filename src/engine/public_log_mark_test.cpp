#include <doctest/doctest.h>

#include <cstdlib>

#include "engine/public_log.h"
#include "engine/test_event_ring.h"
#include "engine/test_whole_log.h"

namespace dcx::engine::test {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

// What a reader behind a mark was told: no restored state, every event once, and the mark at its end.
struct Follower {
    LogMark mark;
    std::vector<Event> events;

    // Up to `looks` looks, each of which takes some of what is there.
    void look(PublicLog& log, std::size_t looks, Random& random) {
        for (std::size_t i = 0; i < looks; ++i) {
            const auto some = log.peek(1 + random.below(60));
            if (some.empty()) continue;
            const std::size_t count = 1 + random.below(some.size());
            for (const Event& event : some.first(count)) {
                REQUIRE((event.header.flags & kRestored) == 0);
                events.push_back(event);
            }
            log.release(count);
        }
    }
    void drain(PublicLog& log, ManualClock& clock, Random& random) {
        for (int i = 0; i < 400; ++i) {
            const std::size_t before = events.size();
            look(log, 3, random);
            if (events.size() != before) i = 0;
            if (i % 20 == 19) clock.advance(60'000'000);
        }
    }
    // A new reader, behind the last whole command of what was told to the one before it.
    void set_mark(const WholeLog& whole, std::uint64_t first) {
        while (!events.empty() && (events.back().header.flags & kLastOfCommand) == 0) events.pop_back();
        mark = whole.marks[events.empty() ? first : events.back().header.sequence.value];
    }
};

WholeLog log_of(RingGround& ground) {
    JournalLog log(ground.past(), {.at_rest = true});
    const auto events = read_to_end(log);
    REQUIRE_MESSAGE(log.fault() == LogFault::none, log.error());
    return WholeLog(events);
}

}  // namespace

TEST_CASE("public log: behind every command of a log, then live") {
    RingGround ground;
    Traffic traffic(3);
    for (int life_number = 0; life_number < 2; ++life_number) {
        RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
        life.settle();
        if (life_number == 0) life.rig.submit(traffic.set_up());
        for (int i = 0; i < 100; ++i) {
            life.rig.submit(traffic.next());
            life.settle();
        }
    }
    RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
    life.settle();
    const WholeLog before = log_of(ground);
    Random random(5);
    std::vector<std::unique_ptr<PublicLog>> logs;
    std::vector<Follower> followers;
    // Those behind the last command wait for what comes.
    for (std::uint64_t from = 0; from <= before.last(); ++from) {
        logs.push_back(std::make_unique<PublicLog>(ground.log(before.marks[from], 0)));
        followers.push_back({.mark = before.marks[from], .events = {}});
        followers.back().look(*logs.back(), 1000, random);
        CHECK(logs.back()->stage() == PublicLog::Stage::live);
        before.check_all_behind(from, followers.back().events);
    }
    for (int i = 0; i < 20; ++i) {
        life.rig.submit(traffic.next());
        life.settle();
    }
    for (std::uint64_t from = 0; from <= before.last(); ++from) followers[from].look(*logs[from], 300, random);
    const WholeLog after = log_of(ground);
    CHECK(after.last() > before.last());
    for (std::uint64_t from = 0; from <= before.last(); ++from) {
        CHECK(logs[from]->laps() == 0);
        after.check_all_behind(from, followers[from].events);
    }
}

TEST_CASE("public log: live and replay at random, over laps, ends and new readers, each event once") {
    std::uint64_t all_laps = 0;
    const char* soak = std::getenv("DCX_SOAK");
    const bool soaks = soak != nullptr && *soak == '1';
    for (std::uint64_t seed = 1; seed <= (soaks ? 300 : 6); ++seed) {
        CAPTURE(seed);
        Random random(seed);
        RingGround ground;
        Traffic traffic(seed);
        Follower follower;
        std::unique_ptr<PublicLog> log;
        std::uint64_t laps = 0;
        // What the whole log is, is known behind each life only: a new reader begins where the life before it ended.
        std::uint64_t first = 0;
        std::vector<Event> told;
        for (int life_number = 0; life_number < 4; ++life_number) {
            if (life_number == 0 || random.chance(50)) {
                if (life_number > 0) {
                    follower.set_mark(log_of(ground), first);
                    first = follower.mark.sequence.value;
                    told.insert(told.end(), follower.events.begin(), follower.events.end());
                    follower.events.clear();
                }
                log = std::make_unique<PublicLog>(ground.log(follower.mark, random.chance(50) ? kSecondNs : 0));
            }
            RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
            life.settle();
            if (life_number == 0) life.rig.submit(traffic.set_up());
            for (int round = 0; round < 10; ++round) {
                const std::uint64_t commands = random.below(random.chance(30) ? 3000 : 60);
                for (std::uint64_t i = 0; i < commands; ++i) {
                    life.rig.submit(traffic.next());
                    life.settle();
                }
                ground.clock.advance(static_cast<std::int64_t>(random.below(kSecondNs)));
                follower.look(*log, random.below(40), random);
            }
            if (random.chance(50)) follower.drain(*log, ground.clock, random);
            if (random.chance(30)) life.writer.close();
            laps += log->laps();
        }
        RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
        life.settle();
        follower.drain(*log, ground.clock, random);
        CHECK(log->stage() == PublicLog::Stage::live);
        all_laps += laps;
        const WholeLog whole = log_of(ground);
        told.insert(told.end(), follower.events.begin(), follower.events.end());
        whole.check_all_behind(0, told);
    }
    CHECK(all_laps > 3);
}

TEST_CASE("public log: in the venue's own process, from memory without a name") {
    RingGround ground;
    Traffic traffic(31);
    RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
    PublicLog::Options options;
    options.descriptor = life.file.descriptor();
    options.from = LogMark{};
    std::filesystem::remove(ground.where.ring());
    PublicLog log(ground.past(), ground.clock, options);
    Random random(1);
    Follower follower;
    follower.look(log, 5, random);
    CHECK(log.stage() == PublicLog::Stage::waiting);
    life.settle();
    life.rig.submit(traffic.set_up());
    life.settle();
    follower.drain(log, ground.clock, random);
    CHECK(log.stage() == PublicLog::Stage::live);
    for (int i = 0; i < 200; ++i) {
        life.rig.submit(traffic.next());
        life.settle();
        if (i % 9 == 0) follower.look(log, 3, random);
    }
    // The writer holds its lock still.
    const std::string again = "/proc/self/fd/" + std::to_string(life.file.descriptor());
    const Descriptor other{::open(again.c_str(), O_RDONLY | O_CLOEXEC)};
    REQUIRE(other.get() >= 0);
    CHECK(::flock(other.get(), LOCK_SH | LOCK_NB) != 0);
    life.writer.close();
    follower.drain(log, ground.clock, random);
    CHECK(log.stage() == PublicLog::Stage::away);
    log_of(ground).check_all_behind(0, follower.events);
    const Descriptor null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    options.descriptor = null.get();
    PublicLog none(ground.past(), ground.clock, options);
    CHECK(none.peek(10).empty());
    CHECK(none.stage() == PublicLog::Stage::waiting);
    CHECK_FALSE(none.reason().empty());
}

TEST_CASE("public log: a mark of another venue, ahead, and of a log that told something else") {
    RingGround ground;
    Traffic traffic(9);
    {
        RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
        life.settle();
        life.rig.submit(traffic.set_up());
        for (int i = 0; i < 50; ++i) life.rig.submit(traffic.next());
        life.settle();
    }
    const WholeLog whole = log_of(ground);
    RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
    life.settle();
    const auto fault_of = [&](const LogMark& mark) {
        PublicLog log = ground.log(mark);
        Random random(1);
        Follower follower;
        for (int i = 0; i < 100; ++i) {
            follower.look(log, 100, random);
            ground.clock.advance(kSecondNs / 10);
        }
        CHECK(follower.events.empty());
        CHECK(log.stage() == PublicLog::Stage::failed);
        CHECK_FALSE(log.reason().empty());
        CHECK_FALSE(log.busy());
        return log.fault();
    };
    for (const std::uint64_t at : {std::uint64_t{1}, whole.last() / 2, whole.last()}) {
        LogMark mark = whole.marks[at];
        mark.event_hash += 1;
        CHECK(fault_of(mark) == LogFault::diverged);
        mark.venue_id[3] ^= std::byte{1};
        CHECK(fault_of(mark) == LogFault::other_venue);
    }
    LogMark mark = whole.marks.back();
    mark.sequence.value += 100;
    CHECK(fault_of(mark) == LogFault::ahead);
}

TEST_CASE("public log: a mark that the ring has not come to yet is waited for") {
    RingGround ground;
    Traffic traffic(13);
    RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
    life.settle();
    life.rig.submit(traffic.set_up());
    life.settle();
    // Durable, and by the journal known to be, but the owners' reader stands still, and so does the ring.
    for (int i = 0; i < 30; ++i) {
        life.rig.submit(traffic.next());
        life.rig.engine->poll();
        life.rig.poll_journal();
    }
    for (int i = 0; i < 100; ++i) {
        ground.clock.advance(1'000'000);
        life.rig.engine->poll();
        life.rig.poll_journal();
        life.writer.poll();
    }
    JournalLog beside(ground.past(), {});
    const auto ahead = read_to_end(beside);
    REQUIRE_MESSAGE(beside.fault() == LogFault::none, beside.error());
    const WholeLog whole(ahead);
    PublicLog log = ground.log(whole.marks.back());
    Random random(1);
    Follower follower;
    for (int i = 0; i < 10; ++i) {
        follower.look(log, 10, random);
        ground.clock.advance(kSecondNs / 10);
    }
    CHECK(log.stage() == PublicLog::Stage::replaying);
    CHECK(log.published() < whole.marks.back().sequence);
    CHECK_FALSE(log.busy());
    life.settle();
    for (int i = 0; i < 10; ++i) life.rig.submit(traffic.next());
    life.settle();
    follower.drain(log, ground.clock, random);
    CHECK(log.stage() == PublicLog::Stage::live);
    log_of(ground).check_all_behind(whole.last(), follower.events);
}

TEST_CASE("public log: a reader who is slower than the venue does not begin at a snapshot each time") {
    RingGround ground;
    Traffic traffic(21);
    RingLife life(ground.disk, ground.snapshots, ground.clock, ground.where);
    life.settle();
    life.rig.submit(traffic.set_up());
    for (int i = 0; i < 400; ++i) {
        life.rig.submit(traffic.next());
        life.settle();
    }
    const auto reads = [&] { return ground.snapshots.count(journal::Operation::read); };
    PublicLog log = ground.log(LogMark{});
    Random random(2);
    Follower follower;
    follower.drain(log, ground.clock, random);
    REQUIRE(log.stage() == PublicLog::Stage::live);
    const std::uint64_t laps_before = log.laps();
    const std::uint64_t reads_before = reads();
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 2500; ++i) {
            life.rig.submit(traffic.next());
            life.rig.step();
            life.writer.poll();
            // Less than what comes, but it stays behind for a while only.
            if (i < 300 || (i % 4 == 0 && round % 2 == 0)) follower.look(log, 1, random);
        }
        life.settle();
        follower.look(log, 500, random);
    }
    follower.drain(log, ground.clock, random);
    CHECK(log.laps() > laps_before + 2);
    CHECK(reads() == reads_before);
    CHECK(log.stage() == PublicLog::Stage::live);
    log_of(ground).check_all_behind(0, follower.events);
    // Long live: its memory goes, and after a lap it begins at a snapshot.
    ground.clock.advance(120 * kSecondNs);
    follower.look(log, 3, random);
    for (int i = 0; i < 2000; ++i) {
        life.rig.submit(traffic.next());
        life.rig.step();
        life.writer.poll();
    }
    life.settle();
    const std::uint64_t before = reads();
    follower.drain(log, ground.clock, random);
    CHECK(reads() > before);
    log_of(ground).check_all_behind(0, follower.events);
}

}  // namespace dcx::engine::test
