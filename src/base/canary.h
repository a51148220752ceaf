// Planted faults: what the simulator must be able to find. They are compiled only into the canary (tests/simulation),
// which builds the few sources that have one a second time with DCX_CANARY and chooses one when it runs. Everywhere
// else strikes() is false at compile time and nothing of a plant is left.
#pragma once

#include <cstdint>

namespace dcx::canary {

enum class Plant : std::uint32_t {
    none = 0,
    skipped_sync = 1,           // a batch is acknowledged that was not synced
    dropped_release = 2,        // a canceled order's money stays held
    swapped_events = 3,         // the taker is told of a fill before the maker
    forgotten_folder_sync = 4,  // a new segment's name is not made durable
    reused_id = 5,              // two trades have one id
    seen_before_durable = 6,    // readers are shown an event before its command is on the disk
    print_before_owner = 7,     // the feed does not wait for the gateway
    rot_taken_for_tear = 8,     // recovery cuts what was durable
};
inline constexpr std::uint32_t kPlants = 8;

#ifdef DCX_CANARY
// Chosen before anything runs.
inline Plant active = Plant::none;
[[nodiscard]] inline bool strikes(Plant plant) { return active == plant; }
#else
[[nodiscard]] constexpr bool strikes(Plant) { return false; }
#endif

}  // namespace dcx::canary
