#include "app/venue_view.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/anchor_metrics.h"
#include "app/custody_metrics.h"
#include "app/projection_metrics.h"
#include "app/proof_metrics.h"

namespace dcx::app {
namespace {

// How long a scrape waits for the feed's thread.
constexpr std::chrono::milliseconds kFeedLimit{250};

void append_gateway(PrometheusText& out, const gateway::GatewayMetrics& m) {
    out.counter("dcx_gateway_connections_total", m.connections_accepted.get(), "Order entry connections accepted.");
    out.gauge("dcx_gateway_connections", m.connections_open.get(), "Order entry connections open.");
    out.gauge("dcx_gateway_shm_clients", m.shm_open.get(), "Of the open connections, those over shared memory.");
    out.counter("dcx_gateway_shm_refused_total", m.shm_refused.get(), "Clients not admitted to shared memory.");
    out.counter("dcx_gateway_sessions_total", m.sessions_established.get(), "Sessions established.");
    out.gauge("dcx_gateway_sessions", m.sessions_open.get(), "Sessions open.");
    out.counter("dcx_gateway_commands_total", m.commands.get(), "Clients' commands handed to the engine.");
    out.counter("dcx_gateway_events_total", m.events.get(), "Events read from the engine.");
    out.counter("dcx_gateway_reports_total", m.reports.get(), "Reports queued to connections.");
    out.counter("dcx_gateway_reports_away_total", m.reports_away.get(), "Reports of sessions that are not connected.");
    out.counter("dcx_gateway_queries_total", m.queries.get(), "Queries answered.");
    out.counter("dcx_gateway_stalls_total", m.stalls.get(), "Times a connection waited for room in the command ring.");
    out.counter("dcx_gateway_lost_commands_total", m.lost_commands.get(),
                "Commands refused without a session to tell: a bug when not 0.");
    out.counter("dcx_gateway_not_applied_total", m.not_applied.get(),
                "Commands and heartbeats told that their number is not the next one.");
    out.counter("dcx_gateway_throttled_total", m.messages_throttled.get(), "Messages beyond their session's rate.");
    out.counter("dcx_gateway_reports_again_total", m.reports_again.get(), "Reports sent again.");
    out.counter("dcx_gateway_retransmits_total", m.retransmits.get(), "Requests for reports that were carried out.");
    out.counter("dcx_gateway_retransmits_archived_total", m.retransmits_archived.get(), "Of them from the journal.");
    out.family("dcx_gateway_terminates_total", "counter", "Sessions ended by the gateway.");
    for (std::size_t code = 1; code < gateway::kTerminateCodes; ++code)
        if (const auto count = m.terminated[code].get(); count > 0)
            out.sample("code", to_string(static_cast<TerminateCode>(code)), count);
}

// Resident bytes of this process.
std::uint64_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    in >> total >> resident;
    return resident * 4096;
}

}  // namespace

Readiness VenueView::readiness() const {
    const engine::EngineStatus& status = parts_.engine.status();
    return {.ready = status.accepting() && parts_.gateway.ready(),
            .failed = status.failed(),
            .state = std::string{to_string(status.state())},
            .reason = status.reason()};
}

void VenueView::add_details(nlohmann::ordered_json& out) const {
    out["sequence"] = parts_.engine.applied().value;
    out["durable"] = parts_.engine.durable().value;
    if (parts_.auditing != nullptr) {
        const engine::Auditor& auditor = parts_.auditing->auditor();
        out["audited"] = auditor.sequence().value;
        out["snapshot"] = auditor.health().snapshot_sequence.load(std::memory_order_acquire);
        if (const std::string reason = auditor.reason(); !reason.empty()) out["auditor"] = reason;
    }
    if (parts_.auditing != nullptr && parts_.auditing->proof() != nullptr)
        out["proof"] = proof_details(*parts_.auditing->proof());
    if (parts_.anchors != nullptr) out["anchors"] = anchor_details(*parts_.anchors);
    for (const auto& [name, projection] : {std::pair{"history", parts_.history}, std::pair{"cache", parts_.cache}}) {
        if (projection == nullptr) continue;
        const ProjectionState state = projection->state();
        out[name] = projection_details(state, projection->lag_ns(state));
    }
    if (parts_.custody != nullptr) out["custody"] = custody_details(*parts_.custody);
    out["durability"] = parts_.journal.empty() ? "memory" : "disk";
    out["simulated"] = parts_.simulated;
    out["threads"] = parts_.placement.report();
    out["memory"] = parts_.memory.report();
}

