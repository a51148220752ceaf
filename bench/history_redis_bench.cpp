// The balance cache beside what it is made of, in the same process and taking turns.
//
// balances_written: fills of 5,000 accounts out of 20,000, each with two balances: what the cache makes of the events
// (a transaction with watermark and stream) beside bare pipelined HSETs of the same fields, encoded before the clock
// starts, 100 in flight at a time and the best of some depths. Rates are of balances, with CPU time a balance, ours and
// Redis'. Then a wipe, and how long it takes to write all 20,000 accounts again.
// balance_query: one account's balance through BalanceReader beside a bare HGETALL of the same key, one at a time.
//
// Redis runs beside it on the same cores.
#include <benchmark/benchmark.h>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "beside_servers.h"
#include "history/balance_cache.h"
#include "history/balance_reader.h"
#include "model/decimal.h"
#include "platform/system_clock.h"

namespace dcx::history {
namespace {

constexpr std::uint32_t kAccounts = 20'000;
constexpr std::uint32_t kAccountsOfWrite = 5'000;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) { return std::chrono::duration<double>(Steady::now() - begin).count(); }

// CPU time of this process, and of Redis' own thread: what a machine that does other things too can still tell.
double own_cpu_s() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
double redis_cpu_s(RedisConnection& connection) {
    const RedisReply info = connection.call(RedisCommands().add("INFO", "cpu"));
    const auto field = [&](const std::string& name) {
        const std::size_t found = info.text().find(name + ":");
        return found == info.text().npos ? 0.0
                                         : std::stod(std::string(info.text().substr(found + name.size() + 1, 20)));
    };
    return field("used_cpu_user_main_thread") + field("used_cpu_sys_main_thread");
}

// What something took, added up.
struct Cost {
    double wall_s = 0;
    double own_s = 0;
    double redis_s = 0;

