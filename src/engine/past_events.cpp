#include "engine/past_events.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/snapshots.h"

namespace dcx::engine {

std::expected<std::unique_ptr<PastEvents>, std::string> PastEvents::open(const Ground& ground, Sequence durable,
                                                                         const Usable& usable) {
    std::unique_ptr<PastEvents> past(new PastEvents(durable));
    std::string error = past->load(ground, usable);
    if (error.empty()) error = past->follow(ground);
    if (!error.empty()) return std::unexpected(std::move(error));
    return past;
}

std::string PastEvents::load(const Ground& ground, const Usable& usable) {
    Moment moment{.sequence = durable_};
    while (ground.snapshots != nullptr) {
        // Of its own each time: what a core that is not used took stays taken.
        memory_ = std::make_unique<HeapMemory>();
        auto result = load_snapshot(*ground.snapshots, *memory_, moment);
        if (!result) return result.error().message;
        if (!result->loaded) break;
        const Sequence sequence = result->loaded->core->sequence();
        if (usable(*result->loaded->core)) {
            from_ = result->loaded->place;
            mark_ = result->loaded->mark();
            core_ = std::move(result->loaded->core);
            snapshot_ = sequence;
            telling_ = true;
            return {};
        }
        if (sequence.value == 0) break;
        moment.sequence = Sequence{sequence.value - 1};
    }
    memory_ = std::make_unique<HeapMemory>();
    core_ = std::make_unique<core::Core>(*memory_);
    return {};
}

std::string PastEvents::follow(const Ground& ground) {
    auto tail = journal::Tail::open(ground.archived != nullptr ? *ground.archived : ground.journal, from_);
    if (!tail) return tail.error().message;
    tail_.emplace(std::move(*tail));
    replay_.emplace(*core_, kEventsKept, mark_);
    replay_->set_quarantined(tail_->quarantined());
    return {};
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
    DCX_CHECK(durable >= durable_ && last <= durable && last >= core_->sequence());
    durable_ = durable;
    last_ = last;
}

bool PastEvents::refill() {
    events_ = {};
    released_ = 0;
    if (telling_) return tell_state();
    replay_->forget_events();
    if (failed()) return false;
    while (replay_->has_room() && core_->sequence() < last_ && (!batch_.empty() || next_batch())) {
        replay_->prefetch(batch_);
        if (!replay_->apply(batch_.front())) {
            error_ = replay_->error();
            break;
        }
        batch_ = batch_.subspan(1);
    }
    // What was applied before a fault happened and may be told.
    events_ = replay_->events();
    return !events_.empty();
}

bool PastEvents::tell_state() {
    told_.clear();
    telling_ = !core_->restore(cursor_, told_.writer(), kEventsKept);
    events_ = told_.events();
    return true;
}

bool PastEvents::next_batch() {
    batch_ = {};
    while (batch_.empty()) {
        if (core_->sequence() >= durable_) return false;
        const auto batch = tail_->next(durable_);
        if (!batch) return error_ = batch.error().message, false;
        if (!*batch) return error_ = "the journal ends before what was durable", false;
        batch_ = (*batch)->commands;
    }
    return true;
}

}  // namespace dcx::engine
