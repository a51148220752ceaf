// What the admin listener shows of the proofs: metrics, and a field of /health and /ready.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/prometheus_text.h"
#include "model/types.h"

namespace dcx::app {

class ProofWork;

void append_proof(PrometheusText& out, const ProofWork& proof, Sequence durable);
[[nodiscard]] nlohmann::ordered_json proof_details(const ProofWork& proof);

}  // namespace dcx::app
