// The rows of the history: what each table holds, and in which order its columns stand in every store. A row type names
// its table, how many of its first columns are the key, and visits its columns; stores, checks and queries are made of
// that. docs/history.md draws the schema.
//
// A visitor has one function per kind of column, each with the column's name first:
//   small(name, T&)    an enumeration, bool or 8-bit number     smallint          INTEGER
//   integer(name, T&)  an id, rate or count below 2^31          integer           INTEGER
//   number(name, T&)   64 bits, those above 2^63 as their
//                      two's complement; 32 bits that can all
//                      be set                                   bigint            INTEGER
//   day(name, Day&)                                             date              INTEGER, days since 1970
//   time(name, Time&)  nanoseconds since 1970; 0: none          bigint            INTEGER
//   price(name, Price&, InstrumentId)                           numeric           INTEGER, ticks
//   quantity(name, Quantity&, InstrumentId)                     numeric           INTEGER, lots
//   amount(name, Amount&, AssetId)                              numeric           INTEGER, minor units
//   uuid(name, TransferId&)                                     uuid              BLOB of 16 bytes, big-endian
//   bytes(name, std::array<std::byte, N>&)                      bytea             BLOB
//   text(name, FixedString<N>& or std::string&)                 text              TEXT
// The id that a number's decimals depend on stands before it. Nothing is NULL: 0 means none, as in the events. A
// visitor that reads takes Row&, one that writes const Row&.
//
// Three kinds of tables:
//  - told once: keyed by (day, sequence, event_index), appended and never changed;
//  - orders: one row each, born once, changed until it is closed;
//  - state: a row is what holds now, put in place of the one before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "history/row_types.h"
#include "model/event.h"
#include "model/types.h"

namespace dcx::history {

enum class Change : std::uint8_t { told_once, order, state };

// ---- Told once.

struct TradeRow {
    static constexpr std::string_view table = "trades";
    static constexpr Change change = Change::told_once;
    static constexpr std::size_t key_columns = 3;
    Day day{};
    Sequence sequence{};
    std::uint32_t event_index{};
    Time time{};
    TradeId trade_id{};
    InstrumentId market_id{};
    Price price{};
    Quantity quantity{};
    Side taker_side{};
    OrderId maker_order_id{};
    OrderId taker_order_id{};
    AccountId maker_account{};
    AccountId taker_account{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.day("day", row.day);
        v.number("sequence", row.sequence);
        v.integer("event_index", row.event_index);
        v.time("time", row.time);
        v.number("trade_id", row.trade_id);
        v.integer("market_id", row.market_id);
        v.price("price", row.price, row.market_id);
        v.quantity("quantity", row.quantity, row.market_id);
        v.small("taker_side", row.taker_side);
        v.number("maker_order_id", row.maker_order_id);
        v.number("taker_order_id", row.taker_order_id);
        v.integer("maker_account", row.maker_account);
        v.integer("taker_account", row.taker_account);
    }
    bool operator==(const TradeRow&) const = default;
};

// A trade taken back. Its trade's row stays as it is.
struct TradeBustRow {
    static constexpr std::string_view table = "trade_busts";
    static constexpr Change change = Change::told_once;
    static constexpr std::size_t key_columns = 3;
    Day day{};
    Sequence sequence{};
    std::uint32_t event_index{};
    Time time{};
    TradeId trade_id{};
    Time traded{};
    InstrumentId market_id{};
    Price price{};
    Quantity quantity{};
    AccountId buyer{};
    AccountId seller{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.day("day", row.day);
        v.number("sequence", row.sequence);
        v.integer("event_index", row.event_index);
        v.time("time", row.time);
        v.number("trade_id", row.trade_id);
        v.time("traded", row.traded);
        v.integer("market_id", row.market_id);
        v.price("price", row.price, row.market_id);
        v.quantity("quantity", row.quantity, row.market_id);
        v.integer("buyer", row.buyer);
        v.integer("seller", row.seller);
    }
    bool operator==(const TradeBustRow&) const = default;
};

// What became of an order after it was accepted (its own row tells that).
enum class ExecType : std::uint8_t { trade = 1, canceled = 2, expired = 3, replaced = 4, decremented = 5 };

// Of a trade: one side of it, keyed by its OrderFilled.
struct ExecutionRow {
    static constexpr std::string_view table = "executions";
    static constexpr Change change = Change::told_once;
    static constexpr std::size_t key_columns = 3;
    Day day{};
    Sequence sequence{};
    std::uint32_t event_index{};
    Time time{};
    ExecType exec_type{};
    OrderId order_id{};
    ClOrdId cl_ord_id{};  // as the event has it
    AccountId account_id{};
    InstrumentId market_id{};
    Side side{};
    std::uint8_t detail{};  // trade: Liquidity; canceled, expired: CancelReason; replaced: 1 kept its priority
    TradeId trade_id{};     // of a trade
    Price price{};          // trade: its price; else the order's
    Quantity quantity{};    // traded, canceled, taken away; replaced: open
    Quantity leaves{};
    Quantity cum{};
    AssetId fee_asset{};  // 0: no fee
    Amount fee{};         // negative: a rebate

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.day("day", row.day);
        v.number("sequence", row.sequence);
        v.integer("event_index", row.event_index);
        v.time("time", row.time);
        v.small("exec_type", row.exec_type);
        v.number("order_id", row.order_id);
        v.number("cl_ord_id", row.cl_ord_id);
        v.integer("account_id", row.account_id);
        v.integer("market_id", row.market_id);
        v.small("side", row.side);
        v.small("detail", row.detail);
        v.number("trade_id", row.trade_id);
        v.price("price", row.price, row.market_id);
        v.quantity("quantity", row.quantity, row.market_id);
        v.quantity("leaves", row.leaves, row.market_id);
        v.quantity("cum", row.cum, row.market_id);
        v.integer("fee_asset", row.fee_asset);
        v.amount("fee", row.fee, row.fee_asset);
    }
    bool operator==(const ExecutionRow&) const = default;
};

