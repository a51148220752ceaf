// Topology: what the machine is made of, as plain values: processing units (what the system calls a CPU and a thread is
// pinned to), which of them share a core (SMT siblings), a package or a NUMA node, and the caches between them. Read
// once at start (milliseconds, allocates); any thread, no state is kept.
//
// from_synthetic() and from_xml() make machines for tests: "[NUMANode(memory=1GiB)] Core:2" texts as hwloc takes them,
// or what `lstopo machine.xml` writes. Fails: with a text when the system or the description can't be read.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::platform {

struct ProcessingUnit {
    unsigned cpu = 0;       // the system's number for it, as in `lscpu -e`
    unsigned core = 0;      // 0 ..; units of the same core are SMT siblings. Counted over the whole machine
    unsigned package = 0;   // 0 ..; the socket
    unsigned node = 0;      // the system's number of the NUMA node that is near
    bool allowed = true;    // this process may run here
    bool isolated = false;  // the kernel puts nothing here by itself (isolcpus)
};

struct NumaNode {
    unsigned node = 0;        // the system's number
    std::uint64_t bytes = 0;  // 0: not known
};

struct Cache {
    unsigned level = 0;  // 1 .. 5; of level 1 the data cache
    std::uint64_t bytes = 0;
    unsigned line_bytes = 0;
    std::vector<unsigned> cpus;  // that share it, ascending
};

struct Topology {
    std::vector<ProcessingUnit> units;  // ascending by cpu
    std::vector<NumaNode> nodes;        // ascending by node; at least one
    std::vector<Cache> caches;          // by level, then by first cpu

    static std::expected<Topology, std::string> of_this_machine();
    static std::expected<Topology, std::string> from_synthetic(const std::string& description);
    static std::expected<Topology, std::string> from_xml(const std::string& text);

    // Null when there is none of that number.
    [[nodiscard]] const ProcessingUnit* unit(unsigned cpu) const;
    [[nodiscard]] unsigned core_count() const;
    [[nodiscard]] unsigned package_count() const;
    // Units that this process may run on.
    [[nodiscard]] std::vector<unsigned> allowed() const;
    // The other units of its core, whether or not this process may run on them.
    [[nodiscard]] std::vector<unsigned> siblings(unsigned cpu) const;
    [[nodiscard]] bool smt() const;
    // The node of the unit that the calling thread is running on right now.
    [[nodiscard]] std::optional<unsigned> node_of_this_thread() const;
    // One line: "2 packages, 2 NUMA nodes, 16 cores, 32 units (SMT), 30 allowed, isolated 4-7".
    [[nodiscard]] std::string report() const;
};

// "0-3,8" of numbers in any order; "none" of no number.
[[nodiscard]] std::string cpu_list(std::vector<unsigned> cpus);
// What cpu_list() writes and the kernel's files hold; nothing when it is no such list. Numbers up to 65535.
[[nodiscard]] std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text);

}  // namespace dcx::platform
