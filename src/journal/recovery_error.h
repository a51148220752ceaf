// Why a journal is refused. Refusing is always safe: nothing has been changed.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "journal/storage.h"

namespace dcx::journal {

enum class RecoveryErrorKind : std::uint8_t {
    storage_failed,  // the disk gave an error, or another process has the journal
    unknown_file,    // a file named like a segment that is none
    newer_format,    // written by a later version of the program
    damaged_segment_header,
    wrong_segment_size,  // the file is shorter or longer than its header says
    misnamed_segment,    // the header belongs to another name or place: a copy
    foreign_segment,     // another venue's
    missing_segment,
    damaged_batch,    // known durable and no longer intact
    missing_batch,    // known durable and gone
    broken_chain,     // an intact batch that does not continue the one before
    behind_snapshot,  // the journal ends before, or is another one than, what a snapshot knows as durable
};
[[nodiscard]] std::string_view to_string(RecoveryErrorKind kind);

struct RecoveryError {
    RecoveryErrorKind kind{};
    std::string segment;     // file name
    std::uint64_t offset{};  // of the batch (or header) in it
    std::string message;     // all of it for the operator: kind, file, offset, what was seen
    int code{};              // errno of storage_failed
};

[[nodiscard]] std::unexpected<RecoveryError> refuse(RecoveryErrorKind kind, std::string_view segment,
                                                    std::uint64_t offset, std::string_view seen);
[[nodiscard]] std::unexpected<RecoveryError> refuse(const StorageError& error);

}  // namespace dcx::journal
