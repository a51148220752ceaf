#include "feed/split_source.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "feed/test_venue.h"

using namespace dcx;
using namespace dcx::feed;
using namespace dcx::feed::testing;

TEST_CASE("two readers of one source: the second is never ahead, both see every event once") {
    TestVenue venue;
    venue.start();
    TestSource source{venue};
    SplitSource split{source};
    Random random{7};
    std::size_t told = 0;
    std::size_t printed = 0;
    const auto read = [&](EventSource& reader, std::size_t& position) {
        const auto events = reader.peek(random.below(5));
        const std::size_t count = events.empty() ? 0 : random.below(events.size() + 1);
        for (std::size_t i = 0; i < count; ++i) {
            CHECK(events[i].header.sequence == venue.events[position + i].header.sequence);
            CHECK(events[i].header.index == venue.events[position + i].header.index);
        }
        reader.release(count);
        position += count;
    };
    for (int round = 0; round < 5'000; ++round) {
        if (random.chance(20)) venue.random_command(random);
        if (random.chance(50))
            read(split.accounts(), told);
        else
            read(split.prints(), printed);
        REQUIRE(printed <= told);
    }
    while (printed < venue.events.size()) {
        read(split.accounts(), told);
        read(split.prints(), printed);
    }
    CHECK(source.drained());
}
