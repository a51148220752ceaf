// Twin: the exchange once more, as plainly as it can be written, from docs/rules.md and src/model alone. Random
// commands must give the same bytes from it and from the core, so it shares no idea with the core: no holds are kept
// (what an account holds is added up from its open orders), no queues (the next maker is looked for among all orders),
// no running fees (the formula is evaluated over all fills of an order), and a FOK order is first tried on a copy of
// the whole venue. 128-bit integers throughout.
//
// Owner: one thread of a test. Limits: slow, by design quadratic in open orders. A broken invariant of its own is a
// DCX_CHECK.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::reference {

class Twin {
  public:
    struct Fill {
        std::int64_t rate;
        int128 received;  // before the fee
    };
    struct Order {
        OrderId id{};
        ClOrdId cl_ord_id{};
        SessionId session{};  // that placed it
        AccountId account{};
        InstrumentId instrument{};
        OrderSlot slot{};
        AssetId pays{};  // what it holds
        Side side{};
        std::uint8_t flags{};
        Price price{};
        std::int64_t open{};
        std::int64_t filled{};
        std::int64_t maker_rate{};
        std::int64_t taker_rate{};
        std::uint64_t arrival{};  // when it came into the book; 0: not in it
        std::vector<Fill> fills{};
    };
    struct Level {
        Price price{};
        std::int64_t quantity{};
        std::uint32_t orders{};
        friend bool operator==(const Level&, const Level&) = default;
    };
    struct Balance {
        Amount available{};
        Amount held{};
        friend bool operator==(const Balance&, const Balance&) = default;
    };

    // The events of the command, complete with headers.
    std::vector<Event> apply(const Command& command);

    [[nodiscard]] bool started() const { return genesis_.has_value(); }
    [[nodiscard]] Balance balance(AccountId account, AssetId asset) const;
    // Of every account and asset, in this order.
    [[nodiscard]] std::vector<Balance> balances() const;
    // Resting orders of one side, best price first, at one price the earliest first. Valid until the next command.
    [[nodiscard]] std::vector<const Order*> queue(InstrumentId instrument, Side side) const;
    [[nodiscard]] std::vector<Level> depth(InstrumentId instrument, Side side) const;
    [[nodiscard]] std::uint32_t open_orders() const { return static_cast<std::uint32_t>(orders_.size()); }
    // What the session must send next; 0 when there is no such session.
    [[nodiscard]] std::uint64_t next_incoming(SessionId session) const;
    [[nodiscard]] std::uint32_t accounts() const { return static_cast<std::uint32_t>(accounts_.size()); }
    [[nodiscard]] std::uint32_t assets() const { return static_cast<std::uint32_t>(assets_.size()); }
    [[nodiscard]] std::uint32_t instruments() const { return static_cast<std::uint32_t>(instruments_.size()); }

    // The facts that a reader must be told after a start, as events with empty headers: every account but the venue's,
    // key, asset, instrument, session and open order, every balance that is not zero, and the end of the telling.
    [[nodiscard]] std::vector<Event> told_state() const;
    // "State after any command" of docs/rules.md, from scratch; empty when all of it holds.
    [[nodiscard]] std::string check() const;

  private:
    struct Account {
        AccountKind kind{};
        SelfTradeRule rule{};
    };
    struct Session {
        KeyId key{};
        std::uint64_t client_session{};
        bool established{};
        std::uint64_t next_incoming{1};
        std::uint64_t next_outgoing{1};
        ClOrdId last_cl_ord_id{};
    };
    struct Key {
        std::array<std::byte, 32> public_key{};
        AccountId account{};
        std::uint32_t permissions{};
        bool revoked{};
    };
    struct Market {
        InstrumentListed listing{};
        int128 base_per_lot{};
        int128 quote_per_tick_lot{};
        Phase phase{Phase::trading};
        Price last_price{};
    };
    struct Request {  // a transfer, mint or burn in one form
        TransferKind kind{};
        TransferId id{};
        std::int64_t amount{};
        AccountId debit{};
        AccountId credit{};
        AssetId asset{};
        bool deposit{};
        RejectReason outcome{};  // none: it succeeded
    };
    using ScopedId = std::pair<std::uint32_t, TransferId>;

    // twin.cpp: routing and reports
    void route(const Command& command);
    void dispatch(const Command& command, SessionId id);
    template <class Body>
    void emit(const Body& body, SessionId to);
    void refuse(const Command& command, RejectReason reason, SessionId to, RejectReason detail = RejectReason::none);
    [[nodiscard]] AccountId account_of(SessionId id) const;

