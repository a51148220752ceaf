#include "app/projection_log.h"

#include <utility>

#include "app/journal_folder.h"
#include "history/history_error.h"

namespace dcx::app {

std::unique_ptr<journal::DiskStorage> open_for_reading(const std::string& folder) {
    auto storage = open_existing(folder);
    if (!storage) throw history::HistoryError(history::ErrorCode::log_unreadable, storage.error().message);
    return std::move(*storage);
}

ProjectionLog::ProjectionLog(const Ground& ground, const std::optional<engine::LogMark>& from, Clock& clock,
                             Counts& counts)
    : journal_(open_for_reading(ground.journal)),
      snapshots_(open_for_reading(ground.snapshots)),
      archive_(ground.archive.empty() ? nullptr : open_for_reading(ground.archive)),
      counts_(counts) {
    if (archive_) whole_ = std::make_unique<journal::ArchiveView>(*journal_, *archive_);
    engine::PublicLog::Options options;
    options.descriptor = ground.ring;
    options.from = from;
    source_ = std::make_unique<PublicSource>(
        engine::PastEvents::Ground{.journal = *journal_, .archived = whole_.get(), .snapshots = snapshots_.get()},
        clock, options);
}

std::span<const Event> ProjectionLog::peek(std::size_t max) {
    const auto events = source_->peek(max);
    count();
    return events;
}

void ProjectionLog::count() {
    const engine::PublicLog& log = source_->log();
    counts_.replays.fetch_add(log.replays() - std::exchange(replays_, log.replays()), std::memory_order_relaxed);
    counts_.laps.fetch_add(log.laps() - std::exchange(laps_, log.laps()), std::memory_order_relaxed);
}

}  // namespace dcx::app
