#include "engine/auditor.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace dcx::engine {

Auditor::Auditor(const AuditorGround& ground, const AuditorOptions& options) : ground_(ground), options_(options) {}

Auditor::~Auditor() = default;

bool Auditor::begin() {
    if (ground_.observer != nullptr)
        if (const auto opened = ground_.observer->open(); !opened) return observer_failed(opened.error());
    // The state is loaded once: what it takes of the memory stays taken.
    if (!core_ && !load_state()) return false;
    auto tail =
        journal::Tail::open(!begin_at_ && ground_.archived != nullptr ? *ground_.archived : ground_.journal, begin_at_);
    if (!tail && tail.error().kind == journal::RecoveryErrorKind::storage_failed)
        return set_reason("the auditor cannot read the journal: " + tail.error().message), false;
    if (!tail && last_snapshot_ > core_->sequence()) return begin_without_observer(tail.error().message);
    if (!tail) return differ("the journal cannot be followed: " + tail.error().message), false;
    set_reason({});
    tail_.emplace(std::move(*tail));
    replay_.emplace(*core_, 0, begin_mark_);
    replay_->set_quarantined(tail_->quarantined());
    last_snapshot_ = std::max(last_snapshot_, core_->sequence());
    last_snapshot_at_ = last_invariants_at_ = ground_.clock.monotonic_ns();
    health_.sequence.store(core_->sequence().value, std::memory_order_release);
    return true;
}

// From the newest snapshot that can be used, if there is one, and that leaves out nothing that the observer must see.
bool Auditor::load_state() {
    if (ground_.snapshots != nullptr) {
        Moment moment{};
        if (ground_.observer != nullptr) {
            moment.sequence = ground_.observer->seen();
            // None is taken of what an older life has one of already.
            const auto names = journal::list_snapshots(*ground_.snapshots);
            if (names && !names->empty())
                if (const auto newest = journal::Snapshot::read_header(*ground_.snapshots, names->front())) {
                    last_snapshot_ = Sequence{newest->sequence};
                    health_.snapshot_sequence.store(newest->sequence, std::memory_order_relaxed);
                }
        }
        auto result = load_snapshot(*ground_.snapshots, ground_.memory, moment);
        if (!result) return set_reason("the auditor cannot read the snapshots: " + result.error().message), false;
        skipped_ = std::move(result->skipped);
        if (result->loaded) {
            begin_at_ = result->loaded->place;
            begin_mark_ = result->loaded->mark();
            core_ = std::move(result->loaded->core);
            if (last_snapshot_.value == 0)
                health_.snapshot_sequence.store(result->loaded->header.sequence, std::memory_order_relaxed);
        }
    }
    if (!core_) core_ = std::make_unique<core::Core>(ground_.memory);
    return true;
}

// The way to what the observer saw last is gone (segments without their archive), but there is a snapshot behind the
// gap: the audit of what comes is worth more than the record.
bool Auditor::begin_without_observer(const std::string& why) {
    ground_.observer->left_behind(why);
    ground_.observer = nullptr;
    health_.observer_failures.fetch_add(1, std::memory_order_relaxed);
    core_.reset();
    begin_at_.reset();
    begin_mark_ = {};
    last_snapshot_ = {};
    return begin();
}

bool Auditor::poll() {
    if (health_.failed.load(std::memory_order_relaxed)) return false;
    if (!begun()) return begin();
    if (!batch_.empty()) {
        audit(batch_.first(std::min(batch_.size(), kMaxAudited)));
        return true;
    }
    if (untold_) return tell_batch();
    // Only between batches: there the journal has a place to go on from.
    if (ground_.clock.monotonic_ns() - last_invariants_at_ >= options_.invariants_every_ns) check_invariants();
    if (health_.failed.load(std::memory_order_relaxed)) return false;
    if (snapshot_due()) {
        if (!flush_observer()) return false;
        take_snapshot();
        return true;
    }
    return next_batch();
}

int Auditor::max_sleep_ms() {
    return health_.failed.load(std::memory_order_relaxed)
               ? platform::any_sleep_ms
               : static_cast<int>(std::max<std::int64_t>(1, options_.poll_every_ns / 1'000'000));
}

bool Auditor::next_batch() {
    auto batch = ground_.durable != nullptr ? tail_->next(ground_.durable->get()) : tail_->next();
    if (!batch) {
        if (batch.error().kind == journal::RecoveryErrorKind::storage_failed)
            set_reason("the auditor cannot read the journal: " + batch.error().message);
        else
            differ("the journal's durable part is damaged: " + batch.error().message);
        return false;
    }
    if (!*batch) return false;
    batch_ = (*batch)->commands;
    untold_ = ground_.observer != nullptr;
    return true;
}

bool Auditor::tell_batch() {
    const journal::Position& place = tail_->position();
    if (const auto told = ground_.observer->batch_audited(place.batch, place.hash, *core_, replay_->hash().value());
        !told)
        return observer_failed(told.error());
    untold_ = false;
    if (std::exchange(blocked_, false)) set_reason({});
    health_.sequence.store(core_->sequence().value, std::memory_order_release);
    return true;
}

