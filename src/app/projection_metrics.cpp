#include "app/projection_metrics.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace dcx::app {
namespace {

std::uint64_t behind(const ProjectionState& state, std::uint64_t durable) {
    return durable - std::min(durable, state.sequence);
}
std::uint64_t up(const ProjectionState& state) { return state.stage == ProjectionState::Stage::running ? 1 : 0; }

}  // namespace

void append_history(PrometheusText& out, const ProjectionState& state, std::int64_t lag_ns, std::uint64_t durable) {
    out.gauge("dcx_history_up", up(state), "1 while the history store takes what it is given.");
    out.gauge("dcx_history_sequence", state.sequence, "Last command stored.");
    out.gauge("dcx_history_lag_commands", behind(state, durable), "Durable commands that are not stored yet.");
    out.seconds("dcx_history_lag_seconds", lag_ns, "Age of the oldest of them, at most.");
    out.counter("dcx_history_rows_total", state.rows, "Rows stored since the start.");
    out.counter("dcx_history_commits_total", state.commits, "Transactions since the start.");
    out.counter("dcx_history_errors_total", state.errors, "Errors of the store since the start.");
    out.seconds("dcx_history_commit_seconds", state.commit_ns, "How long the last transaction took.");
    out.counter("dcx_history_laps_total", state.laps, "Times that the event ring had overtaken it.");
    out.counter("dcx_history_replays_total", state.replays, "Times that it read the journal instead.");
}

void append_cache(PrometheusText& out, const ProjectionState& state, std::int64_t lag_ns, std::uint64_t durable) {
    out.gauge("dcx_cache_up", up(state), "1 while the balance cache is whole and takes what it is given.");
    out.gauge("dcx_cache_sequence", state.sequence, "Last command that is in the cache.");
    out.gauge("dcx_cache_lag_commands", behind(state, durable), "Durable commands that are not in it yet.");
    out.seconds("dcx_cache_lag_seconds", lag_ns, "Age of the oldest of them, at most.");
    out.counter("dcx_cache_balances_total", state.rows, "Balances written since the start.");
    out.counter("dcx_cache_commits_total", state.commits, "Transactions since the start.");
    out.counter("dcx_cache_errors_total", state.errors, "Errors of the cache since the start.");
    out.seconds("dcx_cache_commit_seconds", state.commit_ns, "How long the last transaction took.");
    out.counter("dcx_cache_laps_total", state.laps, "Times that the event ring had overtaken it.");
    out.counter("dcx_cache_replays_total", state.replays, "Times that it read the journal instead.");
}

nlohmann::ordered_json projection_details(const ProjectionState& state, std::int64_t lag_ns) {
    nlohmann::ordered_json out{{"store", state.store},
                               {"stage", to_string(state.stage)},
                               {"sequence", state.sequence},
                               {"lag_ms", lag_ns / 1'000'000}};
    if (!state.reason.empty()) out["reason"] = state.reason;
    return out;
}

}  // namespace dcx::app
