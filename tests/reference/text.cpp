#include "reference/text.h"

#include <array>
#include <span>

#include "base/sha256.h"

namespace dcx::reference {

namespace {

// Collects " name value" pairs; numbers, strong types, enumerations and texts alike.
class Line {
  public:
    explicit Line(std::string_view start) : text_(start) {}
    template <class T>
    Line& operator()(std::string_view name, const T& value) {
        text_ += ' ';
        text_ += name;
        text_ += ' ';
        add(value);
        return *this;
    }
    [[nodiscard]] std::string text() const { return text_; }

  private:
    template <class T>
    void add(const T& value) {
        if constexpr (requires { value.view(); }) {
            text_ += '\'';
            text_ += value.view();
            text_ += '\'';
        } else if constexpr (std::is_same_v<T, TransferId>) {
            text_ += std::to_string(value.high) + ':' + std::to_string(value.low);
        } else if constexpr (requires { value.value; }) {
            text_ += std::to_string(value.value);
        } else if constexpr (requires { to_string(value); }) {
            text_ += to_string(value);
            text_ += '(' + std::to_string(static_cast<unsigned>(value)) + ')';
        } else if constexpr (std::is_enum_v<T>) {
            text_ += std::to_string(static_cast<unsigned>(value));
        } else {
            text_ += std::to_string(value);
        }
    }
    std::string text_;
};

void body_of(Line& l, const Command& c) {
    switch (c.header.kind) {
        case CommandKind::genesis: {
            const auto b = c.as<Genesis>();
            l("accounts", b.max_accounts)("assets", b.max_assets)("instruments", b.max_instruments);
            l("orders", b.max_orders)("sessions", b.max_sessions)("keys", b.max_keys)("levels", b.max_price_levels);
            l("fills", b.max_fills_per_command)("ids", b.max_transfer_ids)("simulated", b.simulated);
            break;
        }
        case CommandKind::negotiate_session: {
            const auto b = c.as<NegotiateSession>();
            l("client_session", b.client_session)("connection", b.connection)("key", b.key);
            break;
        }
        case CommandKind::open_account: {
            const auto b = c.as<OpenAccount>();
            l("reference", b.reference)("account_kind", b.account_kind);
            break;
        }
        case CommandKind::add_key: {
            const auto b = c.as<AddKey>();
            l("account", b.account)("permissions", b.permissions);
            break;
        }
        case CommandKind::revoke_key: l("key", c.as<RevokeKey>().key); break;
        case CommandKind::list_asset: {
            const auto b = c.as<ListAsset>();
            l("symbol", b.symbol)("issue_cap", b.issue_cap)("scale", b.scale);
            break;
        }
        case CommandKind::list_instrument: {
            const auto b = c.as<ListInstrument>();
            l("symbol", b.symbol)("base", b.base)("quote", b.quote)("tick", b.tick_mantissa)("e-", b.tick_scale);
            l("lot", b.lot_mantissa)("e-", b.lot_scale)("max_quantity", b.max_quantity);
            l("min_notional", b.min_notional)("maker_fee", b.maker_fee)("taker_fee", b.taker_fee);
            break;
        }
        case CommandKind::set_phase: {
            const auto b = c.as<SetPhase>();
            l("instrument", b.instrument)("phase", b.phase);
            break;
        }
        case CommandKind::place_order: {
            const auto b = c.as<PlaceOrder>();
            l("cl_ord_id", b.cl_ord_id)("account", b.account)("instrument", b.instrument)("side", b.side);
            l("type", b.type)("tif", b.time_in_force)("flags", b.flags)("quantity", b.quantity)("price", b.price);
            break;
        }
        case CommandKind::cancel_order: {
            const auto b = c.as<CancelOrder>();
            l("cl_ord_id", b.cl_ord_id)("account", b.account)("order_id", b.order_id)("orig", b.orig_cl_ord_id);
            l("slot_hint", b.slot_hint);
            break;
        }
        case CommandKind::amend_order: {
            const auto b = c.as<AmendOrder>();
            l("cl_ord_id", b.cl_ord_id)("account", b.account)("order_id", b.order_id)("orig", b.orig_cl_ord_id);
            l("slot_hint", b.slot_hint)("flags", b.flags)("quantity", b.quantity)("price", b.price);
            break;
        }
        case CommandKind::mass_cancel: {
            const auto b = c.as<MassCancel>();
            l("cl_ord_id", b.cl_ord_id)("account", b.account)("instrument", b.instrument)("side", b.side);
            break;
        }
        case CommandKind::set_self_trade_rule: {
            const auto b = c.as<SetSelfTradeRule>();
            l("reference", b.reference)("account", b.account)("rule", b.rule);
            break;
        }
        case CommandKind::transfer: {
            const auto b = c.as<Transfer>();
            l("id", b.id)("debit", b.debit_account)("credit", b.credit_account)("asset", b.asset)("amount", b.amount);
            break;
        }
        case CommandKind::mint: {
            const auto b = c.as<Mint>();
            l("id", b.id)("account", b.account)("asset", b.asset)("amount", b.amount)("source", b.source);
            break;
        }
        case CommandKind::burn: {
            const auto b = c.as<Burn>();
            l("id", b.id)("account", b.account)("asset", b.asset)("amount", b.amount);
            break;
        }
        default: break;
    }
}

void body_of(Line& l, const Event& e) {
    switch (e.header.kind) {
        case EventKind::command_rejected: {
            const auto b = e.as<CommandRejected>();
            l("command", b.command)("reason", b.reason)("detail", b.detail)("reference", b.reference);
            l("session_sequence", b.session_sequence)("id", b.id);
            break;
        }
        case EventKind::account_opened: {
            const auto b = e.as<AccountOpened>();
            l("account", b.account)("account_kind", b.account_kind)("rule", b.self_trade_rule);
            break;
        }
        case EventKind::self_trade_rule_set: {
            const auto b = e.as<SelfTradeRuleSet>();
            l("reference", b.reference)("account", b.account)("rule", b.rule);
            break;
        }
        case EventKind::session_negotiated: {
            const auto b = e.as<SessionNegotiated>();
            l("session", b.session)("key", b.key)("account", b.account)("next_incoming", b.next_incoming);
            l("next_outgoing", b.next_outgoing)("last_cl_ord_id", b.last_cl_ord_id);
            break;
        }
        case EventKind::order_accepted: {
            const auto b = e.as<OrderAccepted>();
            l("order_id", b.order_id)("slot", b.slot)("hold", b.hold)("available", b.available)("held", b.held);
            break;
        }
        case EventKind::order_rejected: {
            const auto b = e.as<OrderRejected>();
            l("cl_ord_id", b.cl_ord_id)("reason", b.reason);
            break;
        }
        case EventKind::order_rested: {
            const auto b = e.as<OrderRested>();
            l("order_id", b.order_id)("slot", b.slot)("price", b.price)("quantity", b.quantity);
            break;
        }
        case EventKind::trade_executed: {
            const auto b = e.as<TradeExecuted>();
            l("trade", b.trade_id)("maker", b.maker_order_id)("taker", b.taker_order_id)("price", b.price);
            l("quantity", b.quantity)("maker_leaves", b.maker_leaves)("maker_cum", b.maker_cum);
            l("taker_cum", b.taker_cum);
            break;
        }
        case EventKind::order_filled: {
            const auto b = e.as<OrderFilled>();
            l("order_id", b.order_id)("cl_ord_id", b.cl_ord_id)("leaves", b.leaves)("fee", b.fee);
            l("base", b.base_available)("+", b.base_held)("quote", b.quote_available)("+", b.quote_held);
            break;
        }
        case EventKind::order_canceled: {
            const auto b = e.as<OrderCanceled>();
            l("order_id", b.order_id)("cl_ord_id", b.cl_ord_id)("orig", b.orig_cl_ord_id)("reason", b.reason);
            l("quantity", b.quantity)("cum", b.cum)("price", b.price)("available", b.available)("held", b.held);
            l("rested", b.rested);
            break;
        }
        case EventKind::cancel_rejected: {
            const auto b = e.as<CancelRejected>();
            l("command", b.command)("reason", b.reason)("order_id", b.order_id)("orig", b.orig_cl_ord_id);
            break;
        }
        case EventKind::order_amended: {
            const auto b = e.as<OrderAmended>();
            l("order_id", b.order_id)("cl_ord_id", b.cl_ord_id)("orig", b.orig_cl_ord_id)("price", b.price);
            l("leaves", b.leaves)("cum", b.cum)("available", b.available)("held", b.held)("kept", b.kept_priority);
            break;
        }
        case EventKind::order_decremented: {
            const auto b = e.as<OrderDecremented>();
            l("order_id", b.order_id)("cl_ord_id", b.cl_ord_id)("price", b.price)("quantity", b.quantity);
            l("leaves", b.leaves)("cum", b.cum)("available", b.available)("held", b.held)("rested", b.rested);
            break;
        }
        case EventKind::mass_canceled: {
            const auto b = e.as<MassCanceled>();
            l("cl_ord_id", b.cl_ord_id)("account", b.account)("instrument", b.instrument)("side", b.side);
            l("canceled", b.canceled)("complete", b.complete);
            break;
        }
        case EventKind::order_restored: {
            const auto b = e.as<OrderRestored>();
            l("order_id", b.order_id)("cl_ord_id", b.cl_ord_id)("price", b.price)("quantity", b.quantity);
            l("leaves", b.leaves)("account", b.account)("slot", b.slot)("owner", b.owner);
            break;
        }
        case EventKind::balance_restored: {
            const auto b = e.as<BalanceRestored>();
            l("account", b.account)("asset", b.asset)("available", b.available)("held", b.held);
            break;
        }
        case EventKind::session_restored: {
            const auto b = e.as<SessionRestored>();
            l("session", b.session)("next_incoming", b.next_incoming)("next_outgoing", b.next_outgoing);
            l("last_cl_ord_id", b.last_cl_ord_id);
            break;
        }
        case EventKind::transferred: {
            const auto b = e.as<Transferred>();
            l("id", b.id)("amount", b.amount)("debit", b.debit_account)("=", b.debit_available);
            l("credit", b.credit_account)("=", b.credit_available);
            break;
        }
        default: break;
    }
}

}  // namespace

std::string describe(const Command& c) {
    Line line(to_string(c.header.kind));
    line("session", c.header.session)("sequence", c.header.session_sequence)("time", c.header.time);
    body_of(line, c);
    return line.text();
}

std::string describe(const Event& e) {
    Line line(to_string(e.header.kind));
    line("index", e.header.index)("to", e.header.session)("flags", e.header.flags);
    body_of(line, e);
    return line.text();
}

std::string bytes_line(const Command& command) {
    std::string hex = to_hex(std::as_bytes(std::span{&command, 1}));
    while (hex.ends_with("00")) hex.resize(hex.size() - 2);
    return "bytes " + hex;
}

}  // namespace dcx::reference
