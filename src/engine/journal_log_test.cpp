#include "engine/journal_log.h"

#include <doctest/doctest.h>

#include "engine/auditor.h"
#include "engine/test_whole_log.h"

namespace dcx::engine::test {
namespace {

// Lives of a venue on disks that stay.
struct Chronicle {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshots;
    ManualClock clock;
    EngineOptions options = small_options();
    Traffic traffic;
    std::unique_ptr<Rig> rig;

    explicit Chronicle(std::uint64_t seed) : traffic(seed) {}

    void begin() {
        rig = std::make_unique<Rig>(&disk, clock, options, RigExtras{.snapshots = &snapshots});
        REQUIRE_MESSAGE(rig->refusal.empty(), rig->refusal);
        rig->settle();
    }
    void trade(int commands) {
        for (int i = 0; i < commands; ++i) {
            rig->submit(traffic.next());
            if (i % 3 == 0) rig->settle();
            clock.advance(100'000);
        }
        rig->settle();
    }
    // A whole life: `commands`, a snapshot in the middle, and an end in peace or not.
    void live(int commands, bool in_peace) {
        const bool first = rig == nullptr;
        begin();
        if (first) rig->submit(traffic.set_up());
        trade(commands / 2);
        snapshot();
        trade(commands - commands / 2);
        if (in_peace) rig->stop();
        rig.reset();
    }
    void snapshot() {
        journal::MemoryStorage journal(disk);
        journal::MemoryStorage folder(snapshots);
        HeapMemory memory;
        Auditor auditor({.clock = clock,
                         .memory = memory,
                         .journal = journal,
                         .archived = nullptr,
                         .snapshots = &folder,
                         .durable = &rig->engine->durable_sequence()},
                        {.snapshot_every = 1, .snapshot_every_ns = 0, .keep_snapshots = 100});
        for (int i = 0; i < 10'000 && auditor.health().snapshots == 0; ++i) auditor.poll();
        REQUIRE(auditor.health().snapshots == 1);
    }
};

struct Reading {
    journal::MemoryStorage journal;
    journal::MemoryStorage snapshots;

    explicit Reading(Chronicle& of) : journal(of.disk), snapshots(of.snapshots) {}
    [[nodiscard]] JournalLog log(const JournalLog::Options& options, bool with_snapshots = true) {
        return JournalLog({.journal = journal, .archived = nullptr, .snapshots = with_snapshots ? &snapshots : nullptr},
                          options);
    }
};

WholeLog whole_log(Chronicle& of) {
    Reading reading(of);
    JournalLog log = reading.log({.at_rest = true}, false);
    const auto events = read_to_end(log);
    REQUIRE_MESSAGE(log.fault() == LogFault::none, log.error());
    REQUIRE(log.at_end());
    return WholeLog(events);
}

}  // namespace

TEST_CASE("journal log: behind every command of a log, with snapshots and without") {
    Chronicle story(3);
    story.live(60, true);
    story.live(60, false);
    story.live(40, true);
    const WholeLog whole = whole_log(story);
    REQUIRE(whole.last() > 200);
    Reading reading(story);
    for (std::uint64_t from = 0; from <= whole.last(); ++from) {
        JournalLog log = reading.log({.from = whole.marks[from], .at_rest = true}, from % 5 != 0);
        const auto told = read_to_end(log, from);
        REQUIRE_MESSAGE(log.fault() == LogFault::none, log.error());
        REQUIRE(log.at_end());
        CHECK(log.fraction() == 1);
        whole.check_all_behind(from, told);
        // And up to some command, as a check does it.
        const std::uint64_t until = from + (whole.last() - from) / 2;
        JournalLog part = reading.log({.from = whole.marks[from], .until = Sequence{until}}, from % 2 == 0);
        const auto some = read_to_end(part, from);
        REQUIRE(part.at_end());
        whole.check_behind(from, some);
        CHECK(some.size() == whole.ends[until] - whole.ends[from]);
    }
}

TEST_CASE("journal log: beside a venue that writes, as far as its watermarks tell, and on when asked again") {
    Chronicle story(5);
    story.begin();
    story.rig->submit(story.traffic.set_up());
    story.rig->settle();
    Reading reading(story);
    JournalLog log = reading.log({});
    std::vector<Event> told;
    for (int round = 0; round < 60; ++round) {
        story.trade(1 + round % 7);
        for (const Event& event : read_to_end(log)) told.push_back(event);
        REQUIRE_MESSAGE(log.fault() == LogFault::none, log.error());
        REQUIRE(log.at_end());
        CHECK(log.sequence() <= story.rig->engine->durable());
    }
    // An idle writer says that the last batch is durable.
    for (int i = 0; i < 5; ++i) {
        story.clock.advance(20'000'000);
        story.rig->settle();
    }
    for (const Event& event : read_to_end(log)) told.push_back(event);
    CHECK(log.sequence() == story.rig->engine->durable());
    const Sequence durable = story.rig->engine->durable();
    story.rig.reset();
    const WholeLog whole = whole_log(story);
    CHECK(whole.last() == durable.value);
    whole.check_all_behind(0, told);
}

TEST_CASE(
    "journal log: the end of a killed venue's journal counts where nobody writes, and where it was stored before") {
    Chronicle story(8);
    story.begin();
    story.rig->submit(story.traffic.set_up());
    story.rig->settle();
    // The last batch has several commands, and nothing behind it that knows it as durable.
    for (int i = 0; i < 9; ++i) story.rig->submit(story.traffic.next());
    story.rig->settle();
    const Sequence durable = story.rig->engine->durable();
    story.rig.reset();
    const WholeLog whole = whole_log(story);
    REQUIRE(whole.last() == durable.value);
    Reading reading(story);
    JournalLog beside = reading.log({});
    const auto some = read_to_end(beside);
    CHECK(beside.fault() == LogFault::none);
    CHECK(beside.sequence() < durable);
    whole.check_behind(0, some);
    for (std::uint64_t from = beside.sequence().value; from <= whole.last(); ++from) {
        JournalLog stored = reading.log({.from = whole.marks[from]});
        whole.check_behind(from, read_to_end(stored));
        REQUIRE_MESSAGE(stored.fault() == LogFault::none, stored.error());
        CHECK(stored.at_end());
        JournalLog checked = reading.log({.until = Sequence{from}});
        CHECK(read_to_end(checked).size() == whole.ends[from]);
        CHECK(checked.fault() == LogFault::none);
    }
}

TEST_CASE("journal log: another venue's log, one that ends before, and one that told something else") {
    Chronicle story(11);
    story.live(50, true);
    const WholeLog whole = whole_log(story);
    Chronicle other(11);
    other.options.genesis.venue_id[0] = std::byte{99};
    other.live(80, true);
    Chronicle twin(12);  // the same venue, as far as its number goes
    twin.live(80, false);
    const auto fault_of = [&](Chronicle& of, const JournalLog::Options& options) {
        Reading reading(of);
        JournalLog log = reading.log(options);
        CHECK(read_to_end(log).empty());
        CHECK(log.fault() != LogFault::none);
        CHECK_FALSE(log.error().empty());
        CHECK_FALSE(log.busy());
        return log.fault();
    };
    const LogMark last = whole.marks.back();
    for (const bool at_rest : {false, true}) {
        CHECK(fault_of(other, {.from = last, .at_rest = at_rest}) == LogFault::other_venue);
        CHECK(fault_of(other, {.from = whole.marks[1], .at_rest = at_rest}) == LogFault::other_venue);
        CHECK(fault_of(twin, {.from = last, .at_rest = at_rest}) == LogFault::diverged);
        LogMark ahead = last;
        ahead.sequence.value += 1;
        CHECK(fault_of(story, {.from = ahead, .at_rest = at_rest}) == LogFault::ahead);
        LogMark changed = last;
        changed.event_hash ^= 1;
        CHECK(fault_of(story, {.from = changed, .at_rest = at_rest}) == LogFault::diverged);
        // Nothing at all there.
        Chronicle nothing(1);
        CHECK(fault_of(nothing, {.from = last, .at_rest = at_rest}) == LogFault::ahead);
    }
    // Whose snapshots are still there, of more than is left of the journal.
    Chronicle cut(11);
    cut.live(10, true);
    for (const std::string& name : story.snapshots.names()) cut.snapshots.put(name, story.snapshots.get(name));
    CHECK(fault_of(cut, {.from = last, .at_rest = true}) == LogFault::ahead);
}

TEST_CASE("journal log: an empty one has nothing to tell, a log that can't be read for now says so") {
    Chronicle nothing(1);
    {
        Reading reading(nothing);
        JournalLog log = reading.log({.at_rest = true});
        CHECK(read_to_end(log).empty());
        CHECK(log.fault() == LogFault::none);
        CHECK(log.at_end());
    }
    Chronicle story(2);
    story.live(20, true);
    for (std::uint64_t after = 0; after < 12; ++after) {
        Reading reading(story);
        story.disk.plant({.operation = journal::Operation::read, .after = after, .code = EIO});
        JournalLog log = reading.log({});
        read_to_end(log);
        // Not every read is one that is needed.
        if (log.fault() != LogFault::none) CHECK(log.fault() == LogFault::away);
        // The fault strikes once, be it in here.
        JournalLog again = reading.log({});
        read_to_end(again);
    }
}

TEST_CASE("journal log: whatever is damaged, what is told is the log's") {
    Random random(17);
    for (int round = 0; round < 150; ++round) {
        Chronicle story(random.next());
        story.options.segment_size = 16 * 1024;
        story.live(20, round % 2 == 0);
        story.live(20, round % 3 == 0);
        const WholeLog whole = whole_log(story);
        const auto names = story.disk.names();
        std::vector<std::string> segments;
        for (const std::string& name : names)
            if (journal::parse_segment_name(name)) segments.push_back(name);
        const std::string& name = segments[random.below(segments.size())];
        auto bytes = story.disk.get(name);
        const std::size_t at = random.below(bytes.size());
        const std::size_t size = std::min(bytes.size() - at, 1 + random.below(300));
        for (std::size_t i = at; i < at + size; ++i) bytes[i] ^= std::byte(1 + random.below(255));
        story.disk.put(name, std::move(bytes));
        Reading reading(story);
        const std::uint64_t from = random.below(whole.last() + 1);
        JournalLog log = reading.log({.from = whole.marks[from], .at_rest = random.chance(50)}, random.chance(50));
        const auto told = read_to_end(log, random.next());
        whole.check_behind(from, told);
        // What was stored before does not get lost without a word.
        if (log.fault() == LogFault::none) CHECK(log.sequence().value >= from);
    }
}

}  // namespace dcx::engine::test