void VenueView::append_metrics(PrometheusText& out) {
    // The durable one first: read in the other order it could be the higher of the two.
    const std::uint64_t durable = parts_.engine.durable().value;
    const std::uint64_t applied = parts_.engine.applied().value;
    out.gauge("dcx_engine_accepting", parts_.engine.status().accepting() ? 1 : 0, "1 while commands are taken.");
    out.gauge("dcx_engine_applied_sequence", applied, "Last command applied.");
    out.gauge("dcx_engine_durable_sequence", durable, "Last command durable: events are seen up to it.");
    out.gauge("dcx_engine_undurable_commands", applied > durable ? applied - durable : 0,
              "Commands applied that the disk has not confirmed yet.");
    out.gauge("dcx_engine_epoch", parts_.engine.start_report().epoch, "Starts of this venue.");
    out.gauge("dcx_engine_log_ahead_seconds",
              static_cast<std::uint64_t>(parts_.engine.start_report().log_ahead_ns / 1'000'000'000),
              "How far the journal's last time was in the future when it was opened.");
    out.family("dcx_worker_rounds_total", "counter", "Turns of each thread: one that stands still hangs.");
    for (std::size_t i = 0; i < parts_.workers.size(); ++i)
        out.sample("worker", parts_.worker_names[i], parts_.workers[i]->rounds());
    if (parts_.auditing != nullptr) out.sample("worker", "dcx-auditor", parts_.auditing->worker().rounds());
    append_gateway(out, parts_.gateway.metrics());
    append_auditor(out);
    if (parts_.auditing != nullptr && parts_.auditing->proof() != nullptr)
        append_proof(out, *parts_.auditing->proof(), parts_.engine.durable());
    if (parts_.anchors != nullptr) append_anchors(out, *parts_.anchors, platform::SystemClock{}.wall_ns());
    append_projections(out);
    if (parts_.custody != nullptr) append_custody(out, *parts_.custody);
    append_disk(out);
    append_machine(out);
    out.gauge("dcx_process_resident_bytes", resident_bytes(), "Memory of this process.");
    const auto feed = parts_.feeds.metrics(kFeedLimit);
    out.gauge("dcx_feed_answers", feed.has_value() ? 1 : 0, "1 when the feed's threads gave their metrics in time.");
    if (feed) out.append(*feed);
}

void VenueView::append_auditor(PrometheusText& out) const {
    if (parts_.auditing == nullptr) return;
    const engine::AuditorHealth& health = parts_.auditing->auditor().health();
    const std::uint64_t audited = health.sequence.load(std::memory_order_acquire);
    const std::uint64_t durable = parts_.engine.durable().value;
    out.gauge("dcx_auditor_failed", health.failed ? 1 : 0, "1 when the auditor found a difference: the venue halts.");
    out.gauge("dcx_auditor_sequence", audited, "Last command audited.");
    out.gauge("dcx_auditor_lag_commands", durable > audited ? durable - audited : 0,
              "Durable commands that are not audited yet.");
    out.counter("dcx_auditor_checkpoints_total", health.checkpoints, "Checkpoints compared, all of them equal.");
    out.counter("dcx_auditor_invariants_total", health.invariants, "Times that all invariants were found to hold.");
    out.counter("dcx_snapshots_total", health.snapshots, "Snapshots taken since the start.");
    out.counter("dcx_snapshot_failures_total", health.snapshot_failures, "Snapshots that could not be written.");
    out.gauge("dcx_snapshot_sequence", health.snapshot_sequence, "Last command in the newest snapshot.");
    out.gauge("dcx_snapshot_time_seconds", static_cast<std::uint64_t>(health.snapshot_time / 1'000'000'000),
              "When the last snapshot since the start was taken, seconds since 1970.");
    out.gauge("dcx_snapshot_duration_milliseconds", static_cast<std::uint64_t>(health.snapshot_ns / 1'000'000),
              "How long it took.");
    out.gauge("dcx_retention_alarm", parts_.auditing->retention_alarm() ? 1 : 0,
              "1 when segments are kept for somebody who lags too far behind.");
}

void VenueView::append_projections(PrometheusText& out) const {
    const std::uint64_t durable = parts_.engine.durable().value;
    for (const auto& [append, projection] :
         {std::pair{&append_history, parts_.history}, std::pair{&append_cache, parts_.cache}}) {
        if (projection == nullptr) continue;
        const ProjectionState state = projection->state();
        append(out, state, projection->lag_ns(state), durable);
    }
}

void VenueView::append_machine(PrometheusText& out) const {
    out.family("dcx_thread_core", "gauge", "Core that a thread is pinned to; without a sample it floats.");
    for (const platform::PlacedThread& thread : parts_.placement.threads)
        if (thread.cpu) out.sample("thread", thread.name, *thread.cpu);
    out.family("dcx_memory_bytes", "gauge", "Memory of pools and rings, by the pages asked for.");
    out.sample("pages", "explicit_huge", parts_.memory.mapped(platform::PageKind::explicit_huge));
    out.sample("pages", "transparent_huge", parts_.memory.mapped(platform::PageKind::transparent_huge));
    out.sample("pages", "plain", parts_.memory.mapped(platform::PageKind::plain));
    out.gauge("dcx_memory_locked_bytes", parts_.memory.locked(), "Of them those that can't be swapped.");
    out.gauge("dcx_memory_pages_elsewhere", parts_.places.elsewhere,
              "Pages of a sample that were on another NUMA node than the threads that use them, at the start.");
}

void VenueView::append_disk(PrometheusText& out) const {
    if (parts_.journal.empty()) return;
    struct statvfs disk{};
    if (::statvfs(parts_.journal.c_str(), &disk) == 0)
        out.gauge("dcx_disk_free_bytes", std::uint64_t{disk.f_bavail} * disk.f_frsize, "Free for the journal.");
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(parts_.journal, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        std::error_code gone;
        const auto size = entry->file_size(gone);
        if (gone) continue;
        bytes += size;
        ++files;
    }
    out.gauge("dcx_journal_bytes", bytes, "Size of all files of the journal's folder.");
    out.gauge("dcx_journal_files", files, "Their number.");
}

}  // namespace dcx::app
