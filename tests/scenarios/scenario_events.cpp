#include <algorithm>

#include "model/decimal.h"
#include "reference/text.h"
#include "scenarios/scenario.h"

namespace dcx::scenarios {

namespace {

std::string id_text(OrderId id) { return "#" + std::to_string(id.value); }

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

std::string trimmed(const std::string& text) {
    const std::size_t begin = text.find_first_not_of(' ');
    return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> items;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(';', begin), text.size());
        items.push_back(trimmed(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return items;
}

// The first words are enough.
bool tells(const std::string& told, const std::string& event) { return event == told || event.starts_with(told + " "); }

// They follow from the others, so a line need not name them.
bool may_be_left_out(const std::string& verb) {
    return verb == "rested" || verb == "filled" || verb == "negotiated" || verb == "established" ||
           verb == "disconnected";
}

}  // namespace

std::string Scenario::amount_text(Amount amount, AssetId id) const {
    return decimal_text(amount.value, asset(id).scale) + " " + std::string(asset(id).symbol.view());
}

std::string Scenario::session_name(SessionId session) const {
    for (const auto& [name, p] : parties_)
        if (p.session == session) return name;
    return "session " + std::to_string(session.value);
}

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
                   amount_text(e.hold, e.side == Side::buy ? m.quote : m.base);
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
                   amount_text(e.fee, e.side == Side::buy ? m.base : m.quote) + " to " +
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

std::string Scenario::event_text(const Event& event) const {
    switch (event.header.kind) {
        case EventKind::order_rejected: return "rejected " + std::string(to_string(event.as<OrderRejected>().reason));
        case EventKind::cancel_rejected: return "rejected " + std::string(to_string(event.as<CancelRejected>().reason));
        case EventKind::command_rejected: {
            const auto e = event.as<CommandRejected>();
            return "refused " + std::string(to_string(e.reason)) +
                   (e.detail != RejectReason::none ? " " + std::string(to_string(e.detail)) : "");
        }
        case EventKind::transferred:
            switch (event.as<Transferred>().transfer_kind) {
                case TransferKind::transfer: return "transferred";
                case TransferKind::mint: return "minted";
                case TransferKind::burn: return "burned";
            }
            return "";
        case EventKind::phase_changed:
            return event.as<PhaseChanged>().phase == Phase::halted ? "phase halted" : "phase trading";
        case EventKind::self_trade_rule_set: return "self_trade " + rule_text(event.as<SelfTradeRuleSet>().rule);
        case EventKind::epoch_started: return "epoch " + std::to_string(event.as<EpochStarted>().epoch);
        case EventKind::account_opened: return "opened";
        case EventKind::key_added: return "key_added";
        case EventKind::key_revoked: return "revoked";
        case EventKind::asset_listed: return "asset";
        case EventKind::instrument_listed: return "market";
        case EventKind::session_negotiated: return "negotiated";
        case EventKind::session_established: return "established";
        case EventKind::session_disconnected:
            return "disconnected " + session_name(event.as<SessionDisconnected>().session);
        default: return order_event_text(event);
    }
}

void Scenario::compare_events(const std::vector<Event>& events, const std::string* told) const {
    std::vector<std::string> texts;
    for (const Event& event : events) {
        texts.push_back(event_text(event));
        if (texts.back().empty()) texts.back() = reference::describe(event);
    }
    std::string all;
    for (const std::string& text : texts) all += "  " + text + "\n";
    if (told == nullptr) {
        // Raw bytes may be refused: what counts there is that core and twin agree.
        const bool raw = parties_.empty();
        if (!raw && (texts[0].starts_with("rejected ") || texts[0].starts_with("refused ")))
            throw ScenarioError("not expected to be refused:\n" + all);
        return;
    }
    const std::vector<std::string> items = split(*told);
    const auto named = [&](const std::string& verb) {
        return std::any_of(items.begin(), items.end(),
                           [&](const std::string& item) { return first_word(item) == verb; });
    };
    std::erase_if(
        texts, [&](const std::string& text) { return may_be_left_out(first_word(text)) && !named(first_word(text)); });
    bool same = items.size() == texts.size();
    for (std::size_t i = 0; same && i < items.size(); ++i) same = tells(items[i], texts[i]);
    if (!same) throw ScenarioError("the events are\n" + all);
}

}  // namespace dcx::scenarios
