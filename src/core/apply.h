// One command being applied: the state, the command, and where its events go. The command's kinds are spread over
// registry.cpp and limits.cpp (operators), dual_control.cpp, sessions.cpp, trading.cpp, matching.cpp, money.cpp,
// groups.cpp, busts.cpp, sweeps.cpp (what happens by time), chain.cpp, withdrawals.cpp and payouts.cpp (custody);
// core.cpp has the checks common to all.
#pragma once

#include "core/state.h"
#include "model/event_writer.h"

namespace dcx::core {

// The permission a client command needs; 0 for a kind that no client may send.
[[nodiscard]] std::uint32_t needed_permission(CommandKind kind);

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

    // ---- dual_control.cpp
    [[nodiscard]] bool needs_two_persons() const;
    void propose();
    void approve();
    void carry_out(const Proposal& proposal);
    void close_proposal(Proposal& proposal);

    // ---- sessions.cpp
    void negotiate();
    void establish();
    void disconnect();
    void end_session(SessionId id, std::uint64_t connection);
    void handover();
    void set_dead_man();

    // ---- registry.cpp
    void genesis(MemorySource& memory);
    void genesis_key();
    void add_key(const Key& key, SessionId report_to);
    void start_epoch();
    void activate_rules();
    void open_account();
    void add_key();
    void revoke_key();
    void set_self_trade_rule();
    void list_asset();
    void list_instrument();
    void set_phase();
    void register_address();

    // ---- limits.cpp
    void freeze_account();
    void set_asset_limits();
    void set_fees();
    void set_market_limits();
    void set_account_limits();
    void set_position_limits();
    void set_kill_switch();
    [[nodiscard]] static bool fees_legal(FeeRate maker, FeeRate taker);

    // ---- trading.cpp
    void place();
    void cancel();
    void amend();
    void mass_cancel();
    RejectReason check_place(const PlaceOrder& place, std::int64_t& wait_ns);
    RejectReason check_amend(const AmendOrder& amend, std::uint32_t& slot, Quantity& open, std::int64_t& wait_ns);
    // "Risk" 4 to 11 of docs/rules.md; a new order counts as one more, an amend as none.
    struct RiskQuestion {
        AccountId account{};
        InstrumentId instrument{};
        Side side{};
        Price price{};
        Quantity more{};  // open quantity beyond what the account has open on this side
        bool new_order{};
    };
    RejectReason check_risk(const RiskQuestion& order, std::int64_t& wait_ns) const;
    RejectReason check_position(const RiskQuestion& order, const Exposure& exposure) const;
    void take_rate(Account& account) const;
    [[nodiscard]] Amount hold_of(const PlaceOrder& place, const Instrument& instrument) const;
    [[nodiscard]] Time expiry_of(const PlaceOrder& place, const Market& market) const;
    [[nodiscard]] std::uint32_t named_order(OrderId id, OrderSlot hint, ClOrdId orig, AccountId account) const;
    RejectReason take_cl_ord_id(ClOrdId id);
    void cancel_open(std::uint32_t slot, SessionId report_to, ClOrdId cl_ord_id, CancelReason reason, bool rested);
    void remember_order(std::uint32_t slot);
    void forget_order(std::uint32_t slot);
    // Of a cancel, an amend or a mass cancel.
    template <MessageBody Body>
    void reject_change(const Body& body, RejectReason reason, std::int64_t wait_ns = 0) {
        CancelRejected rejected{.cl_ord_id = body.cl_ord_id,
                                .orig_cl_ord_id = {},
                                .order_id = {},
                                .account = body.account,
                                .command = Body::kind,
                                .reason = reason,
                                .wait_ns = wait_ns};
        if constexpr (requires { body.order_id; }) {
            rejected.orig_cl_ord_id = body.orig_cl_ord_id;
            rejected.order_id = body.order_id;
        }
        emit(rejected, sender());
    }

    // ---- matching.cpp
    // `expires`: when it rests; 0: never.
    void match_and_rest(std::uint32_t slot, Time expires);
    [[nodiscard]] Quantity payable_at(const Instrument& instrument, Price price) const;
    [[nodiscard]] bool would_fill(std::uint32_t slot) const;
    [[nodiscard]] bool may_meet_own(std::uint32_t slot) const;
    bool meet_own(SelfTradeRule rule, std::uint32_t maker, std::uint32_t taker);
    void lose(std::uint32_t slot, Quantity quantity, bool rested);
    void settle(std::uint32_t maker, std::uint32_t taker, Price price, Quantity quantity);
    void emit_filled(std::uint32_t slot, Liquidity liquidity, Amount fee);

    // ---- busts.cpp
    void bust_trade();

    // ---- sweeps.cpp
    void tick();
    // All take what they do from `units`.
    void handle(Deadline deadline, std::uint32_t& units);
    void end_sweep(DeadlineHandle& deadline, std::uint32_t& units);
    // Cancels resting orders, one a unit; true when none is left.
    bool sweep_account(AccountId account, SessionId of_session, CancelReason reason, std::uint32_t& units);
    bool sweep_killed(AccountId account, std::uint32_t& units);
    bool sweep_session(SessionId session, CancelScope scope, CancelReason reason, std::uint32_t& units);
    bool sweep_market(Market& market, std::uint32_t& units);
    bool sweep_venue(std::uint32_t& units);
    void cancel_resting(std::uint32_t slot, CancelReason reason);

