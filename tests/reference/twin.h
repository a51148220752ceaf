// Twin: the exchange once more, as plainly as it can be written, from docs/rules.md and src/model alone. Random
// commands must give the same bytes from it and from the core, so it shares no idea with the core: no holds are kept
// (what an account holds is added up from its open orders and pending transfers), no queues (the next maker is looked
// for among all orders), no running fees (the formula is evaluated over all fills of an order), no positions (they are
// added up from a list of what changed them today), no timers (all deadlines are collected, and the first is looked
// for), and a FOK order or a group of transfers is first tried on a copy of the whole venue. 128-bit integers
// throughout.
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
#include "base/ed25519.h"
#include "model/command.h"
#include "model/event.h"
#include "reference/twin_custody.h"

namespace dcx::reference {

class Twin {
  public:
    struct Fill {
        std::int64_t rate;
        int128 received;  // before the fee
        std::int64_t quantity;
        int128 notional;
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
        TimeInForce time_in_force{};
        Time expire_at{};  // 0: never
        Price price{};
        bool has_budget{};
        int128 budget{};  // what is left of it
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
    // What happens by time alone; kinds are the numbers of docs/rules.md.
    struct Deadline {
        Time time{};
        int kind{};
        std::uint64_t id{};
        friend auto operator<=>(const Deadline&, const Deadline&) = default;
    };
    // All that was ever taken from and given to an account.
    struct Turnover {
        uint128 debits{};
        uint128 credits{};
        friend bool operator==(const Turnover&, const Turnover&) = default;
    };

    // Of an account in a market since 00:00 UTC.
    struct Exposure {
        int128 net{};
        int128 cash{};
    };

    // The events of the command, complete with headers.
    std::vector<Event> apply(const Command& command);

    [[nodiscard]] bool started() const { return genesis_.has_value(); }
    [[nodiscard]] Balance balance(AccountId account, AssetId asset) const;
    [[nodiscard]] Turnover turnover(AccountId account, AssetId asset) const;
    // Of every account and asset, in this order.
    [[nodiscard]] std::vector<Balance> balances() const;
    // Resting orders of one side, best price first, at one price the earliest first. Valid until the next command.
    [[nodiscard]] std::vector<const Order*> queue(InstrumentId instrument, Side side) const;
    [[nodiscard]] std::vector<Level> depth(InstrumentId instrument, Side side) const;
    [[nodiscard]] std::uint32_t open_orders() const { return static_cast<std::uint32_t>(orders_.size()); }
    [[nodiscard]] Exposure exposure(AccountId account, InstrumentId instrument) const;
    // The first deadline of all, due or not.
    [[nodiscard]] std::optional<Deadline> next_deadline() const;
    // What the session must send next; 0 when there is no such session.
    [[nodiscard]] std::uint64_t next_incoming(SessionId session) const;
    [[nodiscard]] std::size_t pending_transfers() const { return pendings_.size(); }
    [[nodiscard]] std::size_t open_proposals() const { return proposals_.size(); }
    [[nodiscard]] std::uint32_t accounts() const { return static_cast<std::uint32_t>(accounts_.size()); }
    [[nodiscard]] std::uint32_t assets() const { return static_cast<std::uint32_t>(assets_.size()); }
    [[nodiscard]] std::uint32_t instruments() const { return static_cast<std::uint32_t>(instruments_.size()); }

    // The facts that a reader must be told after a start, as events with empty headers: every account but the venue's,
    // key, asset, instrument, session, address, pending transfer, proposal and open order, every balance that ever
    // moved, all limits, and the end of the telling.
    [[nodiscard]] std::vector<Event> told_state() const;
    // "State after any command" of docs/rules.md, from scratch; empty when all of it holds.
    [[nodiscard]] std::string check() const;

