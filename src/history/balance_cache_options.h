// What the balance cache is told, and what it tells: balance_cache.h.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dcx::history {

struct BalanceCacheOptions {
    std::string url;                          // redis_url.h
    const std::atomic<bool>* stop = nullptr;  // when it becomes true, waiting ends; outlives the cache
    std::int64_t linger_ns = 5'000'000;       // from one write to the next, when the source has nothing more
    std::int64_t retry_ns = 1'000'000'000;    // after an error that may pass
    std::int64_t answer_ns = 2'000'000'000;   // for Redis to answer
    std::int64_t beat_ns = 1'000'000'000;     // a write at least so often, so that others see that we are alive
    // How long another writer must have been silent before we take back what it took from us.
    std::int64_t silent_ns = 10'000'000'000;
    std::size_t max_accounts = 5'000;  // in one transaction (and what one command adds)
};

// Every number is exact; two of them read together need not be of the same moment.
struct BalanceCacheHealth {
    enum class Stage : std::uint8_t {
        opening,     // its source, and the state at the start
        rebuilding,  // Redis has not yet all balances of this generation
        running,
        retrying,  // an error that may pass: reason() says which
        stopped,   // an error that does not: reason() says which and what to do
    };
    std::atomic<Stage> stage{Stage::opening};
    std::atomic<std::uint64_t> sequence{};  // the watermark's, when ready; else what it last was
    std::atomic<std::int64_t> time{};       // of that command, log time
    std::atomic<std::uint64_t> generation{};
    std::atomic<std::uint64_t> balances{};  // written since the start
    std::atomic<std::uint64_t> writes{};    // transactions
    std::atomic<std::uint64_t> rebuilds{};
    std::atomic<std::uint64_t> errors{};
    std::atomic<std::int64_t> write_ns{};  // how long the last one took
};
[[nodiscard]] std::string_view to_string(BalanceCacheHealth::Stage stage);

}  // namespace dcx::history
