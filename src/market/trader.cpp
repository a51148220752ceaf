#include "market/trader.h"

#include <algorithm>

namespace dcx::market {

Trader::Wealth Trader::wealth(double reference) const {
    const double per_lot = reference * static_cast<double>(instrument().quote_per_tick_lot);
    const double lots =
        static_cast<double>(account_.total(instrument().base).value) / static_cast<double>(instrument().base_per_lot);
    const double base = std::max(0.0, lots * per_lot);
    const double quote = std::max(0.0, static_cast<double>(account_.total(instrument().quote).value));
    if (!(base + quote > 0)) return {};
    return {.worth = base + quote, .base_part = base / (base + quote)};
}

double Trader::distance(double reference, double basis_points) {
    return std::max(1.0, reference * basis_points * 1e-4);
}

}  // namespace dcx::market
