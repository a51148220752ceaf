// Copies between folders: whole files, and the beginning of a journal up to any command. The copy of a journal is a
// journal: its batches are those of the original, byte for byte; the last one is written anew when the cut goes through
// it. The original may be in use; the copy belongs to the caller. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "journal/reader.h"
#include "journal/recovery_error.h"
#include "journal/storage.h"
#include "model/types.h"

namespace dcx::journal {

// The first `size` bytes; the rest of the copy, which is as long as the original, is zero. Synced, its name not.
Result<void> copy_file(Storage& from, const std::string& name, Storage& to, std::uint64_t size = ~std::uint64_t{0});

// All commands up to `last`, into an empty folder. Refuses when the journal ends before it, and whatever Reader
// refuses.
[[nodiscard]] std::expected<void, RecoveryError> copy_journal(Storage& from, Storage& to, Sequence last);

}  // namespace dcx::journal
