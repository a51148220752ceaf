// The feed's books against the core's, under commands of every kind. In the environment: DCX_SOAK=1 runs 3 million
// commands instead of 150'000, DCX_FEED_BOOK_SEED=N that seed alone.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>

#include "base/random.h"
#include "feed_book/followed_core.h"
#include "market/command_flow.h"
#include "reference/command_generator.h"

namespace dcx::feed_book {
namespace {

constexpr std::uint64_t kCommandsPerSeed = 2'500;

TEST_CASE("random commands: books, windows, checksums as the core has them after every command") {
    const char* only = std::getenv("DCX_FEED_BOOK_SEED");
    const char* soak = std::getenv("DCX_SOAK");
    const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
    const bool soaks = soak != nullptr && *soak == '1';
    const std::uint64_t seeds = only != nullptr ? 1 : (soaks ? 3'000'000 : 150'000) / kCommandsPerSeed;
    FollowedCore::Met met;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        CAPTURE(seed);
        FollowedCore followed({.seed = seed});
        reference::CommandGenerator generator(seed);
        for (std::uint64_t i = 0; i < kCommandsPerSeed; ++i) {
            const reference::Step step = generator.next();
            generator.observe(step, followed.apply(step.command));
        }
        met.add(followed.met());
    }
    if (only != nullptr) return;
    MESSAGE(met.book_events << " events of books, " << met.messages << " messages, " << met.resumes << " resumes, "
                            << met.restarts << " restarts, at most " << met.levels_max << " levels");
    CHECK(met.book_events > 40'000);
    CHECK(met.messages > 200'000);
    CHECK(met.resumes > 1'000);
    CHECK(met.restarts > 20);
    CHECK(met.levels_max > 30);
}

// A book of more levels than the deepest window shows, in which orders come and go everywhere and whole stretches are
// taken at once.
TEST_CASE("a book of thousands of levels: windows up to the deepest as the core has them") {
    constexpr std::uint32_t customers = 3;
    constexpr std::int64_t mid = 20'000;
    constexpr std::int64_t reach = 6'000;
    market::CommandScript script = market::funded_venue({.customers = customers, .max_transfer_ids = 64});
    Random random(11);
    std::array<std::uint64_t, customers> last{};
    const auto place = [&](Side side, std::int64_t away, std::int64_t quantity) {
        const auto customer = static_cast<std::uint32_t>(random.below(customers));
        script.add(PlaceOrder{.cl_ord_id = ClOrdId{++last[customer]},
                              .price = Price{side == Side::buy ? mid - away : mid + away},
                              .quantity = Quantity{quantity},
                              .account = market::account_of(customer),
                              .instrument = InstrumentId{1u},
                              .side = side,
                              .type = OrderType::limit,
                              .time_in_force = TimeInForce::gtc},
                   market::session_of(customer));
    };
    const auto some_side = [&] { return random.chance(50) ? Side::buy : Side::sell; };
    for (std::uint32_t customer = 0; customer < customers; ++customer)
        script.add(SetSelfTradeRule{.account = market::account_of(customer), .rule = SelfTradeRule::none},
                   market::session_of(customer));
    for (std::int64_t away = 1; away <= reach; ++away) {
        place(Side::buy, away, random.between(1, 1'000));
        place(Side::sell, away, random.between(1, 1'000));
    }
    const std::size_t begin = script.commands.size();
    for (int i = 0; i < 1'500; ++i) {
        const std::uint64_t kind = random.below(100);
        if (kind < 45) {
            place(some_side(), random.between(1, reach), random.between(1, 1'000));
        } else if (kind < 55) {
            place(some_side(), random.between(1, 30), random.between(1, 1'000));
        } else if (kind < 65) {
            place(some_side(), -random.between(1, random.chance(20) ? 1'500 : 20), random.between(1, 100'000));
        } else {
            const auto customer = static_cast<std::uint32_t>(random.below(customers));
            script.add(CancelOrder{.cl_ord_id = ClOrdId{last[customer] + 1},
                                   .orig_cl_ord_id = ClOrdId{1 + random.below(last[customer])},
                                   .account = market::account_of(customer)},
                       market::session_of(customer));
            ++last[customer];
        }
    }

    FollowedCore followed({.seed = 1, .restarts = false, .by_event = false, .by_command = false});
    for (std::size_t i = 0; i < script.commands.size(); ++i) {
        if (i == begin) followed.look_at_every_command();
        for (const Event& event : followed.apply(script.commands[i]))
            REQUIRE(event.header.kind != EventKind::order_rejected);
    }
    CHECK(followed.met().levels_max > 5'000);
    CHECK(followed.met().messages > 3'000);
}

}  // namespace
}  // namespace dcx::feed_book
