// What the admin listener shows of the anchors: metrics, and a field of /health and /ready.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/prometheus_text.h"

namespace dcx::app {

class AnchorWork;

void append_anchors(PrometheusText& out, const AnchorWork& anchors, std::int64_t now_ns);
[[nodiscard]] nlohmann::ordered_json anchor_details(const AnchorWork& anchors);

}  // namespace dcx::app