enum class LedgerKind : std::uint8_t {
    transfer = 1,
    mint = 2,
    burn = 3,
    post = 4,         // of a pending transfer or withdrawal
    trade_base = 5,   // what was traded: seller to buyer
    trade_quote = 6,  // what was paid for it: buyer to seller
    trade_fee = 7,
    rebate = 8,
    transfer_fee = 9,
    trade_bust = 10,
    deposit = 11,           // of the chain: minted
    deposit_reversal = 12,  // burned, as what follows
    loss_cover = 13,
    payout = 14,
};

// One posting: `amount` from the debit to the credit account. Balances are available + held, before and after this
// posting; a version counts the postings of that account in that asset, from 1. When both accounts are one, it is
// debited first. Keyed by the event that tells it and, for the two that a TradeExecuted stands for (base 0, quote 1),
// by `leg`; a fee by its OrderFilled; a maker's rebate by the taker's, leg 1, behind the fee that pays for it. So rows
// stand in the order in which the rules post, and nobody's balance is below zero between two of them.
struct LedgerTransferRow {
    static constexpr std::string_view table = "ledger_transfers";
    static constexpr Change change = Change::told_once;
    static constexpr std::size_t key_columns = 4;
    Day day{};
    Sequence sequence{};
    std::uint32_t event_index{};
    std::uint8_t leg{};
    Time time{};
    LedgerKind kind{};
    TransferId id{};            // of a request; zeros: none
    std::uint64_t reference{};  // a trade's id for what follows from one; else 0
    AccountId debit_account{};
    AccountId credit_account{};
    AssetId asset_id{};
    Amount amount{};
    Amount debit_before{};
    Amount debit_after{};
    Amount credit_before{};
    Amount credit_after{};
    std::uint64_t debit_version{};
    std::uint64_t credit_version{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.day("day", row.day);
        v.number("sequence", row.sequence);
        v.integer("event_index", row.event_index);
        v.small("leg", row.leg);
        v.time("time", row.time);
        v.small("kind", row.kind);
        v.uuid("id", row.id);
        v.number("reference", row.reference);
        v.integer("debit_account", row.debit_account);
        v.integer("credit_account", row.credit_account);
        v.integer("asset_id", row.asset_id);
        v.amount("amount", row.amount, row.asset_id);
        v.amount("debit_before", row.debit_before, row.asset_id);
        v.amount("debit_after", row.debit_after, row.asset_id);
        v.amount("credit_before", row.credit_before, row.asset_id);
        v.amount("credit_after", row.credit_after, row.asset_id);
        v.number("debit_version", row.debit_version);
        v.number("credit_version", row.credit_version);
    }
    bool operator==(const LedgerTransferRow&) const = default;
};

