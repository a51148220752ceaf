#include "app/auditing.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "app/proof_work.h"
#include "journal/retention.h"

namespace dcx::app {
namespace {

// A second or less of replay.
constexpr std::uint64_t kWorthASnapshot = 1'000'000;

std::unique_ptr<journal::DiskStorage> open_folder(const std::string& path) {
    auto storage = journal::DiskStorage::open(path);
    if (!storage) throw std::runtime_error(storage.error().message);
    return std::move(*storage);
}

}  // namespace

Auditing::Auditing(engine::Engine& engine, const AuditingOptions& options)
    : engine_(engine),
      options_(options),
      journal_(open_folder(options.journal)),
      snapshots_(open_folder(options.snapshots)),
      archive_(options.archive.empty() ? nullptr : open_folder(options.archive)) {
    if (archive_) whole_ = std::make_unique<journal::ArchiveView>(*journal_, *archive_);
    auditor_ = std::make_unique<engine::Auditor>(engine::AuditorGround{.clock = clock_,
                                                                       .memory = memory_,
                                                                       .journal = *journal_,
                                                                       .archived = whole_.get(),
                                                                       .snapshots = snapshots_.get(),
                                                                       .durable = &engine.durable_sequence(),
                                                                       .observer = options.proof},
                                                 options.auditor);
    auditor_->on_difference([&engine](const std::string& what) { engine.halt(what); });
    auditor_->on_snapshot([this](const journal::SnapshotHeader& snapshot) { after_snapshot(snapshot); });
    platform::WorkerOptions worker;
    worker.thread = options.thread;
    worker.thread.name = "dcx-auditor";
    worker.thread.nice = 10;
    // It looks at the journal as often as it wants to: nobody rings for it.
    worker.spin_rounds = 0;
    worker.yield_rounds = 0;
    std::vector<platform::Pollable*> work{auditor_.get()};
    if (options.proof != nullptr) work.push_back(options.proof);
    worker_ = std::make_unique<platform::Worker>(worker, bell_, std::move(work));
}

void Auditing::after_snapshot(const journal::SnapshotHeader& snapshot) {
    if (options_.log != nullptr)
        options_.log->info("auditor", "snapshot",
                           {{"sequence", snapshot.sequence},
                            {"bytes", std::uint64_t{snapshot.stored} * journal::kSnapshotBlock},
                            {"ms", auditor_->health().snapshot_ns.load(std::memory_order_relaxed) / 1'000'000},
                            {"state_hash", to_hex(snapshot.state_hash)}});
    if (options_.keep_segments != 0 && archive_) retire_segments();
}

void Auditing::retire_segments() {
    std::vector<journal::Holder> holders{{.name = "auditor", .segment = auditor_->place().segment}};
    const auto names = journal::list_snapshots(*snapshots_);
    for (const std::string& name : names.value_or(std::vector<std::string>{})) {
        const auto header = journal::Snapshot::read_header(*snapshots_, name);
        // One that can't be read holds everything: the start that passes it over needs what lies before it.
        holders.push_back({.name = name, .segment = header ? header->segment : 0});
    }
    const auto retired =
        journal::retire_segments(*journal_, archive_.get(), holders, {.keep_segments = options_.keep_segments});
    retention_alarm_.store(retired && retired->alarm.has_value(), std::memory_order_relaxed);
    if (options_.log == nullptr) return;
    if (!retired)
        options_.log->error("journal", "segments could not be archived", {{"reason", retired.error().message}});
    else if (retired->alarm)
        options_.log->error("journal", "no segment is deleted", {{"reason", *retired->alarm}});
    else if (!retired->removed.empty())
        options_.log->info("journal", "segments archived",
                           {{"first", retired->removed.front()},
                            {"count", retired->removed.size()},
                            {"bytes", retired->bytes},
                            {"packed_bytes", retired->packed_bytes}});
}

Auditing::~Auditing() { stop(); }

void Auditing::start() {
    if (const auto started = worker_->start(); !started) throw std::runtime_error(started.error());
}

bool Auditing::finish(int limit_ms) {
    using clock = std::chrono::steady_clock;
    const auto end = clock::now() + std::chrono::milliseconds(limit_ms);
    const Sequence last = engine_.durable();
    const engine::AuditorHealth& health = auditor_->health();
    const auto behind = [&] { return last.value - std::min(last.value, health.snapshot_sequence.load()); };
    if (behind() > kWorthASnapshot) auditor_->request_snapshot(last);
    while (!health.failed && (auditor_->sequence() < last || behind() > kWorthASnapshot)) {
        if (clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

Sequence Auditing::request_snapshot() {
    const Sequence durable = engine_.durable();
    auditor_->request_snapshot(durable);
    return durable;
}

void Auditing::stop() {
    const bool running = worker_->running();
    worker_->stop();
    // What is not put down is made again from the journal: no more than time is lost.
    if (running && options_.proof != nullptr) static_cast<void>(options_.proof->flush());
}

}  // namespace dcx::app
