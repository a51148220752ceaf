// Core against twin under random commands. In the environment: DCX_SOAK=1 runs 50 million commands (5 million under the
// sanitizers) instead of 560'000, DCX_TWIN_SEED=N runs that seed alone, with DCX_TWIN_DIED=1 a seed that aborts is
// shrunk.
#include "reference/twin.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "reference/command_generator.h"
#include "reference/coverage.h"
#include "reference/pair.h"
#include "reference/shrink.h"
#include "reference/text.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace dcx::reference {
namespace {

constexpr std::size_t kCommandsPerSeed = 2000;
// Balances and invariants are compared after every command of the first seeds, then after every eighth; so is all that
// is told after a start, in all of them.
constexpr std::uint64_t kSeedsWithEveryState = 100;
constexpr std::size_t kStateEvery = 8;
constexpr std::size_t kToldEvery = 8;

std::array<char, 96> seed_line{};
void say_seed() { static_cast<void>(!write(STDERR_FILENO, seed_line.data(), std::strlen(seed_line.data()))); }

// A core that aborts takes the report with it: at least the seed must come out.
void announce_seed(std::uint64_t seed) {
    std::snprintf(seed_line.data(), seed_line.size(), "\nrandom commands: died in seed %llu (DCX_TWIN_SEED=%llu)\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
    std::signal(SIGABRT, [](int) { say_seed(); });
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_set_death_callback(say_seed);
#endif
}

std::string run_seed(std::uint64_t seed, std::size_t state_every, std::vector<Step>& steps, Coverage& coverage) {
    CommandGenerator generator(seed);
    Pair pair;
    coverage.start_run();
    for (std::size_t i = 1; i <= kCommandsPerSeed; ++i) {
        steps.push_back(generator.next());
        std::string difference = pair.apply(steps.back().command);
        if (difference.empty() && i % state_every == 0) difference = pair.compare_state();
        if (difference.empty() && i % kToldEvery == 0) difference = pair.compare_told_state();
        if (!difference.empty()) return "after " + describe(steps.back().command) + "\n" + difference;
        generator.observe(steps.back(), pair.events());
        coverage.count(steps.back().command, pair.events(), pair.twin().open_orders());
    }
    return {};
}

void report_failure(std::uint64_t seed, std::vector<Step> steps, const std::string& difference) {
    const std::size_t check_every = replay(steps, 0).empty() ? 1 : 0;
    const std::size_t before = steps.size();
    steps = shrink(std::move(steps), check_every, check_every == 0 ? 600 : 60);
    const std::string file = "twin-seed-" + std::to_string(seed) + ".txt";
    const std::string text = scenario_text(steps, "random commands, seed " + std::to_string(seed));
    std::ofstream(file) << text;
    MESSAGE("seed " << seed << ": " << difference << "\nshrunk from " << before << " to " << steps.size()
                    << " commands, in " << file << ":\n"
                    << text.substr(0, 20'000) << "\nthere: " << replay(steps, check_every));
}

// Of a core that aborts: the same run from the twin alone, shrunk in processes of their own, up to where it dies.
void report_death(std::uint64_t seed) {
    CommandGenerator generator(seed);
    Twin twin;
    std::vector<Step> steps;
    for (std::size_t i = 0; i < kCommandsPerSeed; ++i) {
        steps.push_back(generator.next());
        generator.observe(steps.back(), twin.apply(steps.back().command));
    }
    steps = shrink(std::move(steps), 0, 600);
    const std::string file = "twin-seed-" + std::to_string(seed) + ".txt";
    const std::string text = scenario_text(steps, "random commands, seed " + std::to_string(seed));
    std::ofstream(file) << text;
    MESSAGE("shrunk to " << steps.size() << " commands, in " << file << ":\n" << text.substr(0, 20'000));
}

// Under the sanitizers a command takes eight times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSoakCommands = 5'000'000;
#else
constexpr std::uint64_t kSoakCommands = 50'000'000;
#endif

TEST_CASE("random commands: the same events, books and balances from core and twin") {
    const char* only = std::getenv("DCX_TWIN_SEED");
    const char* soak = std::getenv("DCX_SOAK");
    const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
    const bool soaks = soak != nullptr && *soak == '1';
    const std::uint64_t total = soaks ? kSoakCommands : 560'000;
    const std::uint64_t seeds = only != nullptr ? 1 : total / kCommandsPerSeed;

    if (only != nullptr && std::getenv("DCX_TWIN_DIED") != nullptr) return report_death(first);

    Coverage coverage;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        announce_seed(seed);
        std::vector<Step> steps;
        const std::string difference =
            run_seed(seed, seed < first + kSeedsWithEveryState ? 1 : kStateEvery, steps, coverage);
        if (difference.empty()) continue;
        report_failure(seed, steps, difference);
        REQUIRE(difference.empty());
    }
    if (only != nullptr) return;

    // What the generator no longer reaches is no longer tested.
    CHECK(coverage.missing() == "");
    if (std::getenv("DCX_TWIN_PRINT") != nullptr) MESSAGE(coverage.text());
}

// Commands that a twin alone answers; what comes of a generator run, for tests that need a run and not the comparison.
std::vector<Command> recorded_commands(std::uint64_t seed, std::size_t count) {
    CommandGenerator generator(seed);
    Twin twin;
    std::vector<Command> commands;
    while (commands.size() < count) {
        const Step step = generator.next();
        generator.observe(step, twin.apply(step.command));
        commands.push_back(step.command);
    }
    return commands;
}

Digest hash_after(const std::vector<Command>& commands) {
    HeapMemory memory;
    core::Core core(memory);
    EventBuffer buffer(4096);
    for (const Command& command : commands) {
        buffer.clear();
        core.apply(command, buffer.writer());
    }
    return core.state_hash();
}

TEST_CASE("the twin alone keeps its invariants") {
    CommandGenerator generator(77);
    Twin twin;
    for (int i = 0; i < 5000; ++i) {
        const Step step = generator.next();
        generator.observe(step, twin.apply(step.command));
        if (twin.started()) REQUIRE(twin.check() == "");
    }
    CHECK(twin.instruments() >= 4);
}

TEST_CASE("the state hash is a function of the commands, and tells one of them from another") {
    const std::vector<Command> commands = recorded_commands(5, 900);
    const Digest hash = hash_after(commands);
    CHECK(hash_after(commands) == hash);
    // Each of these leaves its trace only if everything that decides on later commands is in the hash.
    std::size_t compared = 0;
    std::size_t rules = 0;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        std::vector<Command> other = commands;
        if (other[i].header.kind == CommandKind::place_order) {
            auto body = other[i].as<PlaceOrder>();
            if (body.quantity.value == std::numeric_limits<std::int64_t>::max()) continue;
            body.quantity.value += 1;
            other[i] = Command::make(body, other[i].header);
        } else if (other[i].header.kind == CommandKind::mint) {
            auto body = other[i].as<Mint>();
            if (body.amount.value == std::numeric_limits<std::int64_t>::min()) continue;
            body.amount.value -= 1;
            other[i] = Command::make(body, other[i].header);
        } else if (other[i].header.kind == CommandKind::set_self_trade_rule) {
            auto body = other[i].as<SetSelfTradeRule>();
            body.rule = body.rule == SelfTradeRule::none ? SelfTradeRule::cancel_both : SelfTradeRule::none;
            other[i] = Command::make(body, other[i].header);
        } else {
            continue;
        }
        Twin twin;
        std::vector<Event> events;
        for (std::size_t j = 0; j <= i; ++j) events = twin.apply(other[j]);
        const EventKind last = events.back().header.kind;
        if (last != EventKind::order_rested && last != EventKind::transferred && last != EventKind::self_trade_rule_set)
            continue;
        rules += last == EventKind::self_trade_rule_set;
        other.resize(i + 1);
        const std::vector<Command> same(commands.begin(), commands.begin() + static_cast<std::ptrdiff_t>(i + 1));
        CHECK(hash_after(other) != hash_after(same));
        if (++compared == 60) break;
    }
    CHECK(compared == 60);
    CHECK(rules > 0);
}

// Too long for the twin, so the expectation is written out: every maker once, in the order of arrival, then nothing.
TEST_CASE("a sweep of 5,000 orders takes them in the order in which they came") {
    constexpr std::uint64_t count = 5000;
    HeapMemory memory;
    core::Core core(memory);
    EventBuffer buffer(32768);
    std::uint64_t sequence = 0;
    const auto send = [&](auto body, std::uint32_t session, std::uint64_t session_sequence) {
        buffer.clear();
        core.apply(Command::make(body, {.sequence = Sequence{++sequence},
                                        .time = Time{std::int64_t{1'700'000'000'000'000'000}},
                                        .session_sequence = session_sequence,
                                        .session = SessionId{session}}),
                   buffer.writer());
    };
    std::uint64_t op = 0;
    send(Genesis{.max_accounts = kFirstCustomer.value,
                 .max_assets = 2,
                 .max_instruments = 1,
                 .max_orders = count + 1,
                 .max_sessions = 2,
                 .max_keys = 2,
                 .max_price_levels = 64,
                 .max_fills_per_command = count + 1,
                 .max_transfer_ids = 8},
         0, 0);
    send(NegotiateSession{.client_session = 1, .key = KeyId{1u}}, 0, 0);
    send(EstablishSession{}, 1, 0);
    for (const char* symbol : {"DEC", "USD"})
        send(ListAsset{.symbol = AssetSymbol{symbol}, .issue_cap = Amount{kMaxIssue}}, 1, ++op);
    send(ListInstrument{.symbol = Symbol{"DEC/USD"},
                        .base = AssetId{1u},
                        .quote = AssetId{2u},
                        .tick_mantissa = 1,
                        .lot_mantissa = 1,
                        .max_quantity = Quantity{std::int64_t{100'000}}},
         1, ++op);
    send(OpenAccount{.account_kind = AccountKind::customer}, 1, ++op);
    send(AddKey{.public_key = {std::byte{1}}, .account = kFirstCustomer, .permissions = kPermitTrade}, 1, ++op);
    for (const std::uint32_t asset : {1u, 2u})
        send(Mint{.id = make_transfer_id(1'700'000'000'000, 0, std::uint64_t{asset} * 4),
                  .amount = Amount{std::int64_t{1} << 40},
                  .account = kFirstCustomer,
                  .asset = AssetId{asset}},
             1, ++op);
    send(NegotiateSession{.client_session = 1, .key = KeyId{2u}}, 0, 0);
    send(EstablishSession{}, 2, 0);
    const auto place = [&](Side side, std::int64_t quantity, std::uint64_t number) {
        send(PlaceOrder{.cl_ord_id = ClOrdId{number},
                        .price = Price{std::int64_t{100}},
                        .quantity = Quantity{quantity},
                        .account = kFirstCustomer,
                        .instrument = InstrumentId{1u},
                        .side = side,
                        .type = OrderType::limit,
                        .time_in_force = TimeInForce::gtc},
             2, number);
    };
    for (std::uint64_t i = 1; i <= count; ++i) place(Side::sell, 2, i);
    CHECK(core.open_orders() == count);
    place(Side::buy, 2 * count, count + 1);
    const std::span<const Event> events = buffer.events();
    REQUIRE(events.size() == 1 + 3 * count);
    std::uint64_t in_order = 0;
    for (std::uint64_t i = 1; i <= count; ++i) {
        const Event& event = events[3 * i - 2];
        in_order += event.header.kind == EventKind::trade_executed &&
                    event.as<TradeExecuted>().maker_order_id == OrderId{i} &&
                    event.as<TradeExecuted>().quantity.value == 2;
    }
    CHECK(in_order == count);
    CHECK(core.open_orders() == 0);
    CHECK(core.depth(InstrumentId{1u}, Side::sell, 10).empty());
    CHECK(core.check_invariants() == "");
}

TEST_CASE("any part of a run is a run: sequences close up and named orders keep their meaning") {
    CommandGenerator generator(9);
    Twin twin;
    std::vector<Step> steps;
    for (int i = 0; i < 400; ++i) {
        steps.push_back(generator.next());
        generator.observe(steps.back(), twin.apply(steps.back().command));
    }
    CHECK(replay(steps, 50) == "");
    std::vector<Step> part(steps.begin(), steps.begin() + 60);
    part.insert(part.end(), steps.begin() + 200, steps.end());
    CHECK(replay(part, 50) == "");
    CHECK(scenario_text(part, "part").find("place_order") != std::string::npos);
}

}  // namespace
}  // namespace dcx::reference
