#include "engine/public_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace dcx::engine {

namespace {

constexpr std::int64_t kLookEveryNs = 50'000'000;
// A snapshot or a segment may be packed away just when we read it: then another try finds others.
constexpr unsigned kFailuresMax = 5;

}  // namespace

std::string_view to_string(PublicLog::Stage stage) {
    switch (stage) {
        case PublicLog::Stage::waiting: return "waiting";
        case PublicLog::Stage::replaying: return "replaying";
        case PublicLog::Stage::live: return "live";
        case PublicLog::Stage::away: return "away";
        case PublicLog::Stage::failed: return "failed";
    }
    return "?";
}

std::span<const Event> PublicLog::peek(std::size_t max) {
    if (given_.empty()) {
        switch (stage_) {
            case Stage::waiting:
            case Stage::away:
                if (due(kLookEveryNs)) look_for_ring();
                break;
            case Stage::replaying: give_from_past(max); break;
            case Stage::live: give_from_ring(); break;
            case Stage::failed: break;
        }
    }
    return given_.first(std::min(max, given_.size()));
}

void PublicLog::release(std::size_t count) {
    DCX_CHECK(count <= given_.size());
    given_ = given_.subspan(count);
    if (from_past_ && count > 0) past_->release(count);
    if (given_.empty()) from_past_ = false;
}

bool PublicLog::due(std::int64_t every_ns) {
    const std::int64_t now = clock_.monotonic_ns();
    if (now - looked_ns_ < every_ns) return false;
    looked_ns_ = now;
    return true;
}

void PublicLog::fail(std::string reason) {
    reason_ = std::move(reason);
    stage_ = Stage::failed;
    past_.reset();
}

void PublicLog::look_for_ring() {
    auto found = EventRingReader::open(options_.ring, options_.owner);
    if (!found) {
        reason_ = found.error();
        return;
    }
    if ((*found)->state() != EventRingState::live || !(*found)->writer_lives()) {
        reason_ = "the venue is not ready";
        return;
    }
    ring_ = std::move(*found);
    begin_replay();
}

// The ring is there; what lies before it comes from the journal.
void PublicLog::begin_replay() {
    const auto cut = ring_->begin();
    stage_ = Stage::replaying;
    past_.reset();
    // A command was being told; it is whole in a moment.
    if (!cut) return;
    cut_ = *cut;
    // What was told already must be in the log still.
    if (cut_.last < place_.sequence)
        return fail("the venue's log ends before what it had told: command " + std::to_string(place_.sequence.value));
    const Sequence known{begun_ && !place_.whole ? place_.sequence.value - 1 : place_.sequence.value};
    const Sequence newest = begun_ ? known : cut_.last;
    auto past =
        PastEvents::open(ground_, cut_.durable, [&](const core::Core& core) { return core.sequence() <= newest; });
    if (past && (*past)->venue_id() != ring_->header().venue_id && (*past)->venue_id() != journal::VenueId{})
        return fail("the event ring is of another venue than the journal");
    ++replays_;
    if (!past) {
        reason_ = past.error();
        if (++failures_ >= kFailuresMax) fail(reason_);
        return;
    }
    past_ = std::move(*past);
    past_->go_on_to(cut_.durable, cut_.last);
    if (begun_ || past_->snapshot().value != 0) return;
    // A log that begins with its first command has no state to be told; readers wait for the end of it all the same.
    begun_ = true;
    RestoreCompleted nothing;
    completed_ = Event{};
    completed_.header.kind = EventKind::restore_completed;
    completed_.header.flags = kRestored | kLastOfCommand;
    completed_.set(nothing);
    given_ = {&completed_, 1};
}

void PublicLog::give_from_past(std::size_t max) {
    if (past_ == nullptr) {
        if (failures_ == 0 || due(kLookEveryNs)) begin_replay();
        return;
    }
    while (given_.empty()) {
        const auto events = past_->peek(max);
        if (events.empty()) break;
        // Restored state is for who has none.
        std::size_t known = 0;
        const auto is_known = [&](const Event& event) {
            return begun_ && ((event.header.flags & kRestored) != 0 || !place_.is_behind(event.header));
        };
        while (known < events.size() && is_known(events[known])) ++known;
        past_->release(known);
        if (known == events.size()) continue;
        // The state as a whole counts as given, from its last event on.
        from_past_ = true;
        give(events.subspan(known));
        return;
    }
    if (!given_.empty()) return;
    if (past_->failed()) {
        reason_ = past_->error();
        past_.reset();
        if (++failures_ >= kFailuresMax) fail(reason_);
        return;
    }
    join();
}

void PublicLog::give(std::span<const Event> events) {
    for (const Event& event : events) {
        if ((event.header.flags & kRestored) != 0 && event.header.kind != EventKind::restore_completed) continue;
        begun_ = true;
        place_.pass(event.header);
        place_.whole = place_.whole || event.header.kind == EventKind::restore_completed;
    }
    given_ = events;
}

// All up to the cut is told. If the ring still has what came since, we go on there; else the journal does, further.
void PublicLog::join() {
    failures_ = 0;
    std::span<const Event> events;
    switch (ring_->read(place_, events)) {
        case EventRingReader::Status::events: given_ = events; [[fallthrough]];
        case EventRingReader::Status::nothing:
            stage_ = Stage::live;
            reason_.clear();
            // The core goes with it.
            past_.reset();
            return;
        case EventRingReader::Status::lapped: break;
        case EventRingReader::Status::broken: return fail("the event ring is broken");
    }
    const auto cut = ring_->begin();
    if (!cut) return;
    if (cut->last < cut_.last || cut->durable < cut_.durable) return fail("the event ring is broken");
    cut_ = *cut;
    past_->go_on_to(cut_.durable, cut_.last);
}

void PublicLog::give_from_ring() {
    std::span<const Event> events;
    switch (ring_->read(place_, events)) {
        case EventRingReader::Status::events: given_ = events; return;
        case EventRingReader::Status::nothing:
            // Only then: what a venue published before its end is told first.
            if (!due(kLookEveryNs) || ring_->writer_lives()) return;
            stage_ = Stage::away;
            reason_ = "the venue is gone";
            return;
        case EventRingReader::Status::lapped:
        case EventRingReader::Status::broken:
            ++laps_;
            begin_replay();
            return;
    }
}

}  // namespace dcx::engine
