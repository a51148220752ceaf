#include "platform/topology.h"

#include <hwloc.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

namespace dcx::platform {
namespace {

struct Destroy {
    void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using Handle = std::unique_ptr<hwloc_topology, Destroy>;

std::string reason(const char* what) { return std::string("topology: ") + what + ": " + std::strerror(errno); }

Handle make() {
    hwloc_topology_t topology = nullptr;
    return hwloc_topology_init(&topology) == 0 ? Handle(topology) : nullptr;
}

// Every object of a type in hwloc's logical order, which is that of the machine's tree.
template <class Visit>
void each(hwloc_topology_t topology, hwloc_obj_type_t type, Visit&& visit) {
    for (hwloc_obj_t at = nullptr; (at = hwloc_get_next_obj_by_type(topology, type, at)) != nullptr;) visit(at);
}

std::vector<unsigned> numbers(hwloc_const_bitmap_t set) {
    std::vector<unsigned> found;
    for (int i = hwloc_bitmap_first(set); i >= 0; i = hwloc_bitmap_next(set, i))
        found.push_back(static_cast<unsigned>(i));
    return found;
}

// 0 for machines that tell nothing of this kind: one core, one package.
unsigned number_above(hwloc_topology_t topology, hwloc_obj_type_t type, hwloc_obj_t unit) {
    const hwloc_obj_t above = hwloc_get_ancestor_obj_by_type(topology, type, unit);
    return above == nullptr ? 0 : above->logical_index;
}

void read_units(hwloc_topology_t topology, Topology& out) {
    const hwloc_const_cpuset_t allowed = hwloc_topology_get_allowed_cpuset(topology);
    const bool cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) > 0;
    each(topology, HWLOC_OBJ_PU, [&](hwloc_obj_t unit) {
        ProcessingUnit& read = out.units.emplace_back();
        read.cpu = unit->os_index;
        read.core = cores ? number_above(topology, HWLOC_OBJ_CORE, unit) : unit->logical_index;
        read.package = number_above(topology, HWLOC_OBJ_PACKAGE, unit);
        // Several where a node has memory of two kinds; the first is the ordinary one.
        read.node = static_cast<unsigned>(std::max(0, hwloc_bitmap_first(unit->nodeset)));
        read.allowed = hwloc_bitmap_isset(allowed, unit->os_index) != 0;
    });
    std::ranges::sort(out.units, {}, &ProcessingUnit::cpu);
}

void read_nodes(hwloc_topology_t topology, Topology& out) {
    each(topology, HWLOC_OBJ_NUMANODE, [&](hwloc_obj_t node) {
        out.nodes.push_back({.node = node->os_index, .bytes = node->attr->numanode.local_memory});
    });
    std::ranges::sort(out.nodes, {}, &NumaNode::node);
}

void read_caches(hwloc_topology_t topology, Topology& out) {
    for (const hwloc_obj_type_t type :
         {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE})
        each(topology, type, [&](hwloc_obj_t cache) {
            out.caches.push_back({.level = cache->attr->cache.depth,
                                  .bytes = cache->attr->cache.size,
                                  .line_bytes = cache->attr->cache.linesize,
                                  .cpus = numbers(cache->cpuset)});
        });
}

std::expected<Topology, std::string> load(const Handle& handle) {
    // With the units that this process may not use: who names one of those is told so, and siblings count.
    if (hwloc_topology_set_flags(handle.get(), HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) != 0 ||
        hwloc_topology_load(handle.get()) != 0)
        return std::unexpected(reason("can't be read"));
    Topology out;
    read_units(handle.get(), out);
    read_nodes(handle.get(), out);
    read_caches(handle.get(), out);
    if (out.units.empty() || out.nodes.empty()) return std::unexpected("topology: no processing unit or no memory");
    return out;
}

std::vector<unsigned> isolated_units() {
    std::ifstream file("/sys/devices/system/cpu/isolated");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return parse_cpu_list(text).value_or(std::vector<unsigned>{});
}

// Within what the control group allows: where this process runs now, and the isolated units, which the kernel takes out
// of everybody's mask but lets a thread be pinned to.
void keep_own_units(Topology& out) {
    cpu_set_t mask;
    const bool known = sched_getaffinity(0, sizeof mask, &mask) == 0;
    const std::vector<unsigned> isolated = isolated_units();
    for (ProcessingUnit& unit : out.units) {
        unit.isolated = std::ranges::find(isolated, unit.cpu) != isolated.end();
        const bool here = !known || (unit.cpu < CPU_SETSIZE && CPU_ISSET(unit.cpu, &mask));
        unit.allowed = unit.allowed && (here || unit.isolated);
    }
}

template <class Value>
unsigned distinct(const std::vector<ProcessingUnit>& units, Value ProcessingUnit::* field) {
    std::vector<Value> values;
    for (const ProcessingUnit& unit : units) values.push_back(unit.*field);
    std::ranges::sort(values);
    return static_cast<unsigned>(std::unique(values.begin(), values.end()) - values.begin());
}

std::string counted(std::size_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::expected<Topology, std::string> Topology::of_this_machine() {
    const Handle handle = make();
    if (!handle) return std::unexpected(reason("no memory"));
    auto read = load(handle);
    if (read) keep_own_units(*read);
    return read;
}

std::expected<Topology, std::string> Topology::from_synthetic(const std::string& description) {
    const Handle handle = make();
    if (!handle || hwloc_topology_set_synthetic(handle.get(), description.c_str()) != 0)
        return std::unexpected(reason("the synthetic description is wrong"));
    return load(handle);
}

std::expected<Topology, std::string> Topology::from_xml(const std::string& text) {
    const Handle handle = make();
    // hwloc counts the byte behind the text.
    if (!handle || hwloc_topology_set_xmlbuffer(handle.get(), text.c_str(), static_cast<int>(text.size() + 1)) != 0)
        return std::unexpected(reason("the XML is wrong"));
    return load(handle);
}

const ProcessingUnit* Topology::unit(unsigned cpu) const {
    const auto found = std::ranges::find(units, cpu, &ProcessingUnit::cpu);
    return found == units.end() ? nullptr : &*found;
}

unsigned Topology::core_count() const { return distinct(units, &ProcessingUnit::core); }
unsigned Topology::package_count() const { return distinct(units, &ProcessingUnit::package); }
bool Topology::smt() const { return core_count() < units.size(); }

std::vector<unsigned> Topology::allowed() const {
    std::vector<unsigned> found;
    for (const ProcessingUnit& at : units)
        if (at.allowed) found.push_back(at.cpu);
    return found;
}

std::vector<unsigned> Topology::siblings(unsigned cpu) const {
    std::vector<unsigned> found;
    const ProcessingUnit* of = unit(cpu);
    if (of == nullptr) return found;
    for (const ProcessingUnit& at : units)
        if (at.core == of->core && at.cpu != cpu) found.push_back(at.cpu);
    return found;
}

std::optional<unsigned> Topology::node_of_this_thread() const {
    const int cpu = sched_getcpu();
    const ProcessingUnit* here = cpu < 0 ? nullptr : unit(static_cast<unsigned>(cpu));
    return here == nullptr ? std::nullopt : std::optional(here->node);
}

std::string Topology::report() const {
    std::vector<unsigned> isolated;
    for (const ProcessingUnit& at : units)
        if (at.isolated) isolated.push_back(at.cpu);
    std::string text = counted(package_count(), "package") + ", " + counted(nodes.size(), "NUMA node") + ", " +
                       counted(core_count(), "core") + ", " + counted(units.size(), "unit");
    if (smt()) text += " (SMT)";
    text += ", " + std::to_string(allowed().size()) + " allowed";
    if (!isolated.empty()) text += ", isolated " + cpu_list(isolated);
    return text;
}

std::string cpu_list(std::vector<unsigned> cpus) {
    if (cpus.empty()) return "none";
    std::ranges::sort(cpus);
    std::string text;
    for (std::size_t i = 0; i < cpus.size(); ++i) {
        const std::size_t first = i;
        while (i + 1 < cpus.size() && cpus[i + 1] <= cpus[i] + 1) ++i;
        if (!text.empty()) text += ',';
        text += std::to_string(cpus[first]);
        if (cpus[i] != cpus[first]) text.append("-").append(std::to_string(cpus[i]));
    }
    return text;
}

std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text) {
    constexpr unsigned limit = 65536;
    std::vector<unsigned> found;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    if (text.empty()) return found;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (;;) {
        unsigned first = 0;
        auto read = std::from_chars(at, end, first);
        unsigned last = first;
        if (read.ec == std::errc{} && read.ptr != end && *read.ptr == '-')
            read = std::from_chars(read.ptr + 1, end, last);
        if (read.ec != std::errc{} || first > last || last >= limit) return std::nullopt;
        for (unsigned cpu = first; cpu <= last; ++cpu) found.push_back(cpu);
        if (read.ptr == end) return found;
        if (*read.ptr != ',') return std::nullopt;
        at = read.ptr + 1;
    }
}

}  // namespace dcx::platform
