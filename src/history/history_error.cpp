#include "history/history_error.h"

namespace dcx::history {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::unreachable: return "unreachable";
        case ErrorCode::disk_full: return "disk_full";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::timeout: return "timeout";
        case ErrorCode::stopped: return "stopped";
        case ErrorCode::credentials: return "credentials";
        case ErrorCode::bad_url: return "bad_url";
        case ErrorCode::newer_schema: return "newer_schema";
        case ErrorCode::other_venue: return "other_venue";
        case ErrorCode::ahead: return "ahead";
        case ErrorCode::diverged: return "diverged";
        case ErrorCode::locked: return "locked";
        case ErrorCode::damaged: return "damaged";
        case ErrorCode::not_there: return "not_there";
        case ErrorCode::log_unreadable: return "log_unreadable";
        case ErrorCode::impossible_event: return "impossible_event";
        case ErrorCode::internal: return "internal";
        case ErrorCode::bad_request: return "bad_request";
        case ErrorCode::not_found: return "not_found";
    }
    return "?";
}

bool may_pass(ErrorCode code) {
    switch (code) {
        case ErrorCode::unreachable:
        case ErrorCode::disk_full:
        case ErrorCode::conflict:
        case ErrorCode::timeout:
        // Whoever writes to it may stop, and a password may be mended while we run.
        case ErrorCode::locked:
        case ErrorCode::credentials: return true;
        default: return false;
    }
}

HistoryError::HistoryError(ErrorCode code, const std::string& text)
    : std::runtime_error("history error " + std::to_string(static_cast<unsigned>(code)) + " (" +
                         std::string(to_string(code)) + "): " + text),
      code_(code) {}

}  // namespace dcx::history
