#include <array>
#include <cstring>
#include <span>

#include "base/sha256.h"
#include "scenarios/scenario.h"

namespace dcx::scenarios {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// "gtc", "market" (IOC), "market_fok": type and time in force in one word.
void parse_how(const std::string& how, PlaceOrder& body) {
    constexpr std::array<const char*, 5> kTimes = {"gtc", "ioc", "fok", "day", "gtd"};
    body.type = how.starts_with("market") ? OrderType::market : OrderType::limit;
    const std::string time = how == "market" ? "ioc" : how.starts_with("market_") ? how.substr(7) : how;
    for (std::size_t i = 0; i < kTimes.size(); ++i)
        if (time == kTimes[i]) body.time_in_force = TimeInForce{static_cast<std::uint8_t>(i + 1)};
    if (body.time_in_force == TimeInForce{}) throw ScenarioError("no time in force: " + how);
}

}  // namespace

const InstrumentListed& Scenario::take_market(Words& words) {
    if (words.peek().find('/') != std::string::npos) return market_named(words.take("market"));
    if (markets_.empty()) throw ScenarioError("there is no market");
    return markets_.front();
}

// The words of any order command that stand at its end.
Overrides Scenario::overrides(const std::string& name, Words& words) {
    Overrides result{.account = party(name).account};
    Party& sender = party(name);
    result.cl_ord_id = sender.last_cl_ord_id + 1;
    while (!words.empty()) {
        const std::string what = words.take("option");
        if (what == "for")
            result.account = account_named(words.take("name"));
        else if (what == "cl_ord_id")
            result.cl_ord_id = words.take_number("cl_ord_id");
        else if (what == "hint")
            result.hint = OrderSlot{static_cast<std::uint32_t>(words.take_number("slot"))};
        else
            throw ScenarioError("'" + what + "' is not understood here");
    }
    sender.last_cl_ord_id = std::max(sender.last_cl_ord_id, result.cl_ord_id);
    return result;
}

std::vector<Event> Scenario::command(const std::string& verb, Words& words) {
    if (verb == "place") return place(words);
    if (verb == "cancel") return cancel(words);
    if (verb == "amend") return amend(words);
    if (verb == "mass_cancel") return mass_cancel(words);
    if (verb == "self_trade") return self_trade(words);
    if (verb == "dead_man") return dead_man(words);
    if (verb == "transfer" || verb == "mint" || verb == "burn" || verb == "pend") return money(verb, words);
    if (verb == "post" || verb == "void") return resolve(verb, words);
    if (verb == "withdraw") return withdraw(words);
    if (verb == "bytes") return bytes(words);
    return venue(verb, words);
}

std::vector<Event> Scenario::place(Words& words) {
    const std::string name = words.take("name");
    const InstrumentListed& market = take_market(words);
    PlaceOrder body{.instrument = market.instrument};
    const std::string side = words.take("side");
    if (side != "buy" && side != "sell") throw ScenarioError("a side is buy or sell, not " + side);
    body.side = side == "buy" ? Side::buy : Side::sell;
    parse_how(words.take("time in force"), body);
    body.quantity = parse_quantity(words.take("quantity"), market);
    words.expect("@");
    body.price = parse_price(words.take("price"), market);
    if (words.take_if("until")) {
        const std::string until = words.take("time");
        const bool away = until.starts_with('+') || until.starts_with('-');
        // From the time that the command will have.
        body.expire_at = Time{away ? now_ns_ + kMillisecond + duration_ns(until) : parse_clock(until)};
    }
    if (words.take_if("budget")) body.budget = Amount{decimal(words.take("amount"), asset(market.quote).scale)};
    if (words.take_if("post_only")) body.flags = kOrderPostOnly;
    const Overrides o = overrides(name, words);
    body.account = o.account;
    body.cl_ord_id = ClOrdId{o.cl_ord_id};
    return send_from(name, Command::make(body));
}

// "#7", or "cl 7"
void Scenario::name_order(Words& words, OrderId& order_id, ClOrdId& orig) {
    if (words.take_if("cl")) {
        orig = ClOrdId{words.take_number("cl_ord_id")};
        return;
    }
    const std::string word = words.take("order");
    if (!word.starts_with('#')) throw ScenarioError("an order is named #7 or cl 7");
    Words number(word.substr(1));
    order_id = OrderId{number.take_number("order id")};
}

