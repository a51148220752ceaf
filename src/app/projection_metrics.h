// What the admin listener shows of the projections: metrics, and fields of /health and /ready.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "app/projection_watch.h"
#include "app/prometheus_text.h"

namespace dcx::app {

void append_history(PrometheusText& out, const ProjectionState& state, std::int64_t lag_ns, std::uint64_t durable);
void append_cache(PrometheusText& out, const ProjectionState& state, std::int64_t lag_ns, std::uint64_t durable);
[[nodiscard]] nlohmann::ordered_json projection_details(const ProjectionState& state, std::int64_t lag_ns);

}  // namespace dcx::app
