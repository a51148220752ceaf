// The operating system's clocks. Stateless; any thread may use any instance.
#pragma once

#include "base/clock.h"

namespace dcx::platform {

class SystemClock final : public Clock {
  public:
    std::int64_t wall_ns() override;       // CLOCK_REALTIME
    std::int64_t monotonic_ns() override;  // CLOCK_MONOTONIC
};

}  // namespace dcx::platform
