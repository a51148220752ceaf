// The custody part of the restored state (Core::restore), event by event.
#pragma once

#include "core/core.h"
#include "core/state.h"

namespace dcx::core {

// The next one, without its header but for its kind. False when all has been told.
[[nodiscard]] bool next_of_custody(const State& state, RestoreCursor& cursor, Event& out);

}  // namespace dcx::core
