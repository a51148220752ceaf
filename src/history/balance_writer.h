// BalanceWriter: Redis' side of the balance cache: takes the watermark over in a new generation, removes what is stale,
// writes everything, and from then on what changed, each time in one transaction with the watermark. The watermark is
// watched from one transaction to the next, so that nothing is written once it is gone or somebody else's.
//
// One thread. Every function may throw HistoryError; after one that is unreachable, timeout or stopped the connection
// is closed, and a new generation begins with the next step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "history/balance_book.h"
#include "history/balance_cache_options.h"
#include "history/balance_keys.h"
#include "history/redis_connection.h"

namespace dcx::history {

class BalanceWriter {
  public:
    BalanceWriter(const BalanceCacheOptions& options, Clock& clock, BalanceCacheHealth& health);

    // All of the book was written, and all that changed since up to some command: write() goes on from there.
    [[nodiscard]] bool ready() const { return state_ == State::ready; }
    // The next step towards ready(). The book is complete and at a boundary.
    void step(BalanceBook& book);
    // What changed, and the watermark.
    void write(BalanceBook& book);
    // What is in Redis is not what the next book continues.
    void begin_anew() { state_ = State::away; }
    // Of the watermark as it was last written.
    [[nodiscard]] Sequence sequence() const { return sequence_; }
    [[nodiscard]] std::string name() const { return connection_.name(); }

  private:
    enum class State : std::uint8_t {
        away,      // no watermark of ours
        sweeping,  // keys of before
        filling,   // account by account
        ready,
    };
    // Another's watermark, or our own.
    struct Watermark {
        bool there = false;
        std::string venue;
        std::string writer;
        std::uint64_t generation = 0;
        std::uint64_t writes = 0;
    };
    struct AssetWords {  // as they are on the wire
        std::string available;
        std::string held;
        unsigned scale = 0;
    };

    void take_over(BalanceBook& book);
    [[nodiscard]] Watermark look();
    void refuse_eviction();
    void respect(const Watermark& seen);
    void sweep(const BalanceBook& book);
    void fill(BalanceBook& book);
    void put_account(const BalanceBook& book, AccountId id, bool all);
    void put_amount(Amount amount, unsigned scale);
    void put_changes(const BalanceBook& book, std::size_t count);
    void put_entry(const BalanceBook& book, std::string_view accounts);
    void learn_assets(const BalanceBook& book);

    // A transaction, of which parts may go out before it is whole.
    void begin();
    void send_ahead();
    // Adds the watermark and sends. False when the watermark is no longer ours: begin anew.
    bool commit(const BalanceBook& book, bool now_ready);
    void watch();
    [[nodiscard]] bool ours(const RedisReply& answer) const;

    const BalanceCacheOptions& options_;
    Clock& clock_;
    BalanceCacheHealth& health_;
    RedisConnection connection_;
    RedisCommands commands_;
    BalanceKeys keys_;
    std::string watermark_;
    std::string stream_;
    std::string balances_;
    std::string writer_;  // who we are
    State state_ = State::away;
    bool owned_ = false;  // the watermark was ours once
    std::uint64_t generation_ = 0;
    std::uint64_t writes_ = 0;
    Sequence sequence_{};
    std::string scan_cursor_;
    std::size_t next_account_ = 0;
    std::uint64_t putting_ = 0;  // balances in the transaction that is being made
    std::size_t sent_ = 0;       // commands of it that are on their way
    std::vector<AssetWords> assets_;
    std::string text_;
    // Who took the watermark from us, as last seen, and since when he has not moved.
    Watermark other_;
    std::int64_t other_since_ns_ = 0;
};

}  // namespace dcx::history
