#include "app/public_feed.h"

#include <algorithm>

namespace dcx::app {

namespace {

constexpr std::int64_t kNoteEveryNs = 1'000'000'000;
// The event ring can't ring a bell: who may not write can only look.
constexpr int kLookMs = 1;
constexpr int kIdleMs = 20;

}  // namespace

bool PublicFeed::poll() {
    bool worked = work_.poll();
    watch();
    // While it replays or waits for its time, its source is asked again at once.
    worked |= stage() == Stage::replaying;
    return worked;
}

int PublicFeed::max_sleep_ms() {
    const int look = stage() == Stage::live ? kLookMs : kIdleMs;
    return std::min(look, work_.max_sleep_ms());
}

void PublicFeed::watch() {
    const Stage now = source_.stage();
    sequence_.store(source_.sequence().value, std::memory_order_relaxed);
    published_.store(std::max(source_.published().value, source_.sequence().value), std::memory_order_relaxed);
    laps_.store(source_.laps(), std::memory_order_relaxed);
    replays_.store(source_.replays(), std::memory_order_relaxed);
    const Stage before = stage();
    if (now != before) {
        log_.info("feed", "reads the log", {{"stage", to_string(now)}, {"sequence", source_.sequence().value}});
        if (now == Stage::failed) {
            log_.error("feed", "the log can't be followed any further", {{"reason", source_.reason()}});
            feed_.shut_down("the feed begins anew", net::close_code::restart);
        }
        if (now == Stage::away && serving_) {
            away_ = true;
            feed_.notice("venue_away", "the venue is gone; nothing new comes until it is back");
        }
        if (now == Stage::live && away_) {
            away_ = false;
            feed_.notice("venue_back", "the venue is back; everything goes on where it stopped");
        }
        // Partner: the acquire in stage().
        stage_.store(now, std::memory_order_release);
    }
    if (!serving_ && now == Stage::live) {
        serving_ = true;
        feed_.begin_serving();
    }
    if (serving_ && clock_.monotonic_ns() >= note_due_ns_) note();
}

void PublicFeed::note() {
    note_due_ns_ = clock_.monotonic_ns() + kNoteEveryNs;
    if (const auto noted = memory_.note(feed_.publisher().variants(false)); !noted)
        log_.warning("feed", "after a restart readers will get snapshots", {{"reason", noted.error()}});
}

}  // namespace dcx::app
