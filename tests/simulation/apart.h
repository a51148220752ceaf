// Runs of scenarios in a process of their own, so that one that aborts (a failed DCX_CHECK, a sanitizer) is a finding
// like any other; and the shrinking of those that fail.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "simulation/simulation.h"

namespace dcx::simulation {

// Throws std::system_error when there is no process to be had. A run that takes longer than `seconds` is broken too.
[[nodiscard]] Outcome run_apart(const Scenario& scenario, unsigned seconds = 300);

// The least scenario it finds that still fails: without the parts it can do without, with fewer clients, commands and
// hours. At most `runs` runs; `told` hears of each step.
[[nodiscard]] Scenario shrink(const Scenario& failing, int runs, const std::function<void(const std::string&)>& told);

// How to run it again, and what it is: options of the program, parts that are on, the end of its story.
[[nodiscard]] std::string describe(const Scenario& scenario, const Outcome& outcome);

}  // namespace dcx::simulation