    // ---- money.cpp
    void transfer();
    void mint();
    void burn();
    void pend_transfer();
    void post_transfer();
    void void_transfer();
    void withdraw();
    void move_money(MoneyRequest request, RejectReason early);
    // Steps 3 and 4, 5, and 6 of docs/rules.md, "Transfers".
    RejectReason check_id(const MoneyRequest& request, RejectReason& detail) const;
    RejectReason check_form(const MoneyRequest& request) const;
    RejectReason check_state(const MoneyRequest& request, std::uint32_t pends_before = 0) const;
    RejectReason check_pending(const MoneyRequest& request) const;
    // What an asset's cap and its ceiling of today leave; counted there.
    RejectReason check_issue(AssetId asset, Amount amount) const;
    void count_issue(AssetId asset, Amount amount);
    [[nodiscard]] RejectReason owned(AccountId account) const;
    void carry_out(const MoneyRequest& request);
    void pend(const MoneyRequest& request);
    void post_fee(TransferId id, AccountId receiver, AssetId asset, Amount fee);
    [[nodiscard]] Amount transfer_fee(AssetId asset, Amount amount) const;
    // Of a transfer that pays one: a customer's.
    [[nodiscard]] Amount transfer_fee(const MoneyRequest& transfer) const {
        return transfer.scope ? transfer_fee(transfer.asset, transfer.amount) : Amount{};
    }
    void move_and_tell(const MoneyRequest& request, AccountId debit, AccountId credit, AssetId asset);
    void post(TransferId id, AccountId debit, AccountId credit, AssetId asset, Amount amount, PostingCause cause,
              SessionId report_to);
    // Its money is available again.
    void resolve(std::uint32_t pending, TransferId id, Amount posted, PendingState state, SessionId report_to);

    // ---- chain.cpp: what the chain says
    void set_chain();
    void advance_chain();
    void rewind_chain();
    std::uint32_t orphan_above(std::uint64_t height);
    void credit_deposit();
    [[nodiscard]] static bool is_again(const Deposit& known, const CreditDeposit& credit, AssetId asset);
    void list_deposit(std::uint32_t slot);
    void reverse_deposit();
    void cover_loss();
    void record_anchor();

    // ---- withdrawals.cpp: to whom and how much may be paid
    void register_venue_address();
    void allow_address();
    void set_withdrawal_limits();
    RejectReason check_withdrawal(const MoneyRequest& request) const;
    void release_withdrawal();

    // ---- payouts.cpp: what is paid on the chain
    void prepare_payout();
    RejectReason check_addresses(const PreparePayout& payout) const;
    RejectReason check_payout(const PreparePayout& payout) const;
    [[nodiscard]] SigningAddress& payer_of(PayoutKind kind, AccountId account, std::uint32_t index) const;
    [[nodiscard]] std::uint32_t pending_withdrawal(AccountId scope, TransferId id) const;
    // An open payout that is posted, or not; else the command is rejected and there is none: 0.
    std::uint32_t open_payout(const ChainHash& tx_hash, bool posted);
    void post_payout();
    void abandon_payout();
    void settle_payout();
    void resolve_payout();
    void close_payout(std::uint32_t slot);
    void settle_open(std::uint32_t slot, std::uint64_t height);
    void set_payouts();

    // ---- groups.cpp
    // True when the request waits in a group, or was answered there.
    bool joins_group(const MoneyRequest& request, RejectReason malformed, bool linked);
    RejectReason check_sender(const GroupMember& member) const;
    struct GroupFailure {
        RejectReason reason{};  // none: all of it can be carried out
        RejectReason detail{};
        std::size_t member{};
        bool burns{};  // the ids of the group
    };
    void close_group(const TransferGroup& group);
    GroupFailure try_group(std::span<const GroupMember> members);
    GroupFailure try_member(std::span<const GroupMember> members, std::size_t which, std::uint32_t pends) const;
    void reject_member(const GroupMember& member, RejectReason reason, RejectReason detail);

    // Log time and so much more; saturates.
    [[nodiscard]] Time after(std::int64_t ns) const {
        return Time{checked_add(s_.time.value, ns).value_or(kNever.value)};
    }

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
    [[nodiscard]] const Session& session() const { return s_.sessions[command_.header.session.value]; }
    [[nodiscard]] Session& session() { return s_.sessions[command_.header.session.value]; }
    [[nodiscard]] bool quarantined() const { return (command_.header.flags & kQuarantined) != 0; }
    // Operators' sessions have no account and so no orders.
    [[nodiscard]] bool owns(AccountId account) const { return s_.ledger.acts_for(session().account, account); }
    [[nodiscard]] const Key& key() const { return s_.keys[session().key.value]; }

    State& s_;
    const Command& command_;
    EventWriter& out_;
    std::uint32_t index_ = 0;
    bool approved_ = false;  // by two persons: this is a proposed command being carried out
    // What is left of a market buy's budget; its order never outlives its command.
    std::uint32_t budget_slot_ = kNoSlot;
    Amount budget_left_{};
};

[[nodiscard]] constexpr bool is_address(const ChainAddress& address) {
    return address.kind == AddressKind::dec || address.kind == AddressKind::decms;
}
[[nodiscard]] constexpr bool all_zero(auto const& bytes) {
    for (const auto b : bytes)
        if (b != 0) return false;
    return true;
}

}  // namespace dcx::core
