// Linked transfers: a session's members wait until their group is closed, then all are carried out or none.
#include "core/apply.h"

namespace dcx::core {

bool Apply::joins_group(const MoneyRequest& request, RejectReason malformed, bool linked) {
    Session& from = session();
    const GroupMember member{.request = request,
                             .session_sequence = command_.header.session_sequence,
                             .malformed = malformed,
                             .zero = 0,
                             .zero_too = 0};
    if (from.group_refused != RejectReason::none) {
        reject_member(member, RejectReason::linked_failed, from.group_refused);
        if (!linked) from.group_refused = RejectReason::none;
        return true;
    }
    if (from.group == 0) {
        if (!linked) return false;
        from.group = s_.groups.open();
        if (from.group == 0) {
            from.group_refused = RejectReason::capacity_exhausted;
            reject(RejectReason::capacity_exhausted);
            return true;
        }
    }
    TransferGroup& group = s_.groups[from.group];
    if (group.count == group.members.size()) {
        for (const GroupMember& waiting : group.members)
            reject_member(waiting, RejectReason::linked_failed, RejectReason::group_too_long);
        reject(RejectReason::group_too_long);
        s_.groups.close(from.group);
        from.group = 0;
        if (linked) from.group_refused = RejectReason::group_too_long;
        return true;
    }
    group.members[group.count++] = member;
    if (linked) {
        emit(TransferLinked{.id = request.id, .members = group.count, .zero = 0}, sender());
        return true;
    }
    close_group(group);
    s_.groups.close(from.group);
    from.group = 0;
    return true;
}

void Apply::close_group(const TransferGroup& group) {
    const auto members = std::span{group.members}.first(group.count);
    const GroupFailure failure = try_group(members);
    if (failure.reason == RejectReason::none) {
        for (const GroupMember& member : members) {
            s_.transfer_ids.remember(member.request);
            carry_out(member.request);
        }
        return;
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        const bool failed = i == failure.member;
        if (failure.burns) {
            RejectReason unused{};
            MoneyRequest request = members[i].request;
            request.outcome = failed ? failure.reason : RejectReason::linked_failed;
            if (failed ||
                (check_sender(members[i]) == RejectReason::none && check_id(request, unused) == RejectReason::none))
                s_.transfer_ids.remember(request);
        }
        if (failed)
            reject_member(members[i], failure.reason, failure.detail);
        else
            reject_member(members[i], RejectReason::linked_failed, failure.reason);
    }
}

// Steps 1 and 2. Whose account it is may have changed since the member came.
RejectReason Apply::check_sender(const GroupMember& member) const {
    return member.malformed == RejectReason::none ? owned(member.request.debit) : member.malformed;
}

// Each member in the state that those before it leave; then everything is as it was.
Apply::GroupFailure Apply::try_group(std::span<const GroupMember> members) {
    GroupFailure failure;
    std::uint32_t pends = 0;
    std::size_t done = 0;
    for (; done < members.size(); ++done) {
        failure = try_member(members, done, pends);
        if (failure.reason != RejectReason::none) break;
        const MoneyRequest& r = members[done].request;
        if (r.pends()) {
            ++pends;
            s_.ledger.hold(r.debit, r.asset, r.amount);
        } else {
            s_.ledger.move(r.debit, r.credit, r.asset, r.amount);
            s_.ledger.move(r.credit, kFeeAccount, r.asset, transfer_fee(r));
        }
    }
    while (done > 0) {
        const MoneyRequest& r = members[--done].request;
        if (r.pends()) {
            s_.ledger.release(r.debit, r.asset, r.amount);
        } else {
            s_.ledger.undo_move(r.credit, kFeeAccount, r.asset, transfer_fee(r));
            s_.ledger.undo_move(r.debit, r.credit, r.asset, r.amount);
        }
    }
    return failure;
}

Apply::GroupFailure Apply::try_member(std::span<const GroupMember> members, std::size_t which,
                                      std::uint32_t pends) const {
    GroupFailure failure{.reason = check_sender(members[which]), .member = which};
    const MoneyRequest& request = members[which].request;
    if (failure.reason == RejectReason::none) failure.reason = check_id(request, failure.detail);
    for (std::size_t i = 0; i < which && failure.reason == RejectReason::none; ++i)
        if (members[i].request.id == request.id) failure.reason = compare_requests(members[i].request, request);
    if (failure.reason == RejectReason::none) failure.reason = check_form(request);
    if (failure.reason == RejectReason::none) {
        failure.reason = check_state(request, pends);
        failure.burns = failure.reason != RejectReason::none;
    }
    return failure;
}

void Apply::reject_member(const GroupMember& member, RejectReason reason, RejectReason detail) {
    emit(CommandRejected{.id = member.request.id,
                         .reference = 0,
                         .session_sequence = member.session_sequence,
                         .command = member.request.kind == TransferKind::pend ? CommandKind::pend_transfer
                                                                              : CommandKind::transfer,
                         .reason = reason,
                         .detail = detail,
                         .zero = 0},
         sender());
}

}  // namespace dcx::core
