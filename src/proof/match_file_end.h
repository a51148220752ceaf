// Where a match log's file ends, for who goes on writing it: behind the last whole command, or the last one that is to
// stay. Reads the heads in passing. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "proof/match_log.h"
#include "proof/proof_error.h"

namespace dcx::proof {

struct MatchFileEnd {
    journal::VenueId venue_id{};
    std::uint64_t commands{};  // whole ones up to `keep`; 0 also when there is no whole header
    std::uint64_t size{};      // bytes of header and commands

    [[nodiscard]] static std::expected<MatchFileEnd, ProofError> find(const std::string& path, Sequence first,
                                                                      Sequence keep);
};

}  // namespace dcx::proof
