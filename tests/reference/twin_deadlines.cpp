// What happens by time alone: ticks, the sweeps of dead-man switches, disconnects and kill switches, expiring orders.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

// The numbers of docs/rules.md.
constexpr int kPendingTransfer = 1;
constexpr int kOrder = 2;
constexpr int kDeadMan = 3;
constexpr int kDisconnect = 4;
constexpr int kProposal = 5;
constexpr int kKilledAccount = 6;
constexpr int kKilledMarket = 7;
constexpr int kKilledVenue = 8;

constexpr std::int64_t kMillisecond = 1'000'000;

bool scope_known(CancelScope scope) {
    return scope == CancelScope::none || scope == CancelScope::session || scope == CancelScope::account;
}

template <class Id>
Id id_of(std::uint64_t number) {
    return Id{static_cast<typename Id::rep>(number)};
}

}  // namespace

std::vector<Twin::Deadline> Twin::deadlines() const {
    std::vector<Deadline> result;
    const auto add = [&](const std::optional<Time>& time, int kind, std::uint64_t id) {
        if (time) result.push_back({.time = *time, .kind = kind, .id = id});
    };
    add_pending_deadlines(result);
    for (const Order& o : orders_)
        if (o.arrival != 0 && o.expire_at.value != 0) add(o.expire_at, kOrder, o.id.value);
    for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
        add(sessions_[i].dead_man_at, kDeadMan, i + 1);
        add(sessions_[i].disconnect_at, kDisconnect, i + 1);
    }
    add_proposal_deadlines(result);
    for (std::uint32_t i = 0; i < accounts_.size(); ++i) add(accounts_[i].killed.sweep, kKilledAccount, i + 1);
    for (std::uint32_t i = 0; i < instruments_.size(); ++i) add(instruments_[i].killed.sweep, kKilledMarket, i + 1);
    add(venue_killed_.sweep, kKilledVenue, 0);
    std::sort(result.begin(), result.end());
    return result;
}

std::optional<Twin::Deadline> Twin::next_deadline() const {
    const std::vector<Deadline> all = deadlines();
    return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<Twin::Deadline> Twin::first_due() const {
    const std::optional<Deadline> first = next_deadline();
    return first && first->time <= time_ ? first : std::nullopt;
}

void Twin::tick() {
    std::uint32_t done = 0;
    while (done < genesis_->max_fills_per_command) {
        const std::optional<Deadline> due = first_due();
        if (!due) break;
        handle_unit(*due);
        ++done;
    }
    emit(Ticked{.done = done, .complete = !first_due()}, SessionId{});
}

// One order, transfer or proposal, or the end of a sweep.
void Twin::handle_unit(const Deadline& due) {
    const auto sweep_switch = [&](AccountId account, InstrumentId instrument) {
        const std::optional<OrderId> id = first_of_switch(account, instrument);
        if (id) return cancel_swept(*id, CancelReason::kill_switch);
        switch_of(account, instrument).sweep.reset();
    };
    switch (due.kind) {
        case kPendingTransfer: return expire_pending(due.id);
        case kOrder: return cancel_swept(OrderId{due.id}, CancelReason::expired);
        case kDeadMan: {
            Session& s = session(id_of<SessionId>(due.id));
            return sweep_session(id_of<SessionId>(due.id), s.dead_man_scope, CancelReason::dead_man, s.dead_man_at);
        }
        case kDisconnect: {
            Session& s = session(id_of<SessionId>(due.id));
            return sweep_session(id_of<SessionId>(due.id), s.scope, CancelReason::disconnect, s.disconnect_at);
        }
        case kProposal: return expire_proposal(due.id);
        case kKilledAccount: return sweep_switch(id_of<AccountId>(due.id), InstrumentId{});
        case kKilledMarket: return sweep_switch(AccountId{}, id_of<InstrumentId>(due.id));
        case kKilledVenue: return sweep_switch(AccountId{}, InstrumentId{});
        default: DCX_CHECK(false);
    }
}

void Twin::sweep_session(SessionId id, CancelScope scope, CancelReason reason, std::optional<Time>& deadline) {
    const std::optional<OrderId> order = first_of_session(id, scope);
    if (order)
        cancel_swept(*order, reason);
    else
        deadline.reset();
}

void Twin::cancel_swept(OrderId id, CancelReason reason) {
    const std::size_t index = index_of(id);
    const Order& order = orders_[index];
    DCX_CHECK(order.arrival != 0);
    report_cancel(order, reason, order.cl_ord_id, order.session);
    finish(index);
}

std::optional<OrderId> Twin::first_of_session(SessionId id, CancelScope scope) const {
    const AccountId own = account_of(id);
    if (own.value == 0) return std::nullopt;
    std::vector<AccountId> accounts{own};
    if (scope == CancelScope::session)
        for (const AccountId sub : subs_of(own)) accounts.push_back(sub);
    for (const AccountId account : accounts)
        for (const Order& o : orders_)
            if (o.account == account && (scope == CancelScope::account || o.session == id)) return o.id;
    return std::nullopt;
}

std::optional<OrderId> Twin::first_of_switch(AccountId account, InstrumentId instrument) const {
    if (account.value != 0) {
        std::vector<AccountId> accounts{account};
        if (owners_reach())
            for (const AccountId sub : subs_of(account)) accounts.push_back(sub);
        for (const AccountId of : accounts)
            for (const Order& o : orders_)
                if (o.account == of) return o.id;
        return std::nullopt;
    }
    if (instrument.value != 0) return first_of_market(instrument);
    for (const Market& m : instruments_)
        if (const std::optional<OrderId> id = first_of_market(m.listing.instrument)) return id;
    return std::nullopt;
}

std::optional<OrderId> Twin::first_of_market(InstrumentId instrument) const {
    for (const Side side : {Side::buy, Side::sell})
        if (const std::vector<const Order*> orders = queue(instrument, side); !orders.empty())
            return orders.front()->id;
    return std::nullopt;
}

RejectReason Twin::set_dead_man(const SetDeadMan& b, SessionId from) {
    const bool disarms = b.timeout_ms == 0;
    if (!scope_known(b.cancel_orders) || b.zero != std::array<std::uint8_t, 3>{} ||
        (b.cancel_orders == CancelScope::none) != disarms)
        return RejectReason::malformed_field;
    if (!disarms && (b.timeout_ms < 100 || b.timeout_ms > kMaxGraceMs)) return RejectReason::timeout_out_of_range;
    Session& s = session(from);
    s.dead_man_scope = b.cancel_orders;
    s.dead_man_at.reset();
    if (!disarms) s.dead_man_at = later(time_, b.timeout_ms * kMillisecond);
    emit(
        DeadManSet{
            .reference = b.reference, .deadline = s.dead_man_at.value_or(Time{}), .cancel_orders = b.cancel_orders},
        from);
    return RejectReason::none;
}

// What disconnect_session and start_epoch do to an established session.
void Twin::end_session(SessionId id, std::uint64_t connection) {
    Session& s = session(id);
    s.established = false;
    groups_.erase(id.value);
    std::int64_t grace_ms = s.grace_ms;
    if (handover_) grace_ms = std::max<std::int64_t>(grace_ms, handover_->grace_ms);
    if (s.scope != CancelScope::none) s.disconnect_at = later(time_, grace_ms * kMillisecond);
    emit(SessionDisconnected{.connection = connection, .session = id}, SessionId{});
}

}  // namespace dcx::reference
