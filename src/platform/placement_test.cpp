#include "platform/placement.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace dcx::platform;

namespace {

// Numbered as Linux does: the siblings of 0 .. n-1 are n .. 2n-1.
Topology machine(const std::string& description) {
    auto read = Topology::from_synthetic(description);
    REQUIRE_MESSAGE(read, (read ? "" : read.error()));
    return std::move(*read);
}
Topology two_sockets() {
    return machine(
        "Package:2 [NUMANode(memory=64GiB)] Core:6 "
        "PU:2(indexes=0,12,1,13,2,14,3,15,4,16,5,17,6,18,7,19,8,20,9,21,10,22,11,23)");
}
Topology two_cores() { return machine("Package:1 Core:2 PU:1"); }

PlacementWishes wishes_of(CoreWish hot, CoreWish cold = CoreWish::none) {
    PlacementWishes wishes;
    for (const char* name : {"engine", "journal", "gateway", "feed"})
        wishes.threads.push_back({.name = name, .key = "threads." + std::string(name), .core = hot, .hot = true});
    wishes.threads.push_back({.name = "auditor", .key = "threads.auditor", .core = cold, .hot = false});
    return wishes;
}
void fix(PlacementWishes& wishes, std::size_t thread, unsigned cpu) {
    wishes.threads[thread].core = CoreWish::fixed;
    wishes.threads[thread].cpu = cpu;
}

std::string report_of(const Topology& on, const PlacementWishes& wishes) {
    const auto plan = place(on, wishes);
    return plan ? plan->report() : plan.error();
}
bool remarks_have(const PlacementPlan& plan, std::string_view text) {
    return std::ranges::any_of(plan.remarks,
                               [&](const std::string& remark) { return remark.find(text) != remark.npos; });
}

}  // namespace

TEST_CASE("placement: nothing wished, nothing done") {
    const auto plan = place(two_cores(), wishes_of(CoreWish::none));
    REQUIRE(plan);
    CHECK(plan->report() == "engine floats, journal floats, gateway floats, feed floats, auditor floats");
    CHECK(plan->remarks.empty());
    CHECK(plan->rest.empty());
    CHECK_FALSE(plan->node);
    // Where it matters, it is told.
    CHECK(remarks_have(*place(two_sockets(), wishes_of(CoreWish::none)), "memory is bound to none"));
}

TEST_CASE("placement: automatic gives whole cores of one node, and leaves that of unit 0") {
    const Topology on = two_sockets();
    const auto plan = place(on, wishes_of(CoreWish::automatic, CoreWish::automatic));
    REQUIRE(plan);
    CHECK(plan->report() ==
          "engine 1, journal 2, gateway 3, feed 4, auditor 5; others on 0,6-12,18-23; memory on node 0");
    CHECK(plan->remarks.empty());
    for (const PlacedThread& thread : plan->threads) {
        CHECK(on.unit(*thread.cpu)->node == 0);
        // Nobody floats on its sibling.
        for (const unsigned sibling : on.siblings(*thread.cpu))
            CHECK(std::ranges::find(plan->rest, sibling) == plan->rest.end());
    }
}

TEST_CASE("placement: automatic threads follow the pinned ones to their node") {
    PlacementWishes wishes = wishes_of(CoreWish::automatic);
    fix(wishes, 0, 7);
    CHECK(report_of(two_sockets(), wishes) ==
          "engine 7, journal 6, gateway 8, feed 9, auditor floats; others on 0-5,10-17,22-23; memory on node 1");
}

TEST_CASE("placement: the isolated units are taken first, wherever they are") {
    Topology on = two_sockets();
    for (ProcessingUnit& unit : on.units)
        unit.isolated = (unit.cpu >= 8 && unit.cpu <= 11) || (unit.cpu >= 20 && unit.cpu <= 23);
    CHECK(report_of(on, wishes_of(CoreWish::automatic)) ==
          "engine 8, journal 9, gateway 10, feed 11, auditor floats; others on 0-7,12-19; memory on node 1");
}

