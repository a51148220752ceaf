// One command being applied: the state, the command, and where its events go. The command's kinds are spread over
// registry.cpp (operators), sessions.cpp, trading.cpp, matching.cpp and money.cpp; core.cpp has the checks common to
// all.
#pragma once

#include "core/state.h"
#include "model/event_writer.h"

namespace dcx::core {

class Apply {
  public:
    Apply(State& state, const Command& command, EventWriter& out) : s_(state), command_(command), out_(out) {}

    // Runs the command and closes its events.
    void run(MemorySource& memory);

  private:
    // ---- core.cpp: the checks common to all
    void venue_command(MemorySource& memory);
    void client_command();
    void dispatch_client();

    // ---- sessions.cpp
    void negotiate();
    void establish();
    void disconnect();

    // ---- registry.cpp
    void genesis(MemorySource& memory);
    void start_epoch();
    void open_account();
    void add_key();
    void revoke_key();
    void set_self_trade_rule();
    void list_asset();
    void list_instrument();
    void set_phase();

    // ---- trading.cpp
    void place();
    void cancel();
    void amend();
    void mass_cancel();
    RejectReason check_place(const PlaceOrder& place);
    RejectReason check_amend(const AmendOrder& amend, std::uint32_t& slot, Quantity& open);
    [[nodiscard]] std::uint32_t named_order(OrderId id, OrderSlot hint, ClOrdId orig, AccountId account) const;
    RejectReason take_cl_ord_id(ClOrdId id);
    void cancel_open(std::uint32_t slot, SessionId report_to, ClOrdId cl_ord_id, CancelReason reason, bool rested);
    void remember_order(std::uint32_t slot);
    void forget_order(std::uint32_t slot);
    // Of a cancel, an amend or a mass cancel.
    template <MessageBody Body>
    void reject_change(const Body& body, RejectReason reason) {
        CancelRejected rejected{.cl_ord_id = body.cl_ord_id,
                                .orig_cl_ord_id = {},
                                .order_id = {},
                                .account = body.account,
                                .command = Body::kind,
                                .reason = reason};
        if constexpr (requires { body.order_id; }) {
            rejected.orig_cl_ord_id = body.orig_cl_ord_id;
            rejected.order_id = body.order_id;
        }
        emit(rejected, sender());
    }

    // ---- matching.cpp
    void match_and_rest(std::uint32_t slot);
    [[nodiscard]] bool would_fill(std::uint32_t slot) const;
    [[nodiscard]] bool may_meet_own(std::uint32_t slot) const;
    bool meet_own(SelfTradeRule rule, std::uint32_t maker, std::uint32_t taker);
    void lose(std::uint32_t slot, Quantity quantity, bool rested);
    void settle(std::uint32_t maker, std::uint32_t taker, Price price, Quantity quantity);
    void emit_filled(std::uint32_t slot, Liquidity liquidity, Amount fee);

    // ---- money.cpp
    void transfer();
    void mint();
    void burn();
    void move_money(MoneyRequest request, RejectReason early);
    RejectReason check_id(const MoneyRequest& request, RejectReason& detail) const;
    RejectReason check_state(const MoneyRequest& request) const;

    // ---- events
    template <EventBody Body>
    Event& emit(const Body& body, SessionId report_to = {}) {
        Event& event = out_.append();
        event.header = {.sequence = command_.header.sequence,
                        .time = s_.time,
                        .applied_time = {},
                        .index = index_++,
                        .session = report_to,
                        .wait_ns = command_.header.wait_ns,
                        .kind = Body::kind,
                        .flags = 0,
                        .gateway = command_.header.gateway,
                        .zero = 0};
        event.set(body);
        if (report_to) ++s_.sessions[report_to.value].next_outgoing;
        return event;
    }
    void reject(RejectReason reason, SessionId report_to, RejectReason detail = RejectReason::none);
    // To the session that sent the command.
    void reject(RejectReason reason) { reject(reason, command_.header.session); }

    [[nodiscard]] SessionId sender() const { return command_.header.session; }
    [[nodiscard]] Session& session() { return s_.sessions[command_.header.session.value]; }
    // Operators' sessions have no account and so no orders.
    [[nodiscard]] bool owns(AccountId account) { return account && account == key().account; }
    [[nodiscard]] const Key& key() { return s_.keys[session().key.value]; }

    State& s_;
    const Command& command_;
    EventWriter& out_;
    std::uint32_t index_ = 0;
};

[[nodiscard]] constexpr bool all_zero(auto const& bytes) {
    for (const auto b : bytes)
        if (b != 0) return false;
    return true;
}

}  // namespace dcx::core