    // twin_registry.cpp: the venue's and the operators' commands
    RejectReason genesis(const Genesis& body);
    void start_epoch(const StartEpoch& body);
    RejectReason negotiate(const NegotiateSession& body);
    RejectReason establish(SessionId id, const EstablishSession& body);
    RejectReason disconnect(SessionId id, const DisconnectSession& body);
    RejectReason open_account(const OpenAccount& body, SessionId to);
    RejectReason add_key(const AddKey& body, SessionId to);
    RejectReason revoke_key(const RevokeKey& body, SessionId to);
    RejectReason list_asset(const ListAsset& body, SessionId to);
    RejectReason list_instrument(const ListInstrument& body, SessionId to);
    RejectReason set_phase(const SetPhase& body, SessionId to);
    RejectReason set_self_trade_rule(const SetSelfTradeRule& body, SessionId from);

    // twin_orders.cpp: what clients ask of orders
    void place(const PlaceOrder& body, SessionId from);
    void cancel(const CancelOrder& body, SessionId from);
    void amend(const AmendOrder& body, SessionId from);
    void mass_cancel(const MassCancel& body, SessionId from);
    RejectReason check_place(const PlaceOrder& body, SessionId from);
    RejectReason check_number(ClOrdId cl_ord_id, SessionId from);
    RejectReason check_amend(const AmendOrder& body, const Order& order, std::int64_t& open) const;
    RejectReason check_mass_cancel(const MassCancel& body, SessionId from);
    [[nodiscard]] std::optional<std::size_t> find_order(AccountId account, OrderId id, ClOrdId orig,
                                                        SessionId from) const;
    void report_cancel(const Order& order, CancelReason reason, ClOrdId by, SessionId to);
    void finish(std::size_t index);
    OrderSlot take_slot();
    [[nodiscard]] bool levels_are_full() const;
    [[nodiscard]] bool would_trade(InstrumentId instrument, Side side, Price price) const;
    [[nodiscard]] bool notional_fits(const Market& market, std::int64_t price, std::int64_t quantity) const;
    [[nodiscard]] int128 hold_of(InstrumentId instrument, Side side, Price price, std::int64_t open) const;
    [[nodiscard]] int128 hold_of(const Order& o) const { return hold_of(o.instrument, o.side, o.price, o.open); }

    // twin_matching.cpp: what an order meets
    enum class Took { all, rest, too_much, canceled };
    void take(OrderId id, TimeInForce time_in_force);
    Took match(OrderId id);
    [[nodiscard]] bool fills_wholly(OrderId id) const;
    bool meet_own(std::size_t maker, std::size_t taker);
    void decrement(std::size_t index, std::int64_t quantity);
    void cancel_own(const Order& order);
    void fill(Order& maker, Order& taker);
    void report_fill(const Order& order, Liquidity liquidity, int128 fee);
    int128 charge(Order& order, std::int64_t rate, int128 received);
    [[nodiscard]] std::optional<std::size_t> next_maker(const Order& taker) const;
    [[nodiscard]] std::size_t index_of(OrderId id) const;
    [[nodiscard]] SelfTradeRule rule_of(AccountId account) const { return accounts_.at(account.value - 1).rule; }

    // twin_money.cpp
    void move(const Command& command, Request request, SessionId from, bool malformed);
    RejectReason check_move(const Request& request, SessionId from, RejectReason& detail) const;
    [[nodiscard]] RejectReason check_known(const Request& request, const Request& known, RejectReason& detail) const;
    [[nodiscard]] RejectReason check_funds(const Request& request) const;
    void remember(std::uint32_t scope, const Request& request);
    void post(AccountId from, AccountId to, AssetId asset, int128 amount);
    [[nodiscard]] int128 owned(AccountId account, AssetId asset) const;
    [[nodiscard]] int128 held(AccountId account, AssetId asset) const;

    [[nodiscard]] const Market& market(InstrumentId id) const { return instruments_.at(id.value - 1); }
    [[nodiscard]] Session& session(SessionId id) { return sessions_.at(id.value - 1); }
    template <class Table, class Id>
    static bool exists(const Table& table, Id id) {
        return id.value >= 1 && id.value <= table.size();
    }

    std::optional<Genesis> genesis_;
    Time time_{std::int64_t{0}};
    std::uint64_t epoch_ = 0;
    CommandHeader current_{};
    std::vector<Event> events_;

    std::vector<Account> accounts_;
    std::vector<Key> keys_;
    std::vector<AssetListed> assets_;
    std::vector<Market> instruments_;
    std::vector<Session> sessions_;

    std::vector<Order> orders_;  // open, in the order of their ids
    std::vector<OrderSlot> free_slots_;
    std::uint32_t slots_used_ = 0;
    std::uint64_t order_count_ = 0;
    std::uint64_t trade_count_ = 0;
    std::uint64_t arrivals_ = 0;

    std::map<std::pair<std::uint32_t, std::uint32_t>, int128> owned_;  // (account, asset): available + held
    std::map<ScopedId, Request> requests_;
    std::deque<ScopedId> remembered_;  // the longest remembered first
    TransferId floor_{};
};

}  // namespace dcx::reference
