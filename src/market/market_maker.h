// MarketMaker: keeps `levels` post-only orders on each side around a centre that leans against its inventory. One
// request an act, the most urgent one: quotes that others could take at a bad price first, then missing levels, then
// the rest. Where somebody else's order stands in the way of a quote, it is taken out by an IOC order before quoting
// again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/random.h"
#include "market/trader.h"

namespace dcx::market {

class MarketMaker final : public Trader {
  public:
    struct Options {
        std::uint64_t seed = 1;
        std::size_t levels = 10;  // a side
        double half_spread_bp = 4;
        double step_bp = 3;   // between levels
        double skew_bp = 20;  // how far the centre moves when it owns only one of the two assets
        double size = 2e-4;   // of the best level, as a part of what it owns; deeper ones are larger
    };

    MarketMaker(const Instrument& instrument, const Options& options)
        : Trader(instrument), options_(options), random_(options.seed) {}

    [[nodiscard]] std::optional<TraderRequest> act(double reference) override;
    void on_execution(const ExecutionReport& report) override;
    void on_cancel_rejected(const CancelRejected& report) override;

    // Where it wants to quote.
    [[nodiscard]] Price quote_price(Side side, std::size_t level, double reference) const;

  private:
    struct Step {
        double urgency = 0;
        Side side{};
        std::size_t level = 0;
        OwnOrder* order = nullptr;  // nothing: a new one
        Price price{};
    };
    [[nodiscard]] Step judge(Side side, std::size_t level, double reference);
    [[nodiscard]] std::optional<TraderRequest> execute(const Step& step, double reference);
    [[nodiscard]] std::optional<TraderRequest> clear_the_way(Side side, double reference);
    [[nodiscard]] double level_worth(std::size_t level, double reference) const;
    [[nodiscard]] bool meets_own(Side side, Price price) const;
    [[nodiscard]] bool& in_the_way(Side side) { return in_the_way_[side == Side::buy ? 0 : 1]; }
    [[nodiscard]] static std::uint32_t mark(Side side, std::size_t level) {
        return static_cast<std::uint32_t>(level * 2 + (side == Side::buy ? 0 : 1));
    }

    Options options_;
    Random random_;
    std::array<bool, 2> in_the_way_{};  // a quote of this side was refused because it would have traded
};

}  // namespace dcx::market
