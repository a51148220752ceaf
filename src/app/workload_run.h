// One run of the venue's book over a workload of orders (market/workload.h), timed. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "market/canonical_reports.h"
#include "market/workload.h"

namespace dcx::app {

// As in a venue: fixed beforehand, whatever the flow turns out to need.
struct WorkloadCapacity {
    std::uint32_t orders = 1u << 19;  // that can rest at a time
    std::uint32_t price_levels = 200'000;
};

struct WorkloadRun {
    double seconds = 0;
    std::uint32_t left = 0;  // orders in the book at the end
};

// Over a new, empty book; its answer is added to `reports`. False when the flow rests more than fits. Prices and
// quantities must be legal, ids not 0.
[[nodiscard]] bool run_workload(const std::vector<market::WorkloadMessage>& messages, const WorkloadCapacity& capacity,
                                market::CanonicalReports& reports, WorkloadRun& run);

}  // namespace dcx::app