  private:
    // On, it blocks; its sweep is due while orders are left.
    struct Switch {
        bool on{};
        std::optional<Time> sweep{};
    };
    struct Account {
        AccountKind kind{};
        SelfTradeRule rule{};
        AccountId owner{};  // of a sub-account
        bool frozen{};
        std::uint32_t last_address{};
        AccountLimitsSet limits{};
        std::int64_t throttle_time{};
        Switch killed{};
        bool killed_subs{};  // when it was switched on last, owners reached their sub-accounts
    };
    struct Session {
        KeyId key{};
        std::uint64_t client_session{};
        bool established{};
        std::uint64_t next_incoming{1};
        std::uint64_t next_outgoing{1};
        ClOrdId last_cl_ord_id{};
        CancelScope scope{};  // of its next disconnect
        std::uint32_t grace_ms{};
        std::optional<Time> disconnect_at{};  // when its orders go
        CancelScope dead_man_scope{};
        std::optional<Time> dead_man_at{};
    };
    struct Key {
        std::array<std::byte, 32> public_key{};
        AccountId account{};
        std::uint32_t permissions{};
        bool revoked{};
        PersonId person{};
    };
    struct Market {
        InstrumentListed listing{};
        int128 base_per_lot{};
        int128 quote_per_tick_lot{};
        Phase phase{Phase::trading};
        Price last_price{};
        std::array<FeesSet, kFeeTiers> fees{};
        MarketLimitsSet limits{};
        Switch killed{};
    };
    struct Trade {
        TradeId id{};
        Time time{};
        InstrumentId instrument{};
        Price price{};
        std::int64_t quantity{};
        AccountId buyer{};
        AccountId seller{};
        Side taker_side{};
        int128 base{};
        int128 notional{};
        int128 buyer_fee{};   // in base
        int128 seller_fee{};  // in quote
        int128 base_rebate{};
        int128 quote_rebate{};
        bool busted{};
    };
    // Of an account's position in a market, by one side of a fill or of a bust.
    struct Change {
        std::int64_t day{};
        AccountId account{};
        InstrumentId instrument{};
        int128 quantity{};
        int128 cash{};
    };
    // An order as it would be, for "Risk"; of an amend `amended` is the order itself.
    struct Asked {
        AccountId account{};
        InstrumentId instrument{};
        Side side{};
        Price price{};
        std::int64_t open{};
        OrderId amended{};
    };
    struct Minted {
        std::int64_t day{};
        int128 amount{};
    };
    struct Request {  // any of the seven, in one form; what a kind has no field for is 0
        TransferKind kind{};
        TransferId id{};
        std::int64_t amount{};
        AccountId debit{};  // of post and void: the pending transfer's scope
        AccountId credit{};
        AssetId asset{};
        std::int64_t timeout{};
        TransferId pending_id{};
        ChainAddress address{};
        bool deposit{};
        std::uint8_t linked{};
        bool malformed{};
        RejectReason outcome{};  // none: it succeeded
        PendingState state{};    // of a pend or withdraw that succeeded
    };
    struct Pending {
        std::uint64_t number{};  // in the order of pending
        AccountId scope{};
        TransferId id{};
        SessionId session{};  // that pended it
        AccountId debit{};
        AccountId credit{};
        AssetId asset{};
        std::int64_t amount{};
        Time expires{};  // 0: never
        bool withdraw{};
        ChainAddress address{};
    };
    struct Group {
        std::vector<Command> members{};
        RejectReason refused{};  // not none: it no longer counts as open, its further members fail
    };
    struct Proposal {
        ProposalId id{};
        Time expires{};
        KeyId proposer{};
        CommandKind proposed{};
        std::array<std::byte, kProposalBodySize> body{};
        KeyId approved_by{};
    };
    struct Verdict {
        RejectReason reason{};
        RejectReason detail{};
        bool burns{};  // it failed at step 6
    };
    using ScopedId = std::pair<std::uint32_t, TransferId>;

    // twin.cpp: routing and reports
    void route(const Command& command);
    void dispatch(const Command& command, SessionId from, bool approved);
    void dispatch_ledger(const Command& command, SessionId from, bool approved);
    template <class Body>
    void emit(const Body& body, SessionId to);
    void refuse(const Command& command, RejectReason reason, SessionId to, RejectReason detail = RejectReason::none);
    [[nodiscard]] bool known(CommandKind kind) const;  // under the rules in force
    [[nodiscard]] AccountId account_of(SessionId id) const;
    // Whether a key of the account `own` acts for `account`: itself or its sub-account. An operator's (0) for none.
    [[nodiscard]] bool acts_for(AccountId own, AccountId account) const;
    [[nodiscard]] bool acts_for(SessionId id, AccountId account) const { return acts_for(account_of(id), account); }
    [[nodiscard]] bool is_customer(AccountId id) const;  // exists and is no venue account