    template <class Work>
    void measure(RedisConnection& connection, const Work& work) {
        const double redis = redis_cpu_s(connection), own = own_cpu_s();
        const auto begin = Steady::now();
        work();
        wall_s += seconds_since(begin);
        own_s += own_cpu_s() - own;
        redis_s += redis_cpu_s(connection) - redis;
    }
};

// A venue's log as it is made: two assets, one market, and fills.
class Fills final : public EventSource {
  public:
    Fills() {
        GenesisApplied genesis;
        genesis.venue_id.fill(std::byte{0xBE});
        add(genesis);
        add(AssetListed{
            .symbol = AssetSymbol{"DEC"}, .issue_cap = Amount{1l}, .asset = AssetId{1u}, .scale = 8, .zero = {}});
        add(AssetListed{
            .symbol = AssetSymbol{"USD"}, .issue_cap = Amount{1l}, .asset = AssetId{2u}, .scale = 8, .zero = {}});
        InstrumentListed market;
        market.instrument = InstrumentId{1u};
        market.base = AssetId{1u};
        market.quote = AssetId{2u};
        add(market);
        for (std::uint32_t id = kFirstCustomer.value; id < kFirstCustomer.value + kAccounts; ++id)
            add(AccountOpened{.account = AccountId{id}});
        for (std::uint32_t i = 0; i < kAccounts; ++i) order_.push_back(kFirstCustomer.value + i);
    }
    // One fill each of that many accounts; who they are.
    std::span<const std::uint32_t> fill(std::uint32_t accounts) {
        for (std::uint32_t i = 0; i < accounts; ++i) {
            std::swap(order_[i], order_[i + random_.below(kAccounts - i)]);
            add(fill_of(order_[i]));
        }
        return std::span(order_).first(accounts);
    }
    OrderFilled fill_of(std::uint32_t account) {
        const auto amount = [&] { return Amount{static_cast<std::int64_t>(random_.below(1'000'000'000'000'000))}; };
        OrderFilled fill;
        fill.base_available = amount();
        fill.base_held = amount();
        fill.quote_available = amount();
        fill.quote_held = amount();
        fill.fee = Amount{1l};
        fill.account = AccountId{account};
        fill.instrument = InstrumentId{1u};
        fill.side = Side::buy;
        return fill;
    }
    std::span<const Event> peek(std::size_t max) override {
        return std::span(events_).subspan(released_).first(std::min(max, events_.size() - released_));
    }
    void release(std::size_t count) override {
        released_ += count;
        if (released_ < events_.size()) return;
        events_.clear();
        released_ = 0;
    }
    [[nodiscard]] Sequence sequence() const { return sequence_; }

  private:
    template <EventBody Body>
    void add(const Body& body) {
        Event& event = events_.emplace_back();
        sequence_ = Sequence{sequence_.value + 1};
        event.header.sequence = sequence_;
        event.header.time = Time{1'700'000'000'000'000'000 + static_cast<std::int64_t>(sequence_.value)};
        event.header.flags = kLastOfCommand;
        event.set(body);
    }

    Random random_{1};
    Sequence sequence_{};
    std::vector<std::uint32_t> order_;
    std::vector<Event> events_;
    std::size_t released_ = 0;
};

// A cache that is ready, and its source.
struct Venue {
    Venue() {
        connection.connect();
        (void)connection.call(RedisCommands().add("FLUSHALL"));
        auto made = std::make_unique<Fills>();
        fills = made.get();
        BalanceCacheOptions options{.url = url};
        options.max_accounts = kAccountsOfWrite + 1;  // the fee account
        cache = std::make_unique<BalanceCache>(
            [&, source = std::make_shared<std::unique_ptr<Fills>>(std::move(made))] { return std::move(*source); },
            clock, options);
        fills->fill(kAccounts);
        settle();
    }
    void settle() {
        do {
            if (!cache->poll() && !cache->caught_up()) cache->flush();
            DCX_CHECK(cache->reason().empty());
        } while (!cache->caught_up());
    }
    // How long it is not ready after a wipe: all accounts are written again.
    double refill() {
        (void)connection.call(RedisCommands().add("FLUSHALL"));
        const std::uint64_t generation = cache->health().generation;
        const auto begin = Steady::now();
        while (cache->health().generation == generation || !cache->caught_up()) {
            cache->flush();
            cache->poll();
        }
        return seconds_since(begin);
    }

    std::string url = std::getenv("DCX_REDIS_URL");
    RedisConnection connection{parse_redis_url(url), {.answer_ns = 60'000'000'000}};
    platform::SystemClock clock;
    Fills* fills = nullptr;
    std::unique_ptr<BalanceCache> cache;
};

// The same fields of so many accounts in plain HSETs, `depth` of them sent before their answers are read.
struct BareWrite {
    BareWrite(Fills& fills, std::span<const std::uint32_t> accounts, std::size_t depth) {
        for (std::size_t i = 0; i < accounts.size(); ++i) {
            if (i % depth == 0) pieces.emplace_back();
            const OrderFilled fill = fills.fill_of(accounts[i]);
            const auto text = [](Amount amount) { return decimal_text(amount.value, 8); };
            pieces.back().add("HSET", "bare:balance:" + std::to_string(accounts[i]), "sequence",
                              std::to_string(fills.sequence().value), "DEC.available", text(fill.base_available),
                              "DEC.held", text(fill.base_held), "USD.available", text(fill.quote_available), "USD.held",
                              text(fill.quote_held));
        }
    }
    void run(RedisConnection& connection) const {
        for (const RedisCommands& piece : pieces) {
            connection.send(piece);
            for (std::size_t i = 0; i < piece.commands(); ++i) (void)connection.checked_reply();
        }
    }
    std::vector<RedisCommands> pieces;
};

void balances_written(benchmark::State& state) {
    Venue venue;
    Cost cache;
    std::uint64_t cached = 0, rounds = 0;
    std::map<std::size_t, Cost> bare{{100, {}}, {500, {}}, {1'000, {}}, {5'000, {}}};
    for (auto _ : state) {
        const auto accounts = venue.fills->fill(kAccountsOfWrite);
        const std::uint64_t before = venue.cache->health().balances;
        cache.measure(venue.connection, [&] { venue.settle(); });
        cached += venue.cache->health().balances - before;
        for (auto& [depth, cost] : bare) {
            const BareWrite commands(*venue.fills, accounts, depth);
            cost.measure(venue.connection, [&] { commands.run(venue.connection); });
        }
        ++rounds;
    }
    const double balances = 2.0 * kAccountsOfWrite * static_cast<double>(rounds);
    const auto best = std::ranges::min_element(bare, {}, [](const auto& one) { return one.second.wall_s; })->second;
    const auto tell = [&](const std::string& name, const Cost& cost, double count) {
        state.counters[name] = count / cost.wall_s;
        state.counters[name + "_own_us"] = cost.own_s / count * 1e6;
        state.counters[name + "_redis_us"] = cost.redis_s / count * 1e6;
    };
    tell("cache", cache, static_cast<double>(cached));
    tell("bare_100", bare[100], balances);
    tell("bare_best", best, balances);
    state.counters["refill_ms"] = venue.refill() * 1e3;
    state.SetItemsProcessed(static_cast<std::int64_t>(cached));
}
BENCHMARK(balances_written)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(3);

double percentile(std::vector<double>& values, double share) {
    const auto place = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
    return values[place] * 1e6;
}

void balance_query(benchmark::State& state) {
    Venue venue;
    std::array<std::byte, 16> id{};
    id.fill(std::byte{0xBE});
    BalanceReader reader({.url = venue.url, .venue_id = id});
    const BalanceKeys keys(id);
    Random random(2);
    std::vector<double> ours, bare;
    RedisCommands command;
    const Sequence now = venue.fills->sequence();
    for (auto _ : state) {
        const AccountId account{static_cast<std::uint32_t>(kFirstCustomer.value + random.below(kAccounts))};
        auto begin = Steady::now();
        const BalanceAnswer answer = reader.read(account, now);
        ours.push_back(seconds_since(begin));
        DCX_CHECK(answer.status == BalanceStatus::found && answer.assets.size() == 2);
        begin = Steady::now();
        command.clear();
        command.add("HGETALL", keys.balance(account));
        const RedisReply reply = venue.connection.call(command);
        bare.push_back(seconds_since(begin));
        DCX_CHECK(reply.size() == 12);
    }
    for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p99", 0.99}}) {
        state.counters[std::string(name) + "_us"] = percentile(ours, share);
        state.counters["bare_" + std::string(name) + "_us"] = percentile(bare, share);
    }
}
BENCHMARK(balance_query)->Unit(benchmark::kMicrosecond)->UseRealTime()->MinTime(3);

}  // namespace
}  // namespace dcx::history

int main(int argc, char** argv) {
    dcx::beside_server("redis", argv);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
