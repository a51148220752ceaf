#include "reference/command_generator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <limits>

namespace dcx::reference {

namespace {

// So much later, as far as there is time: 2^63 - 1 is never.
Time later(Time time, std::int64_t ns) {
    std::int64_t sum = 0;
    return Time{__builtin_add_overflow(time.value, ns, &sum) ? kNever.value - 1 : std::min(sum, kNever.value - 1)};
}

}  // namespace

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
        if (s.established && (s.account == account || s.account == owner_of(account))) fit.push_back(&s);
    return fit.empty() ? nullptr : fit[random_.below(fit.size())];
}

AccountId CommandGenerator::owner_of(AccountId account) const {
    const auto found = owners_.find(account);
    return found != owners_.end() ? found->second : account;
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
    // What was begun goes on, in between what others do.
    if (!groups_.empty() && random_.chance(45)) return next_of_group();
    if (!agreed_.empty() && random_.chance(25)) return next_agreed();
    if (random_.below(1000) < (custody_ ? 450u : 5u)) return custody();
    static constexpr std::array<Choice, 36> choices = {{{640, &G::place},
                                                        {110, &G::cancel},
                                                        {180, &G::amend},
                                                        {68, &G::mass_cancel},
                                                        {60, &G::set_self_trade_rule},
                                                        {50, &G::transfer},
                                                        {25, &G::mint},
                                                        {15, &G::burn},
                                                        {50, &G::pend},
                                                        {55, &G::resolve},
                                                        {25, &G::withdraw},
                                                        {65, &G::repeat_money},
                                                        {14, &G::group},
                                                        {10, &G::register_address},
                                                        {8, &G::set_asset_limits},
                                                        {22, &G::propose},
                                                        {36, &G::approve},
                                                        {12, &G::set_phase},
                                                        {6, &G::open_account},
                                                        {8, &G::add_key},
                                                        {1, &G::revoke_key},
                                                        {6, &G::list_asset},
                                                        {7, &G::list_instrument},
                                                        {80, &G::session_command},
                                                        {10, &G::venue_command},
                                                        {8, &G::set_fees},
                                                        {8, &G::set_market_limits},
                                                        {12, &G::set_account_limits},
                                                        {10, &G::set_position_limits},
                                                        {5, &G::set_kill_switch},
                                                        {4, &G::freeze_account},
                                                        {2, &G::bust_trade},
                                                        {3, &G::activate_rules},
                                                        {11, &G::set_dead_man},
                                                        {10, &G::tick}}};
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
    // At the start, what needs two persons is approved by them at once.
    in_setup_ = in_setup_ && !planned_.empty();
    if (in_setup_ && !open_proposals_.empty()) {
        const ApprovalMessage& message = *proposals_.message(open_proposals_.front());
        const bool first = !std::exchange(approved_once_, !approved_once_);
        return finish(approve_as(&sessions_[first ? 0 : 1], message), false);
    }
    if (!planned_.empty()) {
        const Command command = planned_.front();
        planned_.pop_front();
        return finish(command, false);
    }
    Command command = urgent_command();
    if (random_.chance(4)) mutate(command);
    return finish(command, random_.below(80) == 0);
}

// What is due is mostly handled at once, what blocks is lifted again before long.
Command CommandGenerator::urgent_command() {
    if (tick_left_work_ && random_.chance(40)) return tick();
    if (something_is_due() && random_.chance(45)) return tick();
    if (random_.chance(7)) return lift_something();
    if (circles_ && random_.below(400) == 0) return trade_in_circles();
    if (random_.below(300) == 0) return bust_of_the_poor();
    return random_command();
}

bool CommandGenerator::something_is_due() const {
    const auto due = [this](Time time) { return time.value != 0 && time <= now(); };
    for (const Session& s : sessions_)
        if (due(s.dead_man) || due(s.disconnect)) return true;
    for (const auto& [id, order] : orders_)
        if (due(order.expire_at)) return true;
    for (const auto& [which, deadline] : deadlines_)
        if (due(deadline)) return true;
    return false;
}

std::int64_t CommandGenerator::after(std::int64_t ns) const { return later(now(), ns).value; }

