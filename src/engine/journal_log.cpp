#include "engine/journal_log.h"

#include <algorithm>
#include <utility>

namespace dcx::engine {

namespace {

// Commands skipped in one look.
constexpr std::size_t kSkipAtOnce = 8192;

}  // namespace

std::span<const Event> JournalLog::peek(std::size_t max) {
    if (fault_ != LogFault::none) return {};
    if (past_ == nullptr) {
        open();
        return {};
    }
    if (!passed_ && !pass_mark()) return {};
    const auto events = past_->peek(max);
    if (events.empty() && past_->failed()) fail(past_->fault(), past_->error());
    at_end_ = past_->at_end();
    return events;
}

void JournalLog::release(std::size_t count) {
    past_->release(count);
    at_end_ = past_->at_end();
}

void JournalLog::open() {
    const Sequence seen = std::max(options_.from.sequence, options_.until.value_or(Sequence{}));
    PastEvents::Options options;
    options.seen_durable = seen;
    options.at_rest = options_.at_rest;
    options.newest = options_.from.sequence;
    auto past = PastEvents::open(ground_, options);
    if (!past) return fail(past.error().fault, past.error().text);
    past_ = std::move(*past);
    if (options_.until) past_->stop_at(*options_.until);
    const auto& begun = past_->begun_at();
    gauge_.emplace(ground_.archived != nullptr ? *ground_.archived : ground_.journal, begun ? begun->segment : 1,
                   begun ? begun->offset : 0);
}

bool JournalLog::pass_mark() {
    const LogMark& from = options_.from;
    // Told before it is searched for: another venue's log may be shorter.
    const bool other = past_->venue_id() != journal::VenueId{} && past_->venue_id() != from.venue_id;
    if (from.sequence.value != 0 && other) {
        fail(LogFault::other_venue, describe(LogFault::other_venue, from));
        return false;
    }
    switch (past_->skip_to(from.sequence, kSkipAtOnce)) {
        case PastEvents::Skip::more: return false;
        case PastEvents::Skip::failed: fail(past_->fault(), past_->error()); return false;
        case PastEvents::Skip::at_end: fail(LogFault::ahead, past_->error()); return false;
        case PastEvents::Skip::there: break;
    }
    if (const LogFault fault = past_->compare(from); fault != LogFault::none) {
        fail(fault, describe(fault, from));
        return false;
    }
    passed_ = true;
    return true;
}

void JournalLog::fail(LogFault fault, std::string error) {
    fault_ = fault;
    error_ = std::move(error);
    if (fault == LogFault::ahead) {
        LogMark mark = options_.from;
        mark.sequence = std::max(mark.sequence, options_.until.value_or(Sequence{}));
        const std::string what = describe(fault, mark);
        error_ = error_.empty() ? what : what + " (" + error_ + ")";
    }
}

double JournalLog::fraction() const {
    if (past_ == nullptr) return 0;
    return at_end_ ? 1 : gauge_ ? gauge_->fraction(past_->batch()) : 0;
}

}  // namespace dcx::engine
