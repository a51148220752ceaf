#include "scenarios/scenario.h"

#include <algorithm>
#include <array>
#include <cstring>

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

std::string squeezed(const std::string& line) { return Words(line).take_rest(); }

// Each '$' is the number of the repetition.
std::string numbered(std::string text, std::uint64_t number) {
    for (std::size_t at = text.find('$'); at != text.npos; at = text.find('$'))
        text.replace(at, 1, std::to_string(number));
    return text;
}

bool is_reject(const Event& event) {
    return event.header.kind == EventKind::command_rejected || event.header.kind == EventKind::order_rejected ||
           event.header.kind == EventKind::cancel_rejected;
}

bool same(const std::vector<Event>& a, const std::vector<Event>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Event& x, const Event& y) { return std::memcmp(&x, &y, sizeof(Event)) == 0; });
}

std::string turnover_text(std::uint64_t low, std::uint64_t high) {
    if (high != 0) return std::to_string(high) + ":" + std::to_string(low);
    return std::to_string(low);
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
        const std::uint64_t count = words.take_number("count");
        const std::string repeated = statement.substr(statement.find(' ', statement.find(' ') + 1) + 1);
        for (std::uint64_t i = 1; i <= count; ++i) {
            repeats_ = i < count;
            run(numbered(repeated, i), {});
        }
        return;
    }
    if (verb == "book") return compare_book(words, indented);
    if (verb == "balance") return compare_balance(words);
    if (verb == "turnover") return compare_turnover(words);
    if (verb == "remember") {
        remembered_ = facts();
        return words.finish();
    }
    if (verb == "unchanged") {
        if (!remembered_) throw ScenarioError("'remember' stands before 'unchanged'");
        if (!same(*remembered_, facts())) throw ScenarioError("something has changed");
        return words.finish();
    }
    take_tail(words);
    set_up_events_.clear();
    const std::vector<Event> events = set_up(verb, words) ? set_up_events_ : command(verb, words);
    words.finish();
    if (!events.empty()) compare_events(events, arrow == statement.npos ? nullptr : &told);
}

void Scenario::take_tail(Words& words) {
    tail_ = {};
    while (true) {
        if (const auto by = words.take_tail("by", 1)) {
            tail_.by = by->front();
        } else if (const auto sequence = words.take_tail("seq", 1)) {
            tail_.sequence = Words(sequence->front()).take_number("sequence");
        } else if (const auto byte = words.take_tail("byte", 2)) {
            const std::uint64_t place = Words(byte->front()).take_number("place of a byte");
            if (place >= kMessageBodySize) throw ScenarioError("a body has no such byte");
            tail_.bytes.emplace_back(place, std::byte(Words(byte->back()).take_number("byte")));
        } else {
            return;
        }
    }
}

std::vector<Event> Scenario::send(Command command) {
    if (command.header.sequence.value == 0) {
        now_ns_ += 1'000'000;
        command.header.sequence = Sequence{sequence_ + 1};
        command.header.time = Time{now_ns_};
    }
    for (const auto& [place, value] : tail_.bytes) command.body[place] = value;
    tail_.bytes.clear();
    sequence_ = command.header.sequence.value;
    const bool watched = !repeats_ && pair_.twin().started();
    const std::vector<Event> before = watched ? facts() : std::vector<Event>{};
    std::string difference = pair_.apply(command);
    if (difference.empty() && !repeats_) difference = pair_.compare_state();
    if (difference.empty() && !repeats_ && pair_.core().started()) difference = pair_.compare_told_state();
    if (!difference.empty()) throw ScenarioError("core and twin disagree: " + difference);
    const auto events = pair_.events();
    if (watched && std::all_of(events.begin(), events.end(), is_reject) && !same(before, facts()))
        throw ScenarioError("it was refused, and something has changed");
    for (const Event& event : events) learn(event);
    return {events.begin(), events.end()};
}

std::vector<Event> Scenario::send_from(const std::string& name, Command command) {
    if (std::exchange(capturing_, false)) throw Captured{command};
    command.header.session = party(tail_.by.empty() ? name : tail_.by).session;
    command.header.session_sequence = tail_.sequence.value_or(pair_.twin().next_incoming(command.header.session));
    tail_.by.clear();
    tail_.sequence.reset();
    return send(command);
}

