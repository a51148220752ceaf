// Prices and quantities, from markets that stand, wander and scatter.
#include <algorithm>
#include <array>

#include "reference/command_generator.h"

namespace dcx::reference {

std::int64_t CommandGenerator::some_price(Market& market, Side side) {
    if (random_.below(60) == 0) return interesting();
    if (market.huge) return random_.chance(95) ? random_.between(1, 6) : std::int64_t{1} << random_.below(63);
    if (market.prices == Prices::dense) return dense_price(market, side);
    if (random_.chance(14)) return resting_price(market, side);
    if (market.prices == Prices::sparse) return sparse_price(market, side);
    wander(market);
    const auto beside_center = [&](std::int64_t away) { return std::max<std::int64_t>(market.center + away, 1); };
    if (market.prices == Prices::scattered && random_.chance(95)) {
        const std::int64_t away = random_.between(-8, std::int64_t{1} << 18);
        return beside_center(side == Side::buy ? -away : away);
    }
    if (market.prices == Prices::border && random_.chance(50)) {
        if (random_.chance(15)) return sparse_price(market, side);
        const std::int64_t away = (std::int64_t{1} << random_.between(16, 18)) + random_.between(-3, 3);
        return beside_center(random_.chance(50) ? away : -away);
    }
    return dense_price(market, side);
}

std::int64_t CommandGenerator::dense_price(const Market& market, Side side) {
    const std::int64_t away =
        calm_ ? random_.between(-1, random_.chance(85) ? 20 : 150) : random_.between(-5, random_.chance(85) ? 6 : 60);
    return side == Side::buy ? market.center - away : market.center + away;
}

std::int64_t CommandGenerator::sparse_price(const Market& market, Side side) {
    const std::int64_t away = random_.between(0, std::int64_t{1} << random_.between(0, 40));
    const bool below = (side == Side::buy) == random_.chance(75);
    return std::max<std::int64_t>(below ? market.center - away : market.center + away, 1);
}

// At an order that rests, or a tick or two beside it, however far the market has left it behind.
std::int64_t CommandGenerator::resting_price(const Market& market, Side side) {
    for (int i = 0; i < 4; ++i)
        if (const OpenOrder* order = some_order(); order != nullptr && order->instrument == market.id)
            return std::max<std::int64_t>(order->price.value + random_.between(-2, 2), 1);
    return dense_price(market, side);
}

void CommandGenerator::wander(Market& market) {
    constexpr std::array<std::int64_t, 6> speeds = {0, 0, 1, 30, 400, 2500};
    const auto either = [&](std::int64_t n) { return random_.chance(50) ? n : -n; };
    if (random_.below(100) == 0) market.drift = either(speeds[random_.below(speeds.size())]);
    if (random_.below(300) == 0)
        market.center += either((std::int64_t{1} << random_.between(14, 20)) + random_.between(-3, 3));
    market.center += market.drift;
    // Where the numbers end it turns round.
    if (market.center < 10) market.center = 10, market.drift = -market.drift;
}

std::int64_t CommandGenerator::some_quantity(const Market& market) {
    if (random_.below(60) == 0) return interesting();
    if (random_.below(60) == 0) return market.max_quantity.value + random_.between(-1, 1);
    if (market.huge) return random_.between(1, std::int64_t{1} << random_.between(1, random_.chance(90) ? 59 : 62));
    return random_.chance(85) ? random_.between(1, 20) : random_.between(1, 400);
}

// What the other side has at the order's price or better.
std::int64_t CommandGenerator::quantity_within(const PlaceOrder& b) const {
    int128 sum = 0;
    for (const auto& [id, o] : orders_) {
        if (o.instrument != b.instrument || o.side == b.side) continue;
        if (b.side == Side::buy ? o.price <= b.price : o.price >= b.price) sum += o.leaves;
    }
    return sum < kMaxQuantity ? static_cast<std::int64_t>(sum) : 0;
}

// To sweep all of the other side.
std::int64_t CommandGenerator::worst_price(const PlaceOrder& b) const {
    std::int64_t worst = b.price.value;
    for (const auto& [id, o] : orders_) {
        if (o.instrument != b.instrument || o.side == b.side) continue;
        worst = b.side == Side::buy ? std::max(worst, o.price.value) : std::min(worst, o.price.value);
    }
    return worst;
}

}  // namespace dcx::reference
