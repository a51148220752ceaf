// A journal's folder as tools read it, and with it, when there is one, the archive of its older segments, as one
// journal. Opening makes no folder. One thread.
#pragma once

#include <memory>
#include <string>

#include "journal/archive.h"
#include "journal/disk_storage.h"

namespace dcx::app {

class JournalFolder {
  public:
    // `archive` empty: none.
    static journal::Result<JournalFolder> open(const std::string& folder, const std::string& archive = {});

    // All of its segments, packed or not.
    [[nodiscard]] journal::Storage& whole() const {
        if (view_) return *view_;
        return *live_;
    }
    [[nodiscard]] journal::DiskStorage& live() const { return *live_; }
    // Null when there is none.
    [[nodiscard]] journal::DiskStorage* archive() const { return archive_.get(); }

  private:
    std::unique_ptr<journal::DiskStorage> live_;
    std::unique_ptr<journal::DiskStorage> archive_;
    std::unique_ptr<journal::ArchiveView> view_;
};

// A folder that is there.
[[nodiscard]] journal::Result<std::unique_ptr<journal::DiskStorage>> open_existing(const std::string& folder);

}  // namespace dcx::app
