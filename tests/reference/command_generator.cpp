#include "reference/command_generator.h"

#include <array>
#include <cstring>
#include <limits>

namespace dcx::reference {

CommandGenerator::CommandGenerator(std::uint64_t seed) : random_(seed) { plan_setup(); }

std::int64_t CommandGenerator::interesting() {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    constexpr std::array<std::int64_t, 20> values = {0,
                                                     1,
                                                     -1,
                                                     2,
                                                     10,
                                                     255,
                                                     256,
                                                     999'999,
                                                     1'000'000,
                                                     1'000'001,
                                                     std::int64_t{1} << 31,
                                                     (std::int64_t{1} << 32) - 1,
                                                     std::int64_t{1} << 32,
                                                     std::int64_t{1} << 53,
                                                     kMaxIssue - 1,
                                                     kMaxIssue,
                                                     kMaxIssue + 1,
                                                     most,
                                                     -most - 1,
                                                     -kMaxIssue};
    return values[random_.below(values.size())];
}

// Some field of the body becomes another number: what a broken or hostile client sends.
void CommandGenerator::mutate(Command& command) {
    constexpr std::array<std::size_t, 4> sizes = {1, 2, 4, 8};
    const std::size_t used = std::max<std::size_t>(body_size(command.header.kind), 8);
    const std::size_t size = sizes[random_.below(sizes.size())];
    std::size_t at = random_.below(used / size) * size;
    // A great cl_ord_id would end the session, and after a few hundred commands all of them.
    const bool numbered =
        command.header.kind >= CommandKind::place_order && command.header.kind <= CommandKind::mass_cancel;
    if (numbered && at < 8) at += 8;
    const std::int64_t value = random_.chance(50) ? interesting() : static_cast<std::int64_t>(random_.next());
    std::memcpy(command.body.data() + at, &value, size);
}

const CommandGenerator::Session* CommandGenerator::session_with(std::uint32_t permission) {
    std::vector<const Session*> fit;
    for (const Session& s : sessions_)
        if (s.established && (s.permissions & permission) != 0 && (!s.revoked || random_.chance(5))) fit.push_back(&s);
    return fit.empty() ? nullptr : fit[random_.below(fit.size())];
}

const CommandGenerator::Session* CommandGenerator::session_of(AccountId account) {
    std::vector<const Session*> fit;
    for (const Session& s : sessions_)
        if (s.established && s.account == account) fit.push_back(&s);
    return fit.empty() ? nullptr : fit[random_.below(fit.size())];
}

// Without a session the command goes out all the same, from a number that may mean anything.
Command CommandGenerator::from_session(Command command, const Session* session) {
    command.header.session =
        session != nullptr ? session->id : SessionId{static_cast<std::uint32_t>(random_.below(sessions_.size() + 2))};
    if (random_.below(500) == 0) command.header.session = SessionId{static_cast<std::uint32_t>(interesting())};
    return command;
}

Command CommandGenerator::random_command() {
    struct Choice {
        unsigned weight;
        Command (CommandGenerator::*make)();
    };
    using G = CommandGenerator;
    static constexpr std::array<Choice, 17> choices = {{{460, &G::place},
                                                        {110, &G::cancel},
                                                        {180, &G::amend},
                                                        {40, &G::mass_cancel},
                                                        {60, &G::set_self_trade_rule},
                                                        {50, &G::transfer},
                                                        {25, &G::mint},
                                                        {15, &G::burn},
                                                        {45, &G::repeat_money},
                                                        {12, &G::set_phase},
                                                        {6, &G::open_account},
                                                        {8, &G::add_key},
                                                        {1, &G::revoke_key},
                                                        {6, &G::list_asset},
                                                        {7, &G::list_instrument},
                                                        {60, &G::session_command},
                                                        {10, &G::venue_command}}};
    unsigned total = 0;
    for (const Choice& c : choices) total += c.weight;
    std::uint64_t drawn = random_.below(total + 4);
    for (const Choice& c : choices) {
        if (drawn < c.weight) return (this->*c.make)();
        drawn -= c.weight;
    }
    return nonsense();
}

Step CommandGenerator::next() {
    if (!planned_.empty()) {
        const Command command = planned_.front();
        planned_.pop_front();
        return finish(command, false);
    }
    Command command = random_command();
    if (random_.chance(4)) mutate(command);
    return finish(command, random_.below(80) == 0);
}

// Numbers, time and sequence, as an engine and a session would give them, or seldom not.
Step CommandGenerator::finish(Command command, bool out_of_sequence) {
    Step step{.command = command};
    CommandHeader& h = step.command.header;
    h.sequence = Sequence{++sequence_};
    now_ns_ += random_.between(0, 20'000'000);
    if (random_.below(4000) == 0) now_ns_ += 25 * std::int64_t{3'600'000'000'000};
    h.time = random_.below(200) == 0 ? Time{now_ns_ - random_.between(0, 1'000'000'000)} : now();
    h.wait_ns = static_cast<std::uint32_t>(random_.below(1000));
    h.gateway = static_cast<std::uint32_t>(random_.below(4));
    for (const Session& s : sessions_) {
        if (s.id != h.session) continue;
        h.session_sequence = s.next_incoming;
        step.in_sequence = !out_of_sequence;
        if (out_of_sequence) h.session_sequence += static_cast<std::uint64_t>(random_.between(-2, 2));
    }
    OrderId named{};
    if (h.kind == CommandKind::cancel_order) named = step.command.as<CancelOrder>().order_id;
    if (h.kind == CommandKind::amend_order) named = step.command.as<AmendOrder>().order_id;
    if (const auto found = step_of_order_.find(named.value); found != step_of_order_.end())
        step.order_step = found->second;
    return step;
}

void CommandGenerator::observe(const Step& step, std::span<const Event> events) {
    for (const Event& event : events) {
        learn(step.command, event);
        learn_order(step.command, event);
    }
    // The first event of a command that used up its session's sequence is a report to that session.
    for (Session& s : sessions_)
        if (s.id == events[0].header.session) ++s.next_incoming;
}

void CommandGenerator::learn(const Command& command, const Event& event) {
    switch (event.header.kind) {
        case EventKind::genesis_applied: keys_ = {{.id = KeyId{1u}, .account = {}, .permissions = kPermitAll}}; break;
        case EventKind::account_opened: accounts_ = event.as<AccountOpened>().account.value; break;
        case EventKind::asset_listed: assets_ = event.as<AssetListed>().asset.value; break;
        case EventKind::key_added: {
            const auto e = event.as<KeyAdded>();
            keys_.push_back({.id = e.key, .account = e.account, .permissions = e.permissions});
            break;
        }
        case EventKind::instrument_listed: {
            const auto e = event.as<InstrumentListed>();
            const bool huge = e.max_quantity.value == kMaxQuantity;
            Market market{.id = e.instrument, .max_quantity = e.max_quantity, .center = huge ? 3 : 1000, .huge = huge};
            if (rich_ && !huge) market.prices = scattered_ ? Prices::scattered : static_cast<Prices>(random_.below(5));
            if (market.prices == Prices::sparse) market.center = std::int64_t{1} << 40;
            if (market.prices >= Prices::wandering && market.prices != Prices::sparse)
                market.center = random_.between(10, std::int64_t{1} << random_.between(8, 22));
            markets_.push_back(market);
            break;
        }
        case EventKind::session_negotiated: {
            const auto e = event.as<SessionNegotiated>();
            for (const Session& s : sessions_)
                if (s.id == e.session) return;
            sessions_.push_back({.id = e.session,
                                 .key = e.key,
                                 .account = e.account,
                                 .permissions = e.permissions,
                                 .client_session = e.client_session,
                                 .next_incoming = e.next_incoming});
            break;
        }
        case EventKind::key_revoked:
            for (Session& s : sessions_)
                if (s.key == event.as<KeyRevoked>().key) s.revoked = true;
            break;
        case EventKind::session_established:
            for (Session& s : sessions_)
                if (s.id == command.header.session) s.established = true;
            break;
        case EventKind::session_disconnected:
            for (Session& s : sessions_)
                if (s.id == event.as<SessionDisconnected>().session) s.established = false;
            break;
        default: break;
    }
}

void CommandGenerator::learn_order(const Command& command, const Event& event) {
    const auto done = [this](OrderId id) {
        orders_.erase(id.value);
        done_orders_.push_back(id.value);
    };
    switch (event.header.kind) {
        case EventKind::order_accepted: {
            const auto e = event.as<OrderAccepted>();
            orders_[e.order_id.value] = {.id = e.order_id,
                                         .cl_ord_id = e.cl_ord_id,
                                         .slot = e.slot,
                                         .session = command.header.session,
                                         .account = e.account,
                                         .instrument = e.instrument,
                                         .side = e.side,
                                         .price = e.price,
                                         .leaves = e.quantity.value};
            step_of_order_[e.order_id.value] = static_cast<std::int64_t>(command.header.sequence.value) - 1;
            break;
        }
        case EventKind::order_filled: {
            const auto e = event.as<OrderFilled>();
            OpenOrder& order = orders_[e.order_id.value];
            order.filled += order.leaves - e.leaves.value;
            order.leaves = e.leaves.value;
            if (order.leaves == 0) done(e.order_id);
            break;
        }
        case EventKind::order_decremented:
            orders_[event.as<OrderDecremented>().order_id.value].leaves = event.as<OrderDecremented>().leaves.value;
            break;
        case EventKind::order_canceled: done(event.as<OrderCanceled>().order_id); break;
        case EventKind::order_amended: {
            const auto e = event.as<OrderAmended>();
            OpenOrder& order = orders_[e.order_id.value];
            if (order.session == command.header.session) order.cl_ord_id = e.cl_ord_id;
            order.price = e.price;
            order.leaves = e.leaves.value;
            break;
        }
        default: break;
    }
}

}  // namespace dcx::reference
