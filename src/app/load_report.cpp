#include "app/load_report.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kPercentiles{std::pair{"p50", 50.0}, std::pair{"p90", 90.0}, std::pair{"p99", 99.0},
                                  std::pair{"p99_9", 99.9}, std::pair{"max", 100.0}};

// Stages that compare the client's clock with the venue's mean nothing on two machines.
bool known(const LoadResult& result, std::size_t stage) {
    const auto which = LoadStage{static_cast<std::uint8_t>(stage)};
    return result.same_machine || (which != LoadStage::in && which != LoadStage::out);
}

Json latency_json(const NanosecondHistogram& histogram) {
    Json out;
    for (const auto& [name, percent] : kPercentiles) out[name] = histogram.percentile(percent);
    return out;
}

Json point_json(const LoadResult& result, const market::LoadPoint& point, const LoadTally& tally) {
    Json stages = Json::object();
    for (std::size_t i = 0; i < kLoadStages.size(); ++i)
        if (known(result, i)) stages[kLoadStages[i]] = latency_json(tally.stages[i]);
    Json rejects = Json::object();
    for (const auto& [reason, count] : tally.rejects) rejects[std::string(to_string(reason))] = count;
    return {{"rate", point.rate},
            {"achieved", std::llround(point.achieved())},
            {"sent", tally.sent},
            {"unsent", tally.unsent},
            {"answered", point.commands},
            {"reports", tally.reports},
            {"fills", tally.fills},
            {"latency_ns", latency_json(point.latency)},
            {"rejects", std::move(rejects)},
            {"stages_ns", std::move(stages)}};
}

template <class... Values>
void append(std::string& out, const char* format, Values... values) {
    char line[256];
    const int size = std::snprintf(line, sizeof line, format, values...);
    out.append(line, std::min(sizeof line - 1, static_cast<std::size_t>(std::max(size, 0))));
}

void append_latency(std::string& out, const NanosecondHistogram& histogram) {
    for (const auto& [name, percent] : kPercentiles)
        append(out, " %10.1f", static_cast<double>(histogram.percentile(percent)) / 1000);
}

// Whose stages are told: the knee's; without one the lowest rate's.
std::size_t shown_point(const LoadResult& result) {
    const double knee = result.curve.knee();
    for (std::size_t i = 0; i < result.tallies.size(); ++i)
        if (result.curve.points[i].rate == knee) return i;
    return 0;
}

void append_stages(std::string& out, const LoadResult& result, std::size_t point) {
    append(out, "\nat %10.0f/s %10s %10s %10s %10s %10s\n", result.curve.points[point].rate, "p50", "p90", "p99",
           "p99.9", "max");
    for (std::size_t stage = 0; stage < kLoadStages.size(); ++stage) {
        if (!known(result, stage)) continue;
        append(out, "%-15s", kLoadStages[stage]);
        append_latency(out, result.tallies[point].stages[stage]);
        out += '\n';
    }
    for (const auto& [reason, count] : result.tallies[point].rejects)
        append(out, "refused %s: %llu\n", std::string(to_string(reason)).c_str(),
               static_cast<unsigned long long>(count));
}

}  // namespace

std::string load_json(const LoadResult& result) {
    Json points = Json::array();
    for (std::size_t i = 0; i < result.tallies.size(); ++i)
        points.push_back(point_json(result, result.curve.points[i], result.tallies[i]));
    Json out{{"venue", result.venue},
             {"door", result.door},
             {"durability", result.durability == Durability::disk ? "disk" : "memory"},
             {"market", result.market},
             {"mix", result.mix},
             {"clients", result.clients},
             {"session_rate", result.session_rate},
             {"points", std::move(points)}};
    if (result.ramp) {
        out["saturation"] = std::llround(result.curve.saturation);
        out["knee"] = std::llround(result.curve.knee());
    }
    return out.dump();
}

std::string load_text(const LoadResult& result) {
    std::string out;
    append(out, "%s by %s, durability %s, %u clients, %s, mix %s; us from due to answered\n\n", result.venue.c_str(),
           result.door.c_str(), result.durability == Durability::disk ? "disk" : "memory", result.clients,
           result.market.c_str(), result.mix.c_str());
    if (result.session_rate > 0)
        append(out, "the venue takes %u messages/s of a session: gateway.messages_per_second\n\n", result.session_rate);
    append(out, "%12s %12s %10s %10s %10s %10s %10s %10s %10s\n", "rate/s", "achieved/s", "p50", "p90", "p99", "p99.9",
           "max", "unsent", "rejects");
    for (std::size_t i = 0; i < result.tallies.size(); ++i) {
        const LoadTally& tally = result.tallies[i];
        std::uint64_t rejects = 0;
        for (const auto& [reason, count] : tally.rejects) rejects += count;
        append(out, "%12.0f %12.0f", result.curve.points[i].rate, result.curve.points[i].achieved());
        append_latency(out, result.curve.points[i].latency);
        append(out, " %10llu %10llu\n", static_cast<unsigned long long>(tally.unsent),
               static_cast<unsigned long long>(rejects));
    }
    if (result.ramp) append(out, "\nsaturation %.0f/s, knee %.0f/s\n", result.curve.saturation, result.curve.knee());
    append_stages(out, result, shown_point(result));
    return out;
}

}  // namespace dcx::app
