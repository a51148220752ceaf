// Seeds of the simulation: 50 of them, 1,000 in `./dev soak`, any number by DCX_CUSTODY_SEEDS, from DCX_CUSTODY_SEED
// on.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "custody/custody_simulation.h"

namespace dcx::chain {
namespace {

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST_CASE("custody: whatever fails, nothing is paid twice, credited twice, or lost") {
    const std::uint64_t first = number_of("DCX_CUSTODY_SEED", 1);
    const std::uint64_t count = number_of("DCX_CUSTODY_SEEDS", std::getenv("DCX_SOAK") != nullptr ? 1000 : 50);
    SimulationCounts sum;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        CAPTURE(seed);
        CustodySimulation simulation(seed);
        REQUIRE(simulation.run() == "");
        const SimulationCounts& one = simulation.counts();
        sum.deposits += one.deposits;
        sum.withdrawals += one.withdrawals;
        sum.settled += one.settled;
        sum.rewinds += one.rewinds;
        sum.reversed += one.reversed;
        sum.resolved += one.resolved;
        sum.sweeps += one.sweeps;
        sum.crashes += one.crashes;
        sum.reconciled += one.reconciled;
    }
    const auto ll = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf(
        "%llu seeds: %llu deposits, %llu withdrawals, %llu parts paid, %llu sweeps, %llu rewinds, "
        "%llu reversals, %llu resolved by two, %llu crashes, %llu without any difference\n",
        ll(count), ll(sum.deposits), ll(sum.withdrawals), ll(sum.settled), ll(sum.sweeps), ll(sum.rewinds),
        ll(sum.reversed), ll(sum.resolved), ll(sum.crashes), ll(sum.reconciled));
    // A simulation in which nothing happens proves nothing.
    if (count >= 50) {
        CHECK(sum.settled > count);
        CHECK(sum.rewinds > count / 2);
        CHECK(sum.reversed > 0);
        CHECK(sum.resolved > 0);
        CHECK(sum.reconciled > 0);
        CHECK(sum.crashes > count);
    }
}

}  // namespace
}  // namespace dcx::chain
