// What the admin listener shows of custody: metrics, and a field of /health and /ready.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/prometheus_text.h"

namespace dcx::app {

class CustodyWork;

void append_custody(PrometheusText& out, const CustodyWork& custody);
[[nodiscard]] nlohmann::ordered_json custody_details(const CustodyWork& custody);

}  // namespace dcx::app
