#include <algorithm>

#include "model/decimal.h"
#include "scenarios/scenario.h"

namespace dcx::scenarios {

namespace {

std::string id_text(OrderId id) { return "#" + std::to_string(id.value); }
std::string rate_text(FeeRate rate) { return decimal_text(rate.value, 6); }
std::string number_text(std::uint64_t number) { return std::to_string(number); }
std::string wait_text(std::int64_t wait_ns) { return wait_ns == 0 ? "" : " wait " + duration_text(wait_ns); }

}  // namespace

std::string Scenario::amount_text(Amount amount, AssetId id) const {
    return decimal_text(amount.value, asset(id).scale) + " " + std::string(asset(id).symbol.view());
}

std::string Scenario::plain_amount(Amount amount, AssetId id) const {
    return decimal_text(amount.value, asset(id).scale);
}

std::string Scenario::session_name(SessionId session) const {
    if (!session) return "nobody";
    for (const auto& [name, p] : parties_)
        if (p.session == session) return name;
    return "session " + std::to_string(session.value);
}

// Of the operators and customers by the name of the party that has it.
std::string Scenario::key_name(KeyId key) const {
    for (const auto& [name, p] : parties_)
        if (p.key == key) return name;
    return "key " + std::to_string(key.value);
}

std::string Scenario::account_name(AccountId account) const {
    if (!account) return "nobody";
    for (const char* name : {"issuance", "fees", "deposits", "withdrawals", "errors"})
        if (account_named(name) == account) return name;
    for (const auto& [name, id] : accounts_)
        if (id == account) return name;
    return "account " + std::to_string(account.value);
}

std::string Scenario::market_name(InstrumentId id) const { return id ? std::string(market(id).symbol.view()) : "all"; }

std::string Scenario::drawn_book(const InstrumentListed& market) const {
    std::string text;
    const auto draw = [&](Side side, const std::vector<const reference::Twin::Order*>& orders) {
        std::vector<std::string> lines;
        Price last{};
        for (const reference::Twin::Order* o : orders) {
            const std::string order = quantity_text(Quantity{o->open}, market) + " " + id_text(o->id);
            if (o->price == last) {
                lines.back() += ", " + order;
            } else {
                lines.push_back(std::string(side == Side::buy ? "  buy " : "  sell ") + price_text(o->price, market) +
                                " : " + order);
            }
            last = o->price;
        }
        // Highest price on top, as books are drawn.
        if (side == Side::sell) std::reverse(lines.begin(), lines.end());
        for (const std::string& line : lines) text += line + "\n";
    };
    for (const Side side : {Side::sell, Side::buy}) draw(side, pair_.twin().queue(market.instrument, side));
    return text;
}

std::string Scenario::order_event_text(const Event& event) const {
    switch (event.header.kind) {
        case EventKind::order_accepted: {
            const auto e = event.as<OrderAccepted>();
            const InstrumentListed& m = market(e.instrument);
            return "accepted " + id_text(e.order_id) + " slot " + std::to_string(e.slot.value) + " hold " +
                   amount_text(e.hold, e.side == Side::buy ? m.quote : m.base) +
                   (e.expire_at ? " until " + clock_text(e.expire_at) : "");
        }
        case EventKind::order_rested: {
            const auto e = event.as<OrderRested>();
            const InstrumentListed& m = market(e.instrument);
            return "rested " + id_text(e.order_id) + " " + quantity_text(e.quantity, m) + " @ " +
                   price_text(e.price, m);
        }
        case EventKind::trade_executed: {
            const auto e = event.as<TradeExecuted>();
            const InstrumentListed& m = market(e.instrument);
            return "trade " + id_text(e.maker_order_id) + " " + id_text(e.taker_order_id) + " " +
                   quantity_text(e.quantity, m) + " @ " + price_text(e.price, m);
        }
        case EventKind::order_filled: {
            const auto e = event.as<OrderFilled>();
            const InstrumentListed& m = market(e.instrument);
            return "filled " + id_text(e.order_id) + " leaves " + quantity_text(e.leaves, m) + " fee " +
                   amount_text(e.fee, (e.side == Side::buy) == (e.fee.value >= 0) ? m.base : m.quote) + " to " +
                   session_name(event.header.session);
        }
        case EventKind::order_canceled: {
            const auto e = event.as<OrderCanceled>();
            return "canceled " + id_text(e.order_id) + " " + quantity_text(e.quantity, market(e.instrument)) + " " +
                   std::string(to_string(e.reason)) + (e.rested != 0 ? " rested" : " never_rested") + " to " +
                   session_name(event.header.session);
        }
        case EventKind::order_decremented: {
            const auto e = event.as<OrderDecremented>();
            const InstrumentListed& m = market(e.instrument);
            return "decremented " + id_text(e.order_id) + " " + quantity_text(e.quantity, m) + " leaves " +
                   quantity_text(e.leaves, m) + (e.rested != 0 ? " rested" : " never_rested") + " to " +
                   session_name(event.header.session);
        }
        case EventKind::mass_canceled: {
            const auto e = event.as<MassCanceled>();
            return "mass_canceled " + std::to_string(e.canceled) + (e.complete != 0 ? " complete" : " incomplete");
        }
        case EventKind::order_amended: {
            const auto e = event.as<OrderAmended>();
            const InstrumentListed& m = market(e.instrument);
            return "amended " + id_text(e.order_id) + " " + quantity_text(e.leaves, m) + " @ " +
                   price_text(e.price, m) + (e.kept_priority != 0 ? " kept" : " lost");
        }
        default: return "";
    }
}

std::string Scenario::money_event_text(const Event& event) const {
    const auto posting = [&](const auto& e) {
        return amount_text(e.amount, e.asset) + " " + account_name(e.debit_account) + " " +
               plain_amount(e.debit_before, e.asset) + " > " + plain_amount(e.debit_after, e.asset) + " " +
               account_name(e.credit_account) + " " + plain_amount(e.credit_before, e.asset) + " > " +
               plain_amount(e.credit_after, e.asset);
    };
    const auto left = [&](const auto& e) {
        return " leaves " + plain_amount(e.available, e.asset) + " held " + plain_amount(e.held, e.asset);
    };
    switch (event.header.kind) {
        case EventKind::transferred: {
            const auto e = event.as<Transferred>();
            const std::string verb = e.transfer_kind == TransferKind::transfer ? "transferred "
                                     : e.transfer_kind == TransferKind::mint   ? "minted "
                                     : e.transfer_kind == TransferKind::burn   ? "burned "
                                     : e.transfer_kind == TransferKind::post   ? "paid "
                                                                               : "moved ";
            return verb + posting(e);
        }
        case EventKind::posted: {
            const auto e = event.as<Posted>();
            return "posted " + std::string(to_string(e.cause)) + " " + posting(e);
        }
        case EventKind::transfer_linked: return "linked " + number_text(event.as<TransferLinked>().members);
        case EventKind::transfer_pended: {
            const auto e = event.as<TransferPended>();
            return "pended " + amount_text(e.amount, e.asset) + " " + account_name(e.debit_account) + left(e) + " to " +
                   account_name(e.credit_account) + (e.expires ? " until " + clock_text(e.expires) : "");
        }
        case EventKind::withdrawal_requested: {
            const auto e = event.as<WithdrawalRequested>();
            return "withdrawal " + amount_text(e.amount, e.asset) + " " + account_name(e.account) + left(e) + " to " +
                   address_kind_text(e.address.kind);
        }
        case EventKind::pending_resolved: {
            const auto e = event.as<PendingResolved>();
            return "resolved " + std::string(to_string(e.state)) + " " + amount_text(e.amount, e.asset) + " releases " +
                   plain_amount(e.released, e.asset) + " " + account_name(e.account) + left(e) + " to " +
                   session_name(event.header.session);
        }
        default: return "";
    }
}

std::string Scenario::operator_event_text(const Event& event) const {
    switch (event.header.kind) {
        case EventKind::account_opened: {
            const auto e = event.as<AccountOpened>();
            return "opened " + number_text(e.account.value) + (e.owner ? " of " + account_name(e.owner) : "");
        }
        case EventKind::account_frozen: {
            const auto e = event.as<AccountFrozen>();
            return (e.frozen != 0 ? "frozen " : "thawed ") + account_name(e.account);
        }
        case EventKind::address_registered: {
            const auto e = event.as<AddressRegistered>();
            return "address " + account_name(e.account) + " " + number_text(e.index) + " " +
                   address_kind_text(e.address.kind);
        }
        case EventKind::asset_limits_set: {
            const auto e = event.as<AssetLimitsSet>();
            return "asset_limits ceiling " + amount_text(e.mint_ceiling, e.asset) + " dual " +
                   plain_amount(e.dual_control_above, e.asset) + " fee " + rate_text(e.transfer_fee);
        }
        case EventKind::fees_set: {
            const auto e = event.as<FeesSet>();
            return "fees " + market_name(e.instrument) + " tier " + number_text(e.tier) + " maker " +
                   rate_text(e.maker_fee) + " taker " + rate_text(e.taker_fee);
        }
        case EventKind::market_limits_set: {
            const auto e = event.as<MarketLimitsSet>();
            const InstrumentListed& m = market(e.instrument);
            return "market_limits " + market_name(e.instrument) + " min " + quantity_text(e.min_quantity, m) + " max " +
                   quantity_text(e.max_quantity, m) + " notional " + plain_amount(e.min_notional, m.quote) + " " +
                   plain_amount(e.max_notional, m.quote) + " reference " + price_text(e.reference_price, m) +
                   " collar " + number_text(e.collar_bp) + " orders " + number_text(e.max_orders) + " day_end " +
                   number_text(e.day_end_s);
        }
        case EventKind::account_limits_set: {
            const auto e = event.as<AccountLimitsSet>();
            return "account_limits " + account_name(e.account) + " orders " + number_text(e.max_open_orders) +
                   " rate " + number_text(e.orders_per_second) + " burst " + number_text(e.burst) + " tier " +
                   number_text(e.fee_tier);
        }
        case EventKind::position_limits_set: {
            const auto e = event.as<PositionLimitsSet>();
            const InstrumentListed& m = market(e.instrument);
            return "position_limits " + account_name(e.account) + " position " + quantity_text(e.max_position, m) +
                   " loss " + amount_text(e.max_daily_loss, m.quote);
        }
        case EventKind::kill_switch_set: {
            const auto e = event.as<KillSwitchSet>();
            const std::string what = e.account      ? account_name(e.account)
                                     : e.instrument ? market_name(e.instrument)
                                                    : "venue";
            return "kill_switch " + what + (e.on != 0 ? " on" : " off") + " canceled " + number_text(e.canceled) +
                   (e.complete != 0 ? " complete" : " incomplete");
        }
        case EventKind::command_proposed: {
            const auto e = event.as<CommandProposed>();
            return "proposed " + number_text(e.proposal.value) + " " + std::string(to_string(e.proposed)) + " by " +
                   key_name(e.proposer) + " until " + clock_text(e.expires);
        }
        case EventKind::proposal_body: return "body";
        case EventKind::proposal_approved: {
            const auto e = event.as<ProposalApproved>();
            return "approved " + number_text(e.proposal.value) + " by " + key_name(e.key) +
                   (e.complete != 0 ? " complete" : " first");
        }
        case EventKind::proposal_expired: {
            const auto e = event.as<ProposalExpired>();
            return "proposal_expired " + number_text(e.proposal.value) + " to " + session_name(event.header.session);
        }
        case EventKind::trade_busted: {
            const auto e = event.as<TradeBusted>();
            const InstrumentListed& m = market(e.instrument);
            return "busted " + number_text(e.trade_id.value) + " " + quantity_text(e.quantity, m) + " @ " +
                   price_text(e.price, m) + " " + account_name(e.seller) + " to " + account_name(e.buyer);
        }
        default: return money_event_text(event);
    }
}

std::string Scenario::event_text(const Event& event) const {
    switch (event.header.kind) {
        case EventKind::order_rejected: {
            const auto e = event.as<OrderRejected>();
            return "rejected " + std::string(to_string(e.reason)) + wait_text(e.wait_ns);
        }
        case EventKind::cancel_rejected: {
            const auto e = event.as<CancelRejected>();
            return "rejected " + std::string(to_string(e.reason)) + wait_text(e.wait_ns);
        }
        case EventKind::command_rejected: {
            const auto e = event.as<CommandRejected>();
            return "refused " + std::string(to_string(e.reason)) +
                   (e.detail != RejectReason::none ? " " + std::string(to_string(e.detail)) : "");
        }
        case EventKind::phase_changed:
            return event.as<PhaseChanged>().phase == Phase::halted ? "phase halted" : "phase trading";
        case EventKind::self_trade_rule_set: return "self_trade " + rule_text(event.as<SelfTradeRuleSet>().rule);
        case EventKind::genesis_applied: return "genesis";
        case EventKind::checkpoint_logged: return "checkpoint";
        case EventKind::epoch_started: return "epoch " + std::to_string(event.as<EpochStarted>().epoch);
        case EventKind::rules_activated: {
            const auto e = event.as<RulesActivated>();
            return "rules " + number_text(e.before) + " > " + number_text(e.version);
        }
        case EventKind::handover_logged: return "handover " + number_text(event.as<HandoverLogged>().grace_ms) + "ms";
        case EventKind::key_added: return "key_added";
        case EventKind::key_revoked: return "revoked";
        case EventKind::asset_listed: return "asset";
        case EventKind::instrument_listed: return "market";
        case EventKind::ticked: {
            const auto e = event.as<Ticked>();
            return "ticked " + number_text(e.done) + (e.complete != 0 ? " complete" : " incomplete");
        }
        case EventKind::dead_man_set: {
            const auto e = event.as<DeadManSet>();
            return e.deadline ? "dead_man until " + clock_text(e.deadline) : "dead_man off";
        }
        case EventKind::session_negotiated: return "negotiated";
        case EventKind::session_established: return "established";
        case EventKind::session_disconnected:
            return "disconnected " + session_name(event.as<SessionDisconnected>().session);
        default: break;
    }
    const std::string text = operator_event_text(event);
    if (!text.empty()) return text;
    const std::string of_order = order_event_text(event);
    return of_order.empty() ? custody_event_text(event) : of_order;
}

}  // namespace dcx::scenarios
