// verify_match_log: whether a folder that a venue publishes (published.h) holds: every command of the match log is
// replayed by a checker, the root of the command tree is made again and compared with every signed checkpoint. Needs
// nothing else: no venue, no journal. Bounded memory but for what is open in the books. A thread of its own hashes.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "proof/match_checker.h"
#include "proof/proof_error.h"

namespace dcx::proof {

struct MatchLogVerification {
    std::string folder;
    bool naive = false;    // with the naive checker: slow
    std::string key_file;  // keys that came another way; empty: those of the folder
    // Bytes read, of how many.
    std::function<void(std::uint64_t, std::uint64_t)> progress = [](std::uint64_t, std::uint64_t) {};
};

struct MatchLogReport {
    journal::VenueId venue_id{};
    MatchCounts counts;
    std::uint64_t checkpoints = 0;
    Sequence covered{};            // by the last checkpoint; what is behind it was replayed, and nobody has signed it
    Sequence last{};               // of the log
    std::uint64_t unfinished = 0;  // bytes behind it, of a command that is being written
};

// The first thing that does not hold; its text names file, command and record.
[[nodiscard]] std::expected<MatchLogReport, ProofError> verify_match_log(const MatchLogVerification& wanted);

}  // namespace dcx::proof
