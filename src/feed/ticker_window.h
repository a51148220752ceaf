// TickerWindow: the trades of the last 24 hours, in buckets of a minute of log time: 1440 of them, the current one
// included. Memory is taken at the first trade (about 140 KB) and stays. The window moves with the log's time, so it is
// the same in a replay; nothing falls out of it while the venue's log stands still.
//
// A trade that is taken back leaves the sums. The prices of its minute are made anew from the minute's other trades
// in kept_trades.h; a minute of which some are gone there keeps its prices, unless none of its trades is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/checked.h"
#include "feed/kept_trades.h"
#include "feed/trade.h"
#include "model/types.h"

namespace dcx::feed {

class TickerWindow {
  public:
    struct Totals {
        Price open{};  // prices are 0 when nothing was traded
        Price high{};
        Price low{};
        int128 volume{};        // lots
        int128 quote_volume{};  // ticks times lots
        std::uint64_t trades{};
        friend bool operator==(const Totals&, const Totals&) = default;
    };
    static constexpr std::size_t kKeptTrades = KeptTrades::kKeptTrades;

    // Times never go back, ids rise.
    void add(const Trade& trade);
    // Each at most once; one that was never added, or has left the window, changes nothing.
    void take_back(const Trade& trade, Time now);
    // Drops what is too old at `now`.
    void advance(Time now);
    [[nodiscard]] const Totals& totals() const { return totals_; }
    // Those that were not taken back.
    [[nodiscard]] const KeptTrades& kept() const { return kept_; }

  private:
    struct Bucket {
        int128 volume{};
        int128 quote_volume{};
        std::uint64_t trades{};
        Price first{};
        Price high{};
        Price low{};
    };
    static constexpr std::int64_t kMinutes = 24 * 60;

    [[nodiscard]] Bucket& bucket(std::int64_t minute) { return buckets_[static_cast<std::size_t>(minute % kMinutes)]; }
    void reprice(std::int64_t minute);
    void rescan();

    std::vector<Bucket> buckets_;  // by minute modulo their number; empty before the first trade
    std::int64_t now_minute_ = 0;  // the newest minute of the window
    Totals totals_;
    TradeId first_{};  // ever added
    KeptTrades kept_;
};

}  // namespace dcx::feed
