// Everything that changes the venue, as 128 fixed bytes: a header that the venue fills and a body that is byte for byte
// the root block of the client's message. Unused bytes are zero. Versions add fields at the end of a body.
//
// Bodies hold what a client sent: any value is possible in every field, and the core checks each one. docs/rules.md
// says what every command does, in which order it is checked and which events it makes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "model/layout.h"
#include "model/types.h"

namespace dcx {

enum class CommandKind : std::uint16_t {
    none = 0,
    // The venue's own (session 0)
    genesis = 1,
    start_epoch = 2,
    checkpoint = 3,
    genesis_key = 4,
    tick = 5,
    handover = 6,
    negotiate_session = 20,
    establish_session = 21,
    disconnect_session = 22,
    // Operators'
    open_account = 10,
    add_key = 11,
    revoke_key = 12,
    list_asset = 13,
    list_instrument = 14,
    set_phase = 15,
    freeze_account = 16,
    register_address = 17,
    set_asset_limits = 18,
    set_fees = 19,
    set_market_limits = 60,
    set_account_limits = 61,
    set_position_limits = 62,
    set_kill_switch = 63,
    bust_trade = 64,
    activate_rules = 65,
    propose = 70,
    approve = 71,
    // Traders'
    place_order = 30,
    cancel_order = 31,
    amend_order = 32,
    mass_cancel = 33,
    set_self_trade_rule = 34,  // traders' for their own account, operators' for any
    set_dead_man = 35,
    // Money
    transfer = 40,
    mint = 41,  // operator
    burn = 42,  // operator
    pend_transfer = 43,
    post_transfer = 44,
    void_transfer = 45,
    withdraw = 46,
    // The DeCoin chain (since rules 6; docs/rules.md, "Custody"); operators' but allow_address, which is customers'
    set_chain = 80,
    advance_chain = 81,
    rewind_chain = 82,
    credit_deposit = 83,
    reverse_deposit = 84,
    cover_loss = 85,
    register_venue_address = 86,
    allow_address = 87,
    set_withdrawal_limits = 88,
    release_withdrawal = 89,  // two persons
    prepare_payout = 90,
    post_payout = 91,
    abandon_payout = 92,
    settle_payout = 93,
    resolve_payout = 94,  // two persons
    set_payouts = 95,     // on: two persons
    record_anchor = 96,
};
[[nodiscard]] std::string_view to_string(CommandKind kind);

struct CommandHeader {
    Sequence sequence{};               // given by the engine
    Time time{};                       // given by the engine; never goes back
    std::uint64_t session_sequence{};  // the client's frame sequence within its session; 0 for session 0
    SessionId session{};               // 0: the venue itself
    std::uint32_t wait_ns{};           // from the gateway's receive to `time`, saturating
    CommandKind kind{};
    std::uint16_t flags{};    // zero in every log and ring; kQuarantined is a replay's own
    std::uint32_t gateway{};  // which gateway sent it, for its answer to a negotiate; not state
};
static_assert(FixedLayout<CommandHeader> && sizeof(CommandHeader) == kMessageHeaderSize);
// The operator has taken this command out of the log's effects: it is answered with `quarantined`, and all it changes
// is the sequence number of its session.
inline constexpr std::uint16_t kQuarantined = 1;

// Record 1 of every journal: who the venue is, its first operator key, and the size of every pool, so that a replay
// needs no configuration.
struct Genesis {
    static constexpr auto kind = CommandKind::genesis;
    std::array<std::byte, 16> venue_id{};
    std::array<std::byte, 32> operator_key{};  // Ed25519 public key, becomes key 1 with all permissions
    std::uint32_t max_accounts{};              // 6 .. 2^24
    std::uint32_t max_assets{};                // 1 .. 1024
    std::uint32_t max_instruments{};           // 1 .. 65536
    std::uint32_t max_orders{};                // open orders, 1 .. 2^26
    std::uint32_t max_sessions{};              // 1 .. 2^20
    std::uint32_t max_keys{};                  // 1 .. 2^24
    std::uint32_t max_price_levels{};          // prices with open orders, of all books together, 1 .. 2^26
    std::uint32_t max_fills_per_command{};     // 1 .. 2^20
    std::uint32_t max_transfer_ids{};          // 1 .. 2^26
    std::uint8_t simulated{};                  // 1: traders are simulated and real deposits are refused for ever
    std::uint8_t dual_control{};               // 1: keys, limits and ceilings need two persons, see Propose
    std::array<std::uint8_t, 2> zero{};
};
// Further first operator keys, all permissions; only between Genesis and the first StartEpoch. The key in Genesis is
// person 1's.
struct GenesisKey {
    static constexpr auto kind = CommandKind::genesis_key;
    std::array<std::byte, 32> public_key{};
    PersonId person{};  // not 0
    std::uint32_t zero{};
};

// Versions of the rules (docs/rules.md, "Versions"): a program answers a log's commands by the version that the log
// says is in force. These are the ones this program knows; a rule that changes raises the newest.
inline constexpr std::uint32_t kOldestRules = 3;
inline constexpr std::uint32_t kNewestRules = 6;

// First command of each start of the engine: every open session is disconnected.
struct StartEpoch {
    static constexpr auto kind = CommandKind::start_epoch;
    std::uint64_t epoch{};
    std::uint32_t engine_version{};  // of the rules in force; the first epoch's begins with them
    std::uint32_t
        newest_rules{};  // the newest version that the program of this epoch knows; up to it ActivateRules goes
};

// The rolling hash of all events before this command; replay compares.
struct Checkpoint {
    static constexpr auto kind = CommandKind::checkpoint;
    std::uint64_t event_hash{};
};

// What is due by log time: expiries, dead-man switches, what kill switches left. The engine logs one whenever the
// core's next deadline has come, before anything else of that time.
struct Tick {
    static constexpr auto kind = CommandKind::tick;
    std::uint64_t zero{};
};

// Another process is about to carry the venue on. Until the next StartEpoch is done, a session that is disconnected
// keeps its orders for at least this long, so that its client can come back to the new process.
struct Handover {
    static constexpr auto kind = CommandKind::handover;
    std::uint32_t grace_ms{};  // 0 .. kMaxGraceMs
    std::uint32_t zero{};
};

// The gateway has verified the key's signature; the core finds or makes the session (key, client_session).
struct NegotiateSession {
    static constexpr auto kind = CommandKind::negotiate_session;
    std::uint64_t client_session{};  // chosen by the client, not 0
    std::uint64_t connection{};      // the gateway's own number of the connection, echoed
    KeyId key{};
    std::uint32_t zero{};
};
// header.session names the negotiated session; from here on it may send.
struct EstablishSession {
    static constexpr auto kind = CommandKind::establish_session;
    std::uint64_t connection{};
    std::uint32_t grace_ms{};     // how long after a disconnect its orders stay; 0 .. kMaxGraceMs
    CancelScope cancel_orders{};  // what is canceled then; none: nothing
    std::array<std::uint8_t, 3> zero{};
};
inline constexpr std::uint32_t kMaxGraceMs = 3'600'000;
struct DisconnectSession {
    static constexpr auto kind = CommandKind::disconnect_session;
    std::uint64_t connection{};
};

struct OpenAccount {
    static constexpr auto kind = CommandKind::open_account;
    std::uint64_t reference{};  // the operator's own number, echoed
    AccountId owner{};          // of a sub-account: its owner's account; 0: its own owner
    AccountKind account_kind{};
    std::array<std::uint8_t, 3> zero{};
};
struct AddKey {
    static constexpr auto kind = CommandKind::add_key;
    std::array<std::byte, 32> public_key{};  // Ed25519
    AccountId account{};                     // 0 for operators
    std::uint32_t permissions{};             // kPermit...
    PersonId person{};                       // who holds an operator's key, not 0; 0 for accounts' keys
    std::uint32_t zero{};
};
struct RevokeKey {
    static constexpr auto kind = CommandKind::revoke_key;
    KeyId key{};
    std::uint32_t zero{};
};
struct ListAsset {
    static constexpr auto kind = CommandKind::list_asset;
    AssetSymbol symbol{};  // A-Z, 0-9, first a letter
    Amount issue_cap{};    // 1 .. kMaxIssue
    std::uint8_t scale{};  // decimals of the minor unit, 0 .. 9
    std::array<std::uint8_t, 7> zero{};
};
// Tick and lot are decimals: mantissa x 10^-scale, in whole units of quote (tick) and base (lot).
struct ListInstrument {
    static constexpr auto kind = CommandKind::list_instrument;
    Symbol symbol{};  // "DEC/USD"
    AssetId base{};
    AssetId quote{};
    std::int64_t tick_mantissa{};
    std::int64_t lot_mantissa{};
    Quantity max_quantity{};    // of one order
    Amount min_notional{};      // of one order, in minor units of quote; 0: none
    FeeRate maker_fee{};        // -kFeeRateOne .. kFeeRateOne, of every tier
    FeeRate taker_fee{};        // 0 .. kFeeRateOne
    std::uint8_t tick_scale{};  // 0 .. 18
    std::uint8_t lot_scale{};
    std::array<std::uint8_t, 6> zero{};
};
struct SetPhase {
    static constexpr auto kind = CommandKind::set_phase;
    InstrumentId instrument{};  // 0: every instrument
    Phase phase{};
    std::array<std::uint8_t, 3> zero{};
};

// A frozen account neither trades nor pays; what it has in the book stays and may fill, and it can receive.
struct FreezeAccount {
    static constexpr auto kind = CommandKind::freeze_account;
    std::uint64_t reference{};
    AccountId account{};
    std::uint8_t frozen{};  // 0: thaw
    std::array<std::uint8_t, 3> zero{};
};
// A deposit address that the signer derived for this account and index; indices count on from 1.
struct RegisterAddress {
    static constexpr auto kind = CommandKind::register_address;
    AccountId account{};
    std::uint32_t index{};
    ChainAddress address{};
    std::array<std::uint8_t, 3> zero{};
};
struct SetAssetLimits {
    static constexpr auto kind = CommandKind::set_asset_limits;
    Amount mint_ceiling{};        // minted in one UTC day at most; 0: the issue cap alone
    Amount dual_control_above{};  // operators' mints, burns and transfers above it need two persons; 0: none
    AssetId asset{};
    FeeRate transfer_fee{};  // of customers' transfers, 0 .. kFeeRateOne, taken from what is received
};
struct SetFees {
    static constexpr auto kind = CommandKind::set_fees;
    InstrumentId instrument{};
    FeeRate maker_fee{};  // as in ListInstrument
    FeeRate taker_fee{};
    std::uint8_t tier{};  // 0 .. kFeeTiers - 1
    std::array<std::uint8_t, 3> zero{};
};
struct SetMarketLimits {
    static constexpr auto kind = CommandKind::set_market_limits;
    Quantity min_quantity{};  // of one order, 1 .. max_quantity
    Quantity max_quantity{};
    Amount min_notional{};  // 0 .. max_notional
    Amount max_notional{};
    Price reference_price{};  // for the collar before the first trade; 0: none
    InstrumentId instrument{};
    std::uint32_t collar_bp{};   // how far beyond the last price an order may reach, in basis points; 0: any
    std::uint32_t max_orders{};  // open orders of one account here; 0: any number
    std::uint32_t day_end_s{};   // seconds after 00:00 UTC at which DAY orders expire, 0 .. 86'399
};
struct SetAccountLimits {
    static constexpr auto kind = CommandKind::set_account_limits;
    AccountId account{};
    std::uint32_t max_open_orders{};    // 0: any number
    std::uint32_t orders_per_second{};  // 0: any rate; at most 1'000'000'000
    std::uint32_t burst{};              // orders at once, 1 .. 1'000'000; 0 exactly when the rate is 0
    std::uint8_t fee_tier{};            // 0 .. kFeeTiers - 1
    std::array<std::uint8_t, 7> zero{};
};
struct SetPositionLimits {
    static constexpr auto kind = CommandKind::set_position_limits;
    Quantity max_position{};  // today's net quantity, open orders included; 0: any
    Amount max_daily_loss{};  // in quote, since 00:00 UTC; 0: any
    AccountId account{};
    InstrumentId instrument{};
};
// Blocks new orders and amends of an account, a market, or (both 0) the venue, and cancels all that rest there.
struct SetKillSwitch {
    static constexpr auto kind = CommandKind::set_kill_switch;
    std::uint64_t reference{};
    AccountId account{};
    InstrumentId instrument{};
    std::uint8_t on{};  // 0: allows again
    std::array<std::uint8_t, 7> zero{};
};
// Takes a trade back; only through Propose and Approve.
struct BustTrade {
    static constexpr auto kind = CommandKind::bust_trade;
    TradeId trade_id{};
};
inline constexpr std::int64_t kBustWindowNs = 15ll * 60 * 1'000'000'000;
// From the next command on the venue answers by these rules.
struct ActivateRules {
    static constexpr auto kind = CommandKind::activate_rules;
    std::uint32_t version{};  // one above that in force
    std::uint32_t zero{};
};

// An operator's command that waits for two persons. It is carried out by the second Approve.
inline constexpr std::size_t kProposalBodySize = 80;
inline constexpr std::uint32_t kMaxProposals = 256;  // open at a time
struct Propose {
    static constexpr auto kind = CommandKind::propose;
    CommandKind proposed{};  // any operator's command but these two, or transfer
    std::uint16_t zero{};
    std::uint32_t lifetime_s{};  // 60 .. 604'800
    std::array<std::byte, kProposalBodySize> body{};
};
// By an operator's key; each of two persons sends one, the proposer too if he is one of them.
struct Approve {
    static constexpr auto kind = CommandKind::approve;
    ProposalId proposal{};
    std::array<std::byte, 64> signature{};  // Ed25519 by the session's key over ApprovalMessage
};
// What is signed: a label, so that the signature means nothing elsewhere, and all of the proposal.
struct ApprovalMessage {
    std::array<char, 16> label{'d', 'c', 'x', '-', 'a', 'p', 'p', 'r', 'o', 'v', 'e', '-', 'v', '1', 0, 0};
    std::array<std::byte, 16> venue_id{};
    ProposalId proposal{};
    Time expires{};
    CommandKind proposed{};
    std::uint16_t zero{};
    KeyId proposer{};
    std::array<std::byte, kProposalBodySize> body{};
};
static_assert(FixedLayout<ApprovalMessage> && sizeof(ApprovalMessage) == 136);

inline constexpr std::uint8_t kOrderPostOnly = 1;  // reject rather than take

struct PlaceOrder {
    static constexpr auto kind = CommandKind::place_order;
    ClOrdId cl_ord_id{};
    Price price{};  // limit; for a market order its protection price
    Quantity quantity{};
    AccountId account{};
    InstrumentId instrument{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    std::uint8_t flags{};  // kOrderPostOnly
    std::uint32_t zero{};
    Time expire_at{};  // GTD only; else 0
    Amount budget{};   // of a market buy: quote it may spend at most; 0: price x quantity
};
// Names the order by order_id, or, when that is 0, by orig_cl_ord_id within this session.
struct CancelOrder {
    static constexpr auto kind = CommandKind::cancel_order;
    ClOrdId cl_ord_id{};
    ClOrdId orig_cl_ord_id{};
    OrderId order_id{};
    AccountId account{};
    OrderSlot slot_hint{};
};
inline constexpr std::uint8_t kAmendReplace = 1;  // remove and insert again: always loses priority
struct AmendOrder {
    static constexpr auto kind = CommandKind::amend_order;
    ClOrdId cl_ord_id{};
    ClOrdId orig_cl_ord_id{};
    OrderId order_id{};
    Price price{};
    Quantity quantity{};  // new total (filled + open); with kAmendReplace the new open quantity
    AccountId account{};
    OrderSlot slot_hint{};
    std::uint8_t flags{};  // kAmendReplace
    std::array<std::uint8_t, 7> zero{};
};

// Cancels the account's resting orders, those accepted first first; docs/rules.md has the bound of one command.
struct MassCancel {
    static constexpr auto kind = CommandKind::mass_cancel;
    ClOrdId cl_ord_id{};
    AccountId account{};
    InstrumentId instrument{};  // 0: of every instrument
    Side side{};                // 0: of both sides
    MassCancelScope scope{};    // since rules 5; 0 before
    std::array<std::uint8_t, 6> zero{};
};
struct SetSelfTradeRule {
    static constexpr auto kind = CommandKind::set_self_trade_rule;
    std::uint64_t reference{};  // the sender's own number, echoed
    AccountId account{};
    SelfTradeRule rule{};
    std::array<std::uint8_t, 3> zero{};
};

// Dead-man switch: unless it is sent again within the time, the orders are canceled.
struct SetDeadMan {
    static constexpr auto kind = CommandKind::set_dead_man;
    std::uint64_t reference{};
    std::uint32_t timeout_ms{};   // 100 .. kMaxGraceMs; 0 disarms it
    CancelScope cancel_orders{};  // none exactly when timeout_ms is 0
    std::array<std::uint8_t, 3> zero{};
};

// Transfers and pends of one session that follow each other with `linked` set, and the next one without it, are a
// group: all of them or none.
inline constexpr std::uint32_t kMaxLinked = 16;       // members of a group
inline constexpr std::uint32_t kMaxOpenGroups = 256;  // of all sessions
struct Transfer {
    static constexpr auto kind = CommandKind::transfer;
    TransferId id{};
    Amount amount{};
    AccountId debit_account{};
    AccountId credit_account{};
    AssetId asset{};
    std::uint8_t linked{};  // 1: the group goes on
    std::array<std::uint8_t, 3> zero{};
};
enum class MintSource : std::uint8_t { issue = 0, deposit = 1 };
struct Mint {
    static constexpr auto kind = CommandKind::mint;
    TransferId id{};
    Amount amount{};
    AccountId account{};
    AssetId asset{};
    MintSource source{};
    std::array<std::uint8_t, 7> zero{};
};
struct Burn {
    static constexpr auto kind = CommandKind::burn;
    TransferId id{};
    Amount amount{};
    AccountId account{};
    AssetId asset{};
};

// First half of a two-phase transfer: the amount moves from available to held.
struct PendTransfer {
    static constexpr auto kind = CommandKind::pend_transfer;
    TransferId id{};
    Amount amount{};
    std::int64_t timeout_ns{};  // 1'000'000 .. kMaxPendingNs; 0: never expires
    AccountId debit_account{};
    AccountId credit_account{};
    AssetId asset{};
    std::uint8_t linked{};
    std::array<std::uint8_t, 3> zero{};
};
inline constexpr std::int64_t kMaxPendingNs = 366ll * 24 * 3600 * 1'000'000'000;
// Pays `amount` of a pending transfer and releases the rest.
struct PostTransfer {
    static constexpr auto kind = CommandKind::post_transfer;
    TransferId id{};
    TransferId pending_id{};
    Amount amount{};
    AccountId scope{};  // of pending_id: the account of the key that pended it, 0 for operators
    std::uint32_t zero{};
};
struct VoidTransfer {
    static constexpr auto kind = CommandKind::void_transfer;
    TransferId id{};
    TransferId pending_id{};
    AccountId scope{};
    std::uint32_t zero{};
};
// A pending transfer to the withdrawals account, for an address on the chain; an operator posts or voids it.
struct Withdraw {
    static constexpr auto kind = CommandKind::withdraw;
    TransferId id{};
    Amount amount{};
    AccountId account{};
    AssetId asset{};
    ChainAddress address{};
    std::array<std::uint8_t, 3> zero{};
};

// Where the venue begins to follow the chain, and what of the chain's is credited and paid. Again while payouts are
// stopped: to begin anew, at another block.
struct SetChain {
    static constexpr auto kind = CommandKind::set_chain;
    std::array<std::byte, 32> hash{};  // of the block at `height`
    std::uint64_t height{};
    AssetId asset{};
    std::uint32_t confirmations{};  // 1 .. kMaxConfirmations: blocks from a transaction's to the tip, both counted
};
inline constexpr std::uint32_t kMaxConfirmations = 128;
// Blocks, newest last, that the venue remembers to tell a fork by.
inline constexpr std::uint32_t kChainMemory = 256;
// The next block of the chain that is followed.
struct AdvanceChain {
    static constexpr auto kind = CommandKind::advance_chain;
    std::array<std::byte, 32> hash{};
    std::array<std::byte, 32> previous{};
    std::uint64_t height{};
};
// The chain has another block than one that is remembered: payouts stop, every address that ever signed is retired.
struct RewindChain {
    static constexpr auto kind = CommandKind::rewind_chain;
    std::array<std::byte, 32> hash{};  // of the last block that both have
    std::uint64_t height{};
    std::uint8_t lost{};  // 1: none that is remembered; then hash and height are zero
    std::array<std::uint8_t, 7> zero{};
};
// A transaction to a customer's address, once ever for its hash.
struct CreditDeposit {
    static constexpr auto kind = CommandKind::credit_deposit;
    std::array<std::byte, 32> tx_hash{};
    Amount amount{};
    std::uint64_t height{};    // of its block
    AccountId account{};       // whose address
    std::uint32_t index{};     //   of this index received it
    std::uint32_t position{};  // in its block
    ChainAddress sender{};
    std::array<std::uint8_t, 7> zero{};
};
// Of a deposit whose block the chain has no more.
struct ReverseDeposit {
    static constexpr auto kind = CommandKind::reverse_deposit;
    std::array<std::byte, 32> tx_hash{};
};
// The error account pays for what a reversed deposit left unbacked.
struct CoverLoss {
    static constexpr auto kind = CommandKind::cover_loss;
    Amount amount{};
    AssetId asset{};
    std::uint32_t zero{};
};
enum class VenueAddressRole : std::uint8_t { hot = 1 };
// One of the venue's own addresses, that pays withdrawals and is swept to; indices count on from 1.
struct RegisterVenueAddress {
    static constexpr auto kind = CommandKind::register_venue_address;
    std::uint32_t index{};
    ChainAddress address{};
    VenueAddressRole role{};
    std::array<std::uint8_t, 6> zero{};
};
struct AllowAddress {
    static constexpr auto kind = CommandKind::allow_address;
    std::uint64_t reference{};
    AccountId account{};
    ChainAddress address{};
    std::uint8_t allowed{};  // 0: no longer
    std::array<std::uint8_t, 6> zero{};
};
inline constexpr std::uint32_t kMaxAllowedAddresses = 64;  // of one account
struct SetWithdrawalLimits {
    static constexpr auto kind = CommandKind::set_withdrawal_limits;
    Amount daily_limit{};         // of one account in one UTC day; 0: none
    Amount dual_control_above{};  // payouts of more need a release by two persons; 0: none
    AssetId asset{};
    std::uint32_t cooling_s{};  // how long an address must be allowed; 0 .. 2'592'000
    std::uint8_t allow_list{};  // 1: only to addresses that the account has allowed
    std::array<std::uint8_t, 7> zero{};
};
// Two persons say that a withdrawal above the limit may be paid.
struct ReleaseWithdrawal {
    static constexpr auto kind = CommandKind::release_withdrawal;
    TransferId id{};
    AccountId scope{};
    std::uint32_t zero{};
};
enum class PayoutKind : std::uint8_t { withdrawal = 1, sweep = 2 };
// A transaction of the venue's is about to be posted to the chain: durable before it is.
struct PreparePayout {
    static constexpr auto kind = CommandKind::prepare_payout;
    std::array<std::byte, 32> tx_hash{};
    TransferId id{};  // of the withdrawal; zeros for a sweep
    Amount amount{};  // what the recipient gets
    std::uint64_t nonce{};
    AccountId account{};       // withdrawal: scope of its id; sweep: whose address
    std::uint32_t index{};     // of the address that pays: hot, or the account's
    std::uint32_t to_index{};  // sweep: of the hot address that receives; else 0
    PayoutKind payout_kind{};
    std::array<std::uint8_t, 3> zero{};
};
inline constexpr std::uint32_t kMaxOpenPayouts = 4096;
struct PostPayout {
    static constexpr auto kind = CommandKind::post_payout;
    std::array<std::byte, 32> tx_hash{};
};
struct AbandonPayout {
    static constexpr auto kind = CommandKind::abandon_payout;
    std::array<std::byte, 32> tx_hash{};
};
struct SettlePayout {
    static constexpr auto kind = CommandKind::settle_payout;
    std::array<std::byte, 32> tx_hash{};
    std::uint64_t height{};  // of its block
};
enum class PayoutOutcome : std::uint8_t { paid = 1, not_paid = 2 };
// Two persons say what became of a posted payout.
struct ResolvePayout {
    static constexpr auto kind = CommandKind::resolve_payout;
    std::array<std::byte, 32> tx_hash{};
    PayoutOutcome outcome{};
    std::array<std::uint8_t, 7> zero{};
};
struct SetPayouts {
    static constexpr auto kind = CommandKind::set_payouts;
    std::uint64_t reference{};
    std::uint8_t on{};
    std::array<std::uint8_t, 7> zero{};
};
enum class AnchorPlace : std::uint8_t { decoin = 1, evm = 2, digest_file = 3 };
enum class AnchorState : std::uint8_t { sent = 1, confirmed = 2, lost = 3 };
// Where a checkpoint's digest was published. The venue keeps it; whether it is true can be checked there alone.
struct RecordAnchor {
    static constexpr auto kind = CommandKind::record_anchor;
    std::array<std::byte, 32> digest{};   // SHA-256 of the checkpoint's text
    std::array<std::byte, 32> tx_hash{};  // zeros for a file
    std::uint64_t checkpoint{};           // its number, not 0
    std::uint32_t height{};               // of the block, once confirmed; else 0
    AnchorPlace place{};
    AnchorState state{};
    std::array<std::uint8_t, 2> zero{};
};

struct Command {
    CommandHeader header{};
    alignas(8) std::array<std::byte, kMessageBodySize> body{};