    // twin_registry.cpp: the venue's and the operators' commands
    RejectReason genesis(const Genesis& body);
    RejectReason genesis_key(const GenesisKey& body);
    void start_epoch(const StartEpoch& body);
    RejectReason handover(const Handover& body);
    RejectReason activate_rules(const ActivateRules& body, SessionId to);
    [[nodiscard]] bool owners_reach() const { return rules_ >= 4; }
    // Itself, or by its owner.
    [[nodiscard]] bool is_frozen(AccountId id) const;
    [[nodiscard]] bool is_killed(AccountId id) const;
    [[nodiscard]] std::vector<AccountId> subs_of(AccountId owner) const;
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

    // twin_limits.cpp: fees, limits and kill switches
    RejectReason set_fees(const SetFees& body, SessionId to);
    RejectReason set_market_limits(const SetMarketLimits& body, SessionId to);
    RejectReason set_account_limits(const SetAccountLimits& body, SessionId to);
    RejectReason set_position_limits(const SetPositionLimits& body, SessionId to);
    RejectReason set_kill_switch(const SetKillSwitch& body, SessionId to);
    Switch& switch_of(AccountId account, InstrumentId instrument);

    // twin_deadlines.cpp: ticks and sweeps
    void tick();
    RejectReason set_dead_man(const SetDeadMan& body, SessionId from);
    void end_session(SessionId id, std::uint64_t connection);
    [[nodiscard]] std::vector<Deadline> deadlines() const;
    [[nodiscard]] std::optional<Deadline> first_due() const;
    void handle_unit(const Deadline& deadline);
    void sweep_session(SessionId id, CancelScope scope, CancelReason reason, std::optional<Time>& deadline);
    void cancel_swept(OrderId id, CancelReason reason);
    [[nodiscard]] std::optional<OrderId> first_of_session(SessionId id, CancelScope scope) const;
    [[nodiscard]] std::optional<OrderId> first_of_switch(AccountId account, InstrumentId instrument) const;
    [[nodiscard]] std::optional<OrderId> first_of_market(InstrumentId instrument) const;

    // twin_busts.cpp
    RejectReason bust_trade(const BustTrade& body, SessionId to);

    // twin_risk.cpp: what an order is measured against
    RejectReason check_risk(const Asked& asked, std::int64_t& wait_ns) const;
    [[nodiscard]] RejectReason check_open_orders(const Asked& asked) const;
    [[nodiscard]] std::int64_t throttle_wait(const Account& account) const;
    [[nodiscard]] RejectReason check_position(const Asked& asked) const;
    [[nodiscard]] bool outside_collar(const Asked& asked) const;
    void spend_throttle(AccountId account);
    void change_position(AccountId account, InstrumentId instrument, int128 quantity, int128 cash);
    [[nodiscard]] Time day_end(const Market& market) const;

    // twin_place.cpp: a new order
    void place(const PlaceOrder& body, SessionId from);

    // twin_orders.cpp: what clients ask of orders that are open
    void cancel(const CancelOrder& body, SessionId from);
    void amend(const AmendOrder& body, SessionId from);
    void mass_cancel(const MassCancel& body, SessionId from);
    RejectReason check_place(const PlaceOrder& body, SessionId from, std::int64_t& wait_ns);
    [[nodiscard]] RejectReason check_terms(const PlaceOrder& body) const;
    RejectReason check_number(ClOrdId cl_ord_id, SessionId from);
    RejectReason check_amend(const AmendOrder& body, const Order& order, std::int64_t& open,
                             std::int64_t& wait_ns) const;
    RejectReason check_mass_cancel(const MassCancel& body, SessionId from);
    [[nodiscard]] std::optional<std::size_t> find_order(AccountId account, OrderId id, ClOrdId orig,
                                                        SessionId from) const;
    void report_cancel(const Order& order, CancelReason reason, ClOrdId by, SessionId to);
    void finish(std::size_t index);
    OrderSlot take_slot();
    [[nodiscard]] bool levels_are_full() const;
    [[nodiscard]] bool would_trade(InstrumentId instrument, Side side, Price price) const;
    [[nodiscard]] int128 hold_of(InstrumentId instrument, Side side, Price price, std::int64_t open) const;
    [[nodiscard]] int128 hold_of(const Order& order) const;

