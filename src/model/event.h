// Everything that leaves the core, as 128 fixed bytes. Edges (gateways, feed, history, proofs) are made from events
// alone, so an event says all of what happened: every event that moves money carries the balances as they are
// afterwards.
//
// Reports: an event whose header.session is not 0 is a report to that session and takes the session's next outgoing
// sequence (SessionRestored and SessionNegotiated tell where it stands). All events of one command are contiguous,
// their header.index counts from 0, and the last one carries kLastOfCommand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "model/command.h"
#include "model/layout.h"
#include "model/reject_reason.h"
#include "model/types.h"

namespace dcx {

enum class EventKind : std::uint16_t {
    none = 0,
    // The venue
    genesis_applied = 1,
    epoch_started = 2,
    checkpoint_logged = 3,
    command_rejected = 4,
    account_opened = 10,
    key_added = 11,
    key_revoked = 12,
    asset_listed = 13,
    instrument_listed = 14,
    phase_changed = 15,
    self_trade_rule_set = 16,
    account_frozen = 17,
    address_registered = 18,
    asset_limits_set = 19,
    fees_set = 60,
    market_limits_set = 61,
    account_limits_set = 62,
    position_limits_set = 63,
    kill_switch_set = 64,
    rules_activated = 67,
    command_proposed = 70,
    proposal_body = 71,
    proposal_approved = 72,
    proposal_expired = 73,
    ticked = 5,
    handover_logged = 6,
    // Sessions
    session_negotiated = 20,
    session_established = 21,
    session_disconnected = 22,
    // Orders
    order_accepted = 30,
    order_rejected = 31,
    order_rested = 32,
    trade_executed = 33,
    order_filled = 34,
    order_canceled = 35,
    cancel_rejected = 36,
    order_amended = 37,
    order_decremented = 38,
    mass_canceled = 39,
    dead_man_set = 65,
    trade_busted = 66,
    // Money
    transferred = 40,
    posted = 41,
    transfer_pended = 42,
    pending_resolved = 43,
    withdrawal_requested = 44,
    transfer_linked = 45,
    // The DeCoin chain
    chain_set = 80,
    chain_advanced = 81,
    chain_rewound = 82,
    deposit_credited = 83,
    deposit_reversed = 84,
    loss_covered = 85,
    venue_address_registered = 86,
    address_allowed = 87,
    withdrawal_limits_set = 88,
    withdrawal_released = 89,
    payout_prepared = 90,
    payout_posted = 91,
    payout_abandoned = 92,
    payout_settled = 93,
    payout_resolved = 94,
    payouts_set = 95,
    anchor_recorded = 96,
    // The state at a start, between the end of replay and the first live event
    balance_restored = 50,
    order_restored = 51,
    session_restored = 52,
    restore_completed = 53,
    account_rate_restored = 54,
};
[[nodiscard]] std::string_view to_string(EventKind kind);

inline constexpr std::uint16_t kLastOfCommand = 1;
// Told again after a start (also on registries, limits, pending transfers, proposals): state, not news.
inline constexpr std::uint16_t kRestored = 2;

struct EventHeader {
    Sequence sequence{};      // of the command that made it
    Time time{};              // of that command: log time
    Time applied_time{};      // wall clock when it was made; not part of the log: 0 in a replay, not hashed
    std::uint32_t index{};    // within the command, from 0
    SessionId session{};      // to whom it is a report; 0: to nobody
    std::uint32_t wait_ns{};  // time - wait_ns = received by the gateway
    EventKind kind{};
    std::uint16_t flags{};    // kLastOfCommand, kRestored
    std::uint32_t gateway{};  // copied from the command
    std::uint32_t zero{};
};
inline constexpr std::size_t kEventBodySize = 80;
static_assert(FixedLayout<EventHeader> && sizeof(EventHeader) == kMessageSize - kEventBodySize);

template <class T>
concept EventBody = FixedLayout<T> && sizeof(T) <= kEventBodySize && alignof(T) <= 8 && requires { T::kind; };

struct GenesisApplied {
    static constexpr auto kind = EventKind::genesis_applied;
    std::array<std::byte, 16> venue_id{};
    std::uint8_t simulated{};
    std::uint8_t dual_control{};
    std::array<std::uint8_t, 6> zero{};
};
// The end of a tick; what it did was told before.
struct Ticked {
    static constexpr auto kind = EventKind::ticked;
    std::uint32_t done{};     // orders canceled, transfers and proposals expired, sweeps ended
    std::uint8_t complete{};  // 0: the bound of one command was reached, another tick comes at once
    std::array<std::uint8_t, 3> zero{};
};
struct EpochStarted {
    static constexpr auto kind = EventKind::epoch_started;
    std::uint64_t epoch{};
};
struct HandoverLogged {
    static constexpr auto kind = EventKind::handover_logged;
    std::uint32_t grace_ms{};  // for sessions that end before the next EpochStarted, and with it
    std::uint32_t zero{};
};
struct CheckpointLogged {
    static constexpr auto kind = EventKind::checkpoint_logged;
    std::uint64_t event_hash{};
};
// Any refused command but place, cancel, amend and mass_cancel, which have rejects of their own (save when their
// session itself is not in order).
struct CommandRejected {
    static constexpr auto kind = EventKind::command_rejected;
    TransferId id{};                   // of a money command
    std::uint64_t reference{};         // cl_ord_id, reference, or connection of a session command
    std::uint64_t session_sequence{};  // of the refused command
    CommandKind command{};
    RejectReason reason{};
    RejectReason detail{};  // with id_already_failed: why
    std::uint16_t zero{};
};
inline constexpr std::uint8_t kAccountFrozen = 1;
inline constexpr std::uint8_t kAccountKilled = 2;
struct AccountOpened {
    static constexpr auto kind = EventKind::account_opened;
    std::uint64_t reference{};
    AccountId account{};
    AccountId owner{};  // of a sub-account, else 0
    AccountKind account_kind{};
    SelfTradeRule self_trade_rule{};  // none but in a restored event
    std::uint8_t flags{};             // kAccount...; 0 but in a restored event
    std::array<std::uint8_t, 5> zero{};
};
struct KeyAdded {
    static constexpr auto kind = EventKind::key_added;
    std::array<std::byte, 32> public_key{};
    KeyId key{};
    AccountId account{};
    std::uint32_t permissions{};
    std::uint32_t revoked{};  // 1 only in a restored event
    PersonId person{};        // of an operator's key, else 0
    std::uint32_t zero{};
};
struct KeyRevoked {
    static constexpr auto kind = EventKind::key_revoked;
    KeyId key{};
    std::uint32_t zero{};
};
struct AssetListed {
    static constexpr auto kind = EventKind::asset_listed;
    AssetSymbol symbol{};
    Amount issue_cap{};
    AssetId asset{};
    std::uint8_t scale{};
    std::array<std::uint8_t, 3> zero{};
};
struct InstrumentListed {
    static constexpr auto kind = EventKind::instrument_listed;
    Symbol symbol{};
    InstrumentId instrument{};
    AssetId base{};
    AssetId quote{};
    FeeRate maker_fee{};
    FeeRate taker_fee{};
    std::uint8_t tick_scale{};
    std::uint8_t lot_scale{};
    Phase phase{};
    std::uint8_t zero{};
    std::int64_t tick_mantissa{};
    std::int64_t lot_mantissa{};
    Quantity max_quantity{};
    Amount min_notional{};
    Price last_price{};  // of the last trade; 0 before the first (only in a restored event can it be else)
};
struct PhaseChanged {
    static constexpr auto kind = EventKind::phase_changed;
    InstrumentId instrument{};
    Phase phase{};
    std::array<std::uint8_t, 3> zero{};
};
struct SelfTradeRuleSet {
    static constexpr auto kind = EventKind::self_trade_rule_set;
    std::uint64_t reference{};
    AccountId account{};
    SelfTradeRule rule{};
    std::array<std::uint8_t, 3> zero{};
};
struct AccountFrozen {
    static constexpr auto kind = EventKind::account_frozen;
    std::uint64_t reference{};
    AccountId account{};
    std::uint8_t frozen{};
    std::array<std::uint8_t, 3> zero{};
};
struct AddressRegistered {
    static constexpr auto kind = EventKind::address_registered;
    AccountId account{};
    std::uint32_t index{};
    ChainAddress address{};
    std::array<std::uint8_t, 3> zero{};
};
// Limits are told whole, as they hold from here on; fields as in the commands.
struct AssetLimitsSet {
    static constexpr auto kind = EventKind::asset_limits_set;
    Amount mint_ceiling{};
    Amount dual_control_above{};
    AssetId asset{};
    FeeRate transfer_fee{};
};
struct FeesSet {
    static constexpr auto kind = EventKind::fees_set;
    InstrumentId instrument{};
    FeeRate maker_fee{};
    FeeRate taker_fee{};
    std::uint8_t tier{};
    std::array<std::uint8_t, 3> zero{};
};
struct MarketLimitsSet {
    static constexpr auto kind = EventKind::market_limits_set;
    Quantity min_quantity{};
    Quantity max_quantity{};
    Amount min_notional{};
    Amount max_notional{};
    Price reference_price{};
    InstrumentId instrument{};
    std::uint32_t collar_bp{};
    std::uint32_t max_orders{};
    std::uint32_t day_end_s{};
};
struct AccountLimitsSet {
    static constexpr auto kind = EventKind::account_limits_set;
    AccountId account{};
    std::uint32_t max_open_orders{};
    std::uint32_t orders_per_second{};
    std::uint32_t burst{};
    std::uint8_t fee_tier{};
    std::array<std::uint8_t, 7> zero{};
};
struct PositionLimitsSet {
    static constexpr auto kind = EventKind::position_limits_set;
    Quantity max_position{};
    Amount max_daily_loss{};
    AccountId account{};
    InstrumentId instrument{};
};
// Orders it cancels have their OrderCanceled before it; those beyond the bound of one command follow in ticks.
struct KillSwitchSet {
    static constexpr auto kind = EventKind::kill_switch_set;
    std::uint64_t reference{};
    AccountId account{};
    InstrumentId instrument{};
    std::uint32_t canceled{};  // orders, by this command
    std::uint8_t on{};
    std::uint8_t complete{};  // 0: ticks cancel the rest
    std::array<std::uint8_t, 2> zero{};
};
// Holds for the commands behind this one.
struct RulesActivated {
    static constexpr auto kind = EventKind::rules_activated;
    std::uint32_t version{};
    std::uint32_t before{};
};
// ProposalBody follows.
struct CommandProposed {
    static constexpr auto kind = EventKind::command_proposed;
    ProposalId proposal{};
    Time expires{};
    KeyId proposer{};
    CommandKind proposed{};
    std::uint16_t zero{};
    KeyId approved_by{};  // 0 but in a restored event
    std::uint32_t zero_too{};
};
struct ProposalBody {
    static constexpr auto kind = EventKind::proposal_body;
    std::array<std::byte, kProposalBodySize> body{};
};
// With the second approval the proposed command is carried out; its events follow, as of the approver's session.
struct ProposalApproved {
    static constexpr auto kind = EventKind::proposal_approved;
    ProposalId proposal{};
    KeyId key{};
    PersonId person{};
    std::uint8_t complete{};  // 1: the second one
    std::array<std::uint8_t, 7> zero{};
};
struct ProposalExpired {
    static constexpr auto kind = EventKind::proposal_expired;
    ProposalId proposal{};
};

// Answers to session commands go to a connection (header.gateway and `connection`), not to a session's sequence.
struct SessionNegotiated {
    static constexpr auto kind = EventKind::session_negotiated;
    std::uint64_t client_session{};
    std::uint64_t connection{};
    std::uint64_t next_incoming{};  // the session_sequence the core expects next
    std::uint64_t next_outgoing{};  // the sequence the next report will carry
    ClOrdId last_cl_ord_id{};
    SessionId session{};
    KeyId key{};
    AccountId account{};
    std::uint32_t permissions{};
};
struct SessionEstablished {
    static constexpr auto kind = EventKind::session_established;
    std::uint64_t connection{};
    SessionId session{};
    std::uint32_t zero{};
};
struct SessionDisconnected {
    static constexpr auto kind = EventKind::session_disconnected;
    std::uint64_t connection{};  // 0: by a new epoch
    SessionId session{};
    std::uint32_t zero{};
};

struct OrderAccepted {
    static constexpr auto kind = EventKind::order_accepted;
    OrderId order_id{};
    ClOrdId cl_ord_id{};
    Price price{};
    Quantity quantity{};
    AccountId account{};
    InstrumentId instrument{};
    OrderSlot slot{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    std::uint8_t flags{};  // kOrderPostOnly
    Amount hold{};         // taken from available into held, of the asset the order pays with
    Amount available{};    // of that asset, after the hold
    Amount held{};
    Time expire_at{};  // of DAY and GTD; else 0
};
struct OrderRejected {
    static constexpr auto kind = EventKind::order_rejected;
    ClOrdId cl_ord_id{};
    Price price{};
    Quantity quantity{};
    AccountId account{};
    InstrumentId instrument{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    std::uint8_t flags{};
    RejectReason reason{};
    std::uint16_t zero{};
    std::int64_t wait_ns{};  // when throttled: until the next order would pass
};
// The order now stands at the end of the queue at its price. Not a report.
struct OrderRested {
    static constexpr auto kind = EventKind::order_rested;
    OrderId order_id{};
    Price price{};
    Quantity quantity{};  // open
    AccountId account{};
    InstrumentId instrument{};
    OrderSlot slot{};
    Side side{};
    std::array<std::uint8_t, 3> zero{};
};
// One fill, at the maker's price. Not a report: the two OrderFilled that follow are (maker's first).
struct TradeExecuted {
    static constexpr auto kind = EventKind::trade_executed;
    TradeId trade_id{};
    OrderId maker_order_id{};
    OrderId taker_order_id{};
    Price price{};
    Quantity quantity{};
    Quantity maker_leaves{};
    Quantity maker_cum{};  // filled so far, this trade included
    Quantity taker_cum{};
    AccountId maker_account{};
    AccountId taker_account{};
    InstrumentId instrument{};
    Side taker_side{};
    std::array<std::uint8_t, 3> zero{};
};
enum class Liquidity : std::uint8_t { maker = 1, taker = 2 };
// One side of the trade just before it in the order of events. Balances are those after both sides have settled.
struct OrderFilled {
    static constexpr auto kind = EventKind::order_filled;
    OrderId order_id{};
    ClOrdId cl_ord_id{};
    Quantity leaves{};
    Amount fee{};  // of this fill, in the asset received; negative: a maker's rebate, in the asset paid
    Amount base_available{};
    Amount base_held{};
    Amount quote_available{};
    Amount quote_held{};
    AccountId account{};
    InstrumentId instrument{};
    Side side{};
    Liquidity liquidity{};
    std::array<std::uint8_t, 6> zero{};
};
struct OrderCanceled {
    static constexpr auto kind = EventKind::order_canceled;
    OrderId order_id{};
    ClOrdId cl_ord_id{};       // of the cancel request; the order's own when nobody asked
    ClOrdId orig_cl_ord_id{};  // the order's own
    Price price{};
    Quantity quantity{};  // open quantity that was canceled
    Quantity cum{};       // filled before
    AccountId account{};
    InstrumentId instrument{};
    Amount available{};  // of the asset the order paid with, after the release
    Amount held{};
    Side side{};
    CancelReason reason{};  // `expired` is FIX's Expired
    std::uint8_t rested{};  // 1: it stood in the book; 0: it was the taker
    std::array<std::uint8_t, 5> zero{};
};
// A cancel, an amend or a mass cancel (orig_cl_ord_id and order_id 0) that was refused.
struct CancelRejected {
    static constexpr auto kind = EventKind::cancel_rejected;
    ClOrdId cl_ord_id{};
    ClOrdId orig_cl_ord_id{};  // as sent
    OrderId order_id{};        // as sent
    AccountId account{};
    CommandKind command{};
    RejectReason reason{};
    std::int64_t wait_ns{};  // when throttled
};
// New price and quantity of an order in the book. When it lost its priority it has left the book here, any trades it
// now takes follow as a taker's, and OrderRested follows when something is left.
struct OrderAmended {
    static constexpr auto kind = EventKind::order_amended;
    OrderId order_id{};
    ClOrdId cl_ord_id{};       // of the amend; from now on the order's own when header.session placed it
    ClOrdId orig_cl_ord_id{};  // the order's own until now
    Price price{};
    Quantity leaves{};  // open, after the amend and before any trade
    Quantity cum{};     // filled before
    AccountId account{};
    InstrumentId instrument{};
    Amount available{};  // of the asset the order pays with, after the hold was adjusted
    Amount held{};
    Side side{};
    std::uint8_t kept_priority{};
    std::array<std::uint8_t, 6> zero{};
};
// An order lost open quantity to the self-trade rule, without a trade; what is left stays where it was. A report to the
// order's own session.
struct OrderDecremented {
    static constexpr auto kind = EventKind::order_decremented;
    OrderId order_id{};
    ClOrdId cl_ord_id{};  // the order's own
    Price price{};
    Quantity quantity{};  // that was taken away
    Quantity leaves{};    // at least 1
    Quantity cum{};
    AccountId account{};
    InstrumentId instrument{};
    Amount available{};  // of the asset the order pays with, after the release
    Amount held{};
    Side side{};
    std::uint8_t rested{};  // 1: it stands in the book (the maker)
    std::array<std::uint8_t, 6> zero{};
};
// The end of a mass cancel; every order it canceled had its OrderCanceled before.
struct MassCanceled {
    static constexpr auto kind = EventKind::mass_canceled;
    ClOrdId cl_ord_id{};
    AccountId account{};
    InstrumentId instrument{};  // as sent
    std::uint32_t canceled{};   // orders
    Side side{};                // as sent
    std::uint8_t complete{};    // 0: the bound of one command was reached, send another
    std::array<std::uint8_t, 2> zero{};
};
struct DeadManSet {
    static constexpr auto kind = EventKind::dead_man_set;
    std::uint64_t reference{};
    Time deadline{};  // 0: disarmed
    CancelScope cancel_orders{};
    std::array<std::uint8_t, 7> zero{};
};

// A posting: `amount` went from what is available to one account to what is available to another; both balances before
// and after. (A fill's postings are told by its two OrderFilled.)
enum class TransferKind : std::uint8_t {
    transfer = 1,
    mint = 2,
    burn = 3,
    pend = 4,  // not a posting; kinds of requests
    post = 5,
    void_pending = 6,
    withdraw = 7,
};
struct Transferred {
    static constexpr auto kind = EventKind::transferred;
    TransferId id{};
    Amount amount{};
    Amount debit_before{};
    Amount debit_after{};
    Amount credit_before{};
    Amount credit_after{};
    AccountId debit_account{};   // the issuance account for a mint
    AccountId credit_account{};  // the issuance account for a burn
    AssetId asset{};
    TransferKind transfer_kind{};  // transfer, mint, burn, post
    std::array<std::uint8_t, 3> zero{};
};
enum class PostingCause : std::uint8_t {
    transfer_fee = 1,
    trade_bust = 2,
    deposit = 3,           // from issuance: minted
    deposit_reversal = 4,  // to issuance: burned
    loss_cover = 5,        // to issuance: burned
    payout = 6,            // to issuance: burned
};
// A posting that follows from another event: the fee of the Transferred before it, part of the TradeBusted before it,
// or what the event of the chain before it moves.
struct Posted {
    static constexpr auto kind = EventKind::posted;
    TransferId id{};  // of the transfer or post; of the withdrawal for a payout; else zeros
    Amount amount{};
    Amount debit_before{};
    Amount debit_after{};
    Amount credit_before{};
    Amount credit_after{};
    AccountId debit_account{};
    AccountId credit_account{};
    AssetId asset{};
    PostingCause cause{};
    std::array<std::uint8_t, 3> zero{};
};
struct TransferPended {
    static constexpr auto kind = EventKind::transfer_pended;
    TransferId id{};
    Amount amount{};
    Amount available{};  // of the debit account, after
    Amount held{};
    Time expires{};  // 0: never
    AccountId debit_account{};
    AccountId credit_account{};
    AssetId asset{};
    AccountId scope{};  // of the id
};
// A pending transfer to the withdrawals account.
struct WithdrawalRequested {
    static constexpr auto kind = EventKind::withdrawal_requested;
    TransferId id{};
    Amount amount{};
    Amount available{};
    Amount held{};
    AccountId account{};
    AssetId asset{};
    AccountId scope{};
    ChainAddress address{};
    std::array<std::uint8_t, 7> zero{};
};
// A member of a group that is not closed yet: nothing was done.
struct TransferLinked {
    static constexpr auto kind = EventKind::transfer_linked;
    TransferId id{};
    std::uint32_t members{};  // of the group so far
    std::uint32_t zero{};
};
enum class PendingState : std::uint8_t { pending = 0, posted = 1, voided = 2, expired = 3 };
// All of it left `held`; when posted, Transferred follows with `amount` of it.
struct PendingResolved {
    static constexpr auto kind = EventKind::pending_resolved;
    TransferId id{};  // of the post or void; zeros when it expired
    TransferId pending_id{};
    Amount amount{};     // posted; 0 when voided or expired
    Amount released{};   // the rest
    Amount available{};  // of the debit account, all of it released
    Amount held{};
    AccountId account{};
    AssetId asset{};
    AccountId scope{};  // of pending_id
    PendingState state{};
    std::array<std::uint8_t, 3> zero{};
};
// A trade was taken back; its postings follow. The book and the last price stay.
struct TradeBusted {
    static constexpr auto kind = EventKind::trade_busted;
    TradeId trade_id{};
    Time traded{};
    Price price{};
    Quantity quantity{};
    AccountId buyer{};
    AccountId seller{};
    InstrumentId instrument{};
    Side taker_side{};
    std::array<std::uint8_t, 3> zero{};
};

// Asset 0: no chain is followed. A restored one has the tip, and the ChainAdvanced of every remembered block follows.
struct ChainSet {
    static constexpr auto kind = EventKind::chain_set;
    std::array<std::byte, 32> hash{};
    std::uint64_t height{};
    AssetId asset{};
    std::uint32_t confirmations{};
};
struct ChainAdvanced {
    static constexpr auto kind = EventKind::chain_advanced;
    std::array<std::byte, 32> hash{};
    std::uint64_t height{};
};
// Payouts are stopped from here on. Deposits credited above `height` are orphaned.
struct ChainRewound {
    static constexpr auto kind = EventKind::chain_rewound;
    std::array<std::byte, 32> hash{};  // zeros when lost
    std::uint64_t height{};
    std::uint64_t from_height{};  // of the tip before
    std::uint32_t orphaned{};     // deposits; 0 when lost: nothing is known of them
    std::uint32_t retired{};      // addresses
    std::uint8_t lost{};
    std::array<std::uint8_t, 7> zero{};
};
inline constexpr std::uint8_t kDepositAgain = 1;     // known before, found again in another block: no posting
inline constexpr std::uint8_t kDepositOrphaned = 2;  // only in a restored event
// Its Posted (deposit) follows, but for kDepositAgain.
struct DepositCredited {
    static constexpr auto kind = EventKind::deposit_credited;
    std::array<std::byte, 32> tx_hash{};
    Amount amount{};
    std::uint64_t height{};
    AccountId account{};
    AssetId asset{};
    std::uint32_t index{};
    std::uint32_t position{};
    std::uint8_t flags{};
    std::array<std::uint8_t, 7> zero{};
};
// amount = taken + covered + unbacked. Posted (deposit_reversal) of what is not 0 of the first two follow, then, unless
// it was frozen already, AccountFrozen.
struct DepositReversed {
    static constexpr auto kind = EventKind::deposit_reversed;
    std::array<std::byte, 32> tx_hash{};
    Amount taken{};           // from the account
    Amount covered{};         // by the error account
    Amount unbacked{};        // by nobody
    Amount unbacked_total{};  // of the asset, this one included
    AccountId account{};
    AssetId asset{};
};
// Posted (loss_cover) follows, but in a restored event, whose amount is 0.
struct LossCovered {
    static constexpr auto kind = EventKind::loss_covered;
    Amount amount{};
    Amount unbacked_total{};
    AssetId asset{};
    std::uint32_t zero{};
};
inline constexpr std::uint8_t kAddressRetired = 1;  // only in a restored event
struct VenueAddressRegistered {
    static constexpr auto kind = EventKind::venue_address_registered;
    std::uint64_t last_nonce{};  // that it signed; 0 but in a restored event
    std::uint32_t index{};
    ChainAddress address{};
    VenueAddressRole role{};
    std::uint8_t flags{};
    std::array<std::uint8_t, 5> zero{};
};
struct AddressAllowed {
    static constexpr auto kind = EventKind::address_allowed;
    std::uint64_t reference{};
    Time since{};  // 0 when no longer allowed
    AccountId account{};
    ChainAddress address{};
    std::uint8_t allowed{};
    std::array<std::uint8_t, 6> zero{};
};
struct WithdrawalLimitsSet {
    static constexpr auto kind = EventKind::withdrawal_limits_set;
    Amount daily_limit{};
    Amount dual_control_above{};
    AssetId asset{};
    std::uint32_t cooling_s{};
    std::uint8_t allow_list{};
    std::array<std::uint8_t, 7> zero{};
};
struct WithdrawalReleased {
    static constexpr auto kind = EventKind::withdrawal_released;
    TransferId id{};
    AccountId scope{};
    std::uint32_t zero{};
};
struct PayoutPrepared {
    static constexpr auto kind = EventKind::payout_prepared;
    std::array<std::byte, 32> tx_hash{};
    TransferId id{};
    Amount amount{};
    std::uint64_t nonce{};
    AccountId account{};
    std::uint32_t index{};
    std::uint32_t to_index{};
    PayoutKind payout_kind{};
    std::array<std::uint8_t, 3> zero{};
};
// From here on it may be on the chain.
struct PayoutPosted {
    static constexpr auto kind = EventKind::payout_posted;
    std::array<std::byte, 32> tx_hash{};
    TransferId id{};
    AccountId account{};
    PayoutKind payout_kind{};
    std::array<std::uint8_t, 3> zero{};
};
struct PayoutAbandoned {
    static constexpr auto kind = EventKind::payout_abandoned;
    std::array<std::byte, 32> tx_hash{};
    TransferId id{};
    AccountId account{};
    PayoutKind payout_kind{};
    std::array<std::uint8_t, 3> zero{};
};
// When it completes a withdrawal, PendingResolved (posted, id zeros) and Posted (payout) follow. A restored one is of a
// withdrawal that is not complete.
struct PayoutSettled {
    static constexpr auto kind = EventKind::payout_settled;
    std::array<std::byte, 32> tx_hash{};
    TransferId id{};
    Amount amount{};
    std::uint64_t height{};  // 0: two persons said so
    AccountId account{};
    std::uint32_t index{};
    PayoutKind payout_kind{};
    std::uint8_t complete{};  // 1: all of the withdrawal is paid; a sweep always
    std::array<std::uint8_t, 6> zero{};
};
// PayoutSettled follows when it was paid.
struct PayoutResolved {
    static constexpr auto kind = EventKind::payout_resolved;
    std::array<std::byte, 32> tx_hash{};
    TransferId id{};
    AccountId account{};
    PayoutOutcome outcome{};
    PayoutKind payout_kind{};
    std::array<std::uint8_t, 2> zero{};
};
struct PayoutsSet {
    static constexpr auto kind = EventKind::payouts_set;
    std::uint64_t reference{};
    std::uint8_t on{};
    std::array<std::uint8_t, 7> zero{};
};
struct AnchorRecorded {
    static constexpr auto kind = EventKind::anchor_recorded;
    std::array<std::byte, 32> digest{};
    std::array<std::byte, 32> tx_hash{};
    std::uint64_t checkpoint{};
    std::uint32_t height{};
    AnchorPlace place{};
    AnchorState state{};
    std::array<std::uint8_t, 2> zero{};
};

struct BalanceRestored {
    static constexpr auto kind = EventKind::balance_restored;
    Amount available{};
    Amount held{};
    // Turnover: all that was ever taken from and given to the account by others, 128 bits each.
    std::uint64_t debits_low{};
    std::uint64_t debits_high{};
    std::uint64_t credits_low{};
    std::uint64_t credits_high{};
    AccountId account{};
    AssetId asset{};
};
// Open orders, instrument by instrument, buys then sells, best price first, in queue order.
struct OrderRestored {
    static constexpr auto kind = EventKind::order_restored;
    OrderId order_id{};
    ClOrdId cl_ord_id{};
    Price price{};
    Quantity quantity{};  // filled + open
    Quantity leaves{};
    AccountId account{};
    InstrumentId instrument{};
    OrderSlot slot{};
    SessionId owner{};  // the session that placed it
    Side side{};
    std::uint8_t flags{};
    TimeInForce time_in_force{};
    std::array<std::uint8_t, 5> zero{};
    Time expire_at{};       // 0: never
    Amount cum_notional{};  // of its fills, saturating at 2^63 - 1
};
struct SessionRestored {
    static constexpr auto kind = EventKind::session_restored;
    std::uint64_t client_session{};
    std::uint64_t next_incoming{};
    std::uint64_t next_outgoing{};
    ClOrdId last_cl_ord_id{};
    SessionId session{};
    KeyId key{};
};
// Of an account that has used some of its order rate of late; behind its AccountLimitsSet.
struct AccountRateRestored {
    static constexpr auto kind = EventKind::account_rate_restored;
    Time full_at{};  // when it will have all of its burst again; in the future of the log
    AccountId account{};
    std::uint32_t zero{};
};
struct RestoreCompleted {
    static constexpr auto kind = EventKind::restore_completed;
    std::array<std::byte, 16> venue_id{};
    std::uint64_t epoch{};  // the last one replayed
    TradeId last_trade_id{};
    std::uint8_t simulated{};
    std::array<std::uint8_t, 7> zero{};
};

struct Event {
    EventHeader header{};
    alignas(8) std::array<std::byte, kEventBodySize> body{};