// Whatever way a command came in, its events can be told in names and decimals.
void Scenario::learn(const Event& event) {
    switch (event.header.kind) {
        case EventKind::asset_listed: assets_.push_back(event.as<AssetListed>()); break;
        case EventKind::instrument_listed: markets_.push_back(event.as<InstrumentListed>()); break;
        case EventKind::order_accepted: {
            const auto e = event.as<OrderAccepted>();
            market_of_order_[e.order_id.value] = e.instrument;
            break;
        }
        case EventKind::key_added: {
            const auto e = event.as<KeyAdded>();
            if (const auto found = waiting_keys_.find(e.public_key); found != waiting_keys_.end())
                parties_.at(found->second).key = e.key;
            break;
        }
        case EventKind::command_proposed: {
            const auto e = event.as<CommandProposed>();
            proposals_[e.proposal.value] = {
                .proposal = e.proposal, .expires = e.expires, .proposed = e.proposed, .proposer = e.proposer};
            break;
        }
        case EventKind::proposal_body: proposals_.rbegin()->second.body = event.as<ProposalBody>().body; break;
        default: learn_chain(event); break;
    }
}

// All that the venue tells of itself, but for what moves with every command: the counters of sessions, and by its time
// the order rates that are used up in part.
std::vector<Event> Scenario::facts() const {
    std::vector<Event> told = pair_.twin().told_state();
    std::erase_if(told, [](const Event& event) {
        return event.header.kind == EventKind::session_restored ||
               event.header.kind == EventKind::account_rate_restored;
    });
    return told;
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

// In minor units: it can be more than any amount.
void Scenario::compare_turnover(Words& words) {
    const AccountId account = account_named(words.take("name"));
    const AssetListed& paid = asset_named(words.take("asset"));
    words.expect("debits");
    const std::string debits = words.take("minor units");
    words.expect("credits");
    const std::string credits = words.take("minor units");
    words.finish();
    for (const Event& event : pair_.twin().told_state()) {
        if (event.header.kind != EventKind::balance_restored) continue;
        const auto e = event.as<BalanceRestored>();
        if (e.account != account || e.asset != paid.asset) continue;
        const std::string got_debits = turnover_text(e.debits_low, e.debits_high);
        const std::string got_credits = turnover_text(e.credits_low, e.credits_high);
        if (got_debits != debits || got_credits != credits)
            throw ScenarioError("the turnover is debits " + got_debits + " credits " + got_credits);
        return;
    }
    throw ScenarioError("no balance is told");
}

const AssetListed& Scenario::asset_named(const std::string& name) const {
    if (name == "XXX") return no_asset_;
    for (const AssetListed& a : assets_)
        if (a.symbol.view() == name) return a;
    throw ScenarioError("no asset " + name);
}

const InstrumentListed& Scenario::market_named(const std::string& name) const {
    if (name == "XXX/XXX") return no_market_;
    for (const InstrumentListed& m : markets_)
        if (m.symbol.view() == name) return m;
    throw ScenarioError("no market " + name);
}

AccountId Scenario::account_named(const std::string& name) const {
    if (name == "issuance") return kIssuanceAccount;
    if (name == "fees") return kFeeAccount;
    if (name == "deposits") return kDepositsAccount;
    if (name == "withdrawals") return kWithdrawalsAccount;
    if (name == "errors") return kErrorAccount;
    if (name == "nobody") return AccountId{999u};
    if (name == "operators") return AccountId{};
    if (const auto found = accounts_.find(name); found != accounts_.end()) return found->second;
    if (const auto found = parties_.find(name); found != parties_.end()) return found->second.account;
    throw ScenarioError("nobody is called " + name);
}

SessionId Scenario::session_named(const std::string& name) const {
    if (name == "nobody") return SessionId{999u};
    if (const auto found = parties_.find(name); found != parties_.end()) return found->second.session;
    throw ScenarioError("nobody is called " + name);
}

Scenario::Party& Scenario::party(const std::string& name) {
    const auto found = parties_.find(name);
    if (found == parties_.end()) throw ScenarioError("nobody is called " + name);
    return found->second;
}

}  // namespace dcx::scenarios
