// What can happen to a Redis while the cache writes to it: afterwards all is there, and in between nothing false is.
#include <doctest/doctest.h>

#include "history/cache_rig.h"

using namespace dcx;
using namespace dcx::history;
using namespace dcx::balance_tests;
using Stage = BalanceCacheHealth::Stage;

TEST_CASE("connections cut, wipes, kills and restarts at random points") {
    NEEDS_REDIS;
    for (std::uint64_t seed = 21; seed <= 26; ++seed) {
        CAPTURE(seed);
        CacheRig rig(seed, seed % 2 == 0);
        Random random(seed);
        std::uint64_t generation = 0;
        for (int i = 0; i < 12; ++i) {
            rig.venue.run(static_cast<int>(random.below(200)));
            for (std::uint64_t polls = random.below(12); polls > 0; --polls) rig.cache().poll();
            switch (random.below(5)) {
                case 0: rig.plain({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}); break;
                case 1: rig.plain({"FLUSHALL"}); break;
                case 2: servers::control("redis restart"); break;
                case 3:
                    servers::control("redis kill");
                    for (std::uint64_t polls = random.below(5); polls > 0; --polls) rig.cache().poll();
                    servers::control("redis start");
                    break;
                default: rig.plain({"DEL", rig.keys().watermark()}); break;
            }
            if (random.chance(40)) continue;
            rig.venue.run(20);
            rig.catch_up();
            // A cut connection or a wipe right behind the last write is noticed at the next beat.
            ::usleep(60'000);
            rig.cache().poll();
            rig.catch_up();
            rig.check_all();
            CHECK(rig.cache().health().generation >= generation);
            generation = rig.cache().health().generation;
        }
        CHECK(generation > 1);
    }
}

TEST_CASE("a wipe is never taken for zero balances: not ready, until everything is there again") {
    NEEDS_REDIS;
    CacheRig rig(31);
    rig.catch_up();
    BalanceReader reader = rig.reader();
    rig.plain({"FLUSHALL"});
    CHECK(reader.read(kFirstCustomer).status == BalanceStatus::not_ready);
    bool found = false;
    std::uint64_t not_ready = 0;
    rig.poll_until([&] {
        const BalanceStatus status = reader.read(kFirstCustomer).status;
        CHECK(status != BalanceStatus::not_found);
        if (status == BalanceStatus::not_ready) ++not_ready;
        found = status == BalanceStatus::found;
        return found;
    });
    CHECK(not_ready > 0);
    CHECK(reader.read(kFirstCustomer).generation == 2);
    rig.catch_up();
    rig.check_all();
}

TEST_CASE("a Redis that is stopped holds up nothing, and is caught up with") {
    NEEDS_REDIS;
    CacheRig rig(32);
    rig.catch_up();
    servers::control("redis pause");
    rig.venue.run(500);
    rig.poll_until([&] { return rig.stage() == Stage::retrying; });
    const std::string reason = rig.cache().reason();
    CHECK(reason.find("history error 4 (timeout)") == 0);
    rig.venue.run(500);
    rig.cache().poll();
    servers::control("redis resume");
    rig.catch_up();
    CHECK(rig.stage() == Stage::running);
    CHECK(rig.cache().reason().empty());
    rig.check_all();
}

TEST_CASE("a stop ends the wait for a Redis that does not answer") {
    NEEDS_REDIS;
    CacheRig rig(33);
    std::atomic<bool> stop = false;
    BalanceCacheOptions options = rig.options();
    options.stop = &stop;
    options.answer_ns = 3'600'000 * kMs;
    rig.new_cache(options);
    rig.catch_up();
    servers::control("redis pause");
    rig.venue.run(100);
    stop = true;
    rig.poll_until([&] { return rig.stage() == Stage::stopped; });
    CHECK(rig.cache().reason().find("history error 5 (stopped)") == 0);
    servers::control("redis resume");
}

TEST_CASE("no memory left: what is there stays true, and nothing is begun anew") {
    NEEDS_REDIS;
    CacheRig rig(34);
    rig.catch_up();
    const Sequence before = rig.venue.core().sequence();
    BalanceReader reader = rig.reader();
    rig.plain({"CONFIG", "SET", "maxmemory", "1"});
    rig.venue.run(500);
    rig.poll_until([&] { return rig.stage() == Stage::retrying; });
    CHECK(rig.cache().reason().find("history error 2 (disk_full)") == 0);
    CHECK(reader.read(kFirstCustomer, rig.venue.core().sequence()).status == BalanceStatus::not_yet);
    const BalanceAnswer old = reader.read(kFirstCustomer);
    CHECK(old.status == BalanceStatus::found);
    CHECK(old.as_of == before);
    rig.plain({"CONFIG", "SET", "maxmemory", "0"});
    rig.catch_up();
    CHECK(rig.cache().health().generation == 1);
    rig.check_all();
    // While it is being filled, too.
    rig.plain({"CONFIG", "SET", "maxmemory", "1"});
    rig.new_cache();
    rig.poll_until([&] { return rig.stage() == Stage::retrying; });
    rig.plain({"CONFIG", "SET", "maxmemory", "0"});
    rig.catch_up();
    rig.check_all();
}

TEST_CASE("a Redis that would throw keys away is not written to") {
    NEEDS_REDIS;
    CacheRig rig(35);
    rig.plain({"CONFIG", "SET", "maxmemory", "100mb"});
    rig.plain({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    rig.poll_until([&] { return rig.stage() == Stage::retrying; });
    CHECK(rig.cache().reason().find("maxmemory-policy") != std::string::npos);
    CHECK(rig.plain({"DBSIZE"}).integer() == 0);
    rig.plain({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    rig.catch_up();
    rig.plain({"CONFIG", "SET", "maxmemory", "0"});
    rig.check_all();
}

TEST_CASE("a wrong password is said, not shown, and may be mended while it runs") {
    NEEDS_REDIS;
    CacheRig rig(36);
    rig.plain({"ACL", "SETUSER", "cache", "reset", "on", ">right", "~*", "&*", "+@all"});
    BalanceCacheOptions options = rig.options();
    options.url = "unix://cache:hunter2@" + options.url.substr(7);
    rig.new_cache(options);
    rig.poll_until([&] { return rig.stage() == Stage::retrying; });
    CHECK(rig.cache().reason().find("history error 10 (credentials)") == 0);
    CHECK(rig.cache().reason().find("hunter2") == std::string::npos);
    CHECK(rig.cache().name().find("hunter2") == std::string::npos);
    rig.plain({"ACL", "SETUSER", "cache", ">hunter2"});
    rig.catch_up();
    rig.check_all();
    // Rights taken away in the middle.
    rig.plain({"ACL", "SETUSER", "cache", "-hset"});
    rig.venue.run(300);
    rig.poll_until([&] { return rig.stage() == Stage::retrying; });
    CHECK(rig.cache().reason().find("history error 10 (credentials)") == 0);
    rig.plain({"ACL", "SETUSER", "cache", "+hset"});
    rig.catch_up();
    rig.check_all();
    rig.plain({"ACL", "DELUSER", "cache"});
}

TEST_CASE("keys of ours that somebody else has written to are made anew") {
    NEEDS_REDIS;
    CacheRig rig(37);
    rig.catch_up();
    for (std::uint32_t id = 1; id <= rig.venue.accounts(); ++id)
        rig.plain({"SET", rig.keys().balance(AccountId{id}), "rubbish"});
    CHECK_THROWS_AS((void)rig.reader().read(kFirstCustomer), HistoryError);
    rig.venue.run(500);
    rig.poll_until([&] { return rig.cache().health().generation == 2; });
    rig.catch_up();
    rig.check_all();
    rig.plain({"SET", rig.keys().watermark(), "rubbish"});
    CHECK_THROWS_AS((void)rig.reader().read(kFirstCustomer), HistoryError);
    rig.venue.run(100);
    rig.poll_until([&] { return rig.cache().health().rebuilds == 3; });
    rig.catch_up();
    rig.check_all();
    // A generation that is no number, of nobody.
    rig.plain({"HSET", rig.keys().watermark(), "generation", "-7x"});
    rig.venue.run(100);
    rig.poll_until([&] { return rig.cache().health().rebuilds == 4; });
    rig.catch_up();
    rig.check_all();
}

TEST_CASE("the writer that starts takes over, the one before writes nothing more, until the other is silent") {
    NEEDS_REDIS;
    CacheRig rig(38);
    rig.catch_up();
    auto second = std::make_unique<BalanceCache>(rig.source(), rig.clock, rig.options());
    const auto run_second = [&] {
        second->poll();
        for (int i = 0; i < 10'000 && !second->caught_up(); ++i) second->poll();
        REQUIRE(second->caught_up());
    };
    run_second();
    CHECK(rig.watermark("generation") == "2");
    rig.venue.run(300);
    rig.poll_until([&] { return rig.stage() == Stage::retrying; });
    CHECK(rig.cache().reason().find("history error 6 (conflict)") != 0);
    CHECK(rig.cache().reason().find("history error 16 (locked)") == 0);
    // As long as the second one lives, the first one waits.
    for (int i = 0; i < 40; ++i) {
        rig.cache().poll();
        second->poll();
        ::usleep(10'000);
    }
    CHECK(rig.watermark("generation") == "2");
    CHECK(rig.stage() == Stage::retrying);
    run_second();
    rig.check_all();
    second.reset();
    rig.poll_until([&] { return rig.cache().caught_up(); });
    CHECK(rig.watermark("generation") == "3");
    rig.check_all();
}

TEST_CASE("another venue's keys are left alone") {
    NEEDS_REDIS;
    CacheRig rig(39);
    rig.plain({"HSET", rig.keys().watermark(), "venue", rig.keys().venue().substr(0, 8) + std::string(24, '0'), "ready",
               "1", "generation", "4", "sequence", "9", "time", "1"});
    rig.plain({"HSET", rig.keys().balance(kFirstCustomer), "sequence", "1"});
    rig.poll_until([&] { return rig.stage() == Stage::stopped; });
    CHECK(rig.cache().reason().find("history error 13 (other_venue)") == 0);
    CHECK(rig.plain({"DBSIZE"}).integer() == 2);
    CHECK_FALSE(rig.cache().poll());
    CHECK_THROWS_AS((void)rig.reader().read(kFirstCustomer), HistoryError);
}

TEST_CASE("a source that fails is opened again, and what came of it is made anew") {
    NEEDS_REDIS;
    CacheRig rig(40);
    int opened = 0;
    bool broken = false;
    struct Breaking final : EventSource {
        Breaking(std::unique_ptr<EventSource> from, const bool& is_broken)
            : inner(std::move(from)), broken_now(is_broken) {}
        std::span<const Event> peek(std::size_t max) override {
            if (broken_now) throw HistoryError(ErrorCode::unreachable, "the log is away");
            return inner->peek(max);
        }
        void release(std::size_t count) override { inner->release(count); }
        std::unique_ptr<EventSource> inner;
        const bool& broken_now;
    };
    const auto open = [&]() -> std::unique_ptr<EventSource> {
        if (++opened == 1) throw HistoryError(ErrorCode::unreachable, "no log yet");
        return std::make_unique<Breaking>(rig.source()(), broken);
    };
    BalanceCache cache(open, rig.clock, rig.options());
    const auto until = [&](const auto& holds) {
        for (int i = 0; i < 20'000 && !holds(); ++i)
            if (!cache.poll()) ::usleep(500);
        REQUIRE(holds());
    };
    until([&] { return cache.caught_up(); });
    broken = true;
    rig.venue.run(100);
    until([&] { return cache.health().stage == Stage::retrying; });
    CHECK(cache.reason().find("the log is away") != std::string::npos);
    broken = false;
    until([&] { return cache.caught_up() && cache.health().generation == 2; });
    rig.check_all();
}
