// What platform/ promises of NUMA, on a machine that has two nodes: `dcx_numa_check` as the first program of a virtual
// machine (numa_vm.py). Every page is looked at, not a sample. Each check is one line, "ok" or "FAILED"; the last line
// is the verdict. On a machine with one node it must fail.
#include <sched.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "platform/huge_pages.h"
#include "platform/numa.h"
#include "platform/placement.h"
#include "platform/thread.h"
#include "platform/topology.h"

namespace {

using namespace dcx::platform;

constexpr std::size_t kMib = std::size_t{1} << 20;
constexpr std::size_t kEveryPage = std::size_t{1} << 30;
constexpr unsigned kNear = 1;  // not where a program runs by itself, so that luck does not pass for placement
constexpr unsigned kFar = 0;

int failures = 0;

bool check(bool holds, const std::string& what) {
    std::printf("%s: %s\n", holds ? "ok" : "FAILED", what.c_str());
    failures += holds ? 0 : 1;
    return holds;
}

std::string of(const PagePlaces& places) {
    return " (" + std::to_string(places.there) + " pages there, " + std::to_string(places.elsewhere) + " elsewhere, " +
           std::to_string(places.absent) + " absent" + (places.error.empty() ? "" : ", " + places.error) + ")";
}

void check_topology(const Topology& machine) {
    std::printf("machine: %s\n", machine.report().c_str());
    check(machine.nodes.size() == 2, "two NUMA nodes");
    check(machine.package_count() == 2 && machine.core_count() == 4 && machine.units.size() == 8,
          "two packages, four cores, eight units");
    check(std::ranges::count(machine.units, kNear, &ProcessingUnit::node) == 4, "four units on node 1");
}

void check_memory_of(unsigned node, PageKind kind, const char* name) {
    constexpr std::size_t size = 32 * kMib;
    HugePageMemory memory({.best = kind, .node = node});
    std::byte* begin = memory.take(size);
    const PagePlaces places = look_at_pages(begin, size, node, kEveryPage);
    check(places.there == size / 4096 && memory.mapped(kind) == size && memory.node_refused().empty(),
          std::string(name) + " pages of node " + std::to_string(node) + of(places));
    const PagePlaces other = look_at_pages(begin, size, 1 - node, kEveryPage);
    check(other.there == 0 && other.elsewhere == size / 4096, "  and the other node is told from it" + of(other));
}

void reserve_huge_pages(unsigned node, unsigned count) {
    std::ofstream("/sys/devices/system/node/node" + std::to_string(node) + "/hugepages/hugepages-2048kB/nr_hugepages")
        << count;
}

// Reserved on the near node alone: it gets them, and the far one must not take them from there.
void check_explicit_pages() {
    reserve_huge_pages(kNear, 4);
    HugePageMemory near({.best = PageKind::explicit_huge, .node = kNear});
    std::byte* begin = near.take(4 * kMib);
    check(near.mapped(PageKind::explicit_huge) == 4 * kMib, "explicit huge pages of node 1: " + near.report());
    const PagePlaces places = look_at_pages(begin, 4 * kMib, kNear, kEveryPage);
    check(places.there == 1024 && places.elsewhere == 0, "  and they lie there" + of(places));
    HugePageMemory far({.best = PageKind::explicit_huge, .node = kFar});
    begin = far.take(4 * kMib);
    check(far.mapped(PageKind::explicit_huge) == 0, "none for node 0, where none are: " + far.report());
    const PagePlaces far_places = look_at_pages(begin, 4 * kMib, kFar, kEveryPage);
    check(far_places.there == 1024, "  which gets near pages of the next best kind instead" + of(far_places));
    check(far.advice().find("node0/hugepages") != std::string::npos, "  and says where to reserve some");
}

// More than a node has: no crash, and the look tells. Half of this machine's memory is the node's.
void check_overflow() {
    constexpr std::size_t size = 600 * kMib;
    HugePageMemory memory({.best = PageKind::plain, .node = kNear});
    std::byte* begin = memory.take(size);
    const PagePlaces all = look_at_pages(begin, size, kNear, kEveryPage);
    check(all.there > all.elsewhere && all.elsewhere > 0, "more than node 1 has comes from the other one" + of(all));
    check(memory.look_at_node().elsewhere > 0,
          "  and the sample that the venue takes sees it" + of(memory.look_at_node()));
}

void check_placement(const Topology& machine) {
    PlacementWishes wishes;
    const ProcessingUnit* first = nullptr;  // of the near node
    for (const ProcessingUnit& unit : machine.units)
        if (unit.node == kNear && first == nullptr) first = &unit;
    const unsigned engine = first == nullptr ? 0 : first->cpu;
    wishes.threads = {
        {.name = "engine", .key = "threads.engine", .core = CoreWish::fixed, .cpu = engine, .hot = true},
        {.name = "journal", .key = "threads.journal", .core = CoreWish::automatic, .cpu = 0, .hot = true}};
    wishes.realtime = 10;
    const auto plan = place(machine, wishes);
    if (!check(plan.has_value(), "a plan" + (plan ? ": " + plan->report() : ": " + plan.error()))) return;
    check(plan->node == kNear, "memory belongs to node 1, where the engine is");
    for (const PlacedThread& placed : plan->threads) {
        std::optional<unsigned> ran_on;
        int policy = -1;
        auto thread = Thread::start({.name = placed.name, .core = placed.cpu, .realtime = placed.realtime},
                                    [&](const std::stop_token&) {
                                        ran_on = machine.node_of_this_thread();
                                        policy = ::sched_getscheduler(0);
                                    });
        if (!check(thread.has_value(), placed.name + " starts")) continue;
        thread->join();
        check(placed.cpu && ran_on == kNear, "  and runs on node 1");
        check((policy & ~SCHED_RESET_ON_FORK) == SCHED_FIFO,
              thread->warning().empty() ? "  with real-time priority" : "  " + thread->warning());
    }
    const auto& threads = plan->threads;
    check(
        threads[0].cpu && threads[1].cpu && machine.unit(*threads[0].cpu)->core != machine.unit(*threads[1].cpu)->core,
        "no two of them share a core");
    // Without binding the first touch decides: so what is bound above was not there by chance.
    std::byte* touched = nullptr;
    HugePageMemory unbound({.best = PageKind::plain});
    auto toucher = Thread::start({.name = "toucher", .core = engine},
                                 [&](const std::stop_token&) { touched = unbound.take(2 * kMib); });
    if (!check(toucher.has_value(), "a thread of node 1 that touches unbound memory")) return;
    toucher->join();
    const PagePlaces places = look_at_pages(touched, 2 * kMib, kNear, kEveryPage);
    check(places.there == 512, "  gets it from there" + of(places));
}

int run() {
    const auto machine = Topology::of_this_machine();
    if (check(machine.has_value(), "the topology" + (machine ? "" : ": " + machine.error()))) {
        check_topology(*machine);
        check_placement(*machine);
    }
    for (const unsigned node : {kFar, kNear}) {
        check_memory_of(node, PageKind::plain, "plain");
        check_memory_of(node, PageKind::transparent_huge, "transparent huge");
    }
    check_explicit_pages();
    check_overflow();
    std::printf("verdict: %s, %d failures\n", failures == 0 ? "PASSED" : "FAILED", failures);
    std::fflush(stdout);
    return failures == 0 ? 0 : 1;
}

// The kernel has started nothing but this.
[[noreturn]] void run_as_first_program() {
    for (const char* const folder : {"/proc", "/sys"}) ::mkdir(folder, 0755);
    const bool mounted =
        ::mount("proc", "/proc", "proc", 0, nullptr) == 0 && ::mount("sysfs", "/sys", "sysfs", 0, nullptr) == 0;
    check(mounted, "/proc and /sys");
    run();
    ::sync();
    ::reboot(RB_POWER_OFF);
    ::_exit(1);
}

}  // namespace

int main() {
    if (::getpid() == 1) run_as_first_program();
    return run();
}
