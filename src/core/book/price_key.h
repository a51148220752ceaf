// A price and its side in one number in which smaller is better: an ask's price, or minus a bid's. So the best level of
// either side is its smallest key, and nothing that works on keys looks at the side.
#pragma once

#include <cstdint>
#include <limits>

#include "model/types.h"

namespace dcx::core {

using PriceKey = std::int64_t;  // 1 .. kMaxPrice: asks; -kMaxPrice .. -1: bids
// Behind every key.
inline constexpr PriceKey kNoKey = std::numeric_limits<PriceKey>::max();

[[nodiscard]] constexpr PriceKey key_of(Side side, Price price) {
    // Without a branch: which side comes next is what nobody can guess. All ones for a buy, zero for a sell.
    const std::int64_t sign = static_cast<std::int64_t>(side) - static_cast<std::int64_t>(Side::sell);
    return (price.value ^ sign) - sign;
}
[[nodiscard]] constexpr Side side_of(PriceKey key) {
    return static_cast<Side>(std::uint8_t(Side::buy) + std::uint8_t{key > 0});
}
static_assert(std::uint8_t(Side::sell) == std::uint8_t(Side::buy) + 1);
[[nodiscard]] constexpr Price price_of(PriceKey key) { return Price{key < 0 ? -key : key}; }
// The last key of the other side that an order with this key trades with.
[[nodiscard]] constexpr PriceKey limit_of(PriceKey taker) { return -taker; }

}  // namespace dcx::core
