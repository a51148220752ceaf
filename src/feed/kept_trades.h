// KeptTrades: the prices of one market's last trades, for as long as one of them can be taken back (15 minutes of log
// time, docs/rules.md), but at most kKeptTrades (24 bytes each). What was made of them can be made anew without one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "feed/trade.h"
#include "model/types.h"

namespace dcx::feed {

// Of the stretch that begins then, no later than the end of time.
constexpr Time last_moment(Time begin, std::int64_t length_ns) {
    return Time{begin.value + std::min(length_ns - 1, kNever.value - begin.value)};
}

class KeptTrades {
  public:
    static constexpr std::size_t kKeptTrades = 65'536;

    // Times never go back, ids rise.
    void add(const Trade& trade) {
        trades_.push_back({.id = trade.id, .price = trade.price, .time = trade.time});
        const std::int64_t oldest = minute_of(trade.time) - kKeptMinutes;
        while (trades_.size() > kKeptTrades || minute_of(trades_.front().time) < oldest) {
            forgotten_ = trades_.front().time;
            trades_.pop_front();
        }
    }
    // False when it is not here.
    bool remove(TradeId id) {
        const auto kept = std::ranges::lower_bound(trades_, id, {}, &Kept::id);
        if (kept == trades_.end() || kept->id != id) return false;
        trades_.erase(kept);
        return true;
    }
    // No trade of this time or later was dropped for want of room or time.
    [[nodiscard]] bool all_since(Time time) const { return time > forgotten_; }
    // Calls visit(price) for each trade from `begin` up to `last`; oldest first.
    template <class Visit>
    void each_between(Time begin, Time last, Visit&& visit) const {
        for (auto at = std::ranges::lower_bound(trades_, begin, {}, &Kept::time); at != trades_.end(); ++at) {
            if (at->time > last) return;
            visit(at->price);
        }
    }

  private:
    struct Kept {
        TradeId id{};
        Price price{};
        Time time{};
    };
    static constexpr std::int64_t kKeptMinutes = 15;
    static std::int64_t minute_of(Time time) { return time.value / 60'000'000'000; }

    std::deque<Kept> trades_;
    Time forgotten_{-1l};  // of the newest that was dropped
};

}  // namespace dcx::feed