bool Auditor::flush_observer() {
    if (ground_.observer == nullptr) return true;
    if (const auto flushed = ground_.observer->flush(); !flushed) return observer_failed(flushed.error());
    if (std::exchange(blocked_, false)) set_reason({});
    return true;
}

// Always false: it is tried again, or the audit has ended.
bool Auditor::observer_failed(const ObserverError& error) {
    health_.observer_failures.fetch_add(1, std::memory_order_relaxed);
    if (error.difference)
        differ(error.text);
    else
        set_reason("what was audited cannot be recorded: " + error.text);
    blocked_ = true;
    return false;
}

void Auditor::audit(std::span<const Command> commands) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
        replay_->forget_events();
        replay_->prefetch(batch_.subspan(i));
        if (!replay_->apply(commands[i])) return differ(replay_->error());
        if (ground_.observer != nullptr) ground_.observer->audited(commands[i], replay_->events());
    }
    batch_ = batch_.subspan(commands.size());
    health_.checkpoints.store(replay_->checkpoints(), std::memory_order_relaxed);
    // Who waits for a sequence waits for its record too.
    if (untold_) return;
    // Release: who sees this sequence sees the numbers beside it as of then.
    health_.sequence.store(core_->sequence().value, std::memory_order_release);
}

void Auditor::check_invariants() {
    last_invariants_at_ = ground_.clock.monotonic_ns();
    if (!core_->started()) return;
    const std::string broken = core_->check_invariants();
    if (!broken.empty())
        return differ("invariants are broken behind command " + std::to_string(core_->sequence().value) + ": " +
                      broken);
    health_.invariants.store(health_.invariants.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

bool Auditor::snapshot_due() const {
    if (ground_.snapshots == nullptr || !core_->started()) return false;
    const std::uint64_t wanted = wanted_.load(std::memory_order_acquire);
    if (wanted != 0 && core_->sequence().value + 1 >= wanted) return true;
    if (core_->sequence() <= last_snapshot_) return false;
    const std::uint64_t behind = core_->sequence().value - last_snapshot_.value;
    return (options_.snapshot_every != 0 && behind >= options_.snapshot_every) ||
           (options_.snapshot_every_ns != 0 &&
            ground_.clock.monotonic_ns() - last_snapshot_at_ >= options_.snapshot_every_ns);
}

void Auditor::take_snapshot() {
    check_invariants();
    if (health_.failed.load(std::memory_order_relaxed)) return;
    const std::uint64_t wanted = wanted_.load(std::memory_order_relaxed);
    const std::int64_t begin = ground_.clock.monotonic_ns();
    const auto taken =
        engine::take_snapshot(*ground_.snapshots, *core_, *replay_, tail_->position(), options_.keep_snapshots);
    // Whatever came of it: the next one comes when it is due again.
    last_snapshot_ = core_->sequence();
    last_snapshot_at_ = ground_.clock.monotonic_ns();
    if (wanted != 0 && core_->sequence().value + 1 >= wanted) {
        std::uint64_t expected = wanted;
        // Someone may have asked for a later one meanwhile.
        wanted_.compare_exchange_strong(expected, 0, std::memory_order_relaxed);
    }
    if (!taken) {
        health_.snapshot_failures.fetch_add(1, std::memory_order_relaxed);
        return set_reason("a snapshot failed: " + taken.error().message);
    }
    set_reason({});
    health_.snapshot_time.store(ground_.clock.wall_ns(), std::memory_order_relaxed);
    health_.snapshot_ns.store(last_snapshot_at_ - begin, std::memory_order_relaxed);
    health_.snapshots.fetch_add(1, std::memory_order_relaxed);
    health_.snapshot_sequence.store(taken->sequence, std::memory_order_release);
    if (on_snapshot_) on_snapshot_(*taken);
}

void Auditor::request_snapshot(Sequence at_least) {
    std::uint64_t now = wanted_.load(std::memory_order_relaxed);
    while (now < at_least.value + 1 &&
           !wanted_.compare_exchange_weak(now, at_least.value + 1, std::memory_order_release)) {
    }
}

void Auditor::differ(const std::string& what) {
    set_reason("the auditor found a difference: " + what);
    batch_ = {};
    health_.failed.store(true, std::memory_order_release);
    if (on_difference_) on_difference_(reason());
}

std::optional<WarmCore> Auditor::take_over() {
    while (!batch_.empty() && !health_.failed.load(std::memory_order_relaxed)) audit(batch_);
    if (untold_) static_cast<void>(tell_batch());
    if (!begun() || health_.failed.load(std::memory_order_relaxed)) return std::nullopt;
    const LogReplay::Mark mark{.event_hash = replay_->hash().value(), .since_checkpoint = replay_->since_checkpoint()};
    return WarmCore{.core = std::move(core_), .mark = mark, .place = tail_->position()};
}

std::string Auditor::reason() const {
    const std::lock_guard guard(mutex_);
    return reason_;
}

void Auditor::set_reason(std::string reason) {
    const std::lock_guard guard(mutex_);
    reason_ = std::move(reason);
}

}  // namespace dcx::engine
