// Trader: one simulated participant in one market, decided one request at a time. No I/O, no clock: what it does
// follows from its seed, the reference prices it is asked at, and the reports it gets. Whoever runs it sends each
// request, in order, and hands it the answers.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "market/trader_account.h"
#include "model/command.h"

namespace dcx::market {

using TraderRequest = std::variant<PlaceOrder, CancelOrder, AmendOrder>;

// No order stays open while its account makes more than this many later requests. So after a login that knows nothing,
// canceling the last so many numbers leaves no order behind.
inline constexpr std::uint64_t kOpenIdWindow = 128;

class Trader {
  public:
    explicit Trader(const Instrument& instrument) : account_(instrument) {}
    virtual ~Trader() = default;
    Trader(const Trader&) = delete;
    Trader& operator=(const Trader&) = delete;

    // What to send now, when anything. `reference`: the market's reference price, in ticks.
    [[nodiscard]] virtual std::optional<TraderRequest> act(double reference) = 0;
    virtual void on_execution(const ExecutionReport& report) { account_.on_execution(report); }
    virtual void on_cancel_rejected(const CancelRejected& report) { account_.on_cancel_rejected(report); }

    [[nodiscard]] TraderAccount& account() { return account_; }
    [[nodiscard]] const TraderAccount& account() const { return account_; }

  protected:
    [[nodiscard]] const Instrument& instrument() const { return account_.instrument(); }
    // How many requests ago the order got its number.
    [[nodiscard]] std::uint64_t age(const OwnOrder& order) const {
        return account_.last_cl_ord_id().value - order.cl_ord_id.value;
    }
    // An order of this age is renewed or canceled; the rest of the window is for those that wait their turn.
    static constexpr std::uint64_t kOldAge = kOpenIdWindow / 2;

    // Everything the account owns, in quote minor units, and how much of it is base (0 .. 1; 0.5 when it owns nothing).
    struct Wealth {
        double worth = 0;
        double base_part = 0.5;
    };
    [[nodiscard]] Wealth wealth(double reference) const;
    // A part of the price in ticks, but no less than one: where ticks are coarse, basis points are none.
    [[nodiscard]] static double distance(double reference, double basis_points);

    TraderAccount account_;
};

}  // namespace dcx::market
