// The progress of a replay on stderr: a bar that is drawn over itself on a terminal, a line a second elsewhere.
#pragma once

#include "engine/replay_gauge.h"

namespace dcx::app {

void show_replay(const engine::ReplayProgress& progress);

}  // namespace dcx::app
