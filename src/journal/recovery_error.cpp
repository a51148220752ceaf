#include "journal/recovery_error.h"

namespace dcx::journal {

std::string_view to_string(RecoveryErrorKind kind) {
    switch (kind) {
        case RecoveryErrorKind::storage_failed: return "storage_failed";
        case RecoveryErrorKind::unknown_file: return "unknown_file";
        case RecoveryErrorKind::newer_format: return "newer_format";
        case RecoveryErrorKind::damaged_segment_header: return "damaged_segment_header";
        case RecoveryErrorKind::wrong_segment_size: return "wrong_segment_size";
        case RecoveryErrorKind::misnamed_segment: return "misnamed_segment";
        case RecoveryErrorKind::foreign_segment: return "foreign_segment";
        case RecoveryErrorKind::missing_segment: return "missing_segment";
        case RecoveryErrorKind::damaged_batch: return "damaged_batch";
        case RecoveryErrorKind::missing_batch: return "missing_batch";
        case RecoveryErrorKind::broken_chain: return "broken_chain";
        case RecoveryErrorKind::behind_snapshot: return "behind_snapshot";
    }
    return "unknown";
}

std::unexpected<RecoveryError> refuse(RecoveryErrorKind kind, std::string_view segment, std::uint64_t offset,
                                      std::string_view seen) {
    std::string message = "journal refused, ";
    message += to_string(kind);
    message += ": segment ";
    message += segment;
    message += ", offset " + std::to_string(offset) + ": ";
    message += seen;
    return std::unexpected(RecoveryError{kind, std::string{segment}, offset, std::move(message), 0});
}

std::unexpected<RecoveryError> refuse(const StorageError& error) {
    return std::unexpected(RecoveryError{
        RecoveryErrorKind::storage_failed, {}, 0, "journal refused, storage_failed: " + error.message, error.code});
}

}  // namespace dcx::journal