// What a customer was given from outside: a mint to him, or a transfer to him out of the deposits account.
struct DepositRow {
    static constexpr std::string_view table = "deposits";
    static constexpr Change change = Change::told_once;
    static constexpr std::size_t key_columns = 3;
    Day day{};
    Sequence sequence{};
    std::uint32_t event_index{};
    Time time{};
    TransferId id{};
    AccountId account_id{};
    AccountId from_account{};  // issuance or deposits
    AssetId asset_id{};
    Amount amount{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.day("day", row.day);
        v.number("sequence", row.sequence);
        v.integer("event_index", row.event_index);
        v.time("time", row.time);
        v.uuid("id", row.id);
        v.integer("account_id", row.account_id);
        v.integer("from_account", row.from_account);
        v.integer("asset_id", row.asset_id);
        v.amount("amount", row.amount, row.asset_id);
    }
    bool operator==(const DepositRow&) const = default;
};

// What operators did, and what the rules did to the venue as a whole: keys, listings, phases, limits, fees, freezing,
// kill switches, proposals, rules, epochs, busts; and self-trade rules, mints, burns, transfers in one or two phases
// and refusals (CommandRejected) of sessions whose key is an operator's. `detail` is a JSON object of the event's
// fields by their names in model/event.h (event_json.h).
struct AuditRow {
    static constexpr std::string_view table = "audit_log";
    static constexpr Change change = Change::told_once;
    static constexpr std::size_t key_columns = 3;
    Day day{};
    Sequence sequence{};
    std::uint32_t event_index{};
    Time time{};
    EventKind kind{};
    SessionId session_id{};  // 0: nobody's
    KeyId key_id{};
    PersonId person_id{};
    std::string detail;

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.day("day", row.day);
        v.number("sequence", row.sequence);
        v.integer("event_index", row.event_index);
        v.time("time", row.time);
        v.small("kind", row.kind);
        v.integer("session_id", row.session_id);
        v.integer("key_id", row.key_id);
        v.number("person_id", row.person_id);
        v.text("detail", row.detail);
    }
    bool operator==(const AuditRow&) const = default;
};

// ---- Orders.

enum class OrderStatus : std::uint8_t { open = 1, filled = 2, canceled = 3, expired = 4 };

