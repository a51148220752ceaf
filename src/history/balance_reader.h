// BalanceReader: what an account has, from Redis, as of a command that is at least the one asked for. Watermark and
// balances are of one moment (the watermark is read before and after): exactly what was as of it, never half of a
// change.
//
// What there is not is never zero: without a watermark, or while the cache is being filled, the answer is not_ready;
// behind the command asked for, not_yet. Only a ready cache says not_found.
//
// One thread a reader. It connects by itself, and again after an error. HistoryError: unreachable, timeout, stopped,
// credentials, other_venue, and damaged for what the cache never wrote.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/balance_keys.h"
#include "history/redis_connection.h"
#include "model/types.h"

namespace dcx::history {

// Numbers that stay.
enum class BalanceStatus : std::uint8_t {
    found = 0,
    not_found = 1,  // there is no such account as of that command
    not_yet = 2,    // the cache is behind the command asked for
    not_ready = 3,  // there is no cache, or it is being filled
};
[[nodiscard]] std::string_view to_string(BalanceStatus status);

struct BalanceAnswer {
    struct Asset {
        std::string symbol;
        std::string available;  // exact decimals
        std::string held;
        bool operator==(const Asset&) const = default;
    };
    BalanceStatus status = BalanceStatus::not_ready;
    std::uint64_t generation = 0;
    Sequence as_of{};           // everything up to there is in it
    Time time{};                // of that command, log time
    Sequence changed{};         // the last command that changed a balance of the account; when found
    std::vector<Asset> assets;  // that the account ever had; when found
};

class BalanceReader {
  public:
    struct Options {
        std::string url;  // redis_url.h
        std::array<std::byte, 16> venue_id{};
        std::int64_t answer_ns = 1'000'000'000;
        const std::atomic<bool>* stop = nullptr;
    };
    // Throws HistoryError bad_url.
    explicit BalanceReader(const Options& options);

    // Waits so long, if it must, for the cache to be ready and to have come there.
    BalanceAnswer read(AccountId account, Sequence at_least = {}, std::int64_t wait_ns = 0);

  private:
    BalanceAnswer look(AccountId account, Sequence at_least);
    [[nodiscard]] BalanceAnswer answer_of(const RedisReply& watermark, const RedisReply& balances,
                                          Sequence at_least) const;
    void read_assets(const RedisReply& answer, BalanceAnswer& result) const;
    [[noreturn]] void damaged(std::string_view key, std::string_view what) const;

    const std::atomic<bool>* stop_;
    RedisConnection connection_;
    RedisCommands commands_;
    BalanceKeys keys_;
    std::string watermark_;
};

}  // namespace dcx::history
