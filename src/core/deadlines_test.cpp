#include "core/deadlines.h"

#include <doctest/doctest.h>

#include <array>
#include <set>

#include "base/random.h"

using namespace dcx;
using namespace dcx::core;

TEST_CASE(
    "deadlines: always the first by time, kind and id, as a sorted set has it, whatever is set, moved and dropped") {
    constexpr std::size_t owners = 64;
    HeapMemory memory;
    Deadlines deadlines(memory, owners);
    std::array<DeadlineHandle, owners> handles{};
    std::array<Deadline, owners> set_to{};
    std::set<std::tuple<std::int64_t, DeadlineKind, std::uint64_t>> sorted;
    Random random(11);
    for (int step = 0; step < 20'000; ++step) {
        const auto owner = static_cast<std::size_t>(random.below(owners));
        if (handles[owner] != 0) sorted.erase(set_to[owner].order());
        if (random.chance(60)) {
            // Few times and kinds, so that ties are common; the id keeps them apart.
            set_to[owner] = {.time = Time{static_cast<std::int64_t>(random.below(8))},
                             .id = owner,
                             .kind = DeadlineKind{static_cast<std::uint32_t>(1 + random.below(3))},
                             .slot = static_cast<std::uint32_t>(owner)};
            deadlines.set(handles[owner], set_to[owner]);
            sorted.insert(set_to[owner].order());
            REQUIRE(deadlines.time_of(handles[owner]) == set_to[owner].time);
        } else {
            deadlines.drop(handles[owner]);
            REQUIRE(handles[owner] == 0);
            REQUIRE(deadlines.time_of(handles[owner]) == Time{});
        }
        if (sorted.empty()) {
            REQUIRE(deadlines.next() == kNever);
        } else {
            REQUIRE(deadlines.top().order() == *sorted.begin());
            REQUIRE(deadlines.next().value == std::get<0>(*sorted.begin()));
        }
    }
}
