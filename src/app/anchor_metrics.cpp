#include "app/anchor_metrics.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "app/anchor_work.h"

namespace dcx::app {

void append_anchors(PrometheusText& out, const AnchorWork& anchors, std::int64_t now_ns) {
    const auto states = anchors.states();
    const auto family = [&](const char* name, const char* type, const char* help, const auto& value) {
        out.family(name, type, help);
        for (const AnchorPlaceState& state : states) out.sample("place", chain::to_string(state.place), value(state));
    };
    using State = const AnchorPlaceState&;
    family("dcx_anchor_checkpoint", "gauge", "Newest checkpoint that was seen in its place.",
           [](State s) { return s.counts.newest_confirmed; });
    family("dcx_anchor_open", "gauge", "Anchors that wait or are under way.", [](State s) { return s.counts.open; });
    family("dcx_anchor_oldest_open_seconds", "gauge", "How long the oldest of them has waited.", [&](State s) {
        const std::int64_t age = s.oldest_open_ns == 0 ? 0 : (now_ns - s.oldest_open_ns) / 1'000'000'000;
        return static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0));
    });
    family("dcx_anchor_confirmed", "gauge", "Anchors that are in their place.",
           [](State s) { return s.counts.confirmed; });
    family("dcx_anchor_lost", "gauge", "Anchors that are there no more, or never were.",
           [](State s) { return s.counts.lost; });
    family("dcx_anchor_blocked", "gauge", "1 while a place does not go on.",
           [](State s) { return std::uint64_t{s.error.empty() ? 0u : 1u}; });
    family("dcx_anchor_errors_total", "counter", "Rounds that ended in an error.", [](State s) { return s.errors; });
    family("dcx_anchor_history_changes_total", "counter", "Times that a place had another history than before.",
           [](State s) { return s.changes; });
    out.gauge("dcx_anchor_failed", anchors.reason().empty() ? 0 : 1,
              "1 while the queue of anchors or the checkpoints can't be read or written.");
}

nlohmann::ordered_json anchor_details(const AnchorWork& anchors) {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (const AnchorPlaceState& state : anchors.states()) {
        nlohmann::ordered_json place{{"checkpoint", state.counts.newest_confirmed}, {"open", state.counts.open}};
        if (!state.error.empty()) place["reason"] = state.error;
        out[std::string{chain::to_string(state.place)}] = std::move(place);
    }
    if (const std::string reason = anchors.reason(); !reason.empty()) out["reason"] = reason;
    return out;
}

}  // namespace dcx::app
