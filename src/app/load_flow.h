// LoadFlow: what one client of `dcx load` asks for next, in one market, from its seed and the reports it gets. No I/O.
// Bounded: it keeps at most kMaxLive resting orders; with as many it cancels instead of placing, with none it places
// instead of canceling.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/random.h"
#include "model/command.h"
#include "model/event.h"
#include "model/instrument.h"
#include "model/wire.h"

namespace dcx::app {

// Shares of what is asked for, in percent.
struct LoadMix {
    std::uint8_t place = 50;
    std::uint8_t cancel = 50;
    std::uint8_t amend = 0;
    std::uint8_t market = 0;
    std::uint8_t marketable = 12;  // of the placed: beyond the other side's best

    bool operator==(const LoadMix&) const = default;
};
// "real", or "place=40,cancel=50,amend=5,market=5": shares that are not named are 0, all together are 100. The error
// says what is wrong.
[[nodiscard]] std::expected<LoadMix, std::string> parse_mix(std::string_view text);

struct LoadMarket {
    Instrument instrument{};
    Price price{};        // around which orders are placed; follows the trades that are told
    Quantity quantity{};  // the smallest that every limit allows
};

class LoadFlow {
  public:
    static constexpr std::size_t kMaxLive = 500;
    // Without account and number, which the client gives. Cancels and amends name their order.
    using Request = std::variant<PlaceOrder, CancelOrder, AmendOrder>;

    LoadFlow(const LoadMarket& market, const LoadMix& mix, std::uint64_t seed);

    [[nodiscard]] Request next();
    // Reports of this client's own session: every cancel and amend is answered by one of them.
    void on_execution(const ExecutionReport& report);
    void on_rejected(const CancelRejected& rejected);
    [[nodiscard]] std::size_t live() const { return live_.size(); }

  private:
    [[nodiscard]] PlaceOrder place(bool marketable);
    [[nodiscard]] PlaceOrder market_order();
    [[nodiscard]] CancelOrder cancel();
    [[nodiscard]] AmendOrder amend();
    struct Live {
        ClOrdId order{};
        Side side{};
    };

    // Out of the live ones: nothing else is asked of it until a report brings it back.
    [[nodiscard]] Live take_any();
    [[nodiscard]] Quantity some_quantity();
    [[nodiscard]] Price near(std::int64_t ticks) const;
    void rest(const Live& order);
    void forget(ClOrdId order);

    LoadMarket market_;
    LoadMix mix_;
    Random random_;
    std::vector<Live> live_;                        // ascending: they rest, and nothing is under way for them
    std::unordered_map<std::uint64_t, Side> away_;  // those that something is under way for
};

}  // namespace dcx::app
