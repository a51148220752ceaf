// From a run that fails to a short one that still fails, and its text as a scenario file (tests/scenarios/README.md).
// Each try runs in a process of its own, so that an aborting core counts as a failure like any other.
#pragma once

#include <string>
#include <vector>

#include "reference/command_generator.h"

namespace dcx::reference {

// Feeds a new pair with the steps, numbers renewed for what was left out; the first difference, empty when there is
// none. `check_every`: the state is compared after so many commands (0: never).
[[nodiscard]] std::string replay(const std::vector<Step>& steps, std::size_t check_every);

// At most `tries` replays.
[[nodiscard]] std::vector<Step> shrink(std::vector<Step> steps, std::size_t check_every, std::size_t tries);

[[nodiscard]] std::string scenario_text(const std::vector<Step>& steps, const std::string& title);

}  // namespace dcx::reference
