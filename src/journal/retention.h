// Retention: which segments may go, and letting them go. A segment may go when it lies wholly before every holder's
// position (the oldest snapshot that is kept, the auditor, projections), is not among the newest that are kept anyway,
// and is in the archive, where there is one. A holder that lags too far stops all of it: then there is an alarm
// instead.
//
// One thread; a writer may be at work on the live folder.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/archive.h"
#include "journal/catalog.h"

namespace dcx::journal {

// Who needs the journal from its position on.
struct Holder {
    std::string name;         // for the alarm
    std::uint64_t segment{};  // of its position; 0: it has not begun and needs everything
};

struct RetentionOptions {
    std::uint64_t keep_segments = 4;      // the newest, the one being written included; at least 1
    std::uint64_t max_lag_segments = 64;  // a holder further behind the newest raises the alarm
};

struct RetentionPlan {
    std::vector<std::string> removable;  // oldest first
    std::optional<std::string> alarm;    // then nothing is removable
};

// Without any holder nothing may go: a start needs the journal from its first record.
[[nodiscard]] RetentionPlan plan_retention(std::span<const Segment> segments, std::span<const Holder> holders,
                                           const RetentionOptions& options);

struct Retired {
    std::vector<std::string> removed;  // segments
    std::uint64_t bytes{};             // they had
    std::uint64_t packed_bytes{};      // they have in the archive
    std::optional<std::string> alarm;
};

// Reads the live folder's catalog, plans, archives (with `archive`) and removes, one by one from the oldest, each step
// durable before the next: whatever moment the power goes, what is left is a journal without gaps, and archive and live
// folder together have every record. An error stops it; what was done stays done.
[[nodiscard]] std::expected<Retired, RecoveryError> retire_segments(Storage& live, Storage* archive,
                                                                    std::span<const Holder> holders,
                                                                    const RetentionOptions& options);

}  // namespace dcx::journal
