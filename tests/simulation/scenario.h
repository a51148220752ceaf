// Scenario: everything that a run is made from, drawn from its seed: how much of what happens, and how often which
// fault. A scenario is readable as text; shrinking one that fails means setting parts of it to nothing.
//
// Rates of disk faults are in operations out of a million; many are 0 in any one seed, so that runs get far enough to
// have deep states. Times are virtual.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::simulation {

struct Scenario {
    std::uint64_t seed = 1;
    double hours = 0.02;
    std::uint32_t canary = 0;  // the planted fault of a canary build that is on; 0: none

    // ---- the venue
    std::uint64_t segment_size = 64 * 1024;
    std::uint64_t checkpoint_every = 50;
    std::uint32_t max_fills = 8;
    std::uint32_t max_transfer_ids = 4096;
    std::uint32_t event_ring = 4096;
    std::uint32_t command_ring = 256;
    std::uint32_t snapshot_every = 200;  // commands
    std::uint32_t keep_snapshots = 2;
    bool old_rules = false;  // the venue begins under the oldest ones that the program knows
    bool single = false;     // gateway and feed on one reactor

    // ---- clients
    std::uint32_t traders = 4;
    std::uint32_t subscribers = 2;
    std::uint32_t max_commands = 1200;  // of all clients, set-up apart
    std::int64_t pause_ns = 0;          // mean, between two requests of a client
    std::uint32_t burst = 4;            // requests at once, at most
    std::uint32_t price_range = 10;
    std::uint32_t bad_frames = 0;        // out of 1000 requests: sent twice, or before the one before
    std::uint32_t twice = 0;             // out of 1000 transfers: asked for once more, here or through another session
    std::uint32_t operator_actions = 0;  // out of 1000 of the operator's turns: freeze, halt, kill, limits
    std::uint32_t queries = 100;         // out of 1000 requests

    // ---- network
    std::int64_t latency_ns = 0;
    std::int64_t jitter_ns = 0;
    std::uint32_t socket_buffer = 64 * 1024;
    std::uint32_t fragments = 0;          // out of 1000 pieces: cut in two
    std::uint32_t short_sends = 0;        // out of 1000 sends
    std::uint32_t accept_errors = 0;      // out of 1000 accepts
    std::int64_t reset_every_ns = 0;      // mean, of all connections; 0: never
    std::int64_t vanish_every_ns = 0;     // a client is gone and the venue is not told
    std::int64_t partition_every_ns = 0;  // nothing gets through for a while

    // ---- disk
    std::int64_t sync_ns = 50'000;  // mean
    std::uint32_t slow_syncs = 0;   // out of 1000: a hundred times as long
    std::uint32_t write_errors = 0;
    std::uint32_t sync_errors = 0;
    std::uint32_t folder_errors = 0;  // create, rename, sync of the folder
    std::uint32_t read_errors = 0;
    std::uint32_t in_pieces = 0;
    std::uint32_t rot_trials = 0;  // at each start: a copy of the disk is damaged and must be refused or cut rightly
    bool stale = false;

    // ---- the process and its machine
    std::int64_t crash_every_ns = 0;  // mean, between two ends of a life; 0: never
    std::uint32_t power_losses = 50;  // out of 100 ends
    std::uint32_t clean_stops = 10;   // out of 100 ends
    std::uint32_t kills_in_io = 50;   // out of 100 ends that are not clean: in one of the next operations of the disk
    std::int64_t down_ns = 0;         // mean, until the next start
    std::int64_t clock_jump_every_ns = 0;
    std::uint32_t stalls = 0;  // out of 1000 turns of a part: it is not scheduled for a while

    // The numbers that may be 0, by name: faults, and what can be done without.
    static const std::vector<std::string_view>& parts();
    // A part, "traders", "max_commands", "burst" or "seconds"; false for another name.
    bool set(std::string_view name, std::int64_t value);
    [[nodiscard]] std::int64_t get(std::string_view name) const;  // not of "seconds"
    // "name=value,name=value"; false when there is a name that is none, and then those before it are set.
    bool apply(std::string_view options);
    // What is on, one a line.
    [[nodiscard]] std::string text() const;
    // What is other than the seed draws, "name=value,name=value", and always the seconds.
    [[nodiscard]] std::string options() const;
};

// The scenario of a seed. `hours` 0: what the seed draws.
[[nodiscard]] Scenario draw_scenario(std::uint64_t seed, double hours = 0);

}  // namespace dcx::simulation
