// Two-phase transfers: what is promised is held until it is posted, voided or expires.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr int kDeadlineKind = 1;

}  // namespace

const Twin::Pending* Twin::find_pending(AccountId scope, TransferId id) const {
    const auto found = std::find_if(pendings_.begin(), pendings_.end(),
                                    [&](const Pending& p) { return p.scope == scope && p.id == id; });
    return found == pendings_.end() ? nullptr : &*found;
}

void Twin::pend(const Request& r, SessionId from) {
    pendings_.push_back({.number = ++pending_count_,
                         .scope = account_of(from),
                         .id = r.id,
                         .session = from,
                         .debit = r.debit,
                         .credit = r.credit,
                         .asset = r.asset,
                         .amount = r.amount,
                         .expires = r.timeout == 0 ? Time{} : later(time_, r.timeout),
                         .withdraw = r.kind == TransferKind::withdraw,
                         .address = r.address});
    tell_pending(pendings_.back(), [&](const auto& body) { emit(body, from); });
}

// Step 6 of post and void.
RejectReason Twin::check_pending(const Request& r, SessionId from) const {
    const AccountId scope = r.debit;
    const Pending* pending = find_pending(scope, r.pending_id);
    if (pending == nullptr) {
        const auto known = requests_.find({scope.value, r.pending_id});
        if (known == requests_.end()) return RejectReason::unknown_pending;
        switch (known->second.state) {
            case PendingState::posted: return RejectReason::already_posted;
            case PendingState::voided: return RejectReason::already_voided;
            case PendingState::expired: return RejectReason::already_expired;
            case PendingState::pending: return RejectReason::unknown_pending;  // it never was one
        }
    }
    if (pending->withdraw && account_of(from).value != 0) return RejectReason::not_permitted;
    if (pending->withdraw)
        if (const RejectReason reason = check_payouts_of(r, *pending); reason != RejectReason::none) return reason;
    if (r.kind == TransferKind::void_pending) return RejectReason::none;
    if (is_frozen(pending->debit)) return RejectReason::account_frozen;
    return r.amount > pending->amount ? RejectReason::exceeds_pending_amount : RejectReason::none;
}

// All of it leaves `held`. `by`: the post or void; nothing when it expires.
void Twin::release(std::uint64_t number, PendingState state, const Request& by, SessionId to) {
    const auto found =
        std::find_if(pendings_.begin(), pendings_.end(), [&](const Pending& p) { return p.number == number; });
    DCX_CHECK(found != pendings_.end());
    const Pending pending = *found;
    pendings_.erase(found);
    if (const auto known = requests_.find({pending.scope.value, pending.id}); known != requests_.end())
        known->second.state = state;
    const Balance after = balance(pending.debit, pending.asset);
    emit(PendingResolved{.id = by.id,
                         .pending_id = pending.id,
                         .amount = Amount{by.amount},
                         .released = Amount{pending.amount - by.amount},
                         .available = after.available,
                         .held = after.held,
                         .account = pending.debit,
                         .asset = pending.asset,
                         .scope = pending.scope,
                         .state = state},
         to);
}

void Twin::resolve(const Request& r, SessionId from) {
    const Pending pending = *find_pending(r.debit, r.pending_id);
    if (r.kind == TransferKind::void_pending) return release(pending.number, PendingState::voided, r, from);
    release(pending.number, PendingState::posted, r, from);
    post_and_tell(Transferred{.id = r.id,
                              .amount = Amount{r.amount},
                              .debit_account = pending.debit,
                              .credit_account = pending.credit,
                              .asset = pending.asset,
                              .transfer_kind = TransferKind::post},
                  from);
    if (pending.scope.value != 0 && !pending.withdraw) take_fee(r, pending.credit, pending.asset, from);
}

void Twin::add_pending_deadlines(std::vector<Deadline>& to) const {
    for (const Pending& p : pendings_)
        if (p.expires.value != 0) to.push_back({.time = p.expires, .kind = kDeadlineKind, .id = p.number});
}

void Twin::expire_pending(std::uint64_t number) {
    const auto found =
        std::find_if(pendings_.begin(), pendings_.end(), [&](const Pending& p) { return p.number == number; });
    DCX_CHECK(found != pendings_.end());
    release(number, PendingState::expired, Request{}, found->session);
}

}  // namespace dcx::reference
