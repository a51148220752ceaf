#include "app/projection_watch.h"

#include <algorithm>
#include <utility>

namespace dcx::app {
namespace {

// A recovery is told when it has lasted so long: a store that fails at every second commit makes no flood.
constexpr std::int64_t kWellNs = 2'000'000'000;

}  // namespace

std::string_view to_string(ProjectionState::Stage stage) {
    switch (stage) {
        case ProjectionState::Stage::opening: return "opening";
        case ProjectionState::Stage::running: return "running";
        case ProjectionState::Stage::retrying: return "retrying";
        case ProjectionState::Stage::stopped: return "stopped";
    }
    return "?";
}

ProjectionWatch::ProjectionWatch(std::string component, Clock& clock, platform::Log* log)
    : component_(std::move(component)), clock_(clock), log_(log), began_ns_(clock.wall_ns()) {}

std::int64_t ProjectionWatch::lag_ns(const ProjectionState& state, Sequence durable) const {
    const std::int64_t now = clock_.wall_ns();
    if (state.sequence >= durable.value) {
        stored_all_ns_.store(now, std::memory_order_relaxed);
        return 0;
    }
    std::int64_t since = state.waiting_time;
    if (since == 0) since = std::max(state.time, stored_all_ns_.load(std::memory_order_relaxed));
    if (since == 0) since = began_ns_;
    return std::max<std::int64_t>(now - since, 0);
}

void ProjectionWatch::look(const ProjectionState& state, Sequence durable) {
    const std::int64_t now = clock_.monotonic_ns();
    look_at_trouble(state, now);
    look_at_lag(state, durable, now);
}

void ProjectionWatch::look_at_trouble(const ProjectionState& state, std::int64_t now) {
    using Stage = ProjectionState::Stage;
    if (log_ == nullptr) return;
    if (state.stage != Stage::running) well_ns_ = 0;
    switch (state.stage) {
        case Stage::opening: return;
        case Stage::stopped:
        case Stage::retrying: {
            if (told_reason_.empty()) began_trouble_ns_ = now;
            if (!told_reason_.empty() && (state.reason == told_reason_ || now - trouble_ns_ < kQuietNs)) return;
            told_reason_ = state.reason;
            trouble_ns_ = now;
            const char* const what = state.stage == Stage::stopped
                                         ? "stopped: nothing is stored until that is mended; trading goes on"
                                         : "can't store: it is tried again until it works; trading goes on";
            log_->error(component_, what, {{"store", state.store}, {"reason", state.reason}});
            return;
        }
        case Stage::running: break;
    }
    if (well_ns_ == 0) well_ns_ = now;
    if (!std::exchange(opened_, true) && told_reason_.empty())
        log_->info(component_, "opened", {{"store", state.store}, {"sequence", state.sequence}});
    if (told_reason_.empty() || now - well_ns_ < kWellNs) return;
    told_reason_.clear();
    log_->info(
        component_, "stores again",
        {{"store", state.store}, {"sequence", state.sequence}, {"seconds", (well_ns_ - began_trouble_ns_) / kSecond}});
}

void ProjectionWatch::look_at_lag(const ProjectionState& state, Sequence durable, std::int64_t now) {
    if (state.stage == ProjectionState::Stage::opening) return;
    const std::int64_t lag = lag_ns(state, durable);
    if (lag < kCaughtUpNs) {
        was_level_ = true;
        if (std::exchange(behind_, false) && log_ != nullptr)
            log_->info(component_, "has caught up", {{"store", state.store}, {"sequence", state.sequence}});
        return;
    }
    // Why it does not come on was told.
    if (lag < kBehindNs || state.stage != ProjectionState::Stage::running) return;
    if (behind_ && now - lag_told_ns_ < kTellEveryNs) return;
    const double seconds = static_cast<double>(now - lag_told_ns_) / kSecond;
    const double rate = behind_ ? static_cast<double>(state.sequence - lag_told_sequence_) / seconds : 0;
    if (log_ != nullptr)
        // What it had to do at the start is nothing to worry about.
        log_->write(was_level_ ? platform::LogLevel::warning : platform::LogLevel::info, component_,
                    was_level_ ? "falls behind; trading goes on" : "catches up",
                    {{"store", state.store},
                     {"sequence", state.sequence},
                     {"commands", durable.value - std::min(durable.value, state.sequence)},
                     {"seconds", lag / kSecond},
                     {"commands_per_second", rate}});
    behind_ = true;
    lag_told_ns_ = now;
    lag_told_sequence_ = state.sequence;
}

}  // namespace dcx::app
