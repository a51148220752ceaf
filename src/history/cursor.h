// Cursor: how far a projection has come in whose log. It is stored in the same transaction as the rows, which is all
// that exactly-once rests on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/types.h"

namespace dcx::history {

struct Cursor {
    std::array<std::byte, 16> venue_id{};  // zeros: nothing yet
    Sequence sequence{};                   // of the last command whose rows are stored; 0: none
    // EventHash over all events of the log up to there. The journal's checkpoints hold the same function's values, so a
    // log that told anything else up to here is noticed when we go on.
    std::uint64_t event_hash{};
    Time time{};  // of that command, log time

    bool operator==(const Cursor&) const = default;
};

}  // namespace dcx::history