struct OrderRow {
    static constexpr std::string_view table = "orders";
    static constexpr Change change = Change::order;
    static constexpr std::size_t key_columns = 1;
    OrderId order_id{};
    AccountId account_id{};
    InstrumentId market_id{};
    SessionId session_id{};  // that placed it
    ClOrdId cl_ord_id{};     // its own, as of the last amend
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    std::uint8_t flags{};  // kOrderPostOnly
    OrderStatus status{};
    std::uint8_t reason{};  // CancelReason, of one that was canceled or has expired
    Price price{};
    Quantity quantity{};  // leaves + cum while it is open; what was canceled or decremented stays in it
    Quantity leaves{};    // 0 once it is closed
    Quantity cum{};
    AssetId quote_asset{};
    Amount notional{};  // price x quantity of its fills; saturates at 2^63 - 1
    Day day{};          // accepted
    Sequence sequence{};
    Time time{};
    Time expire_at{};
    Sequence changed_sequence{};
    Time changed_time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.number("order_id", row.order_id);
        v.integer("account_id", row.account_id);
        v.integer("market_id", row.market_id);
        v.integer("session_id", row.session_id);
        v.number("cl_ord_id", row.cl_ord_id);
        v.small("side", row.side);
        v.small("type", row.type);
        v.small("time_in_force", row.time_in_force);
        v.small("flags", row.flags);
        v.small("status", row.status);
        v.small("reason", row.reason);
        v.price("price", row.price, row.market_id);
        v.quantity("quantity", row.quantity, row.market_id);
        v.quantity("leaves", row.leaves, row.market_id);
        v.quantity("cum", row.cum, row.market_id);
        v.integer("quote_asset", row.quote_asset);
        v.amount("notional", row.notional, row.quote_asset);
        v.day("day", row.day);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
        v.time("expire_at", row.expire_at);
        v.number("changed_sequence", row.changed_sequence);
        v.time("changed_time", row.changed_time);
    }
    bool operator==(const OrderRow&) const = default;
};

// ---- State.

struct AssetRow {
    static constexpr std::string_view table = "assets";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 1;
    AssetId asset_id{};
    AssetSymbol symbol{};
    std::uint8_t scale{};
    Amount issue_cap{};
    Amount mint_ceiling{};
    Amount dual_control_above{};
    FeeRate transfer_fee{};
    Sequence sequence{};  // listed
    Time time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("asset_id", row.asset_id);
        v.text("symbol", row.symbol);
        v.small("scale", row.scale);
        v.amount("issue_cap", row.issue_cap, row.asset_id);
        v.amount("mint_ceiling", row.mint_ceiling, row.asset_id);
        v.amount("dual_control_above", row.dual_control_above, row.asset_id);
        v.integer("transfer_fee", row.transfer_fee);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
    }
    bool operator==(const AssetRow&) const = default;
};

struct MarketRow {
    static constexpr std::string_view table = "markets";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 1;
    InstrumentId market_id{};
    Symbol symbol{};
    AssetId base_asset{};
    AssetId quote_asset{};
    std::int64_t tick_mantissa{};
    std::uint8_t tick_scale{};
    std::int64_t lot_mantissa{};
    std::uint8_t lot_scale{};
    Phase phase{};
    Quantity min_quantity{};  // limits as the last InstrumentListed or MarketLimitsSet had them
    Quantity max_quantity{};
    Amount min_notional{};
    Amount max_notional{};
    Price reference_price{};
    std::uint32_t collar_bp{};
    std::uint32_t max_orders{};
    std::uint32_t day_end_s{};
    Sequence sequence{};  // listed
    Time time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("market_id", row.market_id);
        v.text("symbol", row.symbol);
        v.integer("base_asset", row.base_asset);
        v.integer("quote_asset", row.quote_asset);
        v.number("tick_mantissa", row.tick_mantissa);
        v.small("tick_scale", row.tick_scale);
        v.number("lot_mantissa", row.lot_mantissa);
        v.small("lot_scale", row.lot_scale);
        v.small("phase", row.phase);
        v.quantity("min_quantity", row.min_quantity, row.market_id);
        v.quantity("max_quantity", row.max_quantity, row.market_id);
        v.amount("min_notional", row.min_notional, row.quote_asset);
        v.amount("max_notional", row.max_notional, row.quote_asset);
        v.price("reference_price", row.reference_price, row.market_id);
        v.integer("collar_bp", row.collar_bp);
        v.number("max_orders", row.max_orders);
        v.integer("day_end_s", row.day_end_s);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
    }
    bool operator==(const MarketRow&) const = default;
};

// Of a market's fee tier.
struct MarketFeeRow {
    static constexpr std::string_view table = "market_fees";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 2;
    InstrumentId market_id{};
    std::uint8_t tier{};
    FeeRate maker_fee{};
    FeeRate taker_fee{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("market_id", row.market_id);
        v.small("tier", row.tier);
        v.integer("maker_fee", row.maker_fee);
        v.integer("taker_fee", row.taker_fee);
    }
    bool operator==(const MarketFeeRow&) const = default;
};

