#include "engine/replayer.h"

#include <doctest/doctest.h>

#include <cstring>

#include "engine/past.h"
#include "engine/test_rig.h"

namespace dcx::engine::test {
namespace {

TEST_CASE("replayer: yields the events that were seen live, byte for byte, from the first command on") {
    journal::MemoryDisk disk;
    ManualClock clock;
    std::vector<Event> live;
    std::uint64_t hash = 0;
    {
        Rig rig(&disk, clock);
        Traffic traffic(31);
        rig.settle();
        rig.submit(traffic.set_up());
        for (int i = 0; i < 1000; ++i) {
            rig.submit(traffic.next());
            rig.step();
        }
        rig.stop();
        live = rig.seen.live;
        hash = rig.engine->event_hash();
    }
    journal::MemoryStorage storage(disk);
    HeapMemory memory;
    auto replayer = Replayer::open(storage, memory);
    REQUIRE_MESSAGE(replayer.has_value(), replayer.error());
    std::vector<Event> replayed;
    Random random(1);
    // In pieces of any size, some of them released only in part.
    for (auto events = (*replayer)->peek(7); !events.empty(); events = (*replayer)->peek(1 + random.below(300))) {
        const std::size_t count = 1 + random.below(events.size());
        replayed.insert(replayed.end(), events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count));
        (*replayer)->release(count);
    }
    CHECK_FALSE((*replayer)->failed());
    CHECK((*replayer)->event_hash() == hash);
    // Genesis was told to nobody: a live reader's restored state has it.
    REQUIRE(replayed.size() == live.size() + 1);
    CHECK(replayed[0].header.kind == EventKind::genesis_applied);
    for (std::size_t i = 0; i < live.size(); ++i) {
        live[i].header.applied_time = {};
        REQUIRE(std::memcmp(&live[i], &replayed[i + 1], sizeof(Event)) == 0);
    }
}

TEST_CASE("replayer: an empty folder has no events") {
    journal::MemoryDisk disk;
    journal::MemoryStorage storage(disk);
    HeapMemory memory;
    auto replayer = Replayer::open(storage, memory);
    REQUIRE(replayer.has_value());
    CHECK((*replayer)->peek(10).empty());
    CHECK_FALSE((*replayer)->failed());
    const auto state = replay_past(storage, memory);
    REQUIRE(state.has_value());
    CHECK(state->commands == 0);
}

TEST_CASE("replayer: rot in the log is an error, after the events before it") {
    journal::MemoryDisk disk;
    ManualClock clock;
    {
        Rig rig(&disk, clock);
        Traffic traffic(32);
        rig.settle();
        rig.submit(traffic.set_up());
        for (int i = 0; i < 100; ++i) {
            rig.submit(traffic.next());
            rig.settle();
        }
        rig.stop();
    }
    const auto names = disk.names();
    REQUIRE_FALSE(names.empty());
    auto bytes = disk.get(names.front());
    REQUIRE(bytes.size() > 20'000);
    bytes[20'000] ^= std::byte{1};
    disk.put(names.front(), bytes);
    journal::MemoryStorage storage(disk);
    HeapMemory memory;
    auto replayer = Replayer::open(storage, memory);
    REQUIRE(replayer.has_value());
    std::size_t events = 0;
    for (auto more = (*replayer)->peek(100); !more.empty(); more = (*replayer)->peek(100)) {
        events += more.size();
        (*replayer)->release(more.size());
    }
    CHECK(events > 0);
    CHECK((*replayer)->failed());
    CHECK_FALSE((*replayer)->error().empty());
    CHECK((*replayer)->peek(1).empty());
}

}  // namespace
}  // namespace dcx::engine::test
