#include "gateway/report_store.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "base/random.h"

using namespace dcx;
using namespace dcx::gateway;

namespace {

// A report whose bytes name it.
void add(ReportStore& store, SessionId session, std::uint64_t sequence) {
    ReportBytes& bytes = store.add(session, sequence);
    bytes.fill(std::byte{0});
    std::memcpy(bytes.data() + offsetof(FrameHeader, sequence), &sequence, sizeof sequence);
    std::memcpy(bytes.data(), &session, sizeof session);
    store.set_size(16 + sequence % 200);
}

bool is(std::span<const std::byte> report, SessionId session, std::uint64_t sequence) {
    std::uint64_t found = 0;
    std::memcpy(&found, report.data() + offsetof(FrameHeader, sequence), sizeof found);
    return found == sequence && report.size() == 16 + sequence % 200 &&
           std::memcmp(report.data(), &session, sizeof session) == 0;
}

}  // namespace

TEST_CASE("report store: an empty one has nothing") {
    ReportStore store(0);
    CHECK(store.capacity() == 16);
    CHECK(store.range(SessionId{1u}).next == store.range(SessionId{1u}).first);
    CHECK(store.range(SessionId{0u}).first == 0);
    ReportStore::Cursor cursor(SessionId{9u}, 1);
    std::size_t steps = 10;
    std::span<const std::byte> report;
    CHECK(store.next(cursor, steps, report) == ReportStore::Step::gone);
}

TEST_CASE("report store: the way to a report takes bounded steps a call, from the nearer end") {
    ReportStore store(256 * 1024);
    const SessionId session{1u};
    for (std::uint64_t sequence = 1; sequence <= 1000; ++sequence) add(store, session, sequence);
    std::span<const std::byte> report;
    ReportStore::Cursor middle(session, 400);
    std::size_t steps = 100;
    for (int calls = 0; calls < 3; ++calls, steps = 100)
        REQUIRE(store.next(middle, steps, report) == ReportStore::Step::walking);
    REQUIRE(store.next(middle, steps, report) == ReportStore::Step::found);
    CHECK(is(report, session, 400));
    ReportStore::Cursor late(session, 998);
    steps = 5;
    for (std::uint64_t sequence = 998; sequence <= 1000; ++sequence) {
        REQUIRE(store.next(late, steps, report) == ReportStore::Step::found);
        CHECK(is(report, session, sequence));
    }
    CHECK(store.next(late, steps, report) == ReportStore::Step::gone);
    add(store, session, 1001);
    REQUIRE(store.next(late, steps, report) == ReportStore::Step::found);
    CHECK(is(report, session, 1001));
}

TEST_CASE("report store: against a model, with readers on their way while it goes round") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Random random{seed};
        ReportStore store(256 * (16 + random.below(100)));
        std::vector<std::pair<SessionId, std::uint64_t>> all;
        std::map<SessionId, std::uint64_t> next;
        std::vector<std::pair<SessionId, ReportStore::Cursor>> readers;
        for (int i = 0; i < 3000; ++i) {
            const SessionId session{static_cast<std::uint32_t>(1 + random.below(random.chance(90) ? 3 : 40))};
            if (next[session] == 0) next[session] = 1 + random.below(50);  // as after a start
            add(store, session, next[session]);
            all.emplace_back(session, next[session]++);
            std::map<SessionId, std::uint64_t> oldest;
            for (std::size_t at = all.size() - std::min(all.size(), store.capacity()); at < all.size(); ++at)
                oldest.try_emplace(all[at].first, all[at].second);
            for (const auto& [known, number] : next) {
                const auto range = store.range(known);
                if (!oldest.contains(known)) {
                    REQUIRE(range.first == range.next);
                    continue;
                }
                REQUIRE(range.first == oldest[known]);
                REQUIRE(range.next == number);
            }
            if (readers.size() < 5 && random.chance(20)) {
                const auto range = store.range(session);
                readers.emplace_back(
                    session, ReportStore::Cursor(session, range.first + random.below(range.next - range.first)));
            }
            std::erase_if(readers, [&](auto& reader) {
                auto& [whose, cursor] = reader;
                const std::uint64_t wanted = cursor.sequence();
                const auto range = store.range(whose);
                std::size_t steps = random.below(4);
                std::span<const std::byte> report;
                const auto step = store.next(cursor, steps, report);
                REQUIRE((step == ReportStore::Step::gone) == (wanted < range.first || wanted >= range.next));
                if (step == ReportStore::Step::found) REQUIRE(is(report, whose, wanted));
                return step == ReportStore::Step::gone;
            });
        }
    }
}
