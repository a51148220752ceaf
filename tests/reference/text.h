// Commands and events as one line of text each, every field by its name, for failures and dumps. Cold.
#pragma once

#include <string>
#include <string_view>

#include "model/command.h"
#include "model/event.h"

namespace dcx::reference {

[[nodiscard]] std::string describe(const Command& command);
[[nodiscard]] std::string describe(const Event& event);

// A line of a scenario file that stands for exactly this command: "bytes <hex>", trailing zero bytes left out.
[[nodiscard]] std::string bytes_line(const Command& command);

}  // namespace dcx::reference
