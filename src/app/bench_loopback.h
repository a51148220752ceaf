// Orders through the native door of a venue of its own, over loopback TCP and at a fixed rate: each is timed from when
// it was due until its report was heard (open loop: what is late makes those behind it late). Two sockets, every thread
// of the venue, and the client's thread, which is the caller's. Throws std::runtime_error when a report is missing or
// another one than it must be.
#pragma once

#include <cstdint>
#include <string>

#include "base/histogram.h"

namespace dcx::app {

struct LoopbackOptions {
    std::string folder;            // of the venue's folder; empty: the system's for temporary files
    bool durable = true;           // reports wait for the disk; false: venue.durability = "memory"
    std::int64_t rate = 2'000;     // a second
    std::int64_t orders = 10'000;  // half of them places, half cancels of what was just placed
};
[[nodiscard]] NanosecondHistogram order_to_report(const LoopbackOptions& options);

}  // namespace dcx::app