std::vector<Event> Scenario::cancel(Words& words) {
    const std::string name = words.take("name");
    CancelOrder body;
    name_order(words, body.order_id, body.orig_cl_ord_id);
    const Overrides o = overrides(name, words);
    body.account = o.account;
    body.cl_ord_id = ClOrdId{o.cl_ord_id};
    body.slot_hint = o.hint;
    return send_from(name, Command::make(body));
}

std::vector<Event> Scenario::amend(Words& words) {
    const std::string name = words.take("name");
    AmendOrder body;
    name_order(words, body.order_id, body.orig_cl_ord_id);
    const auto known = market_of_order_.find(body.order_id.value);
    const InstrumentListed& market = known == market_of_order_.end() ? take_market(words) : this->market(known->second);
    body.quantity = parse_quantity(words.take("quantity"), market);
    words.expect("@");
    body.price = parse_price(words.take("price"), market);
    if (words.take_if("replace")) body.flags = kAmendReplace;
    const Overrides o = overrides(name, words);
    body.account = o.account;
    body.cl_ord_id = ClOrdId{o.cl_ord_id};
    body.slot_hint = o.hint;
    return send_from(name, Command::make(body));
}

// Without a market: of all of them.
std::vector<Event> Scenario::mass_cancel(Words& words) {
    const std::string name = words.take("name");
    MassCancel body;
    if (words.peek().find('/') != std::string::npos) body.instrument = market_named(words.take("market")).instrument;
    if (words.take_if("buy"))
        body.side = Side::buy;
    else if (words.take_if("sell"))
        body.side = Side::sell;
    if (words.take_if("session")) body.scope = MassCancelScope::session;
    const Overrides o = overrides(name, words);
    body.account = o.account;
    body.cl_ord_id = ClOrdId{o.cl_ord_id};
    return send_from(name, Command::make(body));
}

std::vector<Event> Scenario::self_trade(Words& words) {
    const std::string name = words.take("name");
    return send_from(
        name, Command::make(SetSelfTradeRule{.account = account_named(name), .rule = parse_rule(words.take("rule"))}));
}

// "off", or a scope and a time
std::vector<Event> Scenario::dead_man(Words& words) {
    const std::string name = words.take("name");
    SetDeadMan body;
    if (!words.take_if("off")) {
        body.cancel_orders = parse_scope(words.take("scope"));
        body.timeout_ms = static_cast<std::uint32_t>(duration_ns(words.take("duration")) / kMillisecond);
    }
    return send_from(name, Command::make(body));
}

std::vector<Event> Scenario::venue(const std::string& verb, Words& words) {
    if (verb == "tick") return send(Command::make(Tick{}));
    if (verb == "checkpoint") return send(Command::make(Checkpoint{}));
    if (verb == "disconnect")
        return send(Command::make(DisconnectSession{}, {.session = session_named(words.take("name"))}));
    if (verb == "establish") return establish(session_named(words.take("name")), 0, &words);
    if (verb == "connect") {
        const std::string name = words.take("name");
        const Party unknown{.key = KeyId{99u}, .client_session = 1};
        connect(name, name == "nobody" ? unknown : party(name), &words);
        return set_up_events_;
    }
    if (verb == "epoch") {
        StartEpoch body{.epoch = words.take_number("epoch"), .engine_version = rules_, .newest_rules = kNewestRules};
        if (words.take_if("newest")) body.newest_rules = static_cast<std::uint32_t>(words.take_number("rules"));
        return send(Command::make(body));
    }
    if (verb == "handover") {
        const std::int64_t grace_ns = duration_ns(words.take("duration"));
        const Handover body{.grace_ms = static_cast<std::uint32_t>(grace_ns / kMillisecond)};
        return tail_.by.empty() ? send(Command::make(body)) : send_from(tail_.by, Command::make(body));
    }
    if (verb == "time") {
        now_ns_ += duration_ns(words.take("duration"));
        return {};
    }
    if (verb == "at") {
        now_ns_ = parse_clock(words.take("time")) - kMillisecond;
        return {};
    }
    return operators(verb, words);
}

std::vector<Event> Scenario::bytes(Words& words) {
    std::string hex = words.take("bytes");
    if (hex.size() > 2 * sizeof(Command)) throw ScenarioError("more bytes than a command has");
    hex.resize(2 * sizeof(Command), '0');
    Command command;
    if (!from_hex(hex, std::as_writable_bytes(std::span{&command, 1}))) throw ScenarioError("no hexadecimal bytes");
    if (command.header.sequence.value != sequence_ + 1) throw ScenarioError("its sequence is not the next one");
    return send(command);
}

}  // namespace dcx::scenarios
