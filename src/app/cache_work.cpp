#include "app/cache_work.h"

#include <optional>
#include <utility>

namespace dcx::app {
namespace {

// The event ring rings no bell.
constexpr int kLookMs = 5;

ProjectionState::Stage stage_of(history::BalanceCacheHealth::Stage stage) {
    switch (stage) {
        // Not ready for readers, as far as they are concerned not there.
        case history::BalanceCacheHealth::Stage::opening:
        case history::BalanceCacheHealth::Stage::rebuilding: return ProjectionState::Stage::opening;
        case history::BalanceCacheHealth::Stage::running: return ProjectionState::Stage::running;
        case history::BalanceCacheHealth::Stage::retrying: return ProjectionState::Stage::retrying;
        case history::BalanceCacheHealth::Stage::stopped: break;
    }
    return ProjectionState::Stage::stopped;
}

}  // namespace

CacheWork::CacheWork(const engine::DurableSequence& durable, ProjectionOptions given)
    : ProjectionWork("cache", durable, std::move(given)) {
    history::BalanceCacheOptions settings;
    settings.url = options().url;
    settings.stop = &stopping();
    try {
        cache_ = std::make_unique<history::BalanceCache>(
            [this] { return std::make_unique<ProjectionLog>(options().log_ground, std::nullopt, clock(), counts()); },
            clock(), settings);
    } catch (const history::HistoryError& e) {
        refuse(e.what());
    }
}

int CacheWork::max_sleep_ms() { return kLookMs; }

ProjectionState CacheWork::look() const {
    ProjectionState state;
    state.store = "redis";
    if (cache_ == nullptr) return state;
    const history::BalanceCacheHealth& health = cache_->health();
    state.store = cache_->name();
    state.stage = stage_of(health.stage.load(std::memory_order_acquire));
    state.reason = cache_->reason();
    state.sequence = health.sequence.load(std::memory_order_relaxed);
    state.time = health.time.load(std::memory_order_relaxed);
    state.rows = health.balances.load(std::memory_order_relaxed);
    state.commits = health.writes.load(std::memory_order_relaxed);
    state.errors = health.errors.load(std::memory_order_relaxed);
    state.commit_ns = health.write_ns.load(std::memory_order_relaxed);
    return state;
}

}  // namespace dcx::app
