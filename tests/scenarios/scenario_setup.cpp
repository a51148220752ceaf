#include <algorithm>

#include "scenarios/scenario.h"

namespace dcx::scenarios {

namespace {

bool refused(const std::vector<Event>& events) { return events[0].header.kind == EventKind::command_rejected; }

}  // namespace

// Genesis, the keys of further persons, the first epoch and the operators' sessions; with `founding` genesis alone.
void Scenario::start(Words* words) {
    started_ = true;
    if (words == nullptr) return;
    const Ed25519Seed first_seed = new_seed();
    Genesis g{.operator_key = ed25519_public_key(first_seed),
              .max_accounts = 32,
              .max_assets = 8,
              .max_instruments = 8,
              .max_orders = 1000,
              .max_sessions = 32,
              .max_keys = 32,
              .max_price_levels = 8192,
              .max_fills_per_command = 100,
              .max_transfer_ids = 100};
    bool founding = false;
    std::uint32_t persons = 1;
    while (!words->empty()) {
        const std::string what = words->take("option");
        if (what == "simulated") {
            g.simulated = 1;
        } else if (what == "dual_control") {
            g.dual_control = 1;
        } else if (what == "founding") {
            founding = true;
        } else {
            Words one(what + " " + words->take("number"));
            take_numbers(one, {{"persons", &persons},
                               {"accounts", &g.max_accounts},
                               {"assets", &g.max_assets},
                               {"instruments", &g.max_instruments},
                               {"orders", &g.max_orders},
                               {"sessions", &g.max_sessions},
                               {"keys", &g.max_keys},
                               {"levels", &g.max_price_levels},
                               {"fills", &g.max_fills_per_command},
                               {"ids", &g.max_transfer_ids},
                               {"rules", &rules_}});
        }
    }
    dual_control_ = g.dual_control != 0;
    send(Command::make(g));
    parties_["op"] = {.key = KeyId{1u}, .seed = first_seed, .client_session = 1};
    if (founding) return;
    for (std::uint32_t person = 2; person <= persons; ++person) {
        Words key("op" + std::to_string(person) + " person " + std::to_string(person));
        genesis_key(key);
    }
    send(Command::make(StartEpoch{.epoch = 1, .engine_version = rules_, .newest_rules = kNewestRules}));
    for (std::uint32_t person = 1; person <= persons; ++person) {
        const std::string name = person == 1 ? "op" : "op" + std::to_string(person);
        connect(name, party(name), nullptr);
    }
}

// Statements that send what a venue needs before anybody trades.
bool Scenario::set_up(const std::string& verb, Words& words) {
    if (verb == "asset") return list_asset(words), true;
    if (verb == "market") return list_market(words), true;
    if (verb == "account") return open_account(words), true;
    if (verb == "key") return add_key(words, false), true;
    if (verb == "operator") return add_key(words, true), true;
    if (verb == "genesis_key") return genesis_key(words), true;
    if (verb == "session") return open_session(words), true;
    return false;
}

// Where two persons are needed two send it, unless the line says who does.
std::vector<Event> Scenario::send_set_up(const Command& command) {
    if (capturing_ || !dual_control_ || !tail_.by.empty()) return send_from("op", command);
    std::vector<Event> events = by_two(command);
    if (events[0].header.kind == EventKind::proposal_approved) events.erase(events.begin());
    return events;
}

Ed25519Seed Scenario::new_seed() {
    Ed25519Seed seed{};
    seed[0] = std::byte{++keys_made_};
    return seed;
}

void Scenario::list_asset(Words& words) {
    ListAsset body{.symbol = AssetSymbol{words.take("symbol")}, .issue_cap = Amount{kMaxIssue}};
    words.expect("scale");
    body.scale = static_cast<std::uint8_t>(words.take_number("scale"));
    if (words.take_if("cap")) body.issue_cap = Amount{decimal(words.take("cap"), std::min<unsigned>(body.scale, 18))};
    set_up_events_ = send_set_up(Command::make(body));
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

// An account of its own gets a key and a session by its name; a sub-account (`of`) gets neither, only its money.
void Scenario::open_account(Words& words) {
    const std::string name = words.take("name");
    if (parties_.contains(name) || accounts_.contains(name)) throw ScenarioError("there is an account " + name);
    OpenAccount body{.account_kind = AccountKind::customer};
    bool is_sub_account = false;
    std::uint32_t permissions = kPermitTrade | kPermitTransfer | kPermitRead;
    std::vector<std::pair<AssetId, Amount>> money;
    while (!words.empty()) {
        if (words.take_if("of")) {
            is_sub_account = true;
            body.owner = account_named(words.take("owner"));
        } else if (words.take_if("may")) {
            permissions = parse_permissions(words.take("permissions"));
        } else if (words.take_if("kind")) {
            body.account_kind = parse_account_kind(words.take("kind"));
        } else {
            const AssetListed& paid = asset_named(words.take("asset"));
            money.emplace_back(paid.asset, Amount{decimal(words.take("amount"), paid.scale)});
        }
    }
    const std::vector<Event> opened = send_from("op", Command::make(body));
    set_up_events_ = opened;
    if (refused(opened)) return;
    const AccountId account = opened[0].as<AccountOpened>().account;
    accounts_[name] = account;
    if (!is_sub_account) {
        Party party{.account = account, .seed = new_seed(), .client_session = 1};
        const AddKey key{.public_key = ed25519_public_key(party.seed), .account = account, .permissions = permissions};
        const std::vector<Event> added = send_set_up(Command::make(key));
        if (refused(added)) throw ScenarioError("no key for " + name + ": " + event_text(added[0]));
        party.key = added[0].as<KeyAdded>().key;
        connect(name, party, nullptr);
    }
    for (const auto& [asset, amount] : money) mint_first(account, asset, amount, name);
    set_up_events_ = opened;
}

void Scenario::mint_first(AccountId account, AssetId asset, Amount amount, const std::string& name) {
    const auto minted = send_from(
        "op", Command::make(Mint{.id = transfer_id("", 0), .amount = amount, .account = account, .asset = asset}));
    if (refused(minted)) throw ScenarioError("no money for " + name + ": " + event_text(minted[0]));
}

// `key NAME of ACCOUNT` and `operator NAME person N`: a key and, when it is added at once, its session.
void Scenario::add_key(Words& words, bool of_operator) {
    const std::string name = words.take("name");
    Party party{.seed = new_seed(), .client_session = 1};
    AddKey body{.permissions = of_operator ? kPermitAll : kPermitTrade | kPermitTransfer | kPermitRead};
    if (!of_operator) {
        words.expect("of");
        body.account = party.account = account_named(words.take("account"));
    }
    while (!words.empty()) {
        if (words.take_if("may"))
            body.permissions = parse_permissions(words.take("permissions"));
        else if (words.take_if("person"))
            body.person = PersonId{static_cast<std::uint32_t>(words.take_number("person"))};
        else if (words.take_if("like"))
            party.seed = this->party(words.take("name")).seed;
        else
            throw ScenarioError("'" + words.peek() + "' is not understood here");
    }
    body.public_key = ed25519_public_key(party.seed);
    if (capturing_) {
        parties_[name] = party;
        waiting_keys_[body.public_key] = name;
    }
    const std::vector<Event> added = send_set_up(Command::make(body));
    set_up_events_ = added;
    if (refused(added)) return;
    party.key = added[0].as<KeyAdded>().key;
    connect(name, party, nullptr);
    set_up_events_ = added;
}

void Scenario::genesis_key(Words& words) {
    const std::string name = words.take("name");
    words.expect("person");
    Party party{.seed = new_seed(), .client_session = 1};
    const PersonId person{static_cast<std::uint32_t>(words.take_number("person"))};
    if (words.take_if("like")) party.seed = this->party(words.take("name")).seed;
    set_up_events_ = send(Command::make(GenesisKey{.public_key = ed25519_public_key(party.seed), .person = person}));
    if (refused(set_up_events_)) return;
    party.key = set_up_events_[0].as<KeyAdded>().key;
    parties_[name] = party;
}

void Scenario::open_session(Words& words) {
    const std::string name = words.take("name");
    words.expect("of");
    const Party& first = party(words.take("account"));
    std::uint64_t newest = 0;
    for (const auto& [other, p] : parties_)
        if (p.key == first.key) newest = std::max(newest, p.client_session);
    Party party{.key = first.key, .account = first.account, .seed = first.seed, .client_session = newest + 1};
    connect(name, party, &words);
}

// Negotiates and, when that is accepted, establishes; the events of both are the statement's.
void Scenario::connect(const std::string& name, Party party, Words* words) {
    if (words != nullptr && words->take_if("client")) party.client_session = words->take_number("client session");
    std::vector<Event> events = send(Command::make(NegotiateSession{
        .client_session = party.client_session, .connection = party.client_session, .key = party.key}));
    if (!refused(events)) {
        party.session = events[0].as<SessionNegotiated>().session;
        parties_[name] = party;
        const auto established = establish(party.session, 0, words);
        events.insert(events.end(), established.begin(), established.end());
    }
    set_up_events_ = events;
}

std::vector<Event> Scenario::establish(SessionId session, std::uint64_t connection, Words* words) {
    EstablishSession body{.connection = connection};
    while (words != nullptr && !words->empty()) {
        if (words->take_if("cancel"))
            body.cancel_orders = parse_scope(words->take("scope"));
        else if (words->take_if("grace"))
            body.grace_ms = static_cast<std::uint32_t>(duration_ns(words->take("duration")) / 1'000'000);
        else
            throw ScenarioError("'" + words->peek() + "' is not understood here");
    }
    return send(Command::make(body, {.session = session}));
}

}  // namespace dcx::scenarios
