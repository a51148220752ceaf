#include "app/journal_room.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <utility>

#include "history/history_error.h"

namespace dcx::app {
namespace {

constexpr std::int64_t kLookEveryNs = 100'000'000;

}  // namespace

JournalRoom::JournalRoom(std::string file, std::string journal, std::uint64_t segment_bytes, Clock& clock)
    : journal_(std::move(journal)), reserve_(kSegments * segment_bytes + kTransaction), clock_(clock) {
    if (file.empty()) return;
    folder_ = std::filesystem::path(file).parent_path().string();
    if (folder_.empty()) folder_ = ".";
}

const std::string& JournalRoom::refusal() {
    const std::int64_t now = clock_.monotonic_ns();
    if (now - looked_ns_ >= kLookEveryNs) {
        looked_ns_ = now;
        refusal_ = look();
    }
    return refusal_;
}

// What can't be looked at is the store's to tell.
std::string JournalRoom::look() const {
    struct stat store{};
    struct stat journal{};
    struct statvfs disk{};
    if (folder_.empty() || ::stat(folder_.c_str(), &store) != 0 || ::stat(journal_.c_str(), &journal) != 0 ||
        store.st_dev != journal.st_dev || ::statvfs(folder_.c_str(), &disk) != 0)
        return {};
    if (std::uint64_t{disk.f_bavail} * disk.f_frsize >= reserve_) return {};
    return history::HistoryError(history::ErrorCode::disk_full,
                                 "on the disk of " + folder_ + " there are less than " +
                                     std::to_string(reserve_ >> 20) +
                                     " MiB, which are left for the journal; make room (dcx history prune), or put "
                                     "the store on another disk (history.url)")
        .what();
}

}  // namespace dcx::app
