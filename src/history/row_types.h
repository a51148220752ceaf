// What the columns of history rows are made of, and how many decimals a number has. Rows hold the engine's own integers
// (ticks, lots, minor units): each store renders them as it does, PostgreSQL as numeric, SQLite as they are.
#pragma once

#include <cstdint>
#include <vector>

#include "base/strong.h"
#include "model/types.h"

namespace dcx::history {

// UTC days since 1970-01-01, of log time.
using Day = Strong<struct DayTag, std::int32_t>;

inline constexpr std::int64_t kDayNs = 86'400'000'000'000;
// Log time begins in 1970: never negative.
constexpr Day day_of(Time time) { return Day{static_cast<std::int32_t>(time.value / kDayNs)}; }

// When it begins; a day behind the end of log time: that end.
constexpr Time start_of(Day day) { return day.value > kNever.value / kDayNs ? kNever : Time{day.value * kDayNs}; }

// How the numbers of a market are rendered: ticks x tick_mantissa x 10^-tick_scale, and so the lots.
struct MarketUnits {
    AssetId base{};
    AssetId quote{};
    std::int64_t tick_mantissa = 1;
    std::int64_t lot_mantissa = 1;
    std::uint8_t tick_scale{};
    std::uint8_t lot_scale{};
};

// Of all assets and markets so far; what has not been listed has whole units. Grows only.
class Units {
  public:
    void set_asset(AssetId asset, std::uint8_t scale) {
        if (asset.value >= scales_.size()) scales_.resize(asset.value + 1);
        scales_[asset.value] = scale;
    }
    void set_market(InstrumentId market, const MarketUnits& units) {
        if (market.value >= markets_.size()) markets_.resize(market.value + 1);
        markets_[market.value] = units;
    }
    [[nodiscard]] std::uint8_t scale(AssetId asset) const {
        return asset.value < scales_.size() ? scales_[asset.value] : std::uint8_t{0};
    }
    [[nodiscard]] MarketUnits market(InstrumentId market) const {
        return market.value < markets_.size() ? markets_[market.value] : MarketUnits{};
    }

  private:
    std::vector<std::uint8_t> scales_;
    std::vector<MarketUnits> markets_;
};

}  // namespace dcx::history
