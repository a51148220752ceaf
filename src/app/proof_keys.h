// Where a venue's proof keys are: in a vault, or in DATA/proof.keys. Throws std::runtime_error with a text.
#pragma once

#include <string>

#include "app/config.h"
#include "app/data_folder.h"
#include "proof/keys.h"

namespace dcx::app {

struct ProofOptions;

// For a start: makes the file when there is none, but refuses to when DATA/public says that a key has signed before.
[[nodiscard]] proof::ProofKeys load_proof_keys(const Config::Proof& config, const DataFolder& folder);
// For a command.
[[nodiscard]] proof::ProofKeys proof_keys_of(const ProofOptions& options, const DataFolder& folder);

}  // namespace dcx::app
