// RecordingState: what a recording knows behind each of its records: markets, their orders, the trades that can still
// be taken back. Writer and reader keep the same one, so a record says only what it does not. It believes nothing:
// apply() refuses what does not fit, with the reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "feed/recorded_book.h"
#include "feed/trade.h"
#include "model/types.h"

namespace dcx::feed {

enum class RecordedAction : std::uint8_t { add = 0, change = 1, execute = 2, remove = 3, bust = 4 };
inline constexpr std::uint8_t kLastRecordedAction = 4;

// One thing that a command did to a market, with everything that is known of it.
struct RecordedEntry {
    RecordedAction action{};
    Side side{};  // of the order; of a bust: the taker's
    std::uint32_t market{};
    OrderId order{};  // but of a bust
    Price price{};
    Quantity quantity{};  // add, change: open now; execute, bust: traded; remove: was open
    TradeId trade{};      // of execute, bust
    Time traded{};        // of bust
    Quantity leaves{};    // of execute: open behind it; found by who reads
    friend bool operator==(const RecordedEntry&, const RecordedEntry&) = default;
};
// What it does to its market's book, which may be no recorded one yet: what is wrong, or nullptr.
[[nodiscard]] const char* apply_to(RecordedBook& book, const RecordedEntry& entry);

// All that one command of the venue changed, in its order.
struct RecordedCommand {
    std::uint64_t seq{};
    Time time{};
    std::vector<RecordedEntry> entries;
};

struct RecordedListing {
    std::string symbol;
    std::string base;
    std::string quote;
    std::int64_t tick_mantissa{};
    std::int64_t lot_mantissa{};
    std::uint8_t tick_scale{};
    std::uint8_t lot_scale{};
    friend bool operator==(const RecordedListing&, const RecordedListing&) = default;
};
struct RecordedMarket {
    RecordedListing listing;
    Phase phase{};
    Price last_price{};  // of the last trade; 0 when there was none
    RecordedBook book;
    std::array<Price, 2> near{};  // of the last order told on each side: what the next one's price is told from
};

class RecordingState {
  public:
    std::uint64_t epoch = 0;
    std::uint64_t seq = 0;
    Time time{};
    TradeId last_trade{};
    OrderId last_order{};  // told as added: what the next one's number is told from
    std::vector<RecordedMarket> markets;

    // Each returns what is wrong, or nullptr; what is refused changes nothing, save that of a command refused in the
    // middle a part was done.
    [[nodiscard]] const char* list(const RecordedListing& listing, Phase phase, Price last_price);
    // For `seq` and `time` of the next command.
    [[nodiscard]] const char* advance(std::uint64_t next_seq, Time next_time);
    // The entry's fields as RecordedEntry tells them must be right; an executed order is the first of its side.
    [[nodiscard]] const char* apply(const RecordedEntry& entry);
    // What records behind a state are told from.
    void rebase();
    // This state goes on where that one ended, maybe with a gap between: what can be taken back is still known, trades
    // between the two are not.
    void inherit(RecordingState&& before);
    // Fell into a gap: that it was taken back can't be told to those who were never told of it.
    [[nodiscard]] bool is_lost(TradeId trade) const;
    // Markets, phases and orders; not what records are told from.
    [[nodiscard]] bool same_markets(const RecordingState& other) const;
    [[nodiscard]] std::size_t orders() const;

  private:
    struct Kept {
        std::uint32_t market{};
        Trade trade;
    };
    [[nodiscard]] const char* bust(const RecordedEntry& entry);
    void keep(std::uint32_t market, const Trade& trade);

    TradeId first_kept_{};  // ever
    struct Lost {
        TradeId after{};
        TradeId to{};
    };
    std::vector<Lost> lost_;
    std::deque<TradeId> kept_order_;
    std::unordered_map<std::uint64_t, Kept> kept_;  // trades that can be taken back
};

}  // namespace dcx::feed
