// ProjectionLog: the log of this process's venue as its projections read it: a PublicSource from the venue's event
// ring, with views of its own of the journal's folders, and counts that outlive it.
//
// One thread, but for Counts. Memory: a core, while it reads the journal.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "app/history_source.h"
#include "base/clock.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"

namespace dcx::app {

// A folder that is there; HistoryError log_unreadable otherwise.
[[nodiscard]] std::unique_ptr<journal::DiskStorage> open_for_reading(const std::string& folder);

class ProjectionLog final : public history::LogSource {
  public:
    struct Ground {
        std::string journal;  // folders
        std::string snapshots;
        std::string archive;  // empty: none
        int ring = -1;        // descriptor of the event ring; stays open while we live
    };
    // Of all sources of a projection together. Any thread.
    struct Counts {
        std::atomic<std::uint64_t> replays{0};
        std::atomic<std::uint64_t> laps{0};
    };
    // None: begins with the state. Clock and counts outlive it. Throws HistoryError.
    ProjectionLog(const Ground& ground, const std::optional<engine::LogMark>& from, Clock& clock, Counts& counts);

    std::span<const Event> peek(std::size_t max) override;
    void release(std::size_t count) override { source_->release(count); }
    [[nodiscard]] bool busy() const override { return source_->busy(); }
    [[nodiscard]] Progress progress() const override { return source_->progress(); }

  private:
    void count();

    std::unique_ptr<journal::DiskStorage> journal_;
    std::unique_ptr<journal::DiskStorage> snapshots_;
    std::unique_ptr<journal::DiskStorage> archive_;
    std::unique_ptr<journal::ArchiveView> whole_;
    std::unique_ptr<PublicSource> source_;
    Counts& counts_;
    std::uint64_t replays_ = 0;  // counted
    std::uint64_t laps_ = 0;
};

}  // namespace dcx::app
