// Whether the keys that a folder publishes are those of a venue: the first one is known, and each other one was named
// by a note that the key before has signed. Any thread.
#pragma once

#include <expected>
#include <vector>

#include "proof/proof_error.h"
#include "proof/published.h"

namespace dcx::proof {

// `trusted`: keys that came another way, a list like key.txt; empty: the folder's own first key is believed, so it can
// only be found that the folder contradicts itself. unknown_key: the folder's keys are others.
[[nodiscard]] std::expected<std::vector<PublishedKey>, ProofError> check_key_chain(
    const Published& published, const std::vector<PublishedKey>& trusted);

}  // namespace dcx::proof
