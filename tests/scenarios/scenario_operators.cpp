#include <cstring>
#include <span>

#include "scenarios/scenario.h"

namespace dcx::scenarios {

std::vector<Event> Scenario::operators(const std::string& verb, Words& words) {
    if (verb == "halt") return phase(words, Phase::halted);
    if (verb == "resume") return phase(words, Phase::trading);
    if (verb == "freeze" || verb == "thaw")
        return send_from("op",
                         Command::make(FreezeAccount{.account = account_named(words.take("name")),
                                                     .frozen = verb == "freeze" ? std::uint8_t{1} : std::uint8_t{0}}));
    if (verb == "revoke") {
        const std::string name = words.take("name");
        return send_from("op", Command::make(RevokeKey{.key = name == "nobody" ? KeyId{99u} : party(name).key}));
    }
    if (verb == "address") return address(words);
    if (verb == "asset_limits") return asset_limits(words);
    if (verb == "fees") return fees(words);
    if (verb == "market_limits") return market_limits(words);
    if (verb == "account_limits") return account_limits(words);
    if (verb == "position_limits") return position_limits(words);
    if (verb == "kill") return kill(words);
    if (verb == "bust")
        return send_from("op", Command::make(BustTrade{.trade_id = TradeId{words.take_number("trade")}}));
    if (verb == "activate_rules")
        return send_from(
            "op", Command::make(ActivateRules{.version = static_cast<std::uint32_t>(words.take_number("version"))}));
    if (verb == "propose") return propose(words);
    if (verb == "approve") return approve(words);
    if (verb == "by_two") return by_two(captured(words.take_rest()));
    return custody(verb, words);
}

void Scenario::take_numbers(Words& words, Numbers numbers) {
    while (!words.empty()) {
        const std::string what = words.take("option");
        std::uint32_t* field = nullptr;
        for (const auto& [name, number] : numbers)
            if (what == name) field = number;
        if (field == nullptr) throw ScenarioError("'" + what + "' is not understood here");
        *field = static_cast<std::uint32_t>(words.take_number("number"));
    }
}

std::vector<Event> Scenario::phase(Words& words, Phase phase) {
    SetPhase body{.phase = phase};
    if (!words.take_if("all")) body.instrument = take_market(words).instrument;
    return send_from("op", Command::make(body));
}

std::vector<Event> Scenario::address(Words& words) {
    RegisterAddress body{.account = account_named(words.take("name"))};
    body.index = static_cast<std::uint32_t>(words.take_number("index"));
    body.address = chain_address(words);
    return send_from("op", Command::make(body));
}

std::vector<Event> Scenario::asset_limits(Words& words) {
    const AssetListed& asset = take_asset(words);
    SetAssetLimits body{.asset = asset.asset};
    while (!words.empty()) {
        const std::string what = words.take("option");
        const std::string value = words.take("value");
        if (what == "ceiling")
            body.mint_ceiling = Amount{decimal(value, asset.scale)};
        else if (what == "dual")
            body.dual_control_above = Amount{decimal(value, asset.scale)};
        else if (what == "fee")
            body.transfer_fee = FeeRate{static_cast<std::int32_t>(decimal(value, 6))};
        else
            throw ScenarioError("'" + what + "' is not understood here");
    }
    return send_from("op", Command::make(body));
}

std::vector<Event> Scenario::fees(Words& words) {
    SetFees body{.instrument = take_market(words).instrument};
    while (!words.empty()) {
        const std::string what = words.take("option");
        if (what == "tier")
            body.tier = static_cast<std::uint8_t>(words.take_number("tier"));
        else if (what == "maker")
            body.maker_fee = FeeRate{static_cast<std::int32_t>(decimal(words.take("rate"), 6))};
        else if (what == "taker")
            body.taker_fee = FeeRate{static_cast<std::int32_t>(decimal(words.take("rate"), 6))};
        else
            throw ScenarioError("'" + what + "' is not understood here");
    }
    return send_from("op", Command::make(body));
}

// What is not named is as a listing leaves it.
std::vector<Event> Scenario::market_limits(Words& words) {
    const InstrumentListed& m = take_market(words);
    SetMarketLimits body{.min_quantity = Quantity{std::int64_t{1}},
                         .max_quantity = m.max_quantity,
                         .min_notional = m.min_notional,
                         .max_notional = Amount{kMaxIssue},
                         .instrument = m.instrument};
    const unsigned quote_scale = m.quote == no_asset_.asset ? 0 : asset(m.quote).scale;
    while (!words.empty()) {
        const std::string what = words.take("option");
        if (what == "min")
            body.min_quantity = parse_quantity(words.take("quantity"), m);
        else if (what == "max")
            body.max_quantity = parse_quantity(words.take("quantity"), m);
        else if (what == "min_notional")
            body.min_notional = Amount{decimal(words.take("amount"), quote_scale)};
        else if (what == "max_notional")
            body.max_notional = Amount{decimal(words.take("amount"), quote_scale)};
        else if (what == "reference")
            body.reference_price = parse_price(words.take("price"), m);
        else if (what == "collar")
            body.collar_bp = static_cast<std::uint32_t>(words.take_number("basis points"));
        else if (what == "orders")
            body.max_orders = static_cast<std::uint32_t>(words.take_number("orders"));
        else if (what == "day_end")
            body.day_end_s = static_cast<std::uint32_t>(words.take_number("seconds"));
        else
            throw ScenarioError("'" + what + "' is not understood here");
    }
    return send_from("op", Command::make(body));
}

std::vector<Event> Scenario::account_limits(Words& words) {
    SetAccountLimits body{.account = account_named(words.take("name"))};
    std::uint32_t tier = 0;
    take_numbers(words, {{"orders", &body.max_open_orders},
                         {"rate", &body.orders_per_second},
                         {"burst", &body.burst},
                         {"tier", &tier}});
    body.fee_tier = static_cast<std::uint8_t>(tier);
    return send_from("op", Command::make(body));
}

std::vector<Event> Scenario::position_limits(Words& words) {
    SetPositionLimits body{.account = account_named(words.take("name"))};
    const InstrumentListed& m = take_market(words);
    body.instrument = m.instrument;
    const unsigned quote_scale = m.quote == no_asset_.asset ? 0 : asset(m.quote).scale;
    while (!words.empty()) {
        const std::string what = words.take("option");
        if (what == "position")
            body.max_position = parse_quantity(words.take("quantity"), m);
        else if (what == "loss")
            body.max_daily_loss = Amount{decimal(words.take("amount"), quote_scale)};
        else
            throw ScenarioError("'" + what + "' is not understood here");
    }
    return send_from("op", Command::make(body));
}

// kill venue|ACCOUNT|MARKET [in MARKET] [off]
std::vector<Event> Scenario::kill(Words& words) {
    SetKillSwitch body{.on = 1};
    const std::string what = words.take("account, market or 'venue'");
    if (what.find('/') != what.npos)
        body.instrument = market_named(what).instrument;
    else if (what != "venue")
        body.account = account_named(what);
    if (words.take_if("in")) body.instrument = take_market(words).instrument;
    if (words.take_if("off")) body.on = 0;
    return send_from("op", Command::make(body));
}

// The command that a statement would have sent.
Command Scenario::captured(const std::string& statement) {
    Words words(statement);
    const std::string verb = words.take("statement");
    const bool outer = std::exchange(capturing_, true);
    try {
        if (!set_up(verb, words)) command(verb, words);
    } catch (const Captured& captured) {
        capturing_ = outer;
        words.finish();
        return captured.command;
    }
    throw ScenarioError("'" + verb + "' can't be proposed");
}

Propose proposal_of(const Command& command, std::uint32_t lifetime_s) {
    Propose body{.proposed = command.header.kind, .lifetime_s = lifetime_s};
    std::memcpy(body.body.data(), command.body.data(), body.body.size());
    return body;
}

// propose NAME [for 60s] : STATEMENT
std::vector<Event> Scenario::propose(Words& words) {
    const std::string name = words.take("name");
    std::int64_t lifetime_ns = 3'600'000'000'000;
    if (words.take_if("for")) lifetime_ns = duration_ns(words.take("duration"));
    words.expect(":");
    const Command command = captured(words.take_rest());
    return send_from(name,
                     Command::make(proposal_of(command, static_cast<std::uint32_t>(lifetime_ns / 1'000'000'000))));
}

// approve NAME 1 [signed_by OTHER] [signed_for 2]
std::vector<Event> Scenario::approve(Words& words) {
    const std::string name = words.take("name");
    Approve body{.proposal = ProposalId{words.take_number("proposal")}};
    std::uint64_t signed_for = body.proposal.value;
    Ed25519Seed seed = party(name).seed;
    while (!words.empty()) {
        if (words.take_if("signed_by"))
            seed = party(words.take("name")).seed;
        else if (words.take_if("signed_for"))
            signed_for = words.take_number("proposal");
        else
            throw ScenarioError("'" + words.peek() + "' is not understood here");
    }
    const ApprovalMessage message = proposals_[signed_for];
    body.signature = ed25519_sign(seed, std::as_bytes(std::span{&message, 1}));
    return send_from(name, Command::make(body));
}

// Proposed and approved by op, approved by op2; the events of the last step that was taken.
std::vector<Event> Scenario::by_two(const Command& command) {
    const std::vector<Event> proposed = send_from("op", Command::make(proposal_of(command, 3600)));
    if (proposed[0].header.kind != EventKind::command_proposed) return proposed;
    const std::string id = std::to_string(proposed[0].as<CommandProposed>().proposal.value);
    Words first("op " + id);
    const std::vector<Event> approved = approve(first);
    if (approved[0].header.kind != EventKind::proposal_approved) return approved;
    Words second("op2 " + id);
    return approve(second);
}

}  // namespace dcx::scenarios