// The venue's own accounts are there from Genesis on. Names and contacts are in a table that no event fills
// (account_contacts), so that they can be erased.
struct AccountRow {
    static constexpr std::string_view table = "accounts";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 1;
    AccountId account_id{};
    AccountId owner_id{};  // of a sub-account
    AccountKind kind{};
    SelfTradeRule self_trade_rule{};
    bool frozen{};
    bool killed{};  // its own kill switch, for all markets
    std::uint8_t fee_tier{};
    std::uint32_t max_open_orders{};
    std::uint32_t orders_per_second{};
    std::uint32_t burst{};
    Sequence sequence{};  // opened
    Time time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("account_id", row.account_id);
        v.integer("owner_id", row.owner_id);
        v.small("kind", row.kind);
        v.small("self_trade_rule", row.self_trade_rule);
        v.small("frozen", row.frozen);
        v.small("killed", row.killed);
        v.small("fee_tier", row.fee_tier);
        v.number("max_open_orders", row.max_open_orders);
        v.integer("orders_per_second", row.orders_per_second);
        v.integer("burst", row.burst);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
    }
    bool operator==(const AccountRow&) const = default;
};

// Key 1, the operator's who made the venue, is there from Genesis on; its event does not tell the public key: zeros.
struct KeyRow {
    static constexpr std::string_view table = "keys";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 1;
    KeyId key_id{};
    AccountId account_id{};
    PersonId person_id{};  // of an operator's
    std::uint32_t permissions{};
    bool revoked{};
    std::array<std::byte, 32> public_key{};
    Sequence sequence{};  // added
    Time time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("key_id", row.key_id);
        v.integer("account_id", row.account_id);
        v.number("person_id", row.person_id);
        v.integer("permissions", row.permissions);
        v.small("revoked", row.revoked);
        v.bytes("public_key", row.public_key);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
    }
    bool operator==(const KeyRow&) const = default;
};

// As of its first SessionNegotiated.
struct SessionRow {
    static constexpr std::string_view table = "sessions";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 1;
    SessionId session_id{};
    std::uint64_t client_session{};  // stored as its two's complement
    KeyId key_id{};
    AccountId account_id{};
    Sequence sequence{};
    Time time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("session_id", row.session_id);
        v.number("client_session", row.client_session);
        v.integer("key_id", row.key_id);
        v.integer("account_id", row.account_id);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
    }
    bool operator==(const SessionRow&) const = default;
};

// Of every account and asset that any event told a balance of.
struct BalanceRow {
    static constexpr std::string_view table = "balances";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 2;
    AccountId account_id{};
    AssetId asset_id{};
    Amount available{};
    Amount held{};
    std::uint64_t version{};  // postings so far
    Sequence sequence{};      // of the last change; being told the same again is none
    Time time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("account_id", row.account_id);
        v.integer("asset_id", row.asset_id);
        v.amount("available", row.available, row.asset_id);
        v.amount("held", row.held, row.asset_id);
        v.number("version", row.version);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
    }
    bool operator==(const BalanceRow&) const = default;
};

// An account's statement of one day in one asset; none for a day without postings. opening + credits - debits =
// closing.
struct AccountDayRow {
    static constexpr std::string_view table = "account_days";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 3;
    AccountId account_id{};
    AssetId asset_id{};
    Day day{};
    Amount opening{};  // available + held
    Amount credits{};  // both saturate at 2^63 - 1
    Amount debits{};
    Amount fees{};  // of the debits, trading and transfer fees
    Amount closing{};
    std::uint64_t first_version{};
    std::uint64_t last_version{};
    Sequence last_sequence{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("account_id", row.account_id);
        v.integer("asset_id", row.asset_id);
        v.day("day", row.day);
        v.amount("opening", row.opening, row.asset_id);
        v.amount("credits", row.credits, row.asset_id);
        v.amount("debits", row.debits, row.asset_id);
        v.amount("fees", row.fees, row.asset_id);
        v.amount("closing", row.closing, row.asset_id);
        v.number("first_version", row.first_version);
        v.number("last_version", row.last_version);
        v.number("last_sequence", row.last_sequence);
    }
    bool operator==(const AccountDayRow&) const = default;
};

