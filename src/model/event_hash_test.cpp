#include "model/event_hash.h"

#include <doctest/doctest.h>

#include <set>

#include "base/random.h"

namespace dcx {
namespace {

Event numbered_event() {
    Event event{};
    for (std::size_t i = 0; i < sizeof(Event); ++i) reinterpret_cast<std::byte*>(&event)[i] = std::byte(i * 7 + 1);
    return event;
}

std::uint64_t hash_of(const Event& event) {
    EventHash hash;
    hash.add(event);
    return hash.value();
}

TEST_CASE("event hash: pinned, because checkpoints of old journals hold its values") {
    EventHash hash;
    CHECK(hash.value() == 0);
    hash.add(Event{});
    CHECK(hash.value() == 0xEB8667F3F74D84BDu);
    hash.add(numbered_event());
    CHECK(hash.value() == 0xD804C06B78497834u);
}

TEST_CASE("event hash: every bit counts but those of applied_time") {
    const std::uint64_t original = hash_of(numbered_event());
    std::set<std::uint64_t> values{original};
    for (std::size_t byte = 0; byte < sizeof(Event); ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Event event = numbered_event();
            reinterpret_cast<std::byte*>(&event)[byte] ^= std::byte{1} << bit;
            constexpr std::size_t at = offsetof(EventHeader, applied_time);
            if (byte >= at && byte < at + 8)
                CHECK(hash_of(event) == original);
            else
                CHECK(values.insert(hash_of(event)).second);
        }
    }
}

TEST_CASE("event hash: equal words in other places and events in another order differ") {
    std::set<std::uint64_t> values;
    for (std::size_t word = 0; word < sizeof(Event) / 8; ++word) {
        if (word == offsetof(EventHeader, applied_time) / 8) continue;
        Event event{};
        reinterpret_cast<std::byte*>(&event)[word * 8] = std::byte{1};
        CHECK(values.insert(hash_of(event)).second);
    }
    EventHash forward;
    forward.add(Event{});
    forward.add(numbered_event());
    EventHash backward;
    backward.add(numbered_event());
    backward.add(Event{});
    CHECK(forward.value() != backward.value());
}

TEST_CASE("event hash: a range of a wrapped ring is hashed as its events one by one") {
    std::vector<Event> slots(4);
    Random random(3);
    for (Event& event : slots) event.header.sequence = Sequence{random.next()};
    const EventWriter ring{.slots = slots.data(), .mask = 3, .position = 9};
    EventHash range;
    range.add(ring, 6, 9);
    EventHash single;
    for (const std::size_t slot : {2u, 3u, 0u}) single.add(slots[slot]);
    CHECK(range.value() == single.value());
}

}  // namespace
}  // namespace dcx
