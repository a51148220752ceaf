// Readers of the balance cache: what they are told while it is not there, not ready, behind, damaged, or written to.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "history/cache_rig.h"

using namespace dcx;
using namespace dcx::history;
using namespace dcx::balance_tests;

TEST_CASE("a reader without a cache, before it is ready, and ahead of it") {
    NEEDS_REDIS;
    CacheRig rig(51);
    BalanceReader reader = rig.reader();
    CHECK(reader.read(kFirstCustomer).status == BalanceStatus::not_ready);
    CHECK(reader.read(AccountId{999'999u}).status == BalanceStatus::not_ready);
    rig.poll_until([&] { return rig.cache().health().stage == BalanceCacheHealth::Stage::rebuilding; });
    CHECK(reader.read(kFirstCustomer).status == BalanceStatus::not_ready);
    rig.catch_up();
    const Sequence now = rig.venue.core().sequence();
    CHECK(reader.read(kFirstCustomer, now).status == BalanceStatus::found);
    CHECK(reader.read(AccountId{999'999u}, now).status == BalanceStatus::not_found);
    const BalanceAnswer ahead = reader.read(kFirstCustomer, Sequence{now.value + 1}, 3 * kMs);
    CHECK(ahead.status == BalanceStatus::not_yet);
    CHECK(ahead.as_of == now);
    CHECK(ahead.assets.empty());
}

TEST_CASE("a reader waits for the command it asks for") {
    NEEDS_REDIS;
    CacheRig rig(52);
    rig.catch_up();
    rig.venue.run(100);
    BalanceAnswer answer;
    std::thread waiting([&, reader = std::make_shared<BalanceReader>(BalanceReader::Options{
                                .url = servers::redis_url(), .venue_id = rig.venue.venue_id()})] {
        answer = reader->read(kFirstCustomer, rig.venue.core().sequence(), 30'000 * kMs);
    });
    ::usleep(10'000);
    rig.catch_up();
    waiting.join();
    CHECK(answer.status == BalanceStatus::found);
    CHECK(answer.as_of == rig.venue.core().sequence());
}

TEST_CASE("a reader believes nothing that the cache never writes") {
    NEEDS_REDIS;
    CacheRig rig(53);
    rig.catch_up();
    BalanceReader reader = rig.reader();
    const auto code = [&] {
        try {
            (void)reader.read(kFirstCustomer);
        } catch (const HistoryError& error) {
            return static_cast<int>(error.code());
        }
        return 0;
    };
    const std::string key = rig.keys().balance(kFirstCustomer), mark = rig.keys().watermark();
    const auto after = [&](std::initializer_list<std::string_view> command) {
        rig.plain({"COPY", key, "saved", "REPLACE"});
        rig.plain({"COPY", mark, "saved mark", "REPLACE"});
        rig.plain(command);
        const int said = code();
        rig.plain({"COPY", "saved", key, "REPLACE"});
        rig.plain({"COPY", "saved mark", mark, "REPLACE"});
        CHECK(code() == 0);
        return said;
    };
    const int damaged = static_cast<int>(ErrorCode::damaged);
    CHECK(after({"HDEL", key, "sequence"}) == damaged);
    CHECK(after({"HDEL", key, "assets"}) == damaged);
    CHECK(after({"HSET", key, "assets", "9"}) == damaged);
    CHECK(after({"HDEL", key, "AAA.available", "AAA.held"}) == damaged);
    CHECK(after({"HSET", key, "sequence", "99999999999"}) == damaged);
    CHECK(after({"HSET", key, "sequence", "-1"}) == damaged);
    CHECK(after({"HSET", key, "XYZ.available", "1"}) == damaged);
    CHECK(after({"HSET", key, "XYZ.held", "1"}) == damaged);
    CHECK(after({"HSET", key, "XYZ", "1"}) == damaged);
    CHECK(after({"HSET", key, "AAA.available", "1e5"}) == damaged);
    CHECK(after({"HSET", key, "AAA.available", "."}) == damaged);
    CHECK(after({"HSET", key, "AAA.available", ""}) == damaged);
    CHECK(after({"HSET", key, "AAA.available", "--1"}) == damaged);
    CHECK(after({"SET", key, "1"}) == damaged);
    CHECK(after({"SET", mark, "1"}) == damaged);
    CHECK(after({"HSET", mark, "sequence", "1x"}) == damaged);
    CHECK(after({"HSET", mark, "sequence", "18446744073709551616"}) == damaged);
    CHECK(after({"HDEL", mark, "time"}) == damaged);
    CHECK(after({"HSET", mark, "venue", "other"}) == static_cast<int>(ErrorCode::other_venue));
    CHECK(after({"HDEL", mark, "ready"}) == 0);  // not ready
}

TEST_CASE("a balance whose key was deleted does not come back with a part of it") {
    NEEDS_REDIS;
    CacheRig rig(56);
    rig.catch_up();
    for (std::uint32_t id = 1; id <= rig.venue.accounts(); ++id) rig.plain({"DEL", rig.keys().balance(AccountId{id})});
    rig.venue.run(200);
    rig.catch_up();
    BalanceReader reader = rig.reader();
    int refused = 0;
    for (std::uint32_t id = 1; id <= rig.venue.accounts(); ++id) {
        try {
            (void)reader.read(AccountId{id});
        } catch (const HistoryError& error) {
            refused += error.code() == ErrorCode::damaged;
        }
    }
    CHECK(refused > 0);
    rig.new_cache();
    rig.catch_up();
    rig.check_all();
}

TEST_CASE("a reader comes back after its connection was cut, and says why it could not") {
    NEEDS_REDIS;
    CacheRig rig(54);
    rig.catch_up();
    BalanceReader reader = rig.reader();
    CHECK(reader.read(kFirstCustomer).status == BalanceStatus::found);
    servers::control("redis kill");
    for (int i = 0; i < 2; ++i) {
        try {
            (void)reader.read(kFirstCustomer);
            FAIL("read from a dead server");
        } catch (const HistoryError& error) {
            CHECK(error.code() == ErrorCode::unreachable);
        }
    }
    servers::control("redis start");
    CHECK(reader.read(kFirstCustomer).status == BalanceStatus::not_ready);
    rig.poll_until([&] { return rig.cache().health().generation == 2 && rig.cache().caught_up(); });
    CHECK(reader.read(kFirstCustomer, rig.venue.core().sequence(), 1'000 * kMs).status == BalanceStatus::found);
}

namespace {

// What every account had behind every command.
class Truth {
  public:
    using Assets = std::vector<BalanceAnswer::Asset>;

    void add(const RandomVenue& venue) {
        const std::scoped_lock lock(mutex_);
        for (std::uint32_t id = 1; id <= venue.accounts(); ++id) {
            Assets assets;
            for (const auto& [asset, listed] : venue.assets()) {
                const auto balance = venue.core().balance(AccountId{id}, asset);
                if (balance.available.value == 0 && balance.held.value == 0) continue;
                assets.push_back({.symbol = listed.symbol,
                                  .available = venue.available(AccountId{id}, asset),
                                  .held = venue.held(AccountId{id}, asset)});
            }
            std::ranges::sort(assets, {}, &BalanceAnswer::Asset::symbol);
            auto& told = told_[id];
            if (told.empty() || told.rbegin()->second != assets) told[venue.core().sequence().value] = assets;
        }
    }
    // Without assets of which there is nothing.
    [[nodiscard]] bool equals(AccountId account, const BalanceAnswer& answer) const {
        Assets assets = answer.assets;
        const auto zero = [](const std::string& text) { return text.find_first_not_of("0.") == std::string::npos; };
        std::erase_if(assets, [&](const auto& asset) { return zero(asset.available) && zero(asset.held); });
        std::ranges::sort(assets, {}, &BalanceAnswer::Asset::symbol);
        const std::scoped_lock lock(mutex_);
        const auto& told = told_.at(account.value);
        const auto behind = told.upper_bound(answer.as_of.value);
        return behind != told.begin() && std::prev(behind)->second == assets;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::uint32_t, std::map<std::uint64_t, Assets>> told_;
};

}  // namespace

TEST_CASE("readers that race the writer: never older than the watermark they saw, never half of a change") {
    NEEDS_REDIS;
    CacheRig rig(55);
    Truth truth;
    truth.add(rig.venue);
    rig.catch_up();
    const std::uint32_t accounts = rig.venue.accounts();
    std::atomic<std::uint64_t> promised = rig.venue.core().sequence().value;
    std::atomic<bool> done = false;
    std::atomic<std::uint64_t> reads = 0, found = 0, older = 0, torn = 0, unready = 0, unknown = 0;
    std::vector<std::thread> readers;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        readers.emplace_back([&, seed] {
            Random random(seed);
            BalanceReader reader({.url = servers::redis_url(), .venue_id = rig.venue.venue_id()});
            while (!done) {
                const AccountId account{static_cast<std::uint32_t>(1 + random.below(accounts))};
                const std::uint64_t at_least = promised;
                try {
                    const BalanceAnswer answer = reader.read(account, Sequence{at_least}, 20 * kMs);
                    ++reads;
                    if (answer.status == BalanceStatus::not_ready) ++unready;
                    if (answer.status == BalanceStatus::not_found) ++unknown;
                    if (answer.status != BalanceStatus::found) continue;
                    ++found;
                    if (answer.as_of.value < at_least) ++older;
                    if (!truth.equals(account, answer)) ++torn;
                } catch (const HistoryError& error) {
                    if (error.code() != ErrorCode::unreachable) ++torn;
                }
            }
        });
    }
    Random random(9);
    for (int i = 0; i < 10'000; ++i) {
        rig.venue.run(1);
        truth.add(rig.venue);
        if (random.chance(60)) rig.cache().poll();
        if (i % 400 == 50) rig.plain({"FLUSHALL"});
        if (i % 400 == 75) rig.plain({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
        // Once ready, a watermark holds until the next generation; a promise is what a health page would show.
        if (rig.cache().caught_up()) promised = rig.cache().health().sequence.load();
    }
    rig.catch_up();
    done = true;
    for (std::thread& reader : readers) reader.join();
    rig.check_all();
    CHECK(older == 0);
    CHECK(torn == 0);
    CHECK(unknown == 0);
    CHECK(found > 0);
    MESSAGE(reads.load() << " reads, " << found.load() << " found, " << unready.load() << " not ready");
}
