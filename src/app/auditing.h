// The auditor of a running venue on a thread of its own, with views of its own of the two folders and memory of its
// own, so that nothing of the engine's can mislead it. It gives way to all other threads. One owner thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/memory.h"
#include "engine/auditor.h"
#include "engine/engine.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"
#include "platform/doorbell.h"
#include "platform/log.h"
#include "platform/system_clock.h"
#include "platform/worker.h"

namespace dcx::app {

class ProofWork;

struct AuditingOptions {
    std::string journal;  // folders
    std::string snapshots;
    std::string archive;              // empty: none, and no segment goes
    std::uint64_t keep_segments = 0;  // 0: all
    engine::AuditorOptions auditor;
    ProofWork* proof = nullptr;      // shown what was audited, on this thread; none: nobody is
    platform::ThreadOptions thread;  // where it runs
    platform::Log* log = nullptr;
};

class Auditing {
  public:
    // Halts the engine when it finds a difference. Throws std::runtime_error when a folder can't be opened.
    Auditing(engine::Engine& engine, const AuditingOptions& options);
    ~Auditing();
    Auditing(const Auditing&) = delete;
    Auditing& operator=(const Auditing&) = delete;

    void start();
    // The engine has stopped: audits the rest, and takes a last snapshot when the next start would otherwise replay
    // much. Bounded by `limit_ms`; false when that was too short.
    bool finish(int limit_ms);
    void stop();
    // A snapshot of at least all that is durable now, which is told. Any thread.
    Sequence request_snapshot();

    // Segments are kept although they should go: somebody who needs them lags too far behind. Any thread.
    [[nodiscard]] bool retention_alarm() const { return retention_alarm_.load(std::memory_order_relaxed); }
    // Null when there is none. Any thread.
    [[nodiscard]] ProofWork* proof() const { return options_.proof; }
    [[nodiscard]] const platform::Worker& worker() const { return *worker_; }
    [[nodiscard]] engine::Auditor& auditor() { return *auditor_; }
    [[nodiscard]] const engine::Auditor& auditor() const { return *auditor_; }

  private:
    void after_snapshot(const journal::SnapshotHeader& snapshot);
    void retire_segments();

    engine::Engine& engine_;
    AuditingOptions options_;
    platform::SystemClock clock_;
    HeapMemory memory_;  // zero pages until they are used: a venue's capacities are seldom filled
    std::unique_ptr<journal::DiskStorage> journal_;
    std::unique_ptr<journal::DiskStorage> snapshots_;
    std::unique_ptr<journal::DiskStorage> archive_;
    std::unique_ptr<journal::ArchiveView> whole_;  // the journal and its archive
    std::atomic<bool> retention_alarm_{false};
    platform::Doorbell bell_;
    std::unique_ptr<engine::Auditor> auditor_;
    std::unique_ptr<platform::Worker> worker_;
};

}  // namespace dcx::app
