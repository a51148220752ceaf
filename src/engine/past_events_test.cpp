#include "engine/past_events.h"

#include <doctest/doctest.h>

#include <cstring>

#include "engine/auditor.h"
#include "engine/test_rig.h"

namespace dcx::engine::test {
namespace {

// A life with snapshots on the way, and all that a live reader saw of it.
struct PastStory {
    journal::MemoryDisk disk;
    journal::MemoryDisk snapshots;
    ManualClock clock;
    std::vector<Event> live;
    Sequence last{};

    PastStory() {
        Rig rig(&disk, clock, small_options(), {.snapshots = &snapshots});
        journal::MemoryStorage journal(disk);
        journal::MemoryStorage folder(snapshots);
        HeapMemory memory;
        Auditor auditor({.clock = clock,
                         .memory = memory,
                         .journal = journal,
                         .archived = nullptr,
                         .snapshots = &folder,
                         .durable = &rig.engine->durable_sequence()},
                        {.snapshot_every = 150, .snapshot_every_ns = 0, .keep_snapshots = 3});
        Traffic traffic(41);
        rig.settle();
        rig.submit(traffic.set_up());
        for (int i = 0; i < 1000; ++i) {
            rig.submit(traffic.next());
            rig.settle();
            auditor.poll();
        }
        rig.stop();
        for (int i = 0; i < 10'000 && auditor.sequence() < rig.engine->durable(); ++i) auditor.poll();
        live = rig.seen.live;
        last = rig.engine->durable();
    }
};

std::vector<Event> read_all(PastEvents& past) {
    std::vector<Event> events;
    Random random(1);
    for (auto some = past.peek(7); !some.empty(); some = past.peek(1 + random.below(300))) {
        const std::size_t count = 1 + random.below(some.size());
        events.insert(events.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
        past.release(count);
    }
    CHECK_MESSAGE(!past.failed(), past.error());
    return events;
}

// Behind the restored ones: as they were seen live, up to `durable`.
void check_as_live(const PastStory& story, const std::vector<Event>& told, Sequence from, Sequence durable) {
    std::size_t at = 0;
    while (at < told.size() && (told[at].header.flags & kRestored) != 0) {
        CHECK(told[at].header.sequence == from);
        ++at;
    }
    if (from.value == 0) at = 1;  // Genesis was told to nobody live
    for (const Event& seen : story.live) {
        if ((seen.header.flags & kRestored) != 0) continue;
        if (seen.header.sequence <= from || seen.header.sequence > durable) continue;
        Event expected = seen;
        expected.header.applied_time = {};
        REQUIRE(at < told.size());
        REQUIRE(std::memcmp(&expected, &told[at], sizeof(Event)) == 0);
        ++at;
    }
    CHECK(at == told.size());
}

}  // namespace

TEST_CASE("past events: from each snapshot and from the first command, up to what was durable") {
    PastStory story;
    journal::MemoryStorage journal(story.disk);
    journal::MemoryStorage snapshots(story.snapshots);
    const PastEvents::Ground ground{.journal = journal, .archived = nullptr, .snapshots = &snapshots};
    Sequence before{~std::uint64_t{0}};
    for (int snapshot = 0; snapshot < 4; ++snapshot) {
        // The newest of those that are older than the last one.
        std::uint64_t asked = 0;
        auto past = PastEvents::open(ground, story.last, [&](const core::Core& core) {
            ++asked;
            return core.sequence() < before;
        });
        REQUIRE_MESSAGE(past.has_value(), past.error());
        before = (*past)->snapshot();
        CHECK((before.value == 0) == (snapshot == 3));
        CHECK(asked == (snapshot == 3 ? 3 : static_cast<std::uint64_t>(snapshot) + 1));
        check_as_live(story, read_all(**past), before, story.last);
    }
}

TEST_CASE("past events: nothing behind what is durable, neither commands nor snapshots") {
    PastStory story;
    journal::MemoryStorage journal(story.disk);
    journal::MemoryStorage snapshots(story.snapshots);
    const PastEvents::Ground ground{.journal = journal, .archived = nullptr, .snapshots = &snapshots};
    auto newest = PastEvents::open(ground, story.last, [](const core::Core&) { return true; });
    REQUIRE(newest.has_value());
    const Sequence durable{(*newest)->snapshot().value - 1};
    auto past = PastEvents::open(ground, durable, [](const core::Core&) { return true; });
    REQUIRE(past.has_value());
    CHECK((*past)->snapshot() < durable);
    const auto events = read_all(**past);
    CHECK(events.back().header.sequence <= durable);
    CHECK(events.back().header.sequence.value + 1 >= durable.value);
}

TEST_CASE("past events: a journal that is not there, or ends early, is an error") {
    PastStory story;
    journal::MemoryDisk empty;
    journal::MemoryStorage journal(empty);
    journal::MemoryStorage whole(story.disk);
    auto none =
        PastEvents::open({.journal = journal}, Sequence{std::uint64_t{5}}, [](const core::Core&) { return true; });
    if (none.has_value()) {
        CHECK((*none)->peek(10).empty());
        CHECK((*none)->failed());
    }
    auto past =
        PastEvents::open({.journal = whole}, Sequence{story.last.value + 100}, [](const core::Core&) { return true; });
    REQUIRE(past.has_value());
    std::size_t events = 0;
    for (auto some = (*past)->peek(1000); !some.empty(); some = (*past)->peek(1000)) {
        events += some.size();
        (*past)->release(some.size());
    }
    CHECK(events > story.live.size() / 2);
    CHECK((*past)->failed());
}

}  // namespace dcx::engine::test
