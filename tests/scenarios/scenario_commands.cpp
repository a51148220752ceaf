#include <cctype>
#include <cstring>
#include <span>

#include "base/sha256.h"
#include "scenarios/scenario.h"

namespace dcx::scenarios {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// "25h", "5s", "3ms", also with a sign.
std::int64_t duration_ns(const std::string& text) {
    std::size_t used = 0;
    std::int64_t count = 0;
    try {
        count = std::stoll(text, &used);
    } catch (const std::logic_error&) {
        throw ScenarioError("no duration: " + text);
    }
    const std::string unit = text.substr(used);
    if (unit == "ms") return count * kMillisecond;
    if (unit == "s") return count * 1000 * kMillisecond;
    if (unit == "h") return count * 3'600'000 * kMillisecond;
    throw ScenarioError("no duration: " + text);
}

}  // namespace

const InstrumentListed& Scenario::take_market(Words& words) {
    if (words.peek().find('/') != std::string::npos) return market_named(words.take("market"));
    if (markets_.empty()) throw ScenarioError("there is no market");
    return markets_.front();
}

// The words of any client command that stand at its end.
Overrides Scenario::overrides(const std::string& name, Words& words) {
    Overrides result{.account = party(name).account};
    Party& sender = party(name);
    result.cl_ord_id = sender.last_cl_ord_id + 1;
    while (!words.empty()) {
        const std::string what = words.take("option");
        if (what == "for") {
            result.account = account_named(words.take("name"));
        } else if (what == "cl_ord_id") {
            result.cl_ord_id = words.take_number("cl_ord_id");
        } else if (what == "seq") {
            result.sequence = words.take_number("sequence");
            result.has_sequence = true;
        } else if (what == "hint") {
            result.hint = OrderSlot{static_cast<std::uint32_t>(words.take_number("slot"))};
        } else {
            throw ScenarioError("'" + what + "' is not understood here");
        }
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
    if (verb == "transfer" || verb == "mint" || verb == "burn") return money(verb, words);
    if (verb == "halt") return phase(words, Phase::halted);
    if (verb == "resume") return phase(words, Phase::trading);
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
    const std::string how = words.take("time in force");
    body.type = how.starts_with("market") ? OrderType::market : OrderType::limit;
    if (how != "gtc" && how != "ioc" && how != "fok" && how != "market" && how != "market_fok" && how != "market_gtc")
        throw ScenarioError("no time in force: " + how);
    body.time_in_force = how.ends_with("gtc")   ? TimeInForce::gtc
                         : how.ends_with("fok") ? TimeInForce::fok
                                                : TimeInForce::ioc;
    body.quantity = parse_quantity(words.take("quantity"), market);
    words.expect("@");
    body.price = parse_price(words.take("price"), market);
    if (words.take_if("post_only")) body.flags = kOrderPostOnly;
    const Overrides o = overrides(name, words);
    body.account = o.account;
    body.cl_ord_id = ClOrdId{o.cl_ord_id};
    return send_from(name, Command::make(body), o);
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
    return send_from(name, Command::make(body), o);
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
    return send_from(name, Command::make(body), o);
}

// Without a market: of all of them; XXX/XXX is one that does not exist.
std::vector<Event> Scenario::mass_cancel(Words& words) {
    const std::string name = words.take("name");
    MassCancel body;
    if (words.take_if("XXX/XXX"))
        body.instrument = InstrumentId{99u};
    else if (words.peek().find('/') != std::string::npos)
        body.instrument = market_named(words.take("market")).instrument;
    if (words.take_if("buy"))
        body.side = Side::buy;
    else if (words.take_if("sell"))
        body.side = Side::sell;
    const Overrides o = overrides(name, words);
    body.account = o.account;
    body.cl_ord_id = ClOrdId{o.cl_ord_id};
    return send_from(name, Command::make(body), o);
}

std::vector<Event> Scenario::self_trade(Words& words) {
    const std::string name = words.take("name");
    const SetSelfTradeRule body{.account = account_named(name), .rule = parse_rule(words.take("rule"))};
    return send_from(words.take_if("by") ? words.take("session") : name, Command::make(body));
}

// "id x [at +5s]": the id made at the first use of x; without it a new one.
TransferId Scenario::transfer_id(Words& words) {
    const std::string name = words.take_if("id") ? words.take("id") : "";
    const std::int64_t away = words.take_if("at") ? duration_ns(words.take("duration")) : 0;
    if (name == "malformed") return TransferId{.low = 1, .high = 1};
    if (const auto found = transfer_ids_.find(name); !name.empty() && found != transfer_ids_.end())
        return found->second;
    // The time that the command will have.
    const std::int64_t ms = (now_ns_ + kMillisecond + away) / kMillisecond;
    const TransferId id = make_transfer_id(static_cast<std::uint64_t>(ms), 0, ++ids_made_ << 2);
    if (!name.empty()) transfer_ids_[name] = id;
    return id;
}

std::vector<Event> Scenario::money(const std::string& verb, Words& words) {
    const std::string name = words.take("name");
    const AccountId account = account_named(name);
    AccountId to{};
    if (verb == "transfer") {
        words.expect("to");
        to = account_named(words.take("name"));
    }
    const std::string amount = words.take("amount");
    const std::string symbol = words.take("asset");
    const AssetListed unknown{.asset = AssetId{99u}};
    const AssetListed& paid = symbol == "XXX" ? unknown : asset_named(symbol);
    const bool deposit = words.take_if("deposit");
    const TransferId id = transfer_id(words);
    Overrides o{.by = verb == "transfer" ? name : "op"};
    if (words.take_if("by")) o.by = words.take("session");
    const Amount value{decimal(amount, paid.scale)};
    if (verb == "transfer")
        return send_from(
            o.by, Command::make(Transfer{
                      .id = id, .amount = value, .debit_account = account, .credit_account = to, .asset = paid.asset}));
    if (verb == "burn")
        return send_from(o.by, Command::make(Burn{.id = id, .amount = value, .account = account, .asset = paid.asset}));
    return send_from(o.by, Command::make(Mint{.id = id,
                                              .amount = value,
                                              .account = account,
                                              .asset = paid.asset,
                                              .source = deposit ? MintSource::deposit : MintSource::issue}));
}

std::vector<Event> Scenario::phase(Words& words, Phase phase) {
    SetPhase body{.phase = phase};
    if (!words.take_if("all")) body.instrument = take_market(words).instrument;
    const std::string by = words.take_if("by") ? words.take("session") : "op";
    return send_from(by, Command::make(body));
}

std::vector<Event> Scenario::venue(const std::string& verb, Words& words) {
    if (verb == "revoke") return send_from("op", Command::make(RevokeKey{.key = party(words.take("name")).key}));
    if (verb == "disconnect")
        return send(Command::make(DisconnectSession{}, {.session = party(words.take("name")).session}));
    if (verb == "connect") {
        const std::string name = words.take("name");
        connect(name, party(name));
        return set_up_events_;
    }
    if (verb == "epoch") return send(Command::make(StartEpoch{.epoch = words.take_number("epoch")}));
    if (verb == "time") {
        now_ns_ += duration_ns(words.take("duration"));
        return {};
    }
    throw ScenarioError("no such statement: " + verb);
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
