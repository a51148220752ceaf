// The fields of an event that the audit log tells, as one JSON object: by their names in model/event.h and in their
// order, numbers and enumerators as numbers, symbols as text, bytes in hex, request ids as UUIDs, a chain address as
// its text. The same event always gives the same text. Empty for a kind that the audit log never has.
#pragma once

#include <string>

#include "model/event.h"

namespace dcx::history {

[[nodiscard]] std::string audit_detail(const Event& event);

}  // namespace dcx::history
