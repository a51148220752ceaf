// Candles: the trades of one market by intervals of log time, for each of kIntervals. An interval without trades has no
// candle. Memory: the last kCandlesKept of each interval, 64 bytes each, taken as they come (at most 224 KB a market).
//
// A candle is final when its interval is over: log time has passed its end, or close_until() said so. A trade that is
// taken back corrects the candles it counted in as long as they are kept: volumes exactly; prices from the trades in
// kept_trades.h (up to a minute) or from the candles of the next finer interval, so that a candle of which some trades
// are gone there keeps its prices. One that loses all its trades has no prices and no volume any more.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/checked.h"
#include "feed/channel.h"
#include "feed/kept_trades.h"
#include "feed/trade.h"
#include "model/types.h"

namespace dcx::feed {

inline constexpr std::size_t kCandlesKept = 500;

struct Candle {
    Time start{};
    Price open{};  // prices are 0 when all its trades were taken back
    Price high{};
    Price low{};
    Price close{};
    std::uint64_t revision{};  // of its series, when it last changed
    int128 volume{};           // lots
};

class CandleSeries {
  public:
    explicit CandleSeries(std::uint32_t interval_s) : interval_ns_{std::int64_t{interval_s} * 1'000'000'000} {}

    [[nodiscard]] std::int64_t interval_ns() const { return interval_ns_; }
    // The last moment of its interval: the end itself might lie beyond the end of time.
    [[nodiscard]] Time last_of(const Candle& candle) const { return last_moment(candle.start, interval_ns_); }
    [[nodiscard]] bool is_final(const Candle& candle) const { return last_of(candle) < closed_until_; }
    // Rises with each change; 0 before the first.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }
    // No candle that begins then or later was dropped.
    [[nodiscard]] bool all_since(Time time) const { return time > dropped_; }
    // Those that changed after this revision, oldest first.
    void list(std::uint64_t after, std::vector<Candle>& out) const;

    // Times never go back.
    void add(const Trade& trade);
    // Everything that ends by then is final.
    void close_until(Time time);
    // The candle of this time, when it is kept.
    [[nodiscard]] Candle* find(Time time);
    void touch(Candle& candle) { candle.revision = ++revision_; }
    // Calls visit(candle) for those that begin from `begin` up to `last`, oldest first.
    template <class Visit>
    void each_between(Time begin, Time last, Visit&& visit) const {
        for (auto at = std::ranges::lower_bound(candles_, begin, {}, &Candle::start); at != candles_.end(); ++at) {
            if (at->start > last) return;
            visit(*at);
        }
    }

  private:
    std::int64_t interval_ns_;
    Time closed_until_{};
    Time dropped_{-1l};  // start of the newest that is no longer kept
    std::uint64_t revision_ = 0;
    std::deque<Candle> candles_;  // oldest first
};

class Candles {
  public:
    // Ids rise and times never go back.
    void add(const Trade& trade);
    // Each at most once, after `kept` has forgotten it; one from before the first that was added changes nothing.
    void take_back(const Trade& trade, const KeptTrades& kept);
    // By its place in kIntervals.
    [[nodiscard]] CandleSeries& series(std::size_t interval) { return series_[interval]; }
    [[nodiscard]] const CandleSeries& series(std::size_t interval) const { return series_[interval]; }

  private:
    void reprice(std::size_t interval, Candle& candle, const KeptTrades& kept);

    TradeId first_{};  // ever added; 0 before
    std::array<CandleSeries, kIntervals.size()> series_{CandleSeries{kIntervals[0]}, CandleSeries{kIntervals[1]},
                                                        CandleSeries{kIntervals[2]}, CandleSeries{kIntervals[3]},
                                                        CandleSeries{kIntervals[4]}, CandleSeries{kIntervals[5]},
                                                        CandleSeries{kIntervals[6]}};
};

}  // namespace dcx::feed