// Mostly milliseconds; sometimes minutes, on to the next day or to just before it, or to a deadline.
void CommandGenerator::pass_time() {
    constexpr std::int64_t second = 1'000'000'000;
    constexpr std::int64_t day = 86'400 * second;
    now_ns_ = after(random_.between(0, 20'000'000));
    if (in_setup_) return;
    if (random_.below(3000) == 0) now_ns_ = after(day + day / 24);
    if (random_.below(1500) == 0) now_ns_ = after(day - now_ns_ % day - random_.between(0, 200'000'000));
    if (random_.below(500) == 0) now_ns_ = after(random_.between(30 * second, 900 * second));
    // To a deadline, the last moment before it or the first after it.
    if (deadlines_.empty() || random_.below(200) != 0) return;
    const auto which = static_cast<std::ptrdiff_t>(random_.below(deadlines_.size()));
    const Time deadline = std::next(deadlines_.begin(), which)->second;
    if (deadline.value - now_ns_ < 3600 * second && deadline != kNever)
        now_ns_ = std::max(now_ns_, deadline.value + random_.between(-1, 1));
}

// Numbers, time and sequence, as an engine and a session would give them, or seldom not.
Step CommandGenerator::finish(Command command, bool out_of_sequence) {
    Step step{.command = command};
    CommandHeader& h = step.command.header;
    h.sequence = Sequence{++sequence_};
    pass_time();
    h.time = random_.below(200) == 0 ? Time{now_ns_ - random_.between(0, 1'000'000'000)} : now();
    h.wait_ns = static_cast<std::uint32_t>(random_.below(1000));
    h.gateway = static_cast<std::uint32_t>(random_.below(4));
    if (!in_setup_ && random_.below(3000) == 0) h.flags = kQuarantined;
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
    if (h.kind == CommandKind::approve) name_approval(step);
    return step;
}

// A signature that is good stays good in a shorter run.
void CommandGenerator::name_approval(Step& step) const {
    const auto b = step.command.as<Approve>();
    const ApprovalMessage* message = proposals_.message(b.proposal);
    if (message == nullptr) return;
    for (const Session& s : sessions_) {
        if (s.id != step.command.header.session || signer_of(s) == 0) continue;
        if (sign_approval(*message, signer_of(s)).signature != b.signature) continue;
        step.proposal_step = step_of_proposal_.at(b.proposal.value);
        step.signer = signer_of(s);
    }
}

void CommandGenerator::observe(const Step& step, std::span<const Event> events) {
    for (const Event& event : events) {
        learn(step.command, event);
        learn_order(step.command, event);
        learn_money(event);
        learn_proposal(step.command, event);
        learn_limits(event);
        chain_.learn(event);
    }
    proposals_.observe(events);
    // It held for the sessions that the epoch ended.
    if (!events.empty() && events[0].header.kind == EventKind::epoch_started) handover_grace_ = 0;
    // A client's command used up its session's sequence unless its reject went to nobody. Its first event may be
    // another session's report.
    const CommandHeader& h = step.command.header;
    const bool of_client = h.kind != CommandKind::establish_session && h.kind != CommandKind::disconnect_session;
    const bool to_nobody = !events.empty() && events[0].header.kind == EventKind::command_rejected &&
                           events[0].header.session == SessionId{};
    if (!of_client || to_nobody) return;
    for (Session& s : sessions_)
        if (s.id == h.session) ++s.next_incoming;
}

void CommandGenerator::learn(const Command& command, const Event& event) {
    switch (event.header.kind) {
        case EventKind::genesis_applied:
            keys_ = {{.id = KeyId{1u}, .account = {}, .permissions = kPermitAll, .signer = 1}};
            break;
        case EventKind::account_opened: {
            const auto e = event.as<AccountOpened>();
            accounts_ = e.account.value;
            if (e.owner.value != 0) owners_[e.account] = e.owner;
            break;
        }
        case EventKind::address_registered:
            addresses_[event.as<AddressRegistered>().account.value] = event.as<AddressRegistered>().index;
            break;
        case EventKind::asset_listed: assets_ = event.as<AssetListed>().asset.value; break;
        case EventKind::key_added: {
            const auto e = event.as<KeyAdded>();
            const auto signer = signers_.find(e.public_key);
            keys_.push_back({.id = e.key,
                             .account = e.account,
                             .permissions = e.permissions,
                             .signer = signer == signers_.end() ? 0 : signer->second});
            break;
        }
        case EventKind::instrument_listed: {
            const auto e = event.as<InstrumentListed>();
            const bool huge = e.max_quantity.value == kMaxQuantity;
            Market market{.id = e.instrument,
                          .base = e.base,
                          .quote = e.quote,
                          .max_quantity = e.max_quantity,
                          .min_notional = e.min_notional,
                          .center = huge ? 3 : 1000,
                          .huge = huge};
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
        case EventKind::session_established: {
            const auto b = command.as<EstablishSession>();
            for (Session& s : sessions_) {
                if (s.id != command.header.session) continue;
                s.established = true;
                s.grace = b.cancel_orders == CancelScope::none ? -1 : std::int64_t{b.grace_ms} * 1'000'000;
                s.disconnect = Time{};
            }
            break;
        }
        case EventKind::handover_logged:
            handover_grace_ = std::int64_t{event.as<HandoverLogged>().grace_ms} * 1'000'000;
            break;
        case EventKind::session_disconnected:
            for (Session& s : sessions_) {
                if (s.id != event.as<SessionDisconnected>().session) continue;
                s.established = false;
                if (s.grace >= 0) s.disconnect = later(event.header.time, std::max(s.grace, handover_grace_));
            }
            break;
        default: break;
    }
}

void CommandGenerator::learn_money(const Event& event) {
    switch (event.header.kind) {
        case EventKind::transfer_pended: {
            const auto e = event.as<TransferPended>();
            pendings_.push_back({.id = e.id, .scope = e.scope, .account = e.debit_account, .amount = e.amount.value});
            if (e.expires.value != 0) deadlines_[{1, e.id}] = e.expires;
            break;
        }
        case EventKind::withdrawal_requested: {
            const auto e = event.as<WithdrawalRequested>();
            pendings_.push_back({.id = e.id, .scope = e.scope, .account = e.account, .amount = e.amount.value});
            break;
        }
        case EventKind::pending_resolved: {
            const auto e = event.as<PendingResolved>();
            const auto found = std::find_if(pendings_.begin(), pendings_.end(), [&](const Pending& p) {
                return p.id == e.pending_id && p.scope == e.scope;
            });
            resolved_.push_back(*found);
            pendings_.erase(found);
            deadlines_.erase({1, e.pending_id});
            break;
        }
        default: break;
    }
}

void CommandGenerator::learn_proposal(const Command& command, const Event& event) {
    const auto close = [this](ProposalId id) {
        std::erase(open_proposals_, id);
        deadlines_.erase({5, TransferId{.low = id.value}});
    };
    switch (event.header.kind) {
        case EventKind::command_proposed: {
            const auto e = event.as<CommandProposed>();
            open_proposals_.push_back(e.proposal);
            deadlines_[{5, TransferId{.low = e.proposal.value}}] = e.expires;
            step_of_proposal_[e.proposal.value] = static_cast<std::int64_t>(command.header.sequence.value) - 1;
            const bool meant = e.proposed == CommandKind::bust_trade || e.proposed >= CommandKind::set_chain;
            if (in_setup_ || random_.chance(meant ? 15 : 60)) break;
            for (const std::uint32_t session : {random_.chance(50) ? 1u : 3u, 2u})
                agreed_.push_back({e.proposal, SessionId{session}});
            break;
        }
        case EventKind::proposal_approved:
            if (event.as<ProposalApproved>().complete == 1) close(event.as<ProposalApproved>().proposal);
            break;
        case EventKind::proposal_expired: close(event.as<ProposalExpired>().proposal); break;
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
                                         .leaves = e.quantity.value,
                                         .expire_at = e.expire_at};
            if (e.type == OrderType::limit && e.side == Side::buy && e.instrument.value <= markets_.size())
                markets_[e.instrument.value - 1].unit =
                    static_cast<std::int64_t>(e.hold.value / (int128{e.price.value} * e.quantity.value));
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
