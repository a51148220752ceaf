// The segments of a journal, from their headers: checked one by one and against each other, in order and without gaps.
// Changes nothing. For Reader; one thread.
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
};

[[nodiscard]] std::expected<std::vector<Segment>, RecoveryError> read_catalog(Storage& storage);

}  // namespace dcx::journal
