// LogMark: a place in a venue's log that somebody remembers from outside of it (a projection's cursor), so that it can
// be told whether this log is the one that it was read from. LogFault: what may be wrong with that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "journal/format.h"
#include "model/types.h"

namespace dcx::engine {

struct LogMark {
    journal::VenueId venue_id{};
    Sequence sequence{};         // the last command; 0: before the first, and nothing to be compared
    std::uint64_t event_hash{};  // EventHash over all events up to there
};

enum class LogFault : std::uint8_t {
    none,
    away,         // it can't be read for now: another try may find it
    damaged,      // it can't be read on, or not be replayed by this program
    other_venue,  // it is another venue's
    ahead,        // it ends before the mark
    diverged,     // it told something else up to the mark
};
[[nodiscard]] constexpr std::string_view to_string(LogFault fault) {
    switch (fault) {
        case LogFault::none: return "none";
        case LogFault::away: return "away";
        case LogFault::damaged: return "damaged";
        case LogFault::other_venue: return "other_venue";
        case LogFault::ahead: return "ahead";
        case LogFault::diverged: return "diverged";
    }
    return "?";
}

// For the operator; of ahead, other_venue and diverged.
[[nodiscard]] inline std::string describe(LogFault fault, const LogMark& mark) {
    const std::string command = "command " + std::to_string(mark.sequence.value);
    switch (fault) {
        case LogFault::other_venue:
            return "what was read before is of venue " + to_hex(mark.venue_id) + ", this log is another one's";
        case LogFault::ahead: return "the log ends before " + command + ", up to which it was read before";
        case LogFault::diverged:
            return "the log tells something else, up to " + command + ", than was read from it before";
        default: return std::string(to_string(fault));
    }
}

}  // namespace dcx::engine
