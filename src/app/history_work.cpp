#include "app/history_work.h"

#include <algorithm>
#include <utility>

namespace dcx::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// After an error that does not pass by itself.
constexpr std::int64_t kFirstWaitNs = 10 * kSecond;
constexpr std::int64_t kLastWaitNs = 300 * kSecond;
constexpr int kLookMs = 50;

ProjectionState::Stage stage_of(history::ProjectorHealth::Stage stage) {
    switch (stage) {
        case history::ProjectorHealth::Stage::opening: return ProjectionState::Stage::opening;
        case history::ProjectorHealth::Stage::running: return ProjectionState::Stage::running;
        case history::ProjectorHealth::Stage::retrying: return ProjectionState::Stage::retrying;
        case history::ProjectorHealth::Stage::stopped: break;
    }
    return ProjectionState::Stage::stopped;
}

}  // namespace

HistoryWork::HistoryWork(const engine::DurableSequence& durable, const std::string& kind, std::uint64_t segment_bytes,
                         ProjectionOptions given)
    : ProjectionWork("history", durable, std::move(given)),
      kind_(kind),
      room_(kind == "sqlite" ? options().url : std::string{}, options().log_ground.journal, segment_bytes, clock()),
      wait_ns_(kFirstWaitNs) {
    before_.store = kind;
    try {
        open();
    } catch (const history::HistoryError& e) {
        refuse(e.what());
    }
}

void HistoryWork::open() {
    auto store = history::make_store({.kind = kind_, .url = options().url, .stop = &stopping()});
    auto projector = std::make_unique<history::Projector>(
        *store,
        [this](const history::Cursor& cursor) {
            return std::make_unique<ProjectionLog>(options().log_ground, mark_of(cursor), clock(), counts());
        },
        clock());
    const std::scoped_lock lock(mutex_);
    before_.store = store->name();
    store_ = std::move(store);
    projector_ = std::move(projector);
}

bool HistoryWork::work() {
    if (projector_ == nullptr) {
        if (clock().monotonic_ns() < again_at_ns_) return false;
        open();
    }
    const bool pruned = prune();
    if (!has_room()) return pruned;
    const bool worked = projector_->poll();
    switch (projector_->health().stage.load()) {
        case history::ProjectorHealth::Stage::stopped: let_go(); return true;
        case history::ProjectorHealth::Stage::running: wait_ns_ = kFirstWaitNs; break;
        default: break;
    }
    return worked || pruned;
}

bool HistoryWork::has_room() {
    const std::string& refusal = room_.refusal();
    if (refusal != no_room_) {
        const std::scoped_lock lock(mutex_);
        no_room_ = refusal;
        if (!refusal.empty()) ++before_.errors;
    }
    return refusal.empty();
}

void HistoryWork::let_go() {
    again_at_ns_ = clock().monotonic_ns() + wait_ns_;
    wait_ns_ = std::min(2 * wait_ns_, kLastWaitNs);
    std::unique_ptr<history::Store> store;
    {
        const std::scoped_lock lock(mutex_);
        before_ = look_locked();
        projector_.reset();
        store = std::move(store_);
    }
    // May have to wait for the store, and must not hold up who looks.
    store.reset();
}

int HistoryWork::max_sleep_ms() {
    return projector_ == nullptr || !no_room_.empty() ? kLookMs : projector_->max_sleep_ms();
}

void HistoryWork::request_prune(history::Day before) {
    const std::scoped_lock lock(mutex_);
    prune_ = before;
}

bool HistoryWork::prune() {
    if (projector_->health().stage != history::ProjectorHealth::Stage::running) return false;
    const std::string name = store_->name();
    std::optional<history::Day> before;
    {
        const std::scoped_lock lock(mutex_);
        before = std::exchange(prune_, std::nullopt);
    }
    if (!before) return false;
    platform::Log* const log = options().log;
    try {
        const std::uint64_t rows = store_->prune(*before);
        if (log != nullptr)
            log->info("history", "pruned", {{"store", name}, {"days_since_1970", before->value}, {"rows", rows}});
    } catch (const history::HistoryError& e) {
        if (log != nullptr) log->error("history", "could not be pruned", {{"store", name}, {"reason", e.what()}});
    }
    return true;
}

ProjectionState HistoryWork::look() const {
    const std::scoped_lock lock(mutex_);
    return look_locked();
}

ProjectionState HistoryWork::look_locked() const {
    ProjectionState state = before_;
    if (projector_ == nullptr) return state;
    const history::ProjectorHealth& health = projector_->health();
    const auto stage = stage_of(health.stage.load(std::memory_order_acquire));
    // What was wrong is so until it is known to be over.
    const bool stays = state.stage == ProjectionState::Stage::stopped && stage == ProjectionState::Stage::opening;
    if (!stays) {
        state.stage = stage;
        state.reason = projector_->reason();
        state.sequence = health.sequence.load(std::memory_order_relaxed);
        state.time = health.time.load(std::memory_order_relaxed);
        state.waiting_time = health.waiting_time.load(std::memory_order_relaxed);
        state.commit_ns = health.commit_ns.load(std::memory_order_relaxed);
    }
    state.rows += health.rows.load(std::memory_order_relaxed);
    state.commits += health.commits.load(std::memory_order_relaxed);
    state.errors += health.errors.load(std::memory_order_relaxed);
    if (!no_room_.empty()) {
        state.stage = ProjectionState::Stage::retrying;
        state.reason = no_room_;
    }
    return state;
}

}  // namespace dcx::app
