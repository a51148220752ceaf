// TraderAccount: what one simulated trader knows of itself in its market: balances, open orders and requests under way,
// kept from its own requests and the venue's reports. It makes the requests, so that each is known before its answer
// comes.
//
// A request under way is counted at its dearest, so what free() tells is there whatever the answer will be. Nothing
// here trusts the reports to be complete: after a new login everything is forgotten and told again (restart, then
// cancels of all that may be open, then set_balance).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "market/order_sizing.h"
#include "model/wire.h"

namespace dcx::market {

enum class OrderState : std::uint8_t { placing, open, amending, canceling };

struct OwnOrder {
    ClOrdId cl_ord_id{};  // by which the venue knows it
    OrderId order_id{};   // 0 while placing
    OrderSlot slot{};
    Side side{};
    OrderState state{};
    bool rests = false;    // it may stand in the book (not IOC)
    std::uint32_t mark{};  // the trader's own, e.g. which level of its quotes this is
    Price price{};
    Quantity leaves{};
    Quantity cum{};
    // While amending.
    ClOrdId amend_id{};
    Price new_price{};
    Quantity new_leaves{};
};

class TraderAccount {
  public:
    struct NewOrder {
        Side side{};
        OrderType type{OrderType::limit};
        TimeInForce time_in_force{TimeInForce::gtc};
        std::uint8_t flags{};
        Price price{};
        Quantity quantity{};
        std::uint32_t mark{};
    };

    explicit TraderAccount(const Instrument& instrument) : instrument_(instrument) {}

    // ---- a new login
    void restart(AccountId account, ClOrdId last_cl_ord_id);
    // Of all of the account, held included. The balance of another asset is not looked at.
    void set_balance(AssetId asset, Amount total);

    // ---- requests; each takes the next cl_ord_id
    [[nodiscard]] PlaceOrder place(const NewOrder& order);
    // The order must be open.
    [[nodiscard]] CancelOrder cancel(OwnOrder& order);
    [[nodiscard]] AmendOrder amend(OwnOrder& order, Price price, Quantity leaves, bool replace);
    // Of an order that may be open from before the login; when it is not, the venue's reject changes nothing.
    [[nodiscard]] CancelOrder cancel_unknown(ClOrdId orig_cl_ord_id);

    // ---- reports
    void on_execution(const ExecutionReport& report);
    void on_cancel_rejected(const CancelRejected& report);

    // ---- what is known
    [[nodiscard]] const Instrument& instrument() const { return instrument_; }
    [[nodiscard]] AccountId account() const { return account_; }
    [[nodiscard]] ClOrdId last_cl_ord_id() const { return last_cl_ord_id_; }
    [[nodiscard]] std::span<OwnOrder> orders() { return orders_; }
    [[nodiscard]] std::span<const OwnOrder> orders() const { return orders_; }
    [[nodiscard]] Amount total(AssetId asset) const;
    // What an order of this side could pay with. `besides`: an order whose hold would be given back.
    [[nodiscard]] Amount free(Side side, const OwnOrder* besides = nullptr) const;
    // Requests without an answer yet.
    [[nodiscard]] std::size_t under_way() const;
    // Nearest own price that an order of this side could trade with; nothing when there is none.
    [[nodiscard]] std::optional<Price> own_best(Side side) const;

  private:
    [[nodiscard]] ClOrdId next_id() { return last_cl_ord_id_ = ClOrdId{last_cl_ord_id_.value + 1}; }
    [[nodiscard]] OwnOrder* find(const ExecutionReport& report);
    void settle(const ExecutionReport& trade);
    void erase(const OwnOrder& order);
    [[nodiscard]] Amount held(const OwnOrder& order) const;

    Instrument instrument_;
    AccountId account_{};
    ClOrdId last_cl_ord_id_{};
    Amount base_{};
    Amount quote_{};
    std::vector<OwnOrder> orders_;  // by age of their placing
};

}  // namespace dcx::market
