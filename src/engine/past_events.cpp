#include "engine/past_events.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/snapshots.h"

namespace dcx::engine {

std::expected<std::unique_ptr<PastEvents>, PastEvents::Refusal> PastEvents::open(const Ground& ground,
                                                                                 const Options& options) {
    Options tried = options;
    while (true) {
        std::unique_ptr<PastEvents> past(new PastEvents(tried));
        past->load(ground, tried);
        if (!past->failed() && past->follow(ground) && past->snapshot_.value != 0) {
            tried.newest = Sequence{past->snapshot_.value - 1};
            continue;
        }
        if (past->failed()) return std::unexpected(Refusal{.fault = past->fault_, .text = std::move(past->error_)});
        return past;
    }
}

std::expected<std::unique_ptr<PastEvents>, std::string> PastEvents::open(const Ground& ground, Sequence durable,
                                                                         const Usable& usable) {
    auto past = open(ground, {.durable = durable, .usable = usable});
    if (!past) return std::unexpected(std::move(past.error().text));
    return std::move(*past);
}

bool PastEvents::fail(LogFault fault, std::string error) {
    fault_ = fault;
    error_ = std::move(error);
    return false;
}

bool PastEvents::fail(const journal::RecoveryError& error) {
    using Kind = journal::RecoveryErrorKind;
    if (error.kind == Kind::storage_failed) return fail(LogFault::away, error.message);
    const bool ended = error.kind == Kind::missing_batch && core_->sequence() < seen_durable_;
    return fail(ended ? LogFault::ahead : LogFault::damaged, error.message);
}

void PastEvents::load(const Ground& ground, const Options& options) {
    Moment moment{.sequence = std::min(last_, options.newest)};
    while (ground.snapshots != nullptr && moment.sequence.value != 0) {
        // Of its own each time: what a core that is not used took stays taken.
        memory_ = std::make_unique<HeapMemory>();
        auto result = load_snapshot(*ground.snapshots, *memory_, moment);
        if (!result) {
            fail(LogFault::away, result.error().message);
            return;
        }
        if (!result->loaded) break;
        const Sequence sequence = result->loaded->core->sequence();
        if (!options.usable || options.usable(*result->loaded->core)) {
            from_ = result->loaded->place;
            mark_ = result->loaded->mark();
            core_ = std::move(result->loaded->core);
            snapshot_ = sequence;
            telling_ = true;
            return;
        }
        if (sequence.value == 0) break;
        moment.sequence = Sequence{sequence.value - 1};
    }
    memory_ = std::make_unique<HeapMemory>();
    core_ = std::make_unique<core::Core>(*memory_);
}

bool PastEvents::follow(const Ground& ground) {
    auto tail = journal::Tail::open(ground.archived != nullptr ? *ground.archived : ground.journal, from_);
    if (!tail) {
        fail(tail.error());
        return tail.error().kind == journal::RecoveryErrorKind::behind_snapshot;
    }
    tail_.emplace(std::move(*tail));
    replay_.emplace(*core_, kEventsKept, mark_);
    replay_->set_quarantined(tail_->quarantined());
    return false;
}

std::span<const Event> PastEvents::peek(std::size_t max) {
    if (released_ == events_.size() && !refill()) return {};
    const auto left = events_.subspan(released_);
    return left.first(std::min(max, left.size()));
}

void PastEvents::release(std::size_t count) {
    DCX_CHECK(count <= events_.size() - released_);
    released_ += count;
}

void PastEvents::go_on_to(Sequence durable, Sequence last) {
    DCX_CHECK(durable_ && durable >= *durable_ && last <= durable && last >= core_->sequence());
    durable_ = durable;
    last_ = last;
}

bool PastEvents::refill() {
    events_ = {};
    released_ = 0;
    if (telling_) return tell_state();
    replay_->forget_events();
    if (failed()) return false;
    while (replay_->has_room() && core_->sequence() < last_ && (!batch_.empty() || next_batch()) && apply_next()) {
    }
    // What was applied before a fault happened and may be told.
    events_ = replay_->events();
    return !events_.empty();
}

PastEvents::Skip PastEvents::skip_to(Sequence to, std::size_t most) {
    DCX_CHECK(released_ == events_.size());
    events_ = {};
    released_ = 0;
    telling_ = false;
    DCX_CHECK(core_->sequence() <= to);
    for (std::size_t i = 0; i < most && core_->sequence() < to; ++i) {
        if (failed()) return Skip::failed;
        if (batch_.empty() && !next_batch()) return failed() ? Skip::failed : Skip::at_end;
        if (!replay_->has_room()) replay_->forget_events();
        if (!apply_next()) return Skip::failed;
    }
    return core_->sequence() < to ? Skip::more : Skip::there;
}

LogFault PastEvents::compare(const LogMark& mark) const {
    if (mark.sequence.value == 0) return LogFault::none;
    DCX_CHECK(core_->sequence() == mark.sequence);
    if (core_->genesis().venue_id != mark.venue_id) return LogFault::other_venue;
    return event_hash() == mark.event_hash ? LogFault::none : LogFault::diverged;
}

bool PastEvents::apply_next() {
    replay_->prefetch(batch_);
    if (!replay_->apply(batch_.front())) return fail(LogFault::damaged, replay_->error());
    batch_ = batch_.subspan(1);
    return true;
}

bool PastEvents::tell_state() {
    told_.clear();
    telling_ = !core_->restore(cursor_, told_.writer(), kEventsKept);
    events_ = told_.events();
    return true;
}

bool PastEvents::next_batch() {
    batch_ = {};
    nothing_more_ = false;
    while (batch_.empty()) {
        if (durable_ && core_->sequence() >= *durable_) return false;
        const auto batch = read_on();
        if (!batch) return fail(batch.error());
        if (!*batch) {
            if (durable_) return fail(LogFault::damaged, "the journal ends before what was durable");
            nothing_more_ = true;
            return false;
        }
        header_ = *(*batch)->header;
        batch_ = (*batch)->commands;
    }
    return true;
}

std::expected<std::optional<journal::Batch>, journal::RecoveryError> PastEvents::read_on() {
    using Kind = journal::RecoveryErrorKind;
    // Enough to make the tail look behind what it can't read.
    constexpr int looks = 32;
    if (durable_) return tail_->next(*durable_);
    const bool seen = core_->sequence() < seen_durable_;
    if (!seen && !at_rest_) return tail_->next();
    auto batch = tail_->next(kAll);
    if (batch || seen || (batch.error().kind != Kind::missing_batch && batch.error().kind != Kind::damaged_batch))
        return batch;
    // The end, torn or not: or damage, which is what the watermarks behind it tell.
    for (int i = 0; i < looks; ++i) {
        auto known = tail_->next();
        if (!known || *known) return known;
    }
    return std::nullopt;
}

}  // namespace dcx::engine
