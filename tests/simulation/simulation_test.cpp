// The simulator in the tests: seeds that must all hold, and that a run is its seed's.
#include <doctest/doctest.h>

#include <cstdlib>

#include "simulation/apart.h"

namespace dcx::simulation {
namespace {

// Two hundred in four cases, so that they run beside each other.
void check_seeds(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const Scenario scenario = draw_scenario(seed);
        const Outcome outcome = run_apart(scenario, 120);
        CHECK_MESSAGE(outcome.broken.empty(), describe(scenario, outcome));
    }
}

TEST_CASE("simulation: seeds 1 to 50 keep every promise") { check_seeds(1, 50); }
TEST_CASE("simulation: seeds 51 to 100 keep every promise") { check_seeds(51, 50); }
TEST_CASE("simulation: seeds 101 to 150 keep every promise") { check_seeds(101, 50); }
TEST_CASE("simulation: seeds 151 to 200 keep every promise") { check_seeds(151, 50); }

TEST_CASE("simulation: the same seed gives the same trace, another one another") {
    std::uint64_t before = 0;
    for (const std::uint64_t seed : {1001u, 1002u, 1003u, 1004u}) {
        const Outcome first = run(draw_scenario(seed));
        const Outcome again = run(draw_scenario(seed));
        const Outcome apart = run_apart(draw_scenario(seed));
        CHECK(first.commands > 100);
        CHECK(first.trace == again.trace);
        CHECK(first.trace == apart.trace);
        CHECK(first.trace != before);
        before = first.trace;
    }
}

TEST_CASE("simulation: seeds reach restarts, faults and what they are for") {
    std::uint64_t starts = 0;
    std::uint64_t faults = 0;
    std::uint64_t refused = 0;
    std::uint64_t cut = 0;
    std::uint64_t trades = 0;
    std::uint64_t prints = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Outcome outcome = run(draw_scenario(seed));
        starts += outcome.starts;
        faults += outcome.faults;
        refused += outcome.rot_refused;
        cut += outcome.rot_cut;
        trades += outcome.trades;
        prints += outcome.compared;
    }
    CHECK(starts > 100);
    CHECK(faults > 20);
    CHECK(refused > 20);
    CHECK(cut > 5);
    CHECK(trades > 1000);
    CHECK(prints > 200);
}

TEST_CASE("simulation: the options of a description give the same scenario again") {
    Scenario scenario = draw_scenario(7);
    CHECK(scenario.set("traders", 1));
    CHECK(scenario.set("crash_every_ns", 0));
    CHECK(scenario.set("seconds", 9));
    const std::string options = scenario.options();
    CHECK(options.starts_with("seconds=9,"));
    CHECK(options.find("traders=1") != options.npos);
    Scenario again = draw_scenario(7);
    CHECK(again.apply(options));
    CHECK(again.text() == scenario.text());
    CHECK(run(again).trace == run(scenario).trace);
    CHECK_FALSE(scenario.set("no such number", 1));
    CHECK_FALSE(scenario.apply("traders"));
    CHECK_FALSE(scenario.apply("nothing=1"));
}

}  // namespace
}  // namespace dcx::simulation
