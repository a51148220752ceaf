// One command of a venue's log with what it did, found by a replay from the snapshot before it, beside the running
// venue or without it. Throws std::runtime_error with a text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/data_folder.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::app {

struct FoundCommand {
    Command command;
    std::vector<Event> events;
    std::uint64_t batch{};
    std::uint64_t epoch{};  // that holds behind it
};
// `archive`: a folder of archived segments; empty: none.
[[nodiscard]] FoundCommand find_command(const DataFolder& folder, const std::string& archive, Sequence sequence);

}  // namespace dcx::app
