// CacheRig: a random venue, the balance cache that follows it into the Redis that with_servers.py started, and a plain
// connection that looks at what stands there. For tests, one thread.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/skip_test.h"
#include "history/balance_cache.h"
#include "history/balance_reader.h"
#include "history/random_venue.h"
#include "platform/system_clock.h"
#include "servers/server_control.h"

namespace dcx::balance_tests {

inline constexpr std::int64_t kMs = 1'000'000;

// Every case begins with an empty Redis; where there is none it is skipped.
#define NEEDS_REDIS                   \
    if (servers::redis_url().empty()) \
    return skip_test("no Redis beside this test (tests/servers/with_servers.py redis -- PROGRAM)")

class CacheRig {
  public:
    explicit CacheRig(std::uint64_t seed, bool from_state = true)
        : venue(seed),
          from_state_(from_state),
          seed_(seed),
          plain_(history::parse_redis_url(servers::redis_url()), {}) {
        plain({"FLUSHALL"});
        venue.run(400);
    }

    [[nodiscard]] history::BalanceCacheOptions options() const {
        return {.url = servers::redis_url(),
                .linger_ns = 0,
                .retry_ns = 20 * kMs,
                .answer_ns = 300 * kMs,
                .beat_ns = 50 * kMs,
                .silent_ns = 200 * kMs,
                .max_accounts = 7};
    }
    [[nodiscard]] history::BalanceCache::OpenSource source() {
        return [this] { return std::make_unique<VenueSource>(venue, from_state_, seed_); };
    }
    history::BalanceCache& cache() {
        if (!cache_) cache_ = std::make_unique<history::BalanceCache>(source(), clock, options());
        return *cache_;
    }
    // As a start of the venue does.
    void new_cache() { cache_.reset(); }
    void new_cache(const history::BalanceCacheOptions& options) {
        cache_ = std::make_unique<history::BalanceCache>(source(), clock, options);
    }

    // Polls it until something holds; ends the test when it does not in half a minute.
    void poll_until(const std::function<bool()>& holds) {
        const std::int64_t deadline = clock.monotonic_ns() + 30'000 * kMs;
        while (!holds()) {
            if (clock.monotonic_ns() > deadline) FAIL("it never came: " << cache().reason());
            if (!cache().poll()) ::usleep(500);
        }
    }
    // With the venue as it is now.
    void catch_up() {
        cache().poll();
        poll_until([&] { return cache().caught_up(); });
    }
    [[nodiscard]] history::BalanceCacheHealth::Stage stage() { return cache().health().stage; }

    history::RedisReply plain(std::initializer_list<std::string_view> words) {
        history::RedisCommands command;
        command.command(words.size());
        for (const std::string_view word : words) command.word(word);
        // Who looks may have been thrown out by what the test did.
        for (int tries = 0;; ++tries) {
            try {
                if (!plain_.connected()) plain_.connect();
                return plain_.call(command);
            } catch (const history::HistoryError& error) {
                if (plain_.connected() || tries == 100) throw;
                ::usleep(20'000);
            }
        }
    }
    [[nodiscard]] history::BalanceKeys keys() const { return history::BalanceKeys(venue.venue_id()); }
    [[nodiscard]] std::string watermark(std::string_view field) {
        return std::string(plain({"HGET", keys().watermark(), field}).text());
    }
    [[nodiscard]] history::BalanceReader reader() const {
        return history::BalanceReader({.url = servers::redis_url(), .venue_id = venue.venue_id()});
    }

    // All of it is what the core has, as of the core's last command, and nothing else is there.
    void check_all() {
        history::BalanceReader reader = this->reader();
        for (std::uint32_t id = 1; id <= venue.accounts(); ++id) {
            const AccountId account{id};
            const history::BalanceAnswer answer = reader.read(account);
            REQUIRE(answer.status == history::BalanceStatus::found);
            CHECK(answer.as_of == venue.core().sequence());
            CHECK(answer.changed <= answer.as_of);
            for (const auto& [asset, listed] : venue.assets()) {
                const std::string symbol = listed.symbol;
                const auto found = std::ranges::find(answer.assets, symbol, &history::BalanceAnswer::Asset::symbol);
                const std::string zero = decimal_text(0, listed.scale);
                CHECK((found == answer.assets.end() ? zero : found->available) == venue.available(account, asset));
                CHECK((found == answer.assets.end() ? zero : found->held) == venue.held(account, asset));
            }
        }
        CHECK(reader.read(AccountId{venue.accounts() + 1}).status == history::BalanceStatus::not_found);
        std::set<std::string> there;
        std::string cursor = "0";
        do {
            const history::RedisReply found =
                plain({"SCAN", cursor, "MATCH", keys().balances() + "*", "COUNT", "1000"});
            for (std::size_t i = 0; i < found.size_at(1); ++i) there.emplace(found.text_at(1, i));
            cursor = found.text_at(0);
        } while (cursor != "0");
        CHECK(there.size() == venue.accounts());
    }

    RandomVenue venue;
    platform::SystemClock clock;

  private:
    bool from_state_;
    std::uint64_t seed_;
    history::RedisConnection plain_;
    std::unique_ptr<history::BalanceCache> cache_;
};

}  // namespace dcx::balance_tests
