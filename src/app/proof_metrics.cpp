#include "app/proof_metrics.h"

#include <nlohmann/json.hpp>
#include <string>

#include "app/proof_work.h"

namespace dcx::app {

void append_proof(PrometheusText& out, const ProofWork& proof, Sequence durable) {
    const proof::RecorderHealth& health = proof.health();
    // A checkpoint's last command is on the disk: read in the other order it could seem not to be.
    const std::uint64_t checkpoint = health.checkpoint.load(std::memory_order_acquire);
    const std::uint64_t signed_sequence = health.checkpoint_sequence.load(std::memory_order_relaxed);
    const std::uint64_t recorded = health.sequence.load(std::memory_order_acquire);
    out.gauge("dcx_proof_checkpoint", checkpoint, "Number of the newest signed checkpoint.");
    out.gauge("dcx_proof_checkpoint_sequence", signed_sequence, "Its last command.");
    out.gauge("dcx_proof_checkpoint_time_seconds",
              static_cast<std::uint64_t>(health.checkpoint_time.load(std::memory_order_relaxed) / 1'000'000'000),
              "The log's time then, seconds since 1970.");
    out.gauge("dcx_proof_checkpoint_duration_milliseconds",
              static_cast<std::uint64_t>(health.checkpoint_ns.load(std::memory_order_relaxed) / 1'000'000),
              "How long the last one since the start took.");
    out.gauge("dcx_proof_recorded_sequence", recorded, "Last command whose leaves are on the disk.");
    out.gauge("dcx_proof_event_leaves", health.events.load(std::memory_order_relaxed),
              "Leaves of the event tree there.");
    out.gauge("dcx_proof_lag_commands", durable.value > recorded ? durable.value - recorded : 0,
              "Durable commands whose leaves are not: in memory, or not audited yet.");
    out.gauge("dcx_proof_blocked", proof.reason().empty() ? 0 : 1,
              "1 while nothing can be recorded: the auditor and its snapshots wait for that.");
    out.counter("dcx_proof_failures_total", proof.failures(), "Times that something could not be recorded.");
}

nlohmann::ordered_json proof_details(const ProofWork& proof) {
    const proof::RecorderHealth& health = proof.health();
    nlohmann::ordered_json out;
    out["checkpoint"] = health.checkpoint.load(std::memory_order_acquire);
    out["sequence"] = health.checkpoint_sequence.load(std::memory_order_relaxed);
    out["recorded"] = health.sequence.load(std::memory_order_acquire);
    if (const std::string reason = proof.reason(); !reason.empty()) out["reason"] = reason;
    return out;
}

}  // namespace dcx::app
