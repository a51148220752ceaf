// For tests of who reads a log from somewhere on: all events of it from the first command, and the mark at each
// command.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <span>
#include <vector>

#include "engine/journal_log.h"
#include "engine/test_rig.h"
#include "model/event_hash.h"

namespace dcx::engine::test {

struct WholeLog {
    std::vector<Event> events;
    std::vector<LogMark> marks{LogMark{}};  // by sequence
    std::vector<std::size_t> ends{0};       // how many events there are up to it

    explicit WholeLog(const std::vector<Event>& of) {
        EventHash hash;
        journal::VenueId venue{};
        for (const Event& event : of) {
            hash.add(event);
            events.push_back(event);
            events.back().header.applied_time = {};
            if (event.header.kind == EventKind::genesis_applied) venue = event.as<GenesisApplied>().venue_id;
            if ((event.header.flags & kLastOfCommand) == 0) continue;
            REQUIRE(event.header.sequence.value == marks.size());
            marks.push_back({.venue_id = venue, .sequence = event.header.sequence, .event_hash = hash.value()});
            ends.push_back(events.size());
        }
        REQUIRE(ends.back() == events.size());
    }
    [[nodiscard]] std::uint64_t last() const { return marks.size() - 1; }
    // These are the log's events behind `from`, as far as they go, byte for byte.
    void check_behind(std::uint64_t from, std::span<const Event> told) const {
        REQUIRE(told.size() <= events.size() - ends[from]);
        for (std::size_t i = 0; i < told.size(); ++i) {
            Event event = told[i];
            event.header.applied_time = {};
            REQUIRE(std::memcmp(&event, &events[ends[from] + i], sizeof event) == 0);
        }
    }
    void check_all_behind(std::uint64_t from, std::span<const Event> told) const {
        check_behind(from, told);
        REQUIRE(told.size() == events.size() - ends[from]);
    }
};

// Until it has no more for now, or fails; some of the events are released one by one.
inline std::vector<Event> read_to_end(JournalLog& log, std::uint64_t seed = 1) {
    Random random(seed);
    std::vector<Event> events;
    for (int empty = 0; empty < 1000 && log.fault() == LogFault::none;) {
        const auto some = log.peek(1 + random.below(100));
        if (some.empty()) {
            if (log.at_end()) break;
            ++empty;
            continue;
        }
        empty = 0;
        const std::size_t count = 1 + random.below(some.size());
        events.insert(events.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
        log.release(count);
    }
    return events;
}

}  // namespace dcx::engine::test
