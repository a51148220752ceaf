// What a venue owes its customers, as its core has it. One thread, that of the core.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "core/core.h"
#include "proof/liabilities.h"

namespace dcx::proof {

// Available + held of every account that is not the venue's own, by rising id, accounts with nothing too. The sum is
// wrong_liabilities_sum unless it is what the venue's accounts say: -(issuance) - (fees, deposits, withdrawals,
// errors), available + held each; sum_out_of_range names an account below zero or beyond the cap.
[[nodiscard]] std::expected<std::vector<Liability>, ProofError> core_liabilities(const core::Core& core, AssetId asset);

}  // namespace dcx::proof