    // twin_matching.cpp: what an order meets
    enum class Took { all, rest, too_much, budget_spent, canceled };
    void take(OrderId id, TimeInForce time_in_force);
    Took match(OrderId id);
    [[nodiscard]] bool fills_wholly(OrderId id) const;
    bool meet_own(std::size_t maker, std::size_t taker);
    void decrement(std::size_t index, std::int64_t quantity);
    void cancel_own(const Order& order);
    void fill(Order& maker, Order& taker);
    void report_fill(const Order& order, Liquidity liquidity, int128 fee);
    int128 charge(Order& order, Fill fill);
    [[nodiscard]] std::int64_t affordable(const Order& taker, Price price) const;
    [[nodiscard]] std::optional<std::size_t> next_maker(const Order& taker) const;
    [[nodiscard]] std::size_t index_of(OrderId id) const;
    [[nodiscard]] SelfTradeRule rule_of(AccountId account) const { return accounts_.at(account.value - 1).rule; }

    // twin_ledger.cpp: what operators say of accounts and assets
    RejectReason freeze_account(const FreezeAccount& body, SessionId to);
    RejectReason register_address(const RegisterAddress& body, SessionId to);
    RejectReason set_asset_limits(const SetAssetLimits& body, SessionId to);
    [[nodiscard]] AssetLimitsSet limits_of(AssetId asset) const;

    // twin_requests.cpp: the seven money requests, checked and carried out
    static Request as_request(const Command& command);
    void money(const Command& command, SessionId from, bool approved);
    Verdict carry_out(Request request, SessionId from, bool approved);
    [[nodiscard]] RejectReason check_form(const Request& request, SessionId from, bool approved) const;
    [[nodiscard]] RejectReason check_id(TransferId id) const;
    [[nodiscard]] static Verdict check_known(const Request& request, const Request& known);
    [[nodiscard]] RejectReason check_terms(const Request& request, SessionId from, bool approved) const;
    [[nodiscard]] RejectReason check_accounts(const Request& request, bool by_operator) const;
    [[nodiscard]] RejectReason check_funds(const Request& request) const;
    void perform(const Request& request, SessionId from);
    void take_fee(const Request& request, AccountId payer, AssetId asset, SessionId to);
    void remember(AccountId scope, const Request& request);
    [[nodiscard]] bool remembers(AccountId scope, TransferId id) const;
    [[nodiscard]] int128 minted_today(AssetId asset) const;
    void count_minted(AssetId asset, std::int64_t amount);

    // twin_pending.cpp: two-phase transfers
    void pend(const Request& request, SessionId from);
    void resolve(const Request& request, SessionId from);
    [[nodiscard]] RejectReason check_pending(const Request& request, SessionId from) const;
    [[nodiscard]] const Pending* find_pending(AccountId scope, TransferId id) const;
    void release(std::uint64_t number, PendingState state, const Request& by, SessionId to);
    // `tell` gets what the promise is, with the balance as it is now.
    template <class Tell>
    void tell_pending(const Pending& pending, const Tell& tell) const {
        const Balance b = balance(pending.debit, pending.asset);
        if (pending.withdraw)
            return tell(WithdrawalRequested{.id = pending.id,
                                            .amount = Amount{pending.amount},
                                            .available = b.available,
                                            .held = b.held,
                                            .account = pending.debit,
                                            .asset = pending.asset,
                                            .scope = pending.scope,
                                            .address = pending.address});
        tell(TransferPended{.id = pending.id,
                            .amount = Amount{pending.amount},
                            .available = b.available,
                            .held = b.held,
                            .expires = pending.expires,
                            .debit_account = pending.debit,
                            .credit_account = pending.credit,
                            .asset = pending.asset,
                            .scope = pending.scope});
    }
    void add_pending_deadlines(std::vector<Deadline>& to) const;
    void expire_pending(std::uint64_t number);

