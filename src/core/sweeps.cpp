// What happens by time alone, and what kill switches, dead-man switches and disconnects cancel. docs/rules.md,
// "Deadlines".
#include "core/apply.h"

namespace dcx::core {

void Apply::tick() {
    std::uint32_t units = s_.genesis.max_fills_per_command;
    const auto due = [this] { return s_.deadlines.due(s_.time); };
    while (units > 0 && due()) handle(s_.deadlines.top(), units);
    emit(Ticked{.done = s_.genesis.max_fills_per_command - units, .complete = std::uint8_t{!due()}, .zero = {}});
}

// A sweep that its units don't end keeps its deadline, and is the first one again in the next tick.
void Apply::handle(const Deadline deadline, std::uint32_t& units) {
    const std::uint32_t slot = deadline.slot;
    switch (deadline.kind) {
        case DeadlineKind::pending_transfer:
            --units;
            return resolve(slot, {}, {}, PendingState::expired, s_.pending[slot].session);
        case DeadlineKind::order: --units; return cancel_resting(slot, CancelReason::expired);
        case DeadlineKind::proposal: {
            --units;
            Proposal& proposal = *s_.find_proposal(ProposalId{deadline.id});
            emit(ProposalExpired{.proposal = proposal.id});
            return close_proposal(proposal);
        }
        case DeadlineKind::dead_man: {
            Session& session = s_.sessions[slot];
            if (!sweep_session(SessionId{slot}, session.dead_man_scope, CancelReason::dead_man, units)) return;
            end_sweep(session.dead_man, units);
            if (session.dead_man == 0) session.dead_man_scope = CancelScope::none;
            return;
        }
        case DeadlineKind::disconnect: {
            Session& session = s_.sessions[slot];
            if (!sweep_session(SessionId{slot}, session.disconnect_scope, CancelReason::disconnect, units)) return;
            return end_sweep(session.disconnect, units);
        }
        case DeadlineKind::kill_account:
            if (sweep_killed(AccountId{slot}, units))
                end_sweep(s_.ledger.account(AccountId{slot}).kill_deadline, units);
            return;
        case DeadlineKind::kill_market:
            if (sweep_market(s_.markets[slot], units)) end_sweep(s_.markets[slot].kill_deadline, units);
            return;
        case DeadlineKind::kill_venue:
            if (sweep_venue(units)) end_sweep(s_.kill_deadline, units);
            return;
    }
    DCX_CHECK(false);
}

void Apply::end_sweep(DeadlineHandle& deadline, std::uint32_t& units) {
    if (units == 0) return;  // its end is a unit too
    --units;
    s_.deadlines.drop(deadline);
}

void Apply::cancel_resting(std::uint32_t slot, CancelReason reason) {
    const OpenOrder& details = s_.details[slot];
    s_.market_of(details).book.remove(s_.store, slot);
    cancel_open(slot, details.session, details.cl_ord_id, reason, true);
}

bool Apply::sweep_account(AccountId account, SessionId of_session, CancelReason reason, std::uint32_t& units) {
    for (std::uint32_t slot = s_.ledger.account(account).first_order; slot != kNoSlot;) {
        const std::uint32_t next = s_.details[slot].account_next;
        if (!of_session || s_.details[slot].session == of_session) {
            if (units == 0) return false;
            --units;
            cancel_resting(slot, reason);
        }
        slot = next;
    }
    return true;
}

bool Apply::sweep_killed(AccountId account, std::uint32_t& units) {
    if (!sweep_account(account, {}, CancelReason::kill_switch, units)) return false;
    if (!s_.owners_reach()) return true;
    for (AccountId sub = s_.ledger.account(account).first_sub; sub; sub = s_.ledger.account(sub).next_sub)
        if (!sweep_account(sub, {}, CancelReason::kill_switch, units)) return false;
    return true;
}

bool Apply::sweep_session(SessionId session, CancelScope scope, CancelReason reason, std::uint32_t& units) {
    const AccountId account = s_.sessions[session.value].account;
    if (!account) return true;
    if (scope == CancelScope::account) return sweep_account(account, {}, reason, units);
    if (!sweep_account(account, session, reason, units)) return false;
    for (AccountId sub = s_.ledger.account(account).first_sub; sub; sub = s_.ledger.account(sub).next_sub)
        if (!sweep_account(sub, session, reason, units)) return false;
    return true;
}

bool Apply::sweep_market(Market& market, std::uint32_t& units) {
    for (const Side side : {Side::buy, Side::sell}) {
        while (!market.book.empty(side)) {
            if (units == 0) return false;
            --units;
            cancel_resting(market.book.front(s_.store, side), CancelReason::kill_switch);
        }
    }
    return true;
}

bool Apply::sweep_venue(std::uint32_t& units) {
    for (std::uint32_t i = 1; i <= s_.market_count; ++i)
        if (!sweep_market(s_.markets[i], units)) return false;
    return true;
}

}  // namespace dcx::core
