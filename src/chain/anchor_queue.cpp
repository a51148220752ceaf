#include "chain/anchor_queue.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace dcx::chain {

struct AnchorQueue::Work {
    AnchorPlaceClient& client;
    AnchorPlace place;
    PlaceMemory memory;
    Round round;
};

AnchorQueue::AnchorQueue(AnchorStore& store, std::vector<AnchorPlaceClient*> places, Clock& clock,
                         const AnchorQueueOptions& options)
    : store_(store), clock_(clock), options_(options) {
    for (AnchorPlaceClient* const place : places) DCX_CHECK(places_.emplace(place->place(), place).second);
}

bool AnchorQueue::add(std::uint64_t checkpoint, const Digest& digest) {
    AnchorStore::Step step;
    for (const auto& [place, client] : places_) {
        if (store_.newest_checkpoint(place) >= checkpoint) continue;
        Anchor& anchor = step.anchors.emplace_back();
        anchor.checkpoint = checkpoint;
        anchor.place = place;
        anchor.digest = digest;
        anchor.made_ns = clock_.wall_ns();
    }
    if (step.anchors.empty()) return false;
    store_.commit(step);
    return true;
}

void AnchorQueue::told(Anchor anchor) {
    anchor.told = true;
    store_.commit({.anchors = {std::move(anchor)}, .memory = {}});
}

AnchorQueue::Round AnchorQueue::step(AnchorPlace place) {
    Work work{.client = *places_.at(place), .place = place, .memory = store_.memory(place), .round = {}};
    PlaceMemory now = work.memory;
    const auto change = work.client.observe(now);
    std::vector<Anchor> open = store_.open(place);
    work.round.busy = !open.empty();
    if (!change) {
        fail(work, open.empty() ? nullptr : &open.front(), change.error());
        return std::move(work.round);
    }
    work.round.change = *change;
    if (*change != PlaceChange::none) now.look_again = true;
    if (*change == PlaceChange::forked) {
        ++now.path_index;
        now.last_nonce = 0;
    }
    const bool moved = now.tip_height != work.memory.tip_height || now.tip_hash != work.memory.tip_hash ||
                       now.started_s != work.memory.started_s || now.look_again != work.memory.look_again;
    work.memory = now;
    // With what has changed, so that a crash can't forget to look again.
    if (moved) store_.commit({.anchors = {}, .memory = std::pair{place, now}});
    if (*change != PlaceChange::none) again_.erase(place);
    if (work.memory.look_again && !look_again(work)) return std::move(work.round);
    open = store_.open(place);
    if (!open.empty()) {
        // Whatever is under way comes first: nothing else is sent until it is there or lost.
        auto under_way = std::ranges::find_if(open, [](const Anchor& a) { return a.stage != AnchorStage::waiting; });
        if (under_way == open.end()) under_way = open.begin();
        for (int steps = 0; steps < 4 && advance(work, *under_way); ++steps) {
        }
    }
    work.round.busy = !store_.open(place).empty();
    return std::move(work.round);
}

void AnchorQueue::commit(Work& work, const Anchor& anchor) {
    store_.commit({.anchors = {anchor}, .memory = std::pair{work.place, work.memory}});
}

void AnchorQueue::fail(Work& work, Anchor* anchor, const AnchorError& error) {
    work.round.error = error;
    if (anchor == nullptr || anchor->error == error.text()) return;
    anchor->error = error.text();
    store_.commit({.anchors = {*anchor}, .memory = {}});
}

void AnchorQueue::fail_before_sending(Work& work, Anchor& anchor, const AnchorError& error) {
    const bool passed = error.kind == AnchorErrorKind::passed;
    if (!passed && error.kind != AnchorErrorKind::spent) return fail(work, &anchor, error);
    work.round.error = error;
    lose(work, anchor, !passed, error.text());
}

// Whether there is more to be done for it now.
bool AnchorQueue::advance(Work& work, Anchor& anchor) {
    switch (anchor.stage) {
        case AnchorStage::waiting: return prepare(work, anchor);
        case AnchorStage::prepared: return send(work, anchor);
        case AnchorStage::sent: return look_at_sent(work, anchor);
        case AnchorStage::confirmed:
        case AnchorStage::lost: break;
    }
    return false;
}

bool AnchorQueue::prepare(Work& work, Anchor& anchor) {
    const auto prepared = work.client.prepare(anchor, work.memory);
    if (!prepared) {
        fail_before_sending(work, anchor, prepared.error());
        return false;
    }
    anchor.tx_hash = prepared->tx_hash;
    anchor.body = prepared->body;
    anchor.nonce = prepared->nonce;
    anchor.path_index = work.memory.path_index;
    anchor.stage = AnchorStage::prepared;
    anchor.error.clear();
    work.memory.last_nonce = std::max(work.memory.last_nonce, prepared->nonce);
    commit(work, anchor);
    work.round.changed.push_back(anchor);
    return true;
}