    // twin_groups.cpp: all members or none
    bool join_group(const Command& command, std::uint8_t linked, SessionId from);
    void carry_out_group(const std::vector<Command>& members, SessionId from);
    void burn_group(const std::vector<Command>& members, std::size_t failed, RejectReason reason, SessionId from);

    // twin_proposals.cpp: two persons
    RejectReason propose(const Propose& body, SessionId from);
    RejectReason approve(const Command& command, SessionId from);
    [[nodiscard]] bool signed_by(KeyId key, const Proposal& proposal, const Ed25519Signature& signature) const;
    void add_proposal_deadlines(std::vector<Deadline>& to) const;
    void expire_proposal(std::uint64_t id);

    // twin_custody.cpp: the chain and its deposits
    void dispatch_custody(const Command& command, SessionId from);
    RejectReason set_chain(const SetChain& body, SessionId to);
    RejectReason advance_chain(const AdvanceChain& body, SessionId to);
    RejectReason rewind_chain(const RewindChain& body, SessionId to);
    RejectReason credit_deposit(const CreditDeposit& body, SessionId to);
    RejectReason reverse_deposit(const ReverseDeposit& body, SessionId to);
    RejectReason cover_loss(const CoverLoss& body, SessionId to);
    RejectReason register_venue_address(const RegisterVenueAddress& body, SessionId to);
    RejectReason record_anchor(const RecordAnchor& body, SessionId to);
    [[nodiscard]] RejectReason check_minted(AssetId asset, std::int64_t amount) const;
    [[nodiscard]] bool is_confirmed(std::uint64_t height) const;
    [[nodiscard]] bool is_registered(const ChainAddress& address) const;  // a customer's or the venue's
    [[nodiscard]] bool has_address(AccountId account, std::uint32_t index) const;
    TwinCustody::Deposit* find_deposit(const ChainHash& hash);

    // twin_payouts.cpp: withdrawals and what is paid for them
    RejectReason allow_address(const AllowAddress& body, SessionId from);
    RejectReason set_withdrawal_limits(const SetWithdrawalLimits& body, SessionId to);
    RejectReason release_withdrawal(const ReleaseWithdrawal& body, SessionId to);
    RejectReason prepare_payout(const PreparePayout& body, SessionId to);
    RejectReason post_payout(const PostPayout& body, SessionId to);
    RejectReason abandon_payout(const AbandonPayout& body, SessionId to);
    RejectReason settle_payout(const SettlePayout& body, SessionId to);
    RejectReason resolve_payout(const ResolvePayout& body, SessionId to);
    RejectReason set_payouts(const SetPayouts& body, SessionId to);
    [[nodiscard]] WithdrawalLimitsSet withdrawal_limits(AssetId asset) const;
    [[nodiscard]] RejectReason check_withdraw(const Request& request) const;
    [[nodiscard]] bool has_room_to_withdraw(const Request& request) const;
    void count_withdrawn(const Request& request);
    [[nodiscard]] RejectReason check_payouts_of(const Request& request, const Pending& pending) const;
    [[nodiscard]] bool is_retired(TwinCustody::Payer payer) const;
    [[nodiscard]] std::optional<std::uint64_t> last_nonce(TwinCustody::Payer payer) const;
    TwinCustody::Payout* open_payout(const ChainHash& hash);
    [[nodiscard]] bool open_payout_of(AccountId scope, TransferId id) const;
    [[nodiscard]] int128 settled_of(AccountId scope, TransferId id) const;
    [[nodiscard]] static PayoutPrepared told_payout(const TwinCustody::Payout& payout);
    void close_payout(TwinCustody::Payout& payout);
    void settle(TwinCustody::Payout& payout, std::uint64_t height, SessionId to);

