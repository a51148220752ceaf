// The recorder dies anywhere, and its files are those of one that never did.
#include <doctest/doctest.h>

#include "base/random.h"
#include "proof/recorded_venue.h"

namespace dcx::proof::test {
namespace {

// What may stand behind the mark after a crash: anything.
void tear_tails(const std::string& folder, Random& random) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const bool appended = name.ends_with(".dcxm") || name.starts_with("commands.") || name.starts_with("events.") ||
                              name == "event-index";
        if (!entry.is_regular_file() || !appended || random.chance(50)) continue;
        std::ofstream out(entry.path(), std::ios::binary | std::ios::app);
        for (std::uint64_t i = random.below(100); i > 0; --i) out.put(static_cast<char>(random.below(256)));
    }
}

}  // namespace

TEST_CASE("recorder: killed anywhere, it goes on with the same bytes") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        Random random(seed);
        RecordedVenue venue(seed);
        // By size alone, at a place that differs by seed.
        venue.unrecorded_bytes = 2'000 + random.below(60'000);
        for (int life = 0; life < 10; ++life) {
            venue.trade(static_cast<int>(random.below(120)));
            if (random.chance(30)) venue.restart();
            venue.life([&](engine::Auditor& auditor, app::ProofWork& work) {
                for (std::uint64_t i = random.below(200); i > 0; --i) {
                    if (random.chance(2)) work.request(Sequence{auditor.sequence().value + random.below(30)});
                    if (random.chance(5)) REQUIRE(work.flush().has_value());
                    auditor.poll();
                    REQUIRE_MESSAGE(work.reason().empty(), work.reason());
                }
            });
            tear_tails(venue.folder.path(), random);
        }
        venue.trade(20);
        venue.record();

        // One that never died, with the same checkpoints signed, at its side.
        const auto interrupted = contents(venue.folder.path());
        fs::remove_all(venue.proofs());
        fs::remove_all(venue.published().match_log());
        venue.unrecorded_bytes = std::size_t{1} << 30;
        venue.life([&](engine::Auditor& auditor, app::ProofWork& work) {
            RecordedVenue::rest(auditor);
            REQUIRE_MESSAGE(auditor.reason().empty(), auditor.reason());
            REQUIRE(work.flush().has_value());
        });
        const auto whole = contents(venue.folder.path());
        for (const auto& [name, bytes] : interrupted) {
            if (name.starts_with("proofs/liabilities-")) continue;
            CAPTURE(name);
            REQUIRE(whole.contains(name));
            CHECK(whole.at(name) == bytes);
        }
    }
}

}  // namespace dcx::proof::test
