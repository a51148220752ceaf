// What a checkpoint says of the venue's liabilities, held against the core that stands at its end. One thread, that of
// the core.
#pragma once

#include <optional>
#include <string>

#include "core/core.h"
#include "proof/checkpoint.h"
#include "proof/leaf.h"

namespace dcx::app {

// The first difference. Without the liabilities key the sums alone are compared.
[[nodiscard]] std::optional<proof::ProofError> check_liabilities(const core::Core& core,
                                                                 const proof::Checkpoint& checkpoint,
                                                                 const proof::Secret* liabilities_key);

// And what is kept of them in the private folder, for proofs to their owners.
[[nodiscard]] std::optional<proof::ProofError> check_kept_liabilities(const core::Core& core,
                                                                      const proof::Checkpoint& checkpoint,
                                                                      const std::string& folder);

}  // namespace dcx::app
