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
    // Traders'
    place_order = 30,
    cancel_order = 31,
    amend_order = 32,
    mass_cancel = 33,
    set_self_trade_rule = 34,  // traders' for their own account, operators' for any
    // Money
    transfer = 40,
    mint = 41,  // operator
    burn = 42,  // operator
};
[[nodiscard]] std::string_view to_string(CommandKind kind);

struct CommandHeader {
    Sequence sequence{};               // given by the engine
    Time time{};                       // given by the engine; never goes back
    std::uint64_t session_sequence{};  // the client's frame sequence within its session; 0 for session 0
    SessionId session{};               // 0: the venue itself
    std::uint32_t wait_ns{};           // from the gateway's receive to `time`, saturating
    CommandKind kind{};
    std::uint16_t flags{};    // none yet: zero
    std::uint32_t gateway{};  // which gateway sent it, for its answer to a negotiate; not state
};
static_assert(FixedLayout<CommandHeader> && sizeof(CommandHeader) == kMessageHeaderSize);

// Record 1 of every journal: who the venue is, its first operator key, and the size of every pool, so that a replay
// needs no configuration.
struct Genesis {
    static constexpr auto kind = CommandKind::genesis;
    std::array<std::byte, 16> venue_id{};
    std::array<std::byte, 32> operator_key{};  // Ed25519 public key, becomes key 1 with all permissions
    std::uint32_t max_accounts{};              // 3 .. 2^24
    std::uint32_t max_assets{};                // 1 .. 1024
    std::uint32_t max_instruments{};           // 1 .. 65536
    std::uint32_t max_orders{};                // open orders, 1 .. 2^26
    std::uint32_t max_sessions{};              // 1 .. 2^20
    std::uint32_t max_keys{};                  // 1 .. 2^24
    std::uint32_t max_price_levels{};          // prices with open orders, of all books together, 1 .. 2^26
    std::uint32_t max_fills_per_command{};     // 1 .. 2^20
    std::uint32_t max_transfer_ids{};          // 1 .. 2^26
    std::uint8_t simulated{};                  // 1: traders are simulated and real deposits are refused for ever
    std::array<std::uint8_t, 3> zero{};
};

// First command of each start of the engine: every open session is disconnected.
struct StartEpoch {
    static constexpr auto kind = CommandKind::start_epoch;
    std::uint64_t epoch{};
    std::uint32_t engine_version{};
    std::uint32_t zero{};
};

// The rolling hash of all events before this command; replay compares.
struct Checkpoint {
    static constexpr auto kind = CommandKind::checkpoint;
    std::uint64_t event_hash{};
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
};
struct DisconnectSession {
    static constexpr auto kind = CommandKind::disconnect_session;
    std::uint64_t connection{};
};

struct OpenAccount {
    static constexpr auto kind = CommandKind::open_account;
    std::uint64_t reference{};  // the operator's own number, echoed
    AccountKind account_kind{};
    std::array<std::uint8_t, 7> zero{};
};
struct AddKey {
    static constexpr auto kind = CommandKind::add_key;
    std::array<std::byte, 32> public_key{};  // Ed25519
    AccountId account{};                     // 0 for operators
    std::uint32_t permissions{};             // kPermit...
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
    Quantity max_quantity{};  // of one order
    Amount min_notional{};    // of one order, in minor units of quote; 0: none
    FeeRate maker_fee{};      // 0 .. kFeeRateOne
    FeeRate taker_fee{};
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
    std::array<std::uint8_t, 7> zero{};
};
struct SetSelfTradeRule {
    static constexpr auto kind = CommandKind::set_self_trade_rule;
    std::uint64_t reference{};  // the sender's own number, echoed
    AccountId account{};
    SelfTradeRule rule{};
    std::array<std::uint8_t, 3> zero{};
};

struct Transfer {
    static constexpr auto kind = CommandKind::transfer;
    TransferId id{};
    Amount amount{};
    AccountId debit_account{};
    AccountId credit_account{};
    AssetId asset{};
    std::uint32_t zero{};
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
static_assert(MessageBody<PlaceOrder> && sizeof(PlaceOrder) == 40 && offsetof(PlaceOrder, side) == 32);
static_assert(MessageBody<CancelOrder> && sizeof(CancelOrder) == 32);
static_assert(MessageBody<AmendOrder> && sizeof(AmendOrder) == 56);
static_assert(MessageBody<MassCancel> && sizeof(MassCancel) == 24);
static_assert(MessageBody<SetSelfTradeRule> && sizeof(SetSelfTradeRule) == 16);
static_assert(MessageBody<Transfer> && sizeof(Transfer) == 40 && MessageBody<Mint> && MessageBody<Burn>);

// Size of the body that a kind carries; 0 for an unknown kind.
[[nodiscard]] std::size_t body_size(CommandKind kind);

}  // namespace dcx
