#include "app/journal_folder.h"

#include <cerrno>
#include <filesystem>
#include <utility>

namespace dcx::app {

journal::Result<std::unique_ptr<journal::DiskStorage>> open_existing(const std::string& folder) {
    // Opening a storage makes its folder; looking must not make one where there is none.
    if (!std::filesystem::is_directory(folder))
        return std::unexpected(journal::StorageError{folder + " is not a folder", ENOENT});
    return journal::DiskStorage::open(folder);
}

journal::Result<JournalFolder> JournalFolder::open(const std::string& folder, const std::string& archive) {
    JournalFolder opened;
    auto live = open_existing(folder);
    if (!live) return std::unexpected(std::move(live.error()));
    opened.live_ = std::move(*live);
    if (archive.empty()) return opened;
    auto packed = open_existing(archive);
    if (!packed) return std::unexpected(std::move(packed.error()));
    opened.archive_ = std::move(*packed);
    opened.view_ = std::make_unique<journal::ArchiveView>(*opened.live_, *opened.archive_);
    return opened;
}

}  // namespace dcx::app
