// OrderView: the orders of the venue from events alone: every open one with what it has traded, and the last ones of
// each account that are done. Events of an order it was never told of are passed over.
//
// One thread. Memory: 152 bytes an open order, and RecentRing's bound.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gateway/recent_ring.h"
#include "model/event.h"
#include "model/order_index.h"
#include "model/wire.h"

namespace dcx::gateway {

struct KnownOrder {
    OrderId order_id{};
    ClOrdId cl_ord_id{};  // its present number in the session that placed it
    Price price{};
    Quantity order_qty{};  // filled + open (+ canceled)
    Quantity leaves{};
    Quantity cum{};
    Amount cum_notional{};  // of its fills, in quote, saturating
    Time expire_at{};
    Sequence sequence{};  // of the last command that changed it
    SessionId session{};  // that placed it
    AccountId account{};
    InstrumentId instrument{};
    OrderSlot slot{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    std::uint8_t flags{};  // kOrderPostOnly
    OrdStatus status{};
    CancelReason cancel_reason{};
};

class OrderView {
  public:
    // ---- events; `notional` in minor units of quote
    void accept(const EventHeader& header, const OrderAccepted& event);
    void restore(const EventHeader& header, const OrderRestored& event);
    void trade(const TradeExecuted& event, std::int64_t notional);
    void fill(const EventHeader& header, const OrderFilled& event);
    void cancel(const EventHeader& header, const OrderCanceled& event);
    void amend(const EventHeader& header, const OrderAmended& event);
    void decrement(const EventHeader& header, const OrderDecremented& event);

    // Two looks ahead at an order of events to come, one a few events after the other: what they will touch is brought
    // into the cache. They change nothing, and any id is harmless.
    void look_first(OrderId id, AccountId account) const;
    void look_closer(OrderId id, AccountId account) const;

    // The order that the last of these events (but for a trade) told of, as it stands; order_id 0 when it is not known.
    // Valid until the next event.
    [[nodiscard]] const KnownOrder& told() const;

    // Open; nullptr when there is none.
    [[nodiscard]] const KnownOrder* find(OrderId id) const;
    // Open or lately done, of this account; by order_id, or when that is 0 by the number it has in the session.
    [[nodiscard]] const KnownOrder* find(AccountId account, OrderId id) const;
    [[nodiscard]] const KnownOrder* find(AccountId account, SessionId session, ClOrdId id) const;
    // Ids of an account's open orders in an instrument (0: in all), rising.
    [[nodiscard]] std::vector<OrderId> open_orders(AccountId account, InstrumentId instrument) const;
    [[nodiscard]] std::uint32_t open_count(AccountId account) const;
    template <class Visit>
    void each_open(AccountId account, Visit&& visit) const {
        if (account.value >= accounts_.size()) return;
        for (std::uint32_t at = accounts_[account.value].first; at != kNone; at = nodes_[at].next)
            visit(nodes_[at].order);
    }
    // What is done, oldest first.
    [[nodiscard]] const RecentRing<KnownOrder>& done(AccountId account) const;

  private:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    // In its account's list, in the order in which it was told of them.
    struct Node {
        KnownOrder order;
        std::uint32_t next = kNone;
        std::uint32_t previous = kNone;
    };
    struct Account {
        std::uint32_t first = kNone;
        std::uint32_t last = kNone;
        std::uint32_t count = 0;
        RecentRing<KnownOrder> done;
    };

    [[nodiscard]] Account& account(AccountId id);
    // Where the open order is; kNone when it is not known.
    [[nodiscard]] std::uint32_t place_of(OrderId id) const;
    // The same of the order that an event tells of, which is the one told from now on.
    [[nodiscard]] std::uint32_t tell(OrderId id);
    // A place for a new order at the end of its account's list, to be filled by the caller; it is the one told.
    [[nodiscard]] void* insert(OrderId id, AccountId account);
    // It is done: out of the open ones, into its account's history. What is in the place stays until it is taken.
    void finish(std::uint32_t at);

    std::uint32_t told_ = kNone;
    // Of the last trade's orders, whose fills are told next.
    std::array<std::uint32_t, 2> traded_{kNone, kNone};
    OrderIndex index_;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    std::vector<Account> accounts_;  // by id
    RecentBudget budget_;
};

}  // namespace dcx::gateway
