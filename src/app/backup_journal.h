// What a backup must know of a journal's bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal/archive.h"
#include "journal/disk_storage.h"

namespace dcx::app {

// Names of the segments in a folder, sorted; none when the folder is not there.
[[nodiscard]] std::vector<std::string> list_segments(const std::string& folder);
// "00000000000000000001.journal.zst", packed.
[[nodiscard]] std::vector<std::string> list_archived(const std::string& folder);
[[nodiscard]] std::vector<std::string> list_snapshot_files(const std::string& folder);

// Where the batches end that the segment itself knows as durable, while it may be written: batch by batch by the
// headers alone, whose watermarks tell. Bytes before it never change.
[[nodiscard]] std::uint64_t durable_end(const std::string& segment);

struct JournalEnd {
    std::string venue_id;
    std::uint64_t sequence = 0;
    std::uint64_t batch = 0;
    std::string hash;
};
// Walks the whole journal of a data folder or a backup, its archive included, everything checked: from the first batch,
// or behind the oldest snapshot when older segments are gone. Throws std::runtime_error with the reader's words.
[[nodiscard]] JournalEnd walk_journal(const std::string& root);

// The journal of a data folder or a backup with the segments of its archive.
class JournalFolders {
  public:
    explicit JournalFolders(const std::string& root);

    [[nodiscard]] journal::Storage& journal() { return view_ ? *view_ : static_cast<journal::Storage&>(*live_); }
    // Null when there is no such folder.
    [[nodiscard]] journal::Storage* snapshots() { return snapshots_.get(); }

  private:
    std::unique_ptr<journal::DiskStorage> live_;
    std::unique_ptr<journal::DiskStorage> archive_;
    std::unique_ptr<journal::DiskStorage> snapshots_;
    std::unique_ptr<journal::ArchiveView> view_;
};

}  // namespace dcx::app
