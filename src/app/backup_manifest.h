// The manifest of a backup: what is in it and what it must be, in DEST/manifest.json:
//
//     {"manifest": {"format": 1, "venue_id": HEX, "sequence": N, "batch": N, "journal_hash": HEX, "time": NS,
//                   "files": [{"path": "journal/00000000000000000001.journal", "size": N, "bytes": N, "sha256": HEX},
//                   ...]},
//      "sha256": HEX of the object above as it is written}
//
// `sequence`, `batch` and `journal_hash` are of the journal's last batch in the backup.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/backup_files.h"

namespace dcx::app {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kConfigName = "dcx.toml";
inline constexpr std::string_view kVaultName = "venue.vault";

struct BackupFile {
    std::string path;  // in the data folder
    FileFacts facts;

    // In the backup: as in the data folder, but with the hash in its name when it may be another file each time, so
    // that what the manifest before names is there until the next one is.
    [[nodiscard]] std::string stored() const;
};

struct Manifest {
    std::string venue_id;  // hexadecimal
    std::uint64_t sequence = 0;
    std::uint64_t batch = 0;
    std::string journal_hash;
    std::int64_t time = 0;  // when it was made, ns since 1970
    std::vector<BackupFile> files;

    [[nodiscard]] const BackupFile* find(std::string_view path) const;
};

// Whether a backup may hold a file of this path: journal/NAME, archive/NAME, snapshots/NAME, dcx.toml,
// venue.vault.
[[nodiscard]] bool valid_backup_path(std::string_view path);
[[nodiscard]] std::string manifest_text(const Manifest& manifest);
// Throws std::runtime_error, with `where` in it, for a text that manifest_text() does not make.
[[nodiscard]] Manifest parse_manifest(const std::string& text, const std::string& where);

}  // namespace dcx::app
