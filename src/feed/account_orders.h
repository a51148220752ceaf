// AccountOrders: the open orders of the venue, each in its account's list, from events alone. Every event in O(1).
// Events of an order it was never told of are passed over.
//
// One thread. Memory: 104 bytes an open order and 16 of index; 12 an account.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/event.h"
#include "model/order_index.h"
#include "model/types.h"

namespace dcx::feed {

struct AccountOrder {
    OrderId order_id{};
    ClOrdId cl_ord_id{};  // its present number in the session that placed it
    Price price{};
    Quantity order_qty{};  // filled + open (+ canceled)
    Quantity leaves{};
    Quantity cum{};
    Amount cum_notional{};  // of its fills, in quote, saturating
    Time expire_at{};
    SessionId session{};  // that placed it
    AccountId account{};
    InstrumentId instrument{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    std::uint8_t flags{};  // kOrderPostOnly
};
static_assert(sizeof(AccountOrder) == 80);

class AccountOrders {
  public:
    // ---- events; each tells the order as it stands afterwards, valid until the next one; null: it is not known.
    const AccountOrder* accept(const EventHeader& header, const OrderAccepted& event);
    const AccountOrder* restore(const OrderRestored& event);
    const AccountOrder* fill(const OrderFilled& event, const TradeExecuted& trade, std::int64_t notional);
    const AccountOrder* cancel(const OrderCanceled& event);
    const AccountOrder* amend(const EventHeader& header, const OrderAmended& event);
    const AccountOrder* decrement(const OrderDecremented& event);

    // Open; null when there is none.
    [[nodiscard]] const AccountOrder* find(OrderId id) const;
    [[nodiscard]] std::size_t open() const { return index_.size(); }
    [[nodiscard]] std::uint32_t open(AccountId account) const;
    // In the order in which it was told of them.
    template <class Visit>
    void each(AccountId account, Visit&& visit) const {
        if (account.value >= lists_.size()) return;
        for (std::uint32_t at = lists_[account.value].first; at != kNone; at = nodes_[at].next) visit(nodes_[at].order);
    }
    // What an event to come will touch, on its way into the cache. Any id is harmless.
    void prefetch(OrderId id) const { index_.prefetch(id); }

  private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    struct Node {
        AccountOrder order;
        std::uint32_t next = kNone;
        std::uint32_t previous = kNone;
    };
    struct List {
        std::uint32_t first = kNone;
        std::uint32_t last = kNone;
        std::uint32_t count = 0;
    };

    [[nodiscard]] Node* known(OrderId id);
    const AccountOrder* insert(const AccountOrder& order);
    // What is in its place stays until the place is taken.
    const AccountOrder* finish(Node& node);

    OrderIndex index_;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    std::vector<List> lists_;  // by account
};

}  // namespace dcx::feed
