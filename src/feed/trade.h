// Trade: what the public is told of one.
#pragma once

#include <vector>

#include "model/types.h"

namespace dcx::feed {

struct Trade {
    TradeId id{};
    Price price{};
    Quantity quantity{};
    Side side{};  // of the taker
    Time time{};
};

struct TradesUpdate {
    std::vector<Trade> trades;
    std::vector<Trade> busted;  // taken back

    [[nodiscard]] bool empty() const { return trades.empty() && busted.empty(); }
    void clear() {
        trades.clear();
        busted.clear();
    }
};

}  // namespace dcx::feed
