#include "platform/topology.h"

#include <doctest/doctest.h>
#include <sched.h>

#include <algorithm>

using namespace dcx::platform;

namespace {

// Two sockets of four cores with two threads each, a node each; numbered as Linux does: siblings are 8 apart.
constexpr const char* kTwoSockets =
    "Package:2 [NUMANode(memory=64GiB)] L3:1(size=32MiB) Core:4 PU:2(indexes=0,8,1,9,2,10,3,11,4,12,5,13,6,14,7,15)";

}  // namespace

TEST_CASE("topology: two sockets with SMT") {
    const auto machine = Topology::from_synthetic(kTwoSockets);
    REQUIRE_MESSAGE(machine, (machine ? "" : machine.error()));
    CHECK(machine->package_count() == 2);
    CHECK(machine->core_count() == 8);
    CHECK(machine->smt());
    REQUIRE(machine->units.size() == 16);
    CHECK(std::ranges::is_sorted(machine->units, {}, &ProcessingUnit::cpu));
    REQUIRE(machine->nodes.size() == 2);
    CHECK(machine->nodes[1].node == 1);
    CHECK(machine->nodes[1].bytes == std::uint64_t{64} << 30);
    CHECK(machine->siblings(1) == std::vector<unsigned>{9});
    CHECK(machine->siblings(9) == std::vector<unsigned>{1});
    CHECK(machine->unit(3)->node == 0);
    CHECK(machine->unit(12)->node == 1);
    CHECK(machine->unit(12)->package == 1);
    CHECK(machine->unit(16) == nullptr);
    CHECK(machine->siblings(16).empty());
    REQUIRE(machine->caches.size() == 2);
    CHECK(machine->caches[0].level == 3);
    CHECK(machine->caches[0].bytes == std::uint64_t{32} << 20);
    CHECK(cpu_list(machine->caches[0].cpus) == "0-3,8-11");
    CHECK(machine->report() == "2 packages, 2 NUMA nodes, 8 cores, 16 units (SMT), 16 allowed");
}

TEST_CASE("topology: two nodes in one package, no SMT") {
    const auto machine = Topology::from_synthetic("Package:1 Group:2 [NUMANode(memory=1GB)] Core:2 PU:1");
    REQUIRE(machine);
    CHECK_FALSE(machine->smt());
    CHECK(machine->nodes.size() == 2);
    CHECK(machine->unit(2)->node == 1);
    CHECK(machine->unit(2)->package == 0);
    CHECK(machine->siblings(2).empty());
}

TEST_CASE("topology: from XML, and what is no machine is refused") {
    const auto machine = Topology::from_xml(R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0">
  <object type="Machine" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" allowed_cpuset="0x00000002"
          nodeset="0x00000001" complete_nodeset="0x00000001" allowed_nodeset="0x00000001" gp_index="1">
    <object type="NUMANode" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001"
            complete_nodeset="0x00000001" gp_index="2" local_memory="1073741824"/>
    <object type="Core" os_index="0" cpuset="0x00000003" complete_cpuset="0x00000003" nodeset="0x00000001"
            complete_nodeset="0x00000001" gp_index="3">
      <object type="PU" os_index="0" cpuset="0x00000001" complete_cpuset="0x00000001" nodeset="0x00000001"
              complete_nodeset="0x00000001" gp_index="4"/>
      <object type="PU" os_index="1" cpuset="0x00000002" complete_cpuset="0x00000002" nodeset="0x00000001"
              complete_nodeset="0x00000001" gp_index="5"/>
    </object>
  </object>
</topology>
)");
    REQUIRE_MESSAGE(machine, (machine ? "" : machine.error()));
    CHECK(machine->report() == "1 package, 1 NUMA node, 1 core, 2 units (SMT), 1 allowed");
    CHECK(machine->allowed() == std::vector<unsigned>{1});
    CHECK_FALSE(Topology::from_xml("<topology>"));
    const auto wrong = Topology::from_synthetic("Package:two");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().starts_with("topology: the synthetic description is wrong"));
}

TEST_CASE("topology: of this machine, the allowed units are those of this thread or isolated") {
    const auto machine = Topology::of_this_machine();
    REQUIRE_MESSAGE(machine, (machine ? "" : machine.error()));
    cpu_set_t mask;
    REQUIRE(sched_getaffinity(0, sizeof mask, &mask) == 0);
    for (const ProcessingUnit& unit : machine->units)
        if (!unit.isolated) CHECK(unit.allowed == (CPU_ISSET(unit.cpu, &mask) != 0));
    CHECK_FALSE(machine->allowed().empty());
    const auto node = machine->node_of_this_thread();
    REQUIRE(node);
    CHECK(std::ranges::find(machine->nodes, *node, &NumaNode::node) != machine->nodes.end());
}

TEST_CASE("topology: lists of units as the kernel writes them") {
    CHECK(cpu_list({}) == "none");
    CHECK(cpu_list({8, 1, 0, 3, 2}) == "0-3,8");
    CHECK(cpu_list({5}) == "5");
    CHECK(parse_cpu_list("0-3,8\n") == std::vector<unsigned>{0, 1, 2, 3, 8});
    CHECK(parse_cpu_list("\n") == std::vector<unsigned>{});
    for (const char* wrong : {"3-1", "1,", "a", "1-", "65536", "1 2", "-1"}) CHECK_FALSE(parse_cpu_list(wrong));
}
