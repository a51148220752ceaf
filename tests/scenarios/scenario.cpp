#include "scenarios/scenario.h"

#include <algorithm>
#include <array>

namespace dcx::scenarios {

namespace {

const std::string kArrow = " -> ";

// What most scenarios begin with: whole prices and quantities, nobody short of money.
constexpr std::array<const char*, 6> kUsualVenue = {
    "asset DEC scale 0",
    "asset USD scale 2",
    "market DEC/USD tick 1 lot 1",
    "account alice DEC 100000 USD 10000000",
    "account bob DEC 100000 USD 10000000",
    "account carol DEC 100000 USD 10000000",
};

bool refused(const std::vector<Event>& events) {
    return events[0].header.kind == EventKind::command_rejected || events[0].header.kind == EventKind::order_rejected ||
           events[0].header.kind == EventKind::cancel_rejected;
}

std::string squeezed(const std::string& line) {
    std::string result;
    Words words(line);
    while (!words.empty()) result += (result.empty() ? "" : " ") + words.take("word");
    return result;
}

}  // namespace

void Scenario::run(const std::string& statement, const std::vector<std::string>& indented) {
    const std::size_t arrow = statement.find(kArrow);
    const std::string told = arrow == statement.npos ? "" : statement.substr(arrow + kArrow.size());
    Words words(statement.substr(0, arrow));
    const std::string verb = words.take("statement");
    if (verb != "book" && !indented.empty()) throw ScenarioError("an indented line belongs to 'book'");
    if (verb == "venue" || verb == "bare") {
        if (started_) throw ScenarioError("'" + verb + "' stands first");
        start(verb == "venue" ? &words : nullptr);
        return words.finish();
    }
    if (!started_) {
        Words nothing("");
        start(&nothing);
    }
    if (verb == "usual") {
        words.finish();
        for (const char* line : kUsualVenue) run(line, {});
        return;
    }
    if (verb == "repeat") {
        for (std::uint64_t left = words.take_number("count"); left > 0; --left) {
            repeats_ = left > 1;
            run(statement.substr(statement.find(' ', statement.find(' ') + 1) + 1), {});
        }
        return;
    }
    if (verb == "book") return compare_book(words, indented);
    if (verb == "balance") return compare_balance(words);
    set_up_events_.clear();
    const std::vector<Event> events = set_up(verb, words) ? set_up_events_ : command(verb, words);
    words.finish();
    if (!events.empty()) compare_events(events, arrow == statement.npos ? nullptr : &told);
}

void Scenario::start(Words* words) {
    started_ = true;
    if (words == nullptr) return;
    Genesis g{.max_accounts = 32,
              .max_assets = 8,
              .max_instruments = 8,
              .max_orders = 1000,
              .max_sessions = 32,
              .max_keys = 32,
              .max_price_levels = 8192,
              .max_fills_per_command = 100,
              .max_transfer_ids = 100};
    while (!words->empty()) {
        const std::string what = words->take("option");
        if (what == "simulated") {
            g.simulated = 1;
            continue;
        }
        const auto number = static_cast<std::uint32_t>(words->take_number("number"));
        if (what == "orders")
            g.max_orders = number;
        else if (what == "levels")
            g.max_price_levels = number;
        else if (what == "fills")
            g.max_fills_per_command = number;
        else if (what == "ids")
            g.max_transfer_ids = number;
        else if (what == "sessions")
            g.max_sessions = number;
        else if (what == "accounts")
            g.max_accounts = number;
        else if (what == "keys")
            g.max_keys = number;
        else if (what == "assets")
            g.max_assets = number;
        else if (what == "instruments")
            g.max_instruments = number;
        else
            throw ScenarioError("no such option of a venue: " + what);
    }
    send(Command::make(g));
    send(Command::make(StartEpoch{.epoch = 1}));
    connect("op", {.key = KeyId{1u}, .client_session = 1});
}

// Statements that send what a venue needs before anybody trades.
bool Scenario::set_up(const std::string& verb, Words& words) {
    if (verb == "asset") return list_asset(words), true;
    if (verb == "market") return list_market(words), true;
    if (verb == "account") return open_account(words), true;
    if (verb == "session") return open_session(words), true;
    return false;
}

void Scenario::list_asset(Words& words) {
    ListAsset body{.symbol = AssetSymbol{words.take("symbol")}, .issue_cap = Amount{kMaxIssue}};
    words.expect("scale");
    body.scale = static_cast<std::uint8_t>(words.take_number("scale"));
    if (words.take_if("cap")) body.issue_cap = Amount{decimal(words.take("cap"), std::min<unsigned>(body.scale, 18))};
    set_up_events_ = send_from("op", Command::make(body));
}

void Scenario::list_market(Words& words) {
    const std::string name = words.take("market");
    const std::size_t slash = name.find('/');
    if (slash == name.npos) throw ScenarioError("a market is named BASE/QUOTE");
    ListInstrument body{.symbol = Symbol{name},
                        .base = asset_named(name.substr(0, slash)).asset,
                        .quote = asset_named(name.substr(slash + 1)).asset};
    words.expect("tick");
    const Scaled tick = scaled(words.take("tick"));
    words.expect("lot");
    const Scaled lot = scaled(words.take("lot"));
    body.tick_mantissa = tick.mantissa, body.tick_scale = tick.scale;
    body.lot_mantissa = lot.mantissa, body.lot_scale = lot.scale;
    body.max_quantity = Quantity{std::int64_t{1'000'000'000}};
    while (!words.empty()) {
        const std::string what = words.take("option");
        const std::string value = words.take("value");
        if (what == "maker")
            body.maker_fee = FeeRate{static_cast<std::int32_t>(decimal(value, 6))};
        else if (what == "taker")
            body.taker_fee = FeeRate{static_cast<std::int32_t>(decimal(value, 6))};
        else if (what == "min")
            body.min_notional = Amount{decimal(value, asset(body.quote).scale)};
        else if (what == "max")
            body.max_quantity = Quantity{decimal(value, lot.scale) / lot.mantissa};
        else
            throw ScenarioError("no such option of a market: " + what);
    }
    set_up_events_ = send_from("op", Command::make(body));
}

void Scenario::open_account(Words& words) {
    const std::string name = words.take("name");
    if (parties_.contains(name)) throw ScenarioError("there is an account " + name);
    set_up_events_ = send_from("op", Command::make(OpenAccount{.account_kind = AccountKind::customer}));
    Party party{.client_session = 1};
    if (!refused(set_up_events_)) party.account = set_up_events_[0].as<AccountOpened>().account;
    std::vector<std::pair<std::int64_t, AssetId>> money;
    std::uint32_t permissions = kPermitTrade | kPermitTransfer | kPermitRead;
    while (!words.empty()) {
        if (words.take_if("may")) {
            const std::string list = words.take("permissions");
            const auto has = [&](const char* word) { return list.find(word) != list.npos; };
            permissions = (has("trade") ? kPermitTrade : 0) | (has("transfer") ? kPermitTransfer : 0) |
                          (has("read") ? kPermitRead : 0);
            continue;
        }
        const AssetListed& paid = asset_named(words.take("asset"));
        money.emplace_back(decimal(words.take("amount"), paid.scale), paid.asset);
    }
    if (refused(set_up_events_)) return;
    AddKey key{.account = party.account, .permissions = permissions};
    key.public_key[0] = std::byte{++keys_made_};
    const std::vector<Event> added = send_from("op", Command::make(key));
    if (refused(added)) throw ScenarioError("no key for " + name + ": " + event_text(added[0]));
    party.key = added[0].as<KeyAdded>().key;
    connect(name, party);
    for (const auto& [amount, paid] : money) {
        const auto ms = static_cast<std::uint64_t>(now_ns_ / 1'000'000);
        const auto minted = send_from("op", Command::make(Mint{.id = make_transfer_id(ms, 0, ++ids_made_ << 2),
                                                               .amount = Amount{amount},
                                                               .account = party.account,
                                                               .asset = paid}));
        if (refused(minted)) throw ScenarioError("no money for " + name + ": " + event_text(minted[0]));
    }
}

void Scenario::open_session(Words& words) {
    const std::string name = words.take("name");
    words.expect("of");
    const Party& first = party(words.take("account"));
    std::uint64_t newest = 0;
    for (const auto& [other, p] : parties_)
        if (p.key == first.key) newest = std::max(newest, p.client_session);
    connect(name, {.key = first.key, .account = first.account, .client_session = newest + 1});
}

// Negotiates and, when that is accepted, establishes; the events of both are the statement's.
void Scenario::connect(const std::string& name, Party party) {
    std::vector<Event> events = send(Command::make(NegotiateSession{
        .client_session = party.client_session, .connection = party.client_session, .key = party.key}));
    if (!refused(events)) {
        party.session = events[0].as<SessionNegotiated>().session;
        const auto established = send(Command::make(EstablishSession{}, {.session = party.session}));
        events.insert(events.end(), established.begin(), established.end());
        parties_[name] = party;
    }
    if (set_up_events_.empty()) set_up_events_ = events;
}

std::vector<Event> Scenario::send(Command command) {
    if (command.header.sequence.value == 0) {
        now_ns_ += 1'000'000;
        command.header.sequence = Sequence{sequence_ + 1};
        command.header.time = Time{now_ns_};
    }
    sequence_ = command.header.sequence.value;
    std::string difference = pair_.apply(command);
    if (difference.empty() && !repeats_) difference = pair_.compare_state();
    if (difference.empty() && !repeats_ && pair_.core().started()) difference = pair_.compare_told_state();
    if (!difference.empty()) throw ScenarioError("core and twin disagree: " + difference);
    const auto events = pair_.events();
    for (const Event& event : events) learn(event);
    return {events.begin(), events.end()};
}

// Whatever way a command came in, its events can be told in names and decimals.
void Scenario::learn(const Event& event) {
    if (event.header.kind == EventKind::asset_listed) assets_.push_back(event.as<AssetListed>());
    if (event.header.kind == EventKind::instrument_listed) markets_.push_back(event.as<InstrumentListed>());
    if (event.header.kind != EventKind::order_accepted) return;
    const auto accepted = event.as<OrderAccepted>();
    market_of_order_[accepted.order_id.value] = accepted.instrument;
}

std::vector<Event> Scenario::send_from(const std::string& name, Command command, const Overrides& overrides) {
    command.header.session = party(overrides.by.empty() ? name : overrides.by).session;
    command.header.session_sequence =
        overrides.has_sequence ? overrides.sequence : pair_.twin().next_incoming(command.header.session);
    return send(command);
}

void Scenario::compare_book(Words& words, const std::vector<std::string>& indented) {
    const InstrumentListed& market = take_market(words);
    const bool empty = words.take_if("empty");
    words.finish();
    if (!empty && indented.empty()) throw ScenarioError("'book' wants its prices, or 'empty'");
    std::string told;
    for (const std::string& line : indented) told += "  " + squeezed(line) + "\n";
    const std::string drawn = drawn_book(market);
    if (told != drawn) throw ScenarioError("the book is\n" + (drawn.empty() ? "  empty\n" : drawn));
}

void Scenario::compare_balance(Words& words) {
    const std::string name = words.take("name");
    const AccountId account = account_named(name);
    const AssetListed& paid = asset_named(words.take("asset"));
    const std::int64_t available = decimal(words.take("amount"), paid.scale);
    const std::int64_t held = words.take_if("held") ? decimal(words.take("amount"), paid.scale) : 0;
    words.finish();
    // The core has the same: compare_state has seen to it.
    const reference::Twin::Balance got = pair_.twin().balance(account, paid.asset);
    if (got.available.value != available || got.held.value != held)
        throw ScenarioError(name + " has " + amount_text(got.available, paid.asset) + " held " +
                            amount_text(got.held, paid.asset));
}

const AssetListed& Scenario::asset_named(const std::string& name) const {
    for (const AssetListed& a : assets_)
        if (a.symbol.view() == name) return a;
    throw ScenarioError("no asset " + name);
}

const InstrumentListed& Scenario::market_named(const std::string& name) const {
    for (const InstrumentListed& m : markets_)
        if (m.symbol.view() == name) return m;
    throw ScenarioError("no market " + name);
}

AccountId Scenario::account_named(const std::string& name) const {
    if (name == "fees") return kFeeAccount;
    if (name == "issuance") return kIssuanceAccount;
    if (name == "nobody") return AccountId{999u};
    const auto found = parties_.find(name);
    if (found == parties_.end()) throw ScenarioError("nobody is called " + name);
    return found->second.account;
}

Scenario::Party& Scenario::party(const std::string& name) {
    const auto found = parties_.find(name);
    if (found == parties_.end()) throw ScenarioError("nobody is called " + name);
    return found->second;
}

}  // namespace dcx::scenarios
