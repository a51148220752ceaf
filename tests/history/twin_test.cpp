// The fold against its naive twin: random commands, batches cut at random, restarts from what is stored. In the
// environment: DCX_SOAK=1 runs 3 million commands instead of 60'000, DCX_HISTORY_SEED=N that seed alone.
#include <doctest/doctest.h>

#include <cstdlib>

#include "history/memory_store.h"
#include "history/twin_run.h"

namespace dcx::naive {
namespace {

constexpr std::uint64_t kCommandsPerSeed = 1'500;

TEST_CASE("random commands: the rows of a fold that is cut and restarted anywhere are those of the naive twin") {
    const char* only = std::getenv("DCX_HISTORY_SEED");
    const char* soak = std::getenv("DCX_SOAK");
    const bool soaks = soak != nullptr && *soak == '1';
    const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
    const std::uint64_t seeds = only != nullptr ? 1 : (soaks ? 3'000'000 : 60'000) / kCommandsPerSeed;
    Met met;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        CAPTURE(seed);
        MemoryStore store;
        store.fail_questions(static_cast<unsigned>(seed * 7 % 50), seed);
        TwinRun(seed, met,
                {.open = [&]() -> history::Store& { return store; }, .tables = [&] { return store.tables(); }})
            .run(kCommandsPerSeed);
        met.count("questions failed", store.failures());
    }
    if (only != nullptr || soaks) MESSAGE(met.text());
    if (only == nullptr) CHECK(met.missing() == "");
}

}  // namespace
}  // namespace dcx::naive
