// The last trades, as long as they can be taken back. One thread, capacity fixed: the next trade takes the place of the
// oldest one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/memory.h"
#include "model/types.h"

namespace dcx::core {

struct RecentTrade {
    Time time{};
    Price price{};
    Quantity quantity{};
    Amount buyer_fee{};   // in base
    Amount seller_fee{};  // in quote
    Amount rebate{};      // to the maker, in the asset of the taker's fee
    AccountId buyer{};
    AccountId seller{};
    InstrumentId instrument{};
    Side taker_side{};
    std::uint8_t busted{};
    std::uint16_t zero{};
};
static_assert(sizeof(RecentTrade) == 64);

class RecentTrades {
  public:
    RecentTrades() = default;
    RecentTrades(MemorySource& memory, std::uint32_t capacity) : trades_(memory.array<RecentTrade>(capacity)) {}

    // For the next trade; its number is one above the last one's.
    [[nodiscard]] RecentTrade& add() {
        at_ = at_ + 1 == trades_.size() ? 0 : at_ + 1;
        return trades_[at_];
    }
    // Of the trade with this number, which counts on from 1.
    [[nodiscard]] RecentTrade& of(std::uint64_t trade_id) { return trades_[trade_id % trades_.size()]; }
    [[nodiscard]] const RecentTrade& of(std::uint64_t trade_id) const { return trades_[trade_id % trades_.size()]; }
    [[nodiscard]] bool remembers(std::uint64_t trade_id, std::uint64_t last_trade_id) const {
        return trade_id >= 1 && trade_id <= last_trade_id && last_trade_id - trade_id < trades_.size();
    }
    // The oldest one remembered.
    [[nodiscard]] std::uint64_t first(std::uint64_t last_trade_id) const {
        return last_trade_id < trades_.size() ? 1 : last_trade_id - trades_.size() + 1;
    }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self, std::uint64_t last_trade_id) {
        image.values(self.at_);
        image.range(self.trades_, 0, std::min<std::uint64_t>(last_trade_id + 1, self.trades_.size()));
    }

  private:
    std::span<RecentTrade> trades_;  // at the trade's number modulo their count
    std::size_t at_ = 0;
};

}  // namespace dcx::core
