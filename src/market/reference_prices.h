// ReferencePrices: what simulated traders believe each market is worth at the moment. The value of every asset but the
// one all others are measured in is a mean-reverting random walk of its own; a market's price is the ratio of two
// values, so that DEC/BTC always agrees with DEC/USD over BTC/USD. One seed and the same steps give the same prices.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "model/instrument.h"
#include "model/types.h"

namespace dcx::market {

struct MarketStart {
    Instrument instrument;
    Price price{};  // where trading begins; of markets that contradict each other the earlier one counts
};

class ReferencePrices {
  public:
    struct Options {
        std::uint64_t seed = 1;
        double volatility = 2e-4;   // relative, of one asset, for one second
        double half_life_s = 3600;  // in which half of a deviation from the start is gone
    };
    static constexpr std::int64_t kStepNs = 100'000'000;

    ReferencePrices(std::span<const MarketStart> markets, const Options& options);

    // Makes the steps that are due at this monotonic time; the first call is the start. A pause (a suspended machine)
    // is made up for by a minute's steps at most.
    void advance(std::int64_t now_ns);
    void step();
    // Of the market at this place of the list, in ticks, not rounded.
    [[nodiscard]] double ticks(std::size_t market) const;
    // How many quote minor units one base minor unit of asset `a` is worth in asset `b`. Both must occur in a market.
    [[nodiscard]] double value_in(AssetId a, AssetId b) const;

  private:
    struct Walk {
        double start = 1;      // value of one minor unit, in minor units of the numeraire
        double deviation = 0;  // of the value's logarithm from the start
        bool moves = true;     // false for the numeraire
        Random random{0};
    };
    [[nodiscard]] double value_of(AssetId asset) const;

    std::vector<Instrument> instruments_;
    std::vector<AssetId> order_;  // walks step in this order
    std::unordered_map<std::uint32_t, Walk> walks_;
    double pull_ = 0;  // part of the deviation that one step takes away
    double noise_ = 0;
    std::int64_t next_ns_ = 0;
    bool started_ = false;
};

}  // namespace dcx::market
