// Statistics: what all simulated traders have sent and heard since the start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "model/reject_reason.h"

namespace dcx::market {

struct Statistics {
    std::uint64_t places = 0;
    std::uint64_t cancels = 0;
    std::uint64_t amends = 0;
    std::uint64_t accepted = 0;
    std::uint64_t fills = 0;  // each side of a trade counts
    std::map<RejectReason, std::uint64_t> rejects;
    std::uint64_t logins = 0;
    std::uint64_t disconnects = 0;
    std::uint64_t skipped_reports = 0;  // passed over by the venue: a fault of its

    [[nodiscard]] std::uint64_t sent() const { return places + cancels + amends; }
    [[nodiscard]] std::uint64_t rejected() const {
        std::uint64_t sum = 0;
        for (const auto& [reason, count] : rejects) sum += count;
        return sum;
    }
};

}  // namespace dcx::market
