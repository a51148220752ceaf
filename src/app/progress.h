// The progress of a replay on stderr: a bar that is drawn over itself on a terminal, a line a second elsewhere.
#pragma once

#include <cstdint>

#include "engine/replay_gauge.h"

namespace dcx::app {

// Of rows made from the log; `what` is done.
void show_projection(const char* what, const engine::ReplayProgress& progress, std::uint64_t rows);
void show_replay(const engine::ReplayProgress& progress);

}  // namespace dcx::app
