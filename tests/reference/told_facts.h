// What is told of a venue after a start, as facts that can be compared: without headers, in an order that does not
// depend on the order of the telling, and without those that say no more than what a reader takes for granted.
#pragma once

#include <vector>

#include "model/event.h"

namespace dcx::reference {

[[nodiscard]] std::vector<Event> told_facts(std::vector<Event> events);

}  // namespace dcx::reference
