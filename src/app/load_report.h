// What `dcx load` prints: a line a rate, what was refused and why, where the time went; or all of it as one JSON line.
#pragma once

#include <string>

#include "app/load_run.h"
#include "market/load_curve.h"

namespace dcx::app {

struct LoadResult {
    std::string venue;  // its address
    std::string door;
    std::string market;
    std::string mix;
    Durability durability{};
    std::uint32_t clients = 0;
    std::uint32_t session_rate = 0;  // messages a second that the venue takes of a session; 0: any number
    bool ramp = false;
    bool same_machine = false;  // the clocks of client and venue are one
    market::LoadCurve curve;
    std::vector<LoadTally> tallies;  // of each point
};

[[nodiscard]] std::string load_json(const LoadResult& result);
// Several lines.
[[nodiscard]] std::string load_text(const LoadResult& result);

}  // namespace dcx::app
