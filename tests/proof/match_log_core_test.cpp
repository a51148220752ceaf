// The public match log of random venues: what the builder makes of the core's events is accepted by both checkers after
// every command, and their books are the core's. In the environment: DCX_SOAK=1 runs 2 million commands instead of
// 150'000, DCX_MATCH_SEED=N that seed alone.
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include "proof/match_venue.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kCommandsPerSeed = 2'000;

void add(MatchCounts& sum, const MatchCounts& run) {
    sum.orders += run.orders;
    sum.amends += run.amends;
    sum.cancels += run.cancels;
    sum.trades += run.trades;
    sum.self_trades += run.self_trades;
    sum.foks_refused += run.foks_refused;
    sum.busts += run.busts;
}

TEST_CASE("match log: random venues hold for both checkers, and their books are the core's after every command") {
    const char* only = std::getenv("DCX_MATCH_SEED");
    const char* soak = std::getenv("DCX_SOAK");
    const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
    const bool soaks = soak != nullptr && *soak == '1';
    const std::uint64_t seeds = only != nullptr ? 1 : (soaks ? 2'000'000 : 150'000) / kCommandsPerSeed;
    MatchCounts sum;
    std::size_t canceled[16] = {};
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        CAPTURE(seed);
        reference::CommandGenerator generator(seed);
        MatchVenue venue;
        const auto indexed = make_match_checker();
        const auto naive = make_naive_match_checker();
        for (std::size_t i = 0; i < kCommandsPerSeed; ++i) {
            venue.run(generator, 1);
            const LoggedCommand& command = venue.log().back();
            for (MatchChecker* checker : {indexed.get(), naive.get()}) {
                const auto right = checker->check(command.view());
                if (!right) FAIL(std::string(checker == naive.get() ? "naive: " : "indexed: ") << right.error().text());
                if (const std::string books = compare_books(*checker, venue); !books.empty())
                    FAIL("behind command " << command.head.sequence.value << ": " << books);
            }
            for (const MatchRecord& r : command.records)
                if (r.kind == MatchRecordKind::canceled) ++canceled[r.reason];
        }
        CHECK(indexed->counts() == naive->counts());
        CHECK(indexed->counts().open_orders == venue.core().open_orders());
        add(sum, indexed->counts());
    }
    if (only != nullptr) return;
    MESSAGE(sum.orders << " orders, " << sum.amends << " amends, " << sum.cancels << " cancels, " << sum.trades
                       << " trades, " << sum.self_trades << " self-trades, " << sum.foks_refused << " FOK refused, "
                       << sum.busts << " busts");
    CHECK(sum.orders > 10'000);
    CHECK(sum.amends > 1'000);
    CHECK(sum.cancels > 1'000);
    CHECK(sum.trades > 5'000);
    CHECK(sum.self_trades > 200);
    CHECK(sum.foks_refused > 5);
    CHECK(sum.busts > 5);
    for (const CancelReason reason : {CancelReason::ioc_remainder, CancelReason::fill_limit, CancelReason::fok_unfilled,
                                      CancelReason::budget_spent})
        CHECK(canceled[static_cast<std::size_t>(reason)] > 20);
}

// One change at random, of the kinds that somebody might try who writes a log.
void change(MatchLog& log, Random& random) {
    std::size_t at = random.below(log.size());
    while (log[at].records.empty()) at = (at + 1) % log.size();
    std::vector<MatchRecord>& records = log[at].records;
    const std::size_t place = random.below(records.size());
    MatchRecord& r = records[place];
    const auto near = [&] { return random.between(-2, 2); };
    switch (random.below(12)) {
        case 0: records.erase(records.begin() + static_cast<std::ptrdiff_t>(place)); break;
        case 1: records.insert(records.begin() + static_cast<std::ptrdiff_t>(place), r); break;
        case 2: std::swap(r, records[random.below(records.size())]); break;
        case 3: std::swap(records, log[random.below(log.size())].records); break;
        case 4: log[at].records.clear(); break;
        case 5: r.price.value += near(); break;
        case 6: r.quantity.value += near(); break;
        case 7: r.order_id.value += static_cast<std::uint64_t>(near()); break;
        case 8: r.other_id.value += static_cast<std::uint64_t>(near()); break;
        case 9: r.reason = static_cast<std::uint8_t>(random.below(13)); break;
        case 10: r.kind = MatchRecordKind{static_cast<std::uint8_t>(random.below(24))}; break;
        default: {
            auto bytes = std::as_writable_bytes(std::span{&r, 1});
            bytes[random.below(bytes.size())] ^= static_cast<std::byte>(1 << random.below(8));
        }
    }
    // Nobody who lies forgets to count.
    if (random.chance(80))
        for (LoggedCommand& c : log)
            for (std::uint32_t i = 0; i < c.records.size(); ++i) c.records[i].index = i;
    for (LoggedCommand& c : log) c.head.records = static_cast<std::uint32_t>(c.records.size());
}

TEST_CASE("match log: of logs changed at random both checkers say the same, also where") {
    constexpr std::uint64_t kChanges = 40;
    std::map<ProofErrorKind, int> kinds;
    int accepted = 0;
    for (std::uint64_t seed = 100; seed < 130; ++seed) {
        reference::CommandGenerator generator(seed);
        MatchVenue venue;
        venue.run(generator, 600);
        Random random(seed);
        for (std::uint64_t i = 0; i < kChanges; ++i) {
            CAPTURE(seed);
            CAPTURE(i);
            MatchLog log = venue.log();
            change(log, random);
            const auto indexed = make_match_checker();
            const auto naive = make_naive_match_checker();
            const auto counts = check_log(*indexed, log);
            const auto naive_counts = check_log(*naive, log);
            REQUIRE(counts.has_value() == naive_counts.has_value());
            if (counts) {
                CHECK(*counts == *naive_counts);
                ++accepted;
                continue;
            }
            CHECK(place_of(counts.error()) == place_of(naive_counts.error()));
            ++kinds[counts.error().kind];
        }
    }
    // What no rule knows: a reason among those that are allowed, a symbol, a record changed for itself.
    MESSAGE(accepted << " of " << 30 * kChanges << " accepted");
    CHECK(accepted < 300);
    for (const auto kind :
         {ProofErrorKind::record_unexpected, ProofErrorKind::record_missing, ProofErrorKind::wrong_trade,
          ProofErrorKind::wrong_outcome, ProofErrorKind::impossible_input})
        CHECK(kinds[kind] > 0);
}

}  // namespace
}  // namespace dcx::proof
