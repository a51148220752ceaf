// `dcx doctor`: what the machine allows a venue, and what to change. Pure functions of files under a root (/proc and
// /sys, or a folder with their like) and of what only system calls tell; commands.h has the command.
//
// `bad` is what makes a venue unsafe or keeps it from running: a journal in memory, a folder that can't be written or
// synced, a disk without room. All that only costs time is `weak`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::app {

enum class Verdict : std::uint8_t { good, weak, bad, unknown };
[[nodiscard]] std::string_view to_string(Verdict verdict);

struct Finding {
    std::string name;   // stable, for programs
    std::string found;  // as it is
    Verdict verdict = Verdict::unknown;
    std::string change;  // a command, a kernel parameter or a key of dcx.toml; empty: nothing
};

// Nothing where it could not be found out.
struct LiveFacts {
    std::string data;                         // the folder that was looked at: the venue's, or the nearest above it
    std::string data_error;                   // empty: it could be written and synced
    std::string file_system;                  // of it, e.g. ext4, tmpfs
    std::optional<std::uint64_t> free_bytes;  // of it, for this user
    std::optional<std::int64_t> sync_p50_ns;  // of write and fdatasync of 4 KiB in space that is there already
    std::optional<std::int64_t> sync_worst_ns;
    std::optional<std::uint64_t> shm_free_bytes;  // of /dev/shm, when that is in memory
    std::optional<bool> io_uring;                 // the kernel gives this process a ring
    std::optional<bool> time_synchronized;        // as the kernel's clock is told by whoever steers it
    std::vector<std::string> taken_ports;         // of the venue's defaults
};
// Writes a file of a few hundred KiB there for the time of the look, at most a second; loopback ports are tried.
[[nodiscard]] LiveFacts look_around(const std::string& data);

// In a fixed order: processors, memory, limits, kernel, clock, disk.
[[nodiscard]] std::vector<Finding> examine(const std::string& root, const LiveFacts& live);

[[nodiscard]] std::string findings_table(const std::vector<Finding>& findings);
// {"findings":[{"name","found","verdict","change"}],"bad":N,"weak":N}
[[nodiscard]] std::string findings_json(const std::vector<Finding>& findings);

}  // namespace dcx::app
