#include "market/order_sizing.h"

#include <algorithm>
#include <cmath>

namespace dcx::market {

namespace {

// Doubles above this no longer name every integer; nothing a trader wants is anywhere near.
constexpr double kExactDouble = 9007199254740992.0;  // 2^53

std::int64_t whole(double value) {
    if (!(value > 0)) return 0;  // not a number is nothing either
    return static_cast<std::int64_t>(std::min(value, kExactDouble));
}

int128 unit_cost(const Instrument& instrument, Side side, Price price) {
    return side == Side::buy ? wide_mul(price.value, instrument.quote_per_tick_lot) : int128{instrument.base_per_lot};
}

}  // namespace

Amount hold_of(const Instrument& instrument, Side side, Price price, Quantity quantity) {
    const int128 exact = side == Side::buy ? notional_of(instrument, price, quantity) : base_of(instrument, quantity);
    return Amount{static_cast<std::int64_t>(std::min(exact, int128{kMaxIssue} + 1))};
}

Price whole_ticks(double ticks) { return Price{std::max<std::int64_t>(1, whole(std::round(ticks)))}; }

Quantity smallest_quantity(const Instrument& instrument, Price price) {
    const int128 per_lot = unit_cost(instrument, Side::buy, price);
    const int128 lots = (int128{instrument.min_notional.value} + per_lot - 1) / per_lot;
    return Quantity{static_cast<std::int64_t>(std::clamp(lots, int128{1}, int128{kMaxQuantity}))};
}

Quantity lots_worth(const Instrument& instrument, Price price, double value) {
    return Quantity{whole(value / static_cast<double>(unit_cost(instrument, Side::buy, price)))};
}

Quantity fit_quantity(const Instrument& instrument, const OrderSize& size) {
    if (size.price.value < 1 || size.free.value < 1) return Quantity{};
    const int128 affordable = size.free.value / unit_cost(instrument, size.side, size.price);
    const int128 notional_bound = int128{kMaxIssue} / unit_cost(instrument, Side::buy, size.price);
    const int128 most = std::min({affordable, notional_bound, int128{instrument.max_quantity.value}});
    const Quantity least = smallest_quantity(instrument, size.price);
    if (most < least.value) return Quantity{};
    return Quantity{std::clamp(size.wanted.value, least.value, static_cast<std::int64_t>(most))};
}

}  // namespace dcx::market
