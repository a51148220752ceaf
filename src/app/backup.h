// A backup of a venue's data folder, also while the venue runs: the journal up to the last batch that it knows as
// durable by its own watermarks, the snapshots up to there, dcx.toml, and the vault when it is asked for. Keys are not
// in it: they belong into the vault.
//
// The files stand in the backup as in the data folder, so the journal tools read it as it is. The journal only grows,
// so what a backup has of it stays right for ever: a later one into the same folder adds to it, and the manifest, which
// is written last, always names bytes that are there. One backup at a time; no lock of the venue is needed. Everything
// fails with a std::runtime_error for the operator.
#pragma once

#include <cstdint>
#include <string>

#include "app/backup_manifest.h"

namespace dcx::app {

struct BackupRequest {
    std::string data;
    std::string destination;
    std::string archive;       // of packed segments; empty: DATA/archive if it is there
    std::string config;        // dcx.toml; empty: DATA/dcx.toml if it is there
    std::string vault;         // empty: none
    bool incremental = false;  // into a backup of the same venue; else the destination must be empty
};

struct BackupReport {
    Manifest manifest;
    std::uint64_t files_copied = 0;
    std::uint64_t bytes_copied = 0;
    std::uint64_t files_kept = 0;  // already there, compared
};

[[nodiscard]] BackupReport make_backup(const BackupRequest& request);

// The manifest, after every file was read and compared with it, and the journal was walked. All damaged files are
// named.
[[nodiscard]] Manifest check_backup(const std::string& destination);

// A data folder from a backup, which is checked before and whose copy is checked after. `target` must not be there, or
// be an empty folder; it gets its name when it is whole.
[[nodiscard]] Manifest restore_backup(const std::string& destination, const std::string& target);

}  // namespace dcx::app
