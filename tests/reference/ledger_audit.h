// LedgerAudit: balances and turnover added up from the events alone, as a reader of them would. What an event says of a
// balance must be what comes out of those before it; a difference is a text, empty when there is none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/event.h"
#include "model/instrument.h"
#include "reference/twin.h"

namespace dcx::reference {

class LedgerAudit {
  public:
    [[nodiscard]] std::string observe(std::span<const Event> events);
    // Every balance and turnover of the twin against what the events gave.
    [[nodiscard]] std::string compare(const Twin& twin) const;

  private:
    struct Line {
        int128 available{};
        int128 held{};
        Twin::Turnover turnover{};
    };

    void observe(const Event& event);
    void move(AccountId from, AccountId to, AssetId asset, int128 amount);
    template <class Posting>
    void posting(const Posting& posting);
    // `amount` goes from available to held (negative: back), after which the event says so.
    void hold(AccountId account, AssetId asset, int128 amount, Amount available, Amount held);
    // An order's hold became whatever it is.
    void rehold(AccountId account, InstrumentId instrument, Side side, Amount available, Amount held);
    void fill(const OrderFilled& first, const OrderFilled& second);
    void told(const OrderFilled& filled);
    void expect(bool holds, const char* what);
    Line& line(AccountId account, AssetId asset) { return lines_[{account.value, asset.value}]; }

    std::vector<Asset> assets_;
    std::vector<Instrument> instruments_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, Line> lines_;
    std::optional<TradeExecuted> trade_;
    std::optional<OrderFilled> first_;
    std::string broken_;
};

}  // namespace dcx::reference
