// The segments of a journal, from their headers: checked one by one and against each other, in order and without gaps.
// Changes nothing. For Reader and Tail; one thread. A segment that can be seen is whole, so a writer may be at work.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "journal/format.h"
#include "journal/recovery_error.h"
#include "journal/storage.h"

namespace dcx::journal {

struct Segment {
    std::string name;
    SegmentHeader header;
    std::vector<QuarantinedCommand> quarantined{};  // of this journal, as known when the segment was begun
};

// The segments that are there. The first one may have any number: older ones may have been archived and deleted.
[[nodiscard]] std::expected<std::vector<Segment>, RecoveryError> read_catalog(Storage& storage);
// One segment by itself.
[[nodiscard]] std::expected<Segment, RecoveryError> read_segment(Storage& storage, const std::string& name);
// Whether `next` can follow `before`, as far as their headers tell.
[[nodiscard]] std::expected<void, RecoveryError> check_next_segment(const Segment& before, const Segment& next);
// Whether it can be the first one of a journal that is all there.
[[nodiscard]] std::expected<void, RecoveryError> check_first_segment(const Segment& first);

}  // namespace dcx::journal