    template <EventBody Body>
    [[nodiscard]] Body as() const {
        Body result;
        std::memcpy(static_cast<void*>(&result), body.data(), sizeof(Body));
        return result;
    }
    template <EventBody Body>
    void set(const Body& value) {
        static_assert(sizeof(Body) <= kEventBodySize);
        header.kind = Body::kind;
        std::memcpy(body.data(), &value, sizeof(Body));
        // Slots are reused: what lies behind a short body must not depend on what was there before.
        if constexpr (sizeof(Body) < kEventBodySize)
            std::memset(body.data() + sizeof(Body), 0, kEventBodySize - sizeof(Body));
    }
};
static_assert(FixedLayout<Event> && sizeof(Event) == kMessageSize && offsetof(Event, body) == 48);
static_assert(EventBody<GenesisApplied> && EventBody<EpochStarted> && EventBody<CheckpointLogged> &&
              EventBody<CommandRejected> && EventBody<AccountOpened> && EventBody<KeyAdded> && EventBody<KeyRevoked> &&
              EventBody<AssetListed> && EventBody<PhaseChanged> && EventBody<SelfTradeRuleSet> &&
              EventBody<MassCanceled> && EventBody<SessionNegotiated> && EventBody<SessionEstablished> &&
              EventBody<SessionDisconnected> && EventBody<OrderRejected> && EventBody<OrderRested> &&
              EventBody<CancelRejected> && EventBody<Transferred> && EventBody<BalanceRestored> &&
              EventBody<OrderRestored> && EventBody<SessionRestored> && EventBody<RestoreCompleted> &&
              EventBody<AccountRateRestored>);
static_assert(EventBody<Ticked> && EventBody<AccountFrozen> && EventBody<AddressRegistered> &&
              EventBody<AssetLimitsSet> && EventBody<FeesSet> && EventBody<MarketLimitsSet> &&
              EventBody<AccountLimitsSet> && EventBody<PositionLimitsSet> && EventBody<KillSwitchSet> &&
              EventBody<CommandProposed> && EventBody<ProposalBody> && EventBody<ProposalApproved> &&
              EventBody<ProposalExpired> && EventBody<DeadManSet> && EventBody<Posted> && EventBody<TransferPended> &&
              EventBody<WithdrawalRequested> && EventBody<TransferLinked> && EventBody<TradeBusted> &&
              EventBody<HandoverLogged> && EventBody<RulesActivated>);
static_assert(EventBody<PendingResolved> && sizeof(PendingResolved) == 80 && sizeof(OrderRestored) == 80);
static_assert(EventBody<InstrumentListed> && sizeof(InstrumentListed) == 80);
static_assert(EventBody<OrderAccepted> && sizeof(OrderAccepted) == 80);
static_assert(EventBody<TradeExecuted> && sizeof(TradeExecuted) == 80);
static_assert(EventBody<OrderFilled> && sizeof(OrderFilled) == 80);
static_assert(EventBody<OrderCanceled> && sizeof(OrderCanceled) == 80);
static_assert(EventBody<OrderAmended> && sizeof(OrderAmended) == 80);
static_assert(EventBody<OrderDecremented> && sizeof(OrderDecremented) == 80);
static_assert(sizeof(AccountOpened) == 24 && sizeof(MassCanceled) == 24);

static_assert(EventBody<ChainSet> && EventBody<ChainAdvanced> && EventBody<ChainRewound> &&
              EventBody<DepositCredited> && EventBody<DepositReversed> && EventBody<LossCovered> &&
              EventBody<VenueAddressRegistered> && EventBody<AddressAllowed> && EventBody<WithdrawalLimitsSet> &&
              EventBody<WithdrawalReleased> && EventBody<PayoutPrepared> && sizeof(PayoutPrepared) == 80);
static_assert(EventBody<PayoutPosted> && EventBody<PayoutAbandoned> && EventBody<PayoutSettled> &&
              EventBody<PayoutResolved> && EventBody<PayoutsSet> && EventBody<AnchorRecorded> &&
              sizeof(AnchorRecorded) == 80);

[[nodiscard]] std::string_view to_string(TransferKind kind);
[[nodiscard]] std::string_view to_string(PendingState state);
[[nodiscard]] std::string_view to_string(PostingCause cause);

}  // namespace dcx