TEST_CASE("placement: too few cores for all is none for any") {
    for (const Topology& on :
         {two_cores(), machine("Package:1 Core:4 PU:1"), machine("Package:2 [NUMANode] Core:3 PU:2")}) {
        const auto plan = place(on, wishes_of(CoreWish::automatic));
        REQUIRE(plan);
        CHECK(std::ranges::none_of(plan->threads, [](const PlacedThread& thread) { return thread.cpu.has_value(); }));
        CHECK(plan->rest.empty());
        CHECK(remarks_have(*plan, "threads float: 4 of them want a core"));
    }
    // One more core will do; the rest have that.
    CHECK(report_of(machine("Package:1 Core:5 PU:1"), wishes_of(CoreWish::automatic, CoreWish::automatic)) ==
          "engine 1, journal 2, gateway 3, feed 4, auditor floats; others on 0; memory on node 0");
    // Units that this process may not use don't count.
    Topology small = machine("Package:1 Core:8 PU:1");
    for (ProcessingUnit& unit : small.units) unit.allowed = unit.cpu >= 4;
    CHECK(remarks_have(*place(small, wishes_of(CoreWish::automatic)), "only 4 of 4 free cores"));
}

TEST_CASE("placement: a core that is not there is an error with the key") {
    PlacementWishes wishes = wishes_of(CoreWish::none);
    fix(wishes, 2, 9);
    CHECK(report_of(two_cores(), wishes) ==
          "threads.gateway: there is no core 9 for this process, which may run on 0-1");
    Topology on = two_cores();
    on.units[1].allowed = false;
    fix(wishes, 2, 1);
    CHECK(report_of(on, wishes) == "threads.gateway: there is no core 1 for this process, which may run on 0");
}

TEST_CASE("placement: neighbours on a core are told, and refused when one would starve") {
    PlacementWishes wishes = wishes_of(CoreWish::none);
    fix(wishes, 0, 1);
    fix(wishes, 1, 1);
    fix(wishes, 2, 13);
    fix(wishes, 3, 7);
    const auto plan = place(two_sockets(), wishes);
    REQUIRE(plan);
    CHECK(remarks_have(*plan, "threads.journal and threads.engine are on the same core: each waits"));
    CHECK(remarks_have(*plan, "threads.gateway and threads.engine are SMT siblings"));
    CHECK(remarks_have(*plan, "pinned threads are on NUMA nodes 0-1"));
    CHECK(plan->node == 0u);
    wishes.spin = true;
    CHECK(report_of(two_sockets(), wishes) ==
          "threads.journal and threads.engine are on the same core, and idle = \"spin\" would starve one of them");
}

TEST_CASE("placement: what floats has the whole machine when every core is pinned") {
    PlacementWishes wishes = wishes_of(CoreWish::none);
    fix(wishes, 0, 0);
    fix(wishes, 1, 1);
    const auto plan = place(two_cores(), wishes);
    REQUIRE(plan);
    CHECK(plan->rest == std::vector<unsigned>{0, 1});
    CHECK(remarks_have(*plan, "every core has a pinned thread"));
    // Siblings are better than that.
    CHECK(place(machine("Package:1 Core:2 PU:2(indexes=0,2,1,3)"), wishes)->rest == std::vector<unsigned>{2, 3});
}

TEST_CASE("placement: real-time priority leaves a unit to the others") {
    PlacementWishes wishes = wishes_of(CoreWish::none);
    wishes.realtime = 50;
    const auto small = place(two_cores(), wishes);
    REQUIRE(small);
    CHECK(small->report() == "engine floats fifo 50, journal floats, gateway floats, feed floats, auditor floats");
    CHECK(remarks_have(*small, "threads.realtime: not for journal, gateway, feed, which would starve others"));
    CHECK(place(machine("Package:1 Core:1 PU:1"), wishes)->threads[0].realtime == 0);
    // Never the auditor.
    const auto large = place(two_sockets(), wishes);
    CHECK(std::ranges::count(large->threads, 50, &PlacedThread::realtime) == 4);
    CHECK(large->thread("auditor")->realtime == 0);
}

TEST_CASE("placement: who spins is real-time only alone on a core") {
    PlacementWishes wishes = wishes_of(CoreWish::none);
    wishes.realtime = 10;
    wishes.spin = true;
    const auto floating = place(two_sockets(), wishes);
    REQUIRE(floating);
    CHECK(std::ranges::count(floating->threads, 0, &PlacedThread::realtime) == 5);
    CHECK(remarks_have(*floating, "it spins, and is not alone on a core"));
    PlacementWishes pinned = wishes_of(CoreWish::automatic);
    pinned.realtime = 10;
    pinned.spin = true;
    const auto plan = place(two_sockets(), pinned);
    CHECK(plan->report() ==
          "engine 1 fifo 10, journal 2 fifo 10, gateway 3 fifo 10, feed 4 fifo 10, auditor floats; others on "
          "0,5-12,17-23; memory on node 0");
    CHECK(plan->remarks.empty());
}
