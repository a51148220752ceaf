// RandomTrader: takes, rests, cancels and amends at random around the reference price. Its sides lean towards an even
// split of what it owns, its sizes are a part of what it owns, so it neither runs dry nor runs away. At most `max_open`
// orders are open or under way; the oldest makes room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/random.h"
#include "market/trader.h"

namespace dcx::market {

class RandomTrader final : public Trader {
  public:
    struct Options {
        std::uint64_t seed = 1;
        std::size_t max_open = 12;
        double size = 1e-4;      // mean size of an order, as a part of what it owns
        double reach_bp = 40;    // how far takers go beyond the reference price, at most
        double rest_bp = 20;     // mean distance of resting orders from it
        double market_bp = 100;  // protection of market orders
    };

    RandomTrader(const Instrument& instrument, const Options& options)
        : Trader(instrument), options_(options), random_(options.seed) {}

    [[nodiscard]] std::optional<TraderRequest> act(double reference) override;

  private:
    [[nodiscard]] std::optional<TraderRequest> take(double reference);
    [[nodiscard]] std::optional<TraderRequest> rest(double reference);
    [[nodiscard]] std::optional<TraderRequest> amend(OwnOrder& order, double reference);
    [[nodiscard]] std::optional<TraderRequest> place(TraderAccount::NewOrder order, double reference);
    [[nodiscard]] Side pick_side(double reference);
    [[nodiscard]] Quantity pick_quantity(Price price, double reference);
    [[nodiscard]] Price resting_price(Side side, double reference);
    [[nodiscard]] double exponential();
    [[nodiscard]] OwnOrder* pick_open();
    [[nodiscard]] OwnOrder* oldest_open();
    // The own order nearest to its end of the book that an order of this side and price would trade with.
    [[nodiscard]] OwnOrder* own_in_the_way(Side side, Price price);

    Options options_;
    Random random_;
};

}  // namespace dcx::market
