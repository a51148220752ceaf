// A venue that waits beside a running one to take its place: it follows the journal as an auditor does, compares
// checkpoints, asks the running venue to hand over, and has the journal's lock the moment that one lets go of it. It
// begins with the state in memory, so that the pause is a few commands of replay. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/data_folder.h"
#include "app/stop_signals.h"
#include "engine/auditor.h"
#include "engine/engine_start.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"
#include "platform/huge_pages.h"
#include "platform/log.h"
#include "platform/system_clock.h"

namespace dcx::app {

struct ShadowOptions {
    std::string archive;                    // of the journal; empty: none
    std::uint64_t checkpoints = 3;          // compared before it asks
    std::uint32_t grace_ms = 30'000;        // for the sessions that have to reconnect
    platform::HugePageOptions memory = {};  // of the core
};

// What it hands to the venue that it becomes.
struct TakenOver {
    std::unique_ptr<platform::HugePageMemory> memory;  // of the core
    std::unique_ptr<journal::DiskStorage> journal;     // locked
    engine::WarmCore core;
    std::int64_t since_ns{};  // monotonic: when the running venue was asked, or was found gone
};

class Shadow {
  public:
    Shadow(const DataFolder& folder, const ShadowOptions& options, platform::Log& log);

    // Blocks until the venue is taken over; nothing when a stop was asked for. Throws StartRefused when the replay
    // differs from the running venue, which then goes on, and when that does not let go within a minute.
    std::unique_ptr<TakenOver> run(const StopSignals& signals);

  private:
    void follow();
    [[nodiscard]] bool locked();
    void ask(const char* action, const std::string& query = {});

    const DataFolder& folder_;
    ShadowOptions options_;
    platform::Log& log_;
    platform::SystemClock clock_;
    std::unique_ptr<platform::HugePageMemory> memory_;
    std::unique_ptr<journal::DiskStorage> journal_;
    std::unique_ptr<journal::DiskStorage> archive_;
    std::unique_ptr<journal::ArchiveView> whole_;  // the journal and its archive
    std::unique_ptr<journal::DiskStorage> snapshots_;
    std::unique_ptr<engine::Auditor> auditor_;
};

}  // namespace dcx::app