    template <MessageBody Body>
    static Command make(const Body& body, CommandHeader header = {}) {
        Command command{.header = header, .body = {}};
        command.header.kind = Body::kind;
        std::memcpy(command.body.data(), &body, sizeof(Body));
        return command;
    }
    // The body as the given type; the caller has looked at header.kind.
    template <MessageBody Body>
    [[nodiscard]] Body as() const {
        Body result;
        std::memcpy(static_cast<void*>(&result), body.data(), sizeof(Body));
        return result;
    }
};
static_assert(FixedLayout<Command> && sizeof(Command) == kMessageSize && offsetof(Command, body) == 40);
static_assert(MessageBody<Genesis> && sizeof(Genesis) == 88 && offsetof(Genesis, max_accounts) == 48);
static_assert(MessageBody<StartEpoch> && MessageBody<Checkpoint> && MessageBody<NegotiateSession> &&
              MessageBody<EstablishSession> && MessageBody<DisconnectSession>);
static_assert(MessageBody<OpenAccount> && MessageBody<AddKey> && MessageBody<RevokeKey> && MessageBody<ListAsset> &&
              MessageBody<SetPhase>);
static_assert(MessageBody<ListInstrument> && sizeof(ListInstrument) == 72);
static_assert(MessageBody<GenesisKey> && MessageBody<Tick> && MessageBody<Handover> && sizeof(EstablishSession) == 16);
static_assert(sizeof(OpenAccount) == 16 && sizeof(AddKey) == 48);
static_assert(MessageBody<FreezeAccount> && MessageBody<RegisterAddress> && sizeof(RegisterAddress) == 32);
static_assert(MessageBody<SetAssetLimits> && MessageBody<SetFees> && MessageBody<SetMarketLimits> &&
              MessageBody<SetAccountLimits> && MessageBody<SetPositionLimits> && MessageBody<SetKillSwitch>);
static_assert(MessageBody<BustTrade> && MessageBody<ActivateRules> && MessageBody<Approve> && MessageBody<SetDeadMan>);
static_assert(MessageBody<Propose> && sizeof(Propose) == 88 && offsetof(Propose, body) == 8);
static_assert(MessageBody<PlaceOrder> && sizeof(PlaceOrder) == 56 && offsetof(PlaceOrder, side) == 32);
static_assert(MessageBody<CancelOrder> && sizeof(CancelOrder) == 32);
static_assert(MessageBody<AmendOrder> && sizeof(AmendOrder) == 56);
static_assert(MessageBody<MassCancel> && sizeof(MassCancel) == 24);
static_assert(MessageBody<SetSelfTradeRule> && sizeof(SetSelfTradeRule) == 16);
static_assert(MessageBody<Transfer> && sizeof(Transfer) == 40 && MessageBody<Mint> && MessageBody<Burn>);
static_assert(MessageBody<PendTransfer> && sizeof(PendTransfer) == 48 && MessageBody<PostTransfer> &&
              MessageBody<VoidTransfer> && MessageBody<Withdraw> && sizeof(Withdraw) == 56);

static_assert(MessageBody<SetChain> && MessageBody<AdvanceChain> && MessageBody<RewindChain> &&
              MessageBody<CreditDeposit> && sizeof(CreditDeposit) == 88 && MessageBody<ReverseDeposit> &&
              MessageBody<CoverLoss> && MessageBody<RegisterVenueAddress> && MessageBody<AllowAddress>);
static_assert(MessageBody<SetWithdrawalLimits> && MessageBody<ReleaseWithdrawal> && MessageBody<PreparePayout> &&
              sizeof(PreparePayout) == 80 && MessageBody<PostPayout> && MessageBody<AbandonPayout> &&
              MessageBody<SettlePayout> && MessageBody<ResolvePayout> && MessageBody<SetPayouts> &&
              MessageBody<RecordAnchor> && sizeof(RecordAnchor) == 80);

// Size of the body that a kind carries; 0 for an unknown kind.
[[nodiscard]] std::size_t body_size(CommandKind kind);

}  // namespace dcx
