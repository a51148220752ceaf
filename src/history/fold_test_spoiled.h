// For tests: logs with an event that can't be, and what the fold says of it.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "history/fold_test_tables.h"
#include "history/fold_test_venue.h"

namespace dcx::history {

// The first event of that kind from the end, to be spoiled; all before it are folded.
template <EventBody Body>
std::size_t last_event(const TestVenue& venue) {
    for (std::size_t i = venue.events.size(); i-- > 0;)
        if (venue.events[i].header.kind == Body::kind) return i;
    FAIL("no such event");
    return 0;
}

// What the fold says of the events, of which some are wrong; empty when it takes them all.
inline std::string refusal(const std::vector<Event>& events) {
    TestTables tables;
    Fold fold(tables.state(), tables);
    for (const Event& event : events) {
        try {
            fold.apply(event);
        } catch (const HistoryError& error) {
            CHECK(error.code() == ErrorCode::impossible_event);
            CHECK_FALSE(may_pass(error.code()));
            CHECK_THROWS_AS((void)fold.seal(), HistoryError);
            CHECK_THROWS_AS(fold.apply(event), HistoryError);
            return error.what();
        }
    }
    return {};
}

template <EventBody Body>
std::string spoiled(const TestVenue& venue, const std::function<void(Body&)>& spoil) {
    REQUIRE(refusal(venue.events) == "");
    auto events = venue.events;
    Event& event = events[last_event<Body>(venue)];
    auto body = event.as<Body>();
    spoil(body);
    event.set(body);
    return refusal(events);
}
template <EventBody Body>
void check_spoiled(const TestVenue& venue, std::string_view why, const std::function<void(Body&)>& spoil) {
    CAPTURE(why);
    const std::string what = spoiled<Body>(venue, spoil);
    CAPTURE(what);
    CHECK(what.find(why) != std::string::npos);
    CHECK(what.find(to_string(Body::kind)) != std::string::npos);
}

}  // namespace dcx::history
