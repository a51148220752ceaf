#include "engine/public_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace dcx::engine {

namespace {

constexpr std::int64_t kLookEveryNs = 50'000'000;
// A snapshot or a segment may be packed away just when we read it: then another try finds others.
constexpr unsigned kFailuresMax = 5;
// A reader of the journal may know more than the ring has told: a moment later the ring has.
constexpr std::int64_t kAheadAfterNs = 2'000'000'000;
// Commands skipped in one look.
constexpr std::size_t kSkipAtOnce = 8192;
// Then it is nearer from a snapshot than from the core that was kept.
constexpr std::uint64_t kSkipMax = 20'000'000;

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

PublicLog::PublicLog(const PastEvents::Ground& ground, Clock& clock, const Options& options)
    : ground_(ground),
      clock_(clock),
      options_(options),
      begun_(options.from.has_value()),
      mark_checked_(!options.from || options.from->sequence.value == 0) {
    if (options.from) place_.sequence = options.from->sequence;
}

PublicLog::Progress PublicLog::progress() const {
    if (stage_ != Stage::replaying) return {.at = place_.sequence, .wanted = place_.sequence};
    return {.at = past_ != nullptr ? past_->sequence() : place_.sequence, .wanted = cut_.last};
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

void PublicLog::fail(LogFault fault, std::string reason) {
    fault_ = fault;
    reason_ = std::move(reason);
    stage_ = Stage::failed;
    past_.reset();
}

void PublicLog::replay_failed(LogFault fault, const std::string& reason) {
    reason_ = reason;
    past_.reset();
    cut_known_ = false;
    if (++failures_ >= kFailuresMax) fail(fault, reason);
}

void PublicLog::look_for_ring() {
    auto found = options_.descriptor >= 0 ? EventRingReader::open(options_.descriptor)
                                          : EventRingReader::open(options_.ring, options_.owner);
    if (!found) {
        reason_ = found.error();
        return;
    }
    if ((*found)->state() != EventRingState::live || !(*found)->writer_lives()) {
        reason_ = "the venue is not ready";
        return;
    }
    ring_ = std::move(*found);
    if (!mark_checked_ && ring_->header().venue_id != options_.from->venue_id)
        return fail(LogFault::other_venue, describe(LogFault::other_venue, *options_.from));
    // Of a log that another venue may have cut or put commands of into quarantine.
    past_.reset();
    begin_replay();
}

// The ring is there; what lies before it comes from the journal.
void PublicLog::begin_replay() {
    const auto cut = ring_->begin();
    stage_ = Stage::replaying;
    cut_known_ = false;
    // A command was being told; it is whole in a moment.
    if (!cut) return;
    // What was told already must be in the log still.
    if (cut->last < place_.sequence) {
        if (!mark_checked_) {
            if (behind_mark_since_ns_ == INT64_MIN) behind_mark_since_ns_ = clock_.monotonic_ns();
            if (clock_.monotonic_ns() - behind_mark_since_ns_ < kAheadAfterNs) return;
        }
        return fail(LogFault::ahead,
                    "the venue's log ends before what it had told: command " + std::to_string(place_.sequence.value));
    }
    behind_mark_since_ns_ = INT64_MIN;
    if (cut->last < cut_.last || cut->durable < cut_.durable) past_.reset();
    cut_ = *cut;
    ++replays_;
    known_ = Sequence{begun_ && !place_.whole ? place_.sequence.value - 1 : place_.sequence.value};
    if (!prepare_past(begun_ ? known_ : cut_.last)) return;
    past_->go_on_to(cut_.durable, cut_.last);
    cut_known_ = true;
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

bool PublicLog::prepare_past(Sequence known) {
    if (past_ != nullptr && (past_->failed() || known.value - past_->sequence().value > kSkipMax)) past_.reset();
    if (past_ != nullptr) return true;
    auto past = PastEvents::open(ground_, {.durable = cut_.durable, .newest = known});
    if (!past) {
        replay_failed(past.error().fault, past.error().text);
        return false;
    }
    if ((*past)->venue_id() != ring_->header().venue_id && (*past)->venue_id() != journal::VenueId{}) {
        fail(LogFault::damaged, "the event ring is of another venue than the journal");
        return false;
    }
    past_ = std::move(*past);
    return true;
}

// True when all that is known lies behind the replay.
bool PublicLog::skip_known() {
    if (!begun_ || past_->sequence() > known_) return true;
    switch (past_->skip_to(known_, kSkipAtOnce)) {
        case PastEvents::Skip::more: return false;
        case PastEvents::Skip::at_end:
            fail(LogFault::ahead,
                 "the venue's log ends before what it had told: command " + std::to_string(place_.sequence.value));
            return false;
        case PastEvents::Skip::failed: replay_failed(past_->fault(), past_->error()); return false;
        case PastEvents::Skip::there: break;
    }
    if (mark_checked_) return true;
    if (const LogFault fault = past_->compare(*options_.from); fault != LogFault::none) {
        fail(fault, describe(fault, *options_.from));
        return false;
    }
    mark_checked_ = true;
    return true;
}

void PublicLog::give_from_past(std::size_t max) {
    if (!cut_known_) {
        const bool waits = failures_ != 0 || behind_mark_since_ns_ != INT64_MIN;
        if (!waits || due(kLookEveryNs)) begin_replay();
        return;
    }
    if (!skip_known()) return;
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
    if (past_->failed()) return replay_failed(past_->fault(), std::string(past_->error()));
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
            // The core stays for a while: it may be lapped again soon.
            joined_ns_ = clock_.monotonic_ns();
            if (options_.keep_core_ns == 0) past_.reset();
            return;
        case EventRingReader::Status::lapped: break;
        case EventRingReader::Status::broken: return fail(LogFault::damaged, "the event ring is broken");
    }
    const auto cut = ring_->begin();
    if (!cut) return;
    if (cut->last < cut_.last || cut->durable < cut_.durable)
        return fail(LogFault::damaged, "the event ring is broken");
    cut_ = *cut;
    past_->go_on_to(cut_.durable, cut_.last);
}

void PublicLog::give_from_ring() {
    if (past_ != nullptr && clock_.monotonic_ns() - joined_ns_ >= options_.keep_core_ns) past_.reset();
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
