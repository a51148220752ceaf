// What the balance cache writes, in a real Redis, against the core's own balances.
#include <doctest/doctest.h>

#include "history/cache_rig.h"

using namespace dcx;
using namespace dcx::history;
using namespace dcx::balance_tests;
using Stage = BalanceCacheHealth::Stage;

TEST_CASE("after random commands every balance in Redis is the core's at the watermark") {
    NEEDS_REDIS;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        CacheRig rig(seed, seed % 2 == 0);
        Random random(seed);
        for (int i = 0; i < 10; ++i) {
            rig.venue.run(static_cast<int>(random.below(300)));
            if (random.chance(50)) {
                rig.catch_up();
                rig.check_all();
            } else {
                for (std::uint64_t polls = random.below(5); polls > 0; --polls) rig.cache().poll();
            }
        }
        rig.catch_up();
        rig.check_all();
        CHECK(rig.cache().health().generation == 1);
        CHECK(rig.cache().health().rebuilds == 1);
        CHECK(rig.watermark("ready") == "1");
        CHECK(rig.watermark("sequence") == std::to_string(rig.venue.core().sequence().value));
        CHECK(rig.watermark("time") == std::to_string(rig.venue.core().time().value));
        CHECK(rig.cache().health().sequence == rig.venue.core().sequence().value);
    }
}

TEST_CASE("a start removes what is stale and touches nothing else") {
    NEEDS_REDIS;
    CacheRig rig(5);
    rig.catch_up();
    rig.plain({"HSET", rig.keys().balances() + "4000000", "sequence", "1", "AAA.available", "1", "AAA.held", "0"});
    rig.plain({"SET", rig.keys().balances() + "6x", "rubbish"});
    rig.plain({"SET", "dcx:other", "1"});
    rig.plain({"HSET", "dcx:00000000:balance:6", "sequence", "1"});
    rig.new_cache();
    rig.catch_up();
    rig.check_all();
    CHECK(rig.cache().health().generation == 2);
    CHECK(rig.plain({"GET", "dcx:other"}).text() == "1");
    CHECK(rig.plain({"HLEN", "dcx:00000000:balance:6"}).integer() == 1);
}

TEST_CASE("a balance that changes often between two writes is written once") {
    NEEDS_REDIS;
    CacheRig rig(6);
    rig.catch_up();
    const std::uint64_t writes = rig.cache().health().writes, balances = rig.cache().health().balances;
    BalanceCacheOptions options = rig.options();
    options.max_accounts = 1'000'000;
    rig.new_cache(options);
    rig.catch_up();
    rig.venue.run(3'000);
    const std::uint64_t before = rig.cache().health().balances;
    rig.catch_up();
    CHECK(rig.cache().health().balances - before <= rig.venue.accounts() * rig.venue.assets().size());
    CHECK(rig.cache().health().writes > 0);
    rig.check_all();
    CHECK(writes > 0);
    CHECK(balances > 0);
}

TEST_CASE("a watermark moves with commands that change no balance, and beats when there are none") {
    NEEDS_REDIS;
    CacheRig rig(7);
    rig.catch_up();
    const std::string writes = rig.watermark("writes");
    rig.poll_until([&] { return rig.watermark("writes") != writes; });
    CHECK(rig.watermark("sequence") == std::to_string(rig.venue.core().sequence().value));
}

TEST_CASE("the stream names every account that changed, and a new generation") {
    NEEDS_REDIS;
    CacheRig rig(8);
    rig.catch_up();
    const auto entries = [&] { return rig.plain({"XLEN", rig.keys().stream()}).integer(); };
    CHECK(entries() == 1);
    rig.venue.run(300);
    rig.catch_up();
    CHECK(entries() > 1);
    const RedisReply last = rig.plain({"XREVRANGE", rig.keys().stream(), "+", "-", "COUNT", "1"});
    REQUIRE(last.size() == 1);
    rig.plain({"DEL", rig.keys().stream()});
    // Somebody takes the stream's name: it is taken back by a new generation.
    rig.plain({"SET", rig.keys().stream(), "mine"});
    rig.venue.run(300);
    rig.poll_until([&] { return rig.cache().health().generation == 2 && rig.cache().caught_up(); });
    CHECK(rig.plain({"TYPE", rig.keys().stream()}).text() == "stream");
    rig.check_all();
}

TEST_CASE("it works over TCP, with a database of its own and a user's password") {
    NEEDS_REDIS;
    CacheRig rig(9);
    const std::string tcp = servers::control("redis tcp_url");
    rig.plain({"ACL", "SETUSER", "cache", "reset", "on", ">s:cr@t", "~dcx:*", "&*", "+@all"});
    BalanceCacheOptions options = rig.options();
    options.url = "redis://cache:s%3Acr%40t@" + tcp.substr(8, tcp.rfind('/') - 8) + "/3";
    rig.new_cache(options);
    rig.catch_up();
    BalanceReader reader({.url = options.url, .venue_id = rig.venue.venue_id()});
    CHECK(reader.read(kFirstCustomer).status == BalanceStatus::found);
    CHECK(rig.plain({"EXISTS", rig.keys().watermark()}).integer() == 0);
    rig.plain({"ACL", "DELUSER", "cache"});
}