bool AnchorQueue::send(Work& work, Anchor& anchor) {
    const auto sighting = work.client.look(anchor);
    if (!sighting) {
        fail(work, &anchor, sighting.error());
        return false;
    }
    if (sighting->state != AnchorSighting::State::absent) {
        seen(work, anchor, *sighting);
        return false;
    }
    if (const auto ready = work.client.ready(anchor); !ready) {
        fail_before_sending(work, anchor, ready.error());
        return false;
    }
    anchor.stage = AnchorStage::sent;
    anchor.sent_ns = clock_.wall_ns();
    anchor.sent_height = work.memory.tip_height;
    ++anchor.posts;
    anchor.error.clear();
    commit(work, anchor);
    work.round.changed.push_back(anchor);
    const auto posted = work.client.post(anchor);
    // Only looking tells: an error may have been a success.
    if (!posted) fail(work, &anchor, posted.error());
    return posted.has_value();
}

bool AnchorQueue::look_at_sent(Work& work, Anchor& anchor) {
    const auto sighting = work.client.look(anchor);
    if (!sighting) {
        fail(work, &anchor, sighting.error());
        return false;
    }
    if (sighting->state != AnchorSighting::State::absent) {
        seen(work, anchor, *sighting);
        return false;
    }
    if (!work.client.absent_is_final() && !may_send_again(work, anchor)) return false;
    if (anchor.posts >= options_.posts) {
        lose(work, anchor, true, "not there after it was sent " + std::to_string(anchor.posts) + " times");
        return false;
    }
    return send(work, anchor);
}

// Nothing that was sent can still be on its way to the place.
bool AnchorQueue::may_send_again(Work& work, Anchor& anchor) {
    const std::int64_t gone_ns = clock_.wall_ns() - anchor.sent_ns;
    // A clock that was set back must not keep it from being sent for ever.
    if (gone_ns < 0) {
        anchor.sent_ns = clock_.wall_ns();
        commit(work, anchor);
        return false;
    }
    if (gone_ns < options_.absent_ns) return false;
    return work.memory.tip_height > anchor.sent_height || gone_ns >= options_.quiet_ns;
}

void AnchorQueue::seen(Work& work, Anchor& anchor, const AnchorSighting& sighting) {
    const bool there = sighting.state == AnchorSighting::State::there;
    const AnchorStage stage = there ? AnchorStage::confirmed : AnchorStage::sent;
    const bool same =
        anchor.stage == stage && anchor.height == sighting.height && anchor.block_hash == sighting.block_hash;
    if (same && anchor.error.empty()) return;
    if (anchor.sent_ns == 0) anchor.sent_ns = clock_.wall_ns();
    if (there && anchor.confirmed_ns == 0) anchor.confirmed_ns = clock_.wall_ns();
    anchor.height = sighting.height;
    anchor.block_hash = sighting.block_hash;
    anchor.stage = stage;
    anchor.error.clear();
    if (!same) anchor.told = false;
    commit(work, anchor);
    if (!same) work.round.changed.push_back(anchor);
}

void AnchorQueue::lose(Work& work, Anchor& anchor, bool again, const std::string& why) {
    anchor.stage = AnchorStage::lost;
    anchor.told = false;
    anchor.error = why;
    AnchorStore::Step step{.anchors = {anchor}, .memory = {}};
    if (again) {
        Anchor& next = step.anchors.emplace_back();
        next.checkpoint = anchor.checkpoint;
        next.place = anchor.place;
        next.digest = anchor.digest;
        next.attempt = anchor.attempt + 1;
        next.made_ns = clock_.wall_ns();
    }
    store_.commit(step);
    work.round.changed.push_back(anchor);
}

// True when all of the place was looked at.
bool AnchorQueue::look_again(Work& work) {
    for (Anchor& anchor : store_.open(work.place)) {
        if (anchor.stage == AnchorStage::prepared && anchor.path_index != work.memory.path_index) {
            // Signed by a key that is not used any more; nothing was sent.
            anchor.stage = AnchorStage::waiting;
            anchor.tx_hash = {};
            anchor.body.clear();
            commit(work, anchor);
        }
        if (anchor.stage != AnchorStage::sent) continue;
        const auto sighting = work.client.look(anchor);
        if (!sighting) {
            fail(work, &anchor, sighting.error());
            return false;
        }
        if (sighting->state == AnchorSighting::State::absent) {
            lose(work, anchor, true, "the place has forgotten it before it was confirmed");
        } else {
            seen(work, anchor, *sighting);
        }
    }
    if (!again_.contains(work.place))
        again_[work.place] = {.rest = store_.confirmed(work.place, std::numeric_limits<int>::max()), .resent = 0};
    std::vector<Anchor>& rest = again_[work.place].rest;
    std::size_t looked = 0;
    for (; looked < rest.size() && looked < options_.looks; ++looked) {
        Anchor& anchor = rest[looked];
        const auto sighting = work.client.look(anchor);
        if (!sighting) {
            rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(looked));
            fail(work, nullptr, sighting.error());
            return false;
        }
        if (sighting->state != AnchorSighting::State::absent) {
            seen(work, anchor, *sighting);
            continue;
        }
        // The newest come first, and those after them are covered by them.
        const bool matters = again_[work.place].resent < options_.resend;
        if (matters) ++again_[work.place].resent;
        lose(work, anchor, matters,
             matters ? "the place has forgotten it" : "the place has forgotten it; newer checkpoints cover it");
    }
    rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(looked));
    if (!rest.empty()) return false;
    again_.erase(work.place);
    work.memory.look_again = false;
    store_.commit({.anchors = {}, .memory = std::pair{work.place, work.memory}});
    return true;
}

}  // namespace dcx::chain