// Of candles, in seconds: each one divides the next, of which it is a part (feed/channel.h has the same).
inline constexpr std::array<std::uint32_t, 7> kCandleIntervals{1, 60, 300, 900, 3'600, 14'400, 86'400};

// Trades by intervals of log time; an interval without trades has no row. Trades taken back are not in it; one that
// lost all its trades has no prices and no volume.
struct CandleRow {
    static constexpr std::string_view table = "candles";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 3;
    InstrumentId market_id{};
    std::uint32_t interval_s{};
    Time start{};
    Price open{};
    Price high{};
    Price low{};
    Price close{};
    Quantity volume{};  // saturates at 2^63 - 1 lots
    std::uint64_t trades{};
    Sequence first_sequence{};  // of all its trades, those taken back among them
    Sequence last_sequence{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("market_id", row.market_id);
        v.integer("interval_s", row.interval_s);
        v.time("start", row.start);
        v.price("open", row.open, row.market_id);
        v.price("high", row.high, row.market_id);
        v.price("low", row.low, row.market_id);
        v.price("close", row.close, row.market_id);
        v.quantity("volume", row.volume, row.market_id);
        v.number("trades", row.trades);
        v.number("first_sequence", row.first_sequence);
        v.number("last_sequence", row.last_sequence);
    }
    bool operator==(const CandleRow&) const = default;
};

// A transfer in two phases (a withdrawal has a row of its own kind instead). Kept when it is resolved.
struct PendingTransferRow {
    static constexpr std::string_view table = "pending_transfers";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 2;
    AccountId scope{};  // of the id
    TransferId id{};
    AccountId debit_account{};
    AccountId credit_account{};
    AssetId asset_id{};
    Amount amount{};
    PendingState state{};
    Amount posted{};
    Time expires{};       // 0: never
    Sequence sequence{};  // pended
    Time time{};
    Sequence resolved_sequence{};
    Time resolved_time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("scope", row.scope);
        v.uuid("id", row.id);
        v.integer("debit_account", row.debit_account);
        v.integer("credit_account", row.credit_account);
        v.integer("asset_id", row.asset_id);
        v.amount("amount", row.amount, row.asset_id);
        v.small("state", row.state);
        v.amount("posted", row.posted, row.asset_id);
        v.time("expires", row.expires);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
        v.number("resolved_sequence", row.resolved_sequence);
        v.time("resolved_time", row.resolved_time);
    }
    bool operator==(const PendingTransferRow&) const = default;
};

struct WithdrawalRow {
    static constexpr std::string_view table = "withdrawals";
    static constexpr Change change = Change::state;
    static constexpr std::size_t key_columns = 2;
    AccountId scope{};  // of the id
    TransferId id{};
    AccountId account_id{};
    AssetId asset_id{};
    Amount amount{};
    std::string address;  // as text
    PendingState state{};
    Amount posted{};
    Sequence sequence{};  // requested
    Time time{};
    Sequence resolved_sequence{};
    Time resolved_time{};

    template <class Row, class Visitor>
    static void columns(Row& row, Visitor& v) {
        v.integer("scope", row.scope);
        v.uuid("id", row.id);
        v.integer("account_id", row.account_id);
        v.integer("asset_id", row.asset_id);
        v.amount("amount", row.amount, row.asset_id);
        v.text("address", row.address);
        v.small("state", row.state);
        v.amount("posted", row.posted, row.asset_id);
        v.number("sequence", row.sequence);
        v.time("time", row.time);
        v.number("resolved_sequence", row.resolved_sequence);
        v.time("resolved_time", row.resolved_time);
    }
    bool operator==(const WithdrawalRow&) const = default;
};

}  // namespace dcx::history
