// What an account has at stake in one market: today's trades and what it has in the book, and its limits there. One
// line for each account and market.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/memory.h"
#include "model/instrument.h"
#include "model/types.h"

namespace dcx::core {

inline constexpr std::int64_t kDayNs = 86'400ll * 1'000'000'000;
// UTC days since 1970.
[[nodiscard]] constexpr std::uint32_t day_of(Time time) {
    return time.value <= 0 ? 0 : static_cast<std::uint32_t>(time.value / kDayNs);
}

struct alignas(64) Exposure {
    int128 cash{};        // sold - bought on `day`, in quote, fees apart
    std::int64_t net{};   // bought - sold on `day`, in lots; saturating at 2^62
    Quantity open_buy{};  // of its open orders
    Quantity open_sell{};
    Quantity max_position{};  // limits, 0: none
    Amount max_daily_loss{};
    std::uint32_t day{};
    std::uint32_t open_orders{};

    [[nodiscard]] Quantity& open(Side side) { return side == Side::buy ? open_buy : open_sell; }
    [[nodiscard]] Quantity open(Side side) const { return side == Side::buy ? open_buy : open_sell; }
    // Lots and quote that changed hands on `today`; `side` is the account's, a reversal has the other one.
    void trade(Side side, std::uint32_t today, Quantity quantity, Amount notional) {
        if (day != today) {
            day = today;
            cash = 0;
            net = 0;
        }
        cash += side == Side::buy ? -int128{notional.value} : int128{notional.value};
        const int128 wide = int128{net} + (side == Side::buy ? quantity.value : -quantity.value);
        net = static_cast<std::int64_t>(std::clamp<int128>(wide, -int128{kMaxQuantity}, kMaxQuantity));
    }
};
static_assert(sizeof(Exposure) == 64);

class Exposures {
  public:
    Exposures() = default;
    Exposures(MemorySource& memory, std::uint32_t max_accounts, std::uint32_t max_instruments)
        : width_(std::size_t{max_instruments} + 1),
          exposures_(memory.array<Exposure>((std::size_t{max_accounts} + 1) * width_)) {}

    [[nodiscard]] Exposure& operator()(AccountId account, InstrumentId instrument) {
        return exposures_[account.value * width_ + instrument.value];
    }
    [[nodiscard]] const Exposure& operator()(AccountId account, InstrumentId instrument) const {
        return exposures_[account.value * width_ + instrument.value];
    }

    // Everything of these accounts, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self, std::uint32_t accounts) {
        image.range(self.exposures_, 0, (std::size_t{accounts} + 1) * self.width_);
    }

  private:
    std::size_t width_ = 0;
    std::span<Exposure> exposures_;
};

}  // namespace dcx::core
