#include "reference/text.h"

#include <algorithm>
#include <array>
#include <span>

#include "reference/text_line.h"

namespace dcx::reference {

namespace {

using Line = TextLine;

void body_of(Line& l, const Command& c);

// Of the ledger's commands: limits, two-phase transfers, proposals.
void promise_of(Line& l, const Command& c) {
    switch (c.header.kind) {
        case CommandKind::freeze_account: {
            const auto b = c.as<FreezeAccount>();
            l("reference", b.reference)("account", b.account)("frozen", b.frozen);
            break;
        }
        case CommandKind::register_address: {
            const auto b = c.as<RegisterAddress>();
            l("account", b.account)("address_index", b.index)("address", b.address);
            break;
        }
        case CommandKind::set_asset_limits: {
            const auto b = c.as<SetAssetLimits>();
            l("asset", b.asset)("mint_ceiling", b.mint_ceiling)("dual_control_above", b.dual_control_above);
            l("transfer_fee", b.transfer_fee);
            break;
        }
        case CommandKind::propose: {
            const auto b = c.as<Propose>();
            l("proposed", b.proposed)("lifetime_s", b.lifetime_s);
            // What is proposed, in words too.
            Command proposed{.header = {.kind = b.proposed}, .body = {}};
            std::copy(b.body.begin(), b.body.end(), proposed.body.begin());
            if (b.proposed != CommandKind::propose) body_of(l, proposed);
            break;
        }
        case CommandKind::approve: {
            const auto b = c.as<Approve>();
            l("proposal", b.proposal)("signature", b.signature);
            break;
        }
        case CommandKind::pend_transfer: {
            const auto b = c.as<PendTransfer>();
            l("id", b.id)("debit", b.debit_account)("credit", b.credit_account)("asset", b.asset)("amount", b.amount);
            l("timeout_ns", b.timeout_ns)("linked", b.linked);
            break;
        }
        case CommandKind::post_transfer: {
            const auto b = c.as<PostTransfer>();
            l("id", b.id)("pending_id", b.pending_id)("scope", b.scope)("amount", b.amount);
            break;
        }
        case CommandKind::void_transfer: {
            const auto b = c.as<VoidTransfer>();
            l("id", b.id)("pending_id", b.pending_id)("scope", b.scope);
            break;
        }
        case CommandKind::withdraw: {
            const auto b = c.as<Withdraw>();
            l("id", b.id)("account", b.account)("asset", b.asset)("amount", b.amount)("address", b.address);
            break;
        }
        default: break;
    }
}

template <class Posting>
void posting_of(Line& l, const Posting& b) {
    l("debit", b.debit_account)("=", b.debit_before)("->", b.debit_after);
    l("credit", b.credit_account)("=", b.credit_before)("->", b.credit_after);
}

// Of the ledger's events: limits, two-phase transfers, proposals.
void promise_of(Line& l, const Event& e) {
    switch (e.header.kind) {
        case EventKind::rules_activated: {
            const auto b = e.as<RulesActivated>();
            l("version", b.version)("before", b.before);
            break;
        }
        case EventKind::handover_logged: l("grace_ms", e.as<HandoverLogged>().grace_ms); break;
        case EventKind::ticked: l("done", e.as<Ticked>().done)("complete", e.as<Ticked>().complete); break;
        case EventKind::key_added: {
            const auto b = e.as<KeyAdded>();
            l("key", b.key)("account", b.account)("permissions", b.permissions)("revoked", b.revoked);
            l("person", b.person);
            break;
        }
        case EventKind::account_frozen: {
            const auto b = e.as<AccountFrozen>();
            l("reference", b.reference)("account", b.account)("frozen", b.frozen);
            break;
        }
        case EventKind::address_registered: {
            const auto b = e.as<AddressRegistered>();
            l("account", b.account)("address_index", b.index)("address", b.address);
            break;
        }
        case EventKind::asset_limits_set: {
            const auto b = e.as<AssetLimitsSet>();
            l("asset", b.asset)("mint_ceiling", b.mint_ceiling)("dual_control_above", b.dual_control_above);
            l("transfer_fee", b.transfer_fee);
            break;
        }
        case EventKind::command_proposed: {
            const auto b = e.as<CommandProposed>();
            l("proposal", b.proposal)("expires", b.expires)("proposer", b.proposer)("proposed", b.proposed);
            l("approved_by", b.approved_by);
            break;
        }
        case EventKind::proposal_body: l("body", e.as<ProposalBody>().body); break;
        case EventKind::proposal_approved: {
            const auto b = e.as<ProposalApproved>();
            l("proposal", b.proposal)("key", b.key)("person", b.person)("complete", b.complete);
            break;
        }
        case EventKind::proposal_expired: l("proposal", e.as<ProposalExpired>().proposal); break;
        case EventKind::posted: {
            const auto b = e.as<Posted>();
            l("cause", b.cause)("id", b.id)("asset", b.asset)("amount", b.amount);
            posting_of(l, b);
            break;
        }
        case EventKind::transfer_pended: {
            const auto b = e.as<TransferPended>();
            l("id", b.id)("scope", b.scope)("debit", b.debit_account)("credit", b.credit_account)("asset", b.asset);
            l("amount", b.amount)("available", b.available)("held", b.held)("expires", b.expires);
            break;
        }
        case EventKind::withdrawal_requested: {
            const auto b = e.as<WithdrawalRequested>();
            l("id", b.id)("scope", b.scope)("account", b.account)("asset", b.asset)("amount", b.amount);
            l("available", b.available)("held", b.held)("address", b.address);
            break;
        }
        case EventKind::pending_resolved: {
            const auto b = e.as<PendingResolved>();
            l("state", b.state)("id", b.id)("pending_id", b.pending_id)("scope", b.scope)("account", b.account);
            l("asset", b.asset)("amount", b.amount)("released", b.released)("available", b.available);
            l("held", b.held);
            break;
        }
        case EventKind::transfer_linked: {
            const auto b = e.as<TransferLinked>();
            l("id", b.id)("members", b.members);
            break;
        }
        default: break;
    }
}

template <class Body>
void fees_line(Line& l, const Body& b) {
    l("instrument", b.instrument)("tier", b.tier)("maker_fee", b.maker_fee)("taker_fee", b.taker_fee);
}
template <class Body>
void market_limits_line(Line& l, const Body& b) {
    l("instrument", b.instrument)("min_quantity", b.min_quantity)("max_quantity", b.max_quantity);
    l("min_notional", b.min_notional)("max_notional", b.max_notional)("reference_price", b.reference_price);
    l("collar_bp", b.collar_bp)("max_orders", b.max_orders)("day_end_s", b.day_end_s);
}
template <class Body>
void account_limits_line(Line& l, const Body& b) {
    l("account", b.account)("max_open_orders", b.max_open_orders)("orders_per_second", b.orders_per_second);
    l("burst", b.burst)("fee_tier", b.fee_tier);
}
template <class Body>
void position_limits_line(Line& l, const Body& b) {
    l("account", b.account)("instrument", b.instrument)("max_position", b.max_position);
    l("max_daily_loss", b.max_daily_loss);
}
template <class Body>
void kill_switch_line(Line& l, const Body& b) {
    l("reference", b.reference)("account", b.account)("instrument", b.instrument)("on", b.on);
}

void limits_of(Line& l, const Command& c) {
    switch (c.header.kind) {
        case CommandKind::set_fees: fees_line(l, c.as<SetFees>()); break;
        case CommandKind::set_market_limits: market_limits_line(l, c.as<SetMarketLimits>()); break;
        case CommandKind::set_account_limits: account_limits_line(l, c.as<SetAccountLimits>()); break;
        case CommandKind::set_position_limits: position_limits_line(l, c.as<SetPositionLimits>()); break;
        case CommandKind::set_kill_switch: kill_switch_line(l, c.as<SetKillSwitch>()); break;
        default: break;
    }
}

void body_of(Line& l, const Command& c) {
    switch (c.header.kind) {
        case CommandKind::genesis: {
            const auto b = c.as<Genesis>();
            l("accounts", b.max_accounts)("assets", b.max_assets)("instruments", b.max_instruments);
            l("orders", b.max_orders)("sessions", b.max_sessions)("keys", b.max_keys)("levels", b.max_price_levels);
            l("fills", b.max_fills_per_command)("ids", b.max_transfer_ids)("simulated", b.simulated);
            l("dual_control", b.dual_control);
            break;
        }
        case CommandKind::genesis_key: {
            const auto b = c.as<GenesisKey>();
            l("person", b.person)("public_key", b.public_key);
            break;
        }
        case CommandKind::negotiate_session: {
            const auto b = c.as<NegotiateSession>();
            l("client_session", b.client_session)("connection", b.connection)("key", b.key);
            break;
        }
        case CommandKind::open_account: {
            const auto b = c.as<OpenAccount>();
            l("reference", b.reference)("owner", b.owner)("account_kind", b.account_kind);
            break;
        }
        case CommandKind::add_key: {
            const auto b = c.as<AddKey>();
            l("account", b.account)("permissions", b.permissions)("person", b.person);
            break;
        }
        case CommandKind::handover: l("grace_ms", c.as<Handover>().grace_ms); break;
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
            l("expire_at", b.expire_at)("budget", b.budget);
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
            l("scope", b.scope);
            break;
        }
        case CommandKind::set_self_trade_rule: {
            const auto b = c.as<SetSelfTradeRule>();
            l("reference", b.reference)("account", b.account)("rule", b.rule);
            break;
        }
        case CommandKind::establish_session: {
            const auto b = c.as<EstablishSession>();
            l("connection", b.connection)("grace_ms", b.grace_ms)("cancel", b.cancel_orders);
            break;
        }
        case CommandKind::set_dead_man: {
            const auto b = c.as<SetDeadMan>();
            l("reference", b.reference)("timeout_ms", b.timeout_ms)("cancel", b.cancel_orders);
            break;
        }
        case CommandKind::activate_rules: l("version", c.as<ActivateRules>().version); break;
        case CommandKind::start_epoch: {
            const auto b = c.as<StartEpoch>();
            l("epoch", b.epoch)("rules", b.engine_version)("newest_rules", b.newest_rules);
            break;
        }
        case CommandKind::bust_trade: l("trade", c.as<BustTrade>().trade_id); break;
        case CommandKind::transfer: {
            const auto b = c.as<Transfer>();
            l("id", b.id)("debit", b.debit_account)("credit", b.credit_account)("asset", b.asset)("amount", b.amount);
            l("linked", b.linked);
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
        default: promise_of(l, c), limits_of(l, c), custody_of(l, c); break;
    }
}

// The events of limits have the fields of their commands.
void limits_of(Line& l, const Event& e) {
    switch (e.header.kind) {
        case EventKind::fees_set: fees_line(l, e.as<FeesSet>()); break;
        case EventKind::market_limits_set: market_limits_line(l, e.as<MarketLimitsSet>()); break;
        case EventKind::account_limits_set: account_limits_line(l, e.as<AccountLimitsSet>()); break;
        case EventKind::position_limits_set: position_limits_line(l, e.as<PositionLimitsSet>()); break;
        case EventKind::kill_switch_set: {
            const auto b = e.as<KillSwitchSet>();
            kill_switch_line(l, b);
            l("canceled", b.canceled)("complete", b.complete);
            break;
        }
        case EventKind::dead_man_set: {
            const auto b = e.as<DeadManSet>();
            l("reference", b.reference)("deadline", b.deadline)("cancel", b.cancel_orders);
            break;
        }
        case EventKind::trade_busted: {
            const auto b = e.as<TradeBusted>();
            l("trade", b.trade_id)("traded", b.traded)("instrument", b.instrument)("buyer", b.buyer);
            l("seller", b.seller)("price", b.price)("quantity", b.quantity)("taker", b.taker_side);
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
            l("account", b.account)("owner", b.owner)("account_kind", b.account_kind)("rule", b.self_trade_rule);
            l("account_flags", b.flags);
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
            l("expire_at", b.expire_at);
            break;
        }
        case EventKind::order_rejected: {
            const auto b = e.as<OrderRejected>();
            l("cl_ord_id", b.cl_ord_id)("reason", b.reason)("wait_ns", b.wait_ns);
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
            l("wait_ns", b.wait_ns);
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
            l("tif", b.time_in_force)("expire_at", b.expire_at)("cum_notional", b.cum_notional);
            break;
        }
        case EventKind::balance_restored: {
            const auto b = e.as<BalanceRestored>();
            l("account", b.account)("asset", b.asset)("available", b.available)("held", b.held);
            l("debits", b.debits_high)(":", b.debits_low)("credits", b.credits_high)(":", b.credits_low);
            break;
        }
        case EventKind::account_rate_restored: {
            const auto b = e.as<AccountRateRestored>();
            l("account", b.account)("full_at", b.full_at);
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
            l("transfer_kind", b.transfer_kind)("id", b.id)("asset", b.asset)("amount", b.amount);
            posting_of(l, b);
            break;
        }
        default: promise_of(l, e), limits_of(l, e), custody_of(l, e); break;
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
