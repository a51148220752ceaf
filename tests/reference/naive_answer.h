// The answer to a workload (market/workload.h) by a book of maps and lists, written from the rules of the format alone.
#pragma once

#include <span>

#include "market/canonical_reports.h"
#include "market/workload.h"

namespace dcx::reference {

// Throws std::runtime_error when a new order has the id of one that rests, which the format rules out.
[[nodiscard]] market::CanonicalReports naive_answer(std::span<const market::WorkloadMessage> messages);

}  // namespace dcx::reference
