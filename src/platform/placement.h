// Placement: which thread runs where, as a pure function of the machine and of what is wished. One rule is above all:
// a plan is never worse than none. Threads get cores of their own, all of one NUMA node and without SMT siblings that
// work, or else they float, and the plan says why.
//
//   - A number pins the thread to that unit. A unit that this process may not use is an error that names the key.
//   - `automatic` threads that an order passes (hot) are pinned all or none: when the node with most room has a free
//   core
//     for each of them and one is left for everybody else. The kernel's isolated units are taken first, and the core of
//     unit 0, where most interrupts go, last.
//   - Threads that float keep off the cores of the pinned ones (`rest`).
//   - Real-time priority goes to hot threads in the order of the wishes, at most to one fewer than there are units; and
//     to one that spins only when it is pinned to a core of its own.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "platform/topology.h"

namespace dcx::platform {

enum class CoreWish : std::uint8_t { none, automatic, fixed };

struct ThreadWish {
    std::string name;  // as errors and the log name it, e.g. "engine"
    std::string key;   // of the configuration, e.g. "threads.engine"
    CoreWish core = CoreWish::none;
    unsigned cpu = 0;  // of `fixed`
    bool hot = true;   // an order passes it
};

struct PlacementWishes {
    std::vector<ThreadWish> threads;  // the most important first
    int realtime = 0;                 // 1 .. 99: SCHED_FIFO of hot threads; 0: none
    bool spin = false;                // hot threads never sleep
};

struct PlacedThread {
    std::string name;
    std::optional<unsigned> cpu;  // none: it floats over PlacementPlan::rest
    int realtime = 0;
    bool hot = false;
};

struct PlacementPlan {
    std::vector<PlacedThread> threads;  // as they were wished
    // Where the first of the pinned hot threads runs, and so where memory belongs. None: no hot thread is pinned.
    std::optional<unsigned> node;
    // Units for everybody else, the program's other threads too. Empty: nothing is pinned, all may run everywhere.
    std::vector<unsigned> rest;
    std::vector<std::string> remarks;  // what was not done as wished, and what is unwise; for the log

    // Null when there is none of that name.
    [[nodiscard]] const PlacedThread* thread(const std::string& name) const;
    // One line: "engine 2 fifo 50, journal 3 fifo 50, gateway 4, feed floats; others on 0-1; memory on node 0".
    [[nodiscard]] std::string report() const;
};

// Fails with a text that begins with the key of the wish.
[[nodiscard]] std::expected<PlacementPlan, std::string> place(const Topology& machine, const PlacementWishes& wishes);

}  // namespace dcx::platform