    // twin_custody_told.cpp
    void tell_custody(std::vector<Event>& to) const;
    [[nodiscard]] std::string check_custody() const;

    // twin_told.cpp: of the ledger, what told_state() tells
    void tell_accounts(std::vector<Event>& to) const;
    void tell_promises(std::vector<Event>& to) const;

    // twin_money.cpp: balances. Nothing but post() changes one.
    void post(AccountId from, AccountId to, AssetId asset, int128 amount);
    template <class Posting>
    void post_and_tell(Posting posting, SessionId to);  // a Transferred or Posted without its balances
    [[nodiscard]] int128 available(AccountId account, AssetId asset) const;
    [[nodiscard]] int128 owned(AccountId account, AssetId asset) const;
    [[nodiscard]] int128 held(AccountId account, AssetId asset) const;

    // twin_state.cpp: what is told and what must hold of trading
    void tell_trading(std::vector<Event>& events) const;
    [[nodiscard]] std::string check_trading() const;

    // The time that much later; where the numbers end it stays.
    [[nodiscard]] static Time later(Time time, std::int64_t ns);
    [[nodiscard]] const Market& market(InstrumentId id) const { return instruments_.at(id.value - 1); }
    [[nodiscard]] Market& market(InstrumentId id) { return instruments_.at(id.value - 1); }
    [[nodiscard]] const Account& the_account(AccountId id) const { return accounts_.at(id.value - 1); }
    [[nodiscard]] Account& the_account(AccountId id) { return accounts_.at(id.value - 1); }
    [[nodiscard]] Session& session(SessionId id) { return sessions_.at(id.value - 1); }
    // price x quantity in quote minor units; 2^62 + 1 stands for all that is more than 2^62.
    [[nodiscard]] static int128 notional_of(const Market& market, Price price, std::int64_t quantity);
    template <class Table, class Id>
    static bool exists(const Table& table, Id id) {
        return id.value >= 1 && id.value <= table.size();
    }

    std::optional<Genesis> genesis_;
    Time time_{std::int64_t{0}};
    std::uint64_t epoch_ = 0;
    std::uint32_t rules_ = 0;         // in force
    std::uint32_t newest_rules_ = 0;  // that can be activated in this epoch
    CommandHeader current_{};
    std::vector<Event> events_;

    std::vector<Account> accounts_;
    std::vector<Key> keys_;
    std::vector<AssetListed> assets_;
    std::vector<Market> instruments_;
    std::vector<Session> sessions_;
    bool founding_over_ = false;
    std::optional<Handover> handover_;  // the last one since the last epoch began
    std::vector<AddressRegistered> addresses_;
    std::map<std::uint32_t, AssetLimitsSet> asset_limits_;

    std::vector<Order> orders_;  // open, in the order of their ids
    std::vector<OrderSlot> free_slots_;
    std::uint32_t slots_used_ = 0;
    std::uint64_t order_count_ = 0;
    std::vector<Trade> trades_;  // all of them
    std::vector<Change> changes_;
    std::map<std::pair<AccountId, InstrumentId>, PositionLimitsSet> position_limits_;
    Switch venue_killed_{};
    std::uint64_t arrivals_ = 0;

    using Whose = std::pair<std::uint32_t, std::uint32_t>;  // account, asset
    std::map<Whose, int128> owned_;                         // available + held
    std::map<Whose, Turnover> turnover_;
    std::map<std::uint32_t, Minted> minted_;
    std::map<ScopedId, Request> requests_;
    std::deque<ScopedId> remembered_;  // the longest remembered first
    TransferId floor_{};
    std::vector<Pending> pendings_;  // in the order of pending
    std::uint64_t pending_count_ = 0;
    std::map<std::uint32_t, Group> groups_;  // by session
    bool in_group_ = false;                  // it is carried out
    std::vector<Request> earlier_members_;   // of that one, known though not remembered yet
    std::vector<Proposal> proposals_;        // open, in the order of their ids
    std::uint64_t proposal_count_ = 0;
    TwinCustody custody_;
};

}  // namespace dcx::reference
