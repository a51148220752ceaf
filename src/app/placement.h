// What dcx.toml wishes of threads and memory, as a plan for this machine, and what the log is told of it.
#pragma once

#include <functional>

#include "app/config.h"
#include "platform/huge_pages.h"
#include "platform/log.h"
#include "platform/placement.h"
#include "platform/thread.h"

namespace dcx::app {

// The most important thread first. In layout `single` the engine's is that of gateway and feed too.
[[nodiscard]] platform::PlacementWishes placement_wishes(const Config& config);
// On this machine. Throws StartRefused when a thread can't be where the configuration wants it.
[[nodiscard]] platform::PlacementPlan placement_of(const Config& config);

// Of the thread with this name in the plan; what the plan doesn't know of the options stays.
void place_thread(platform::ThreadOptions& options, const platform::PlacementPlan& plan, const std::string& name);

using OnPrefault = std::function<void(const platform::PrefaultProgress&)>;
// For the memory of pools and rings: all hot threads have them in common, so it is one node's.
[[nodiscard]] platform::HugePageOptions memory_options(const Config& config, const platform::PlacementPlan& plan,
                                                       OnPrefault on_prefault);
// Throws StartRefused when memory.lock = true and something is not locked.
void require_locked(const Config& config, const platform::HugePageMemory& memory);

void report_placement(platform::Log& log, const platform::PlacementPlan& plan);
// Which pages, where, whether locked, and what would be better.
void report_memory(platform::Log& log, const platform::HugePageMemory& memory, const platform::PagePlaces& places);

}  // namespace dcx::app
