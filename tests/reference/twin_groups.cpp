// Groups of transfers and pends: gathered while `linked` is set, then all of them or none.
#include <algorithm>
#include <utility>

#include "reference/twin.h"

namespace dcx::reference {

// False: the command is no member of a group and stands alone.
bool Twin::join_group(const Command& command, std::uint8_t linked, SessionId from) {
    const auto found = groups_.find(from.value);
    if (found == groups_.end()) {
        if (linked == 0) return false;
        const auto open = std::count_if(groups_.begin(), groups_.end(),
                                        [](const auto& g) { return g.second.refused == RejectReason::none; });
        if (open < static_cast<std::ptrdiff_t>(kMaxOpenGroups)) {
            groups_[from.value].members = {command};
            emit(TransferLinked{.id = as_request(command).id, .members = 1}, from);
        } else {
            groups_[from.value].refused = RejectReason::capacity_exhausted;
            refuse(command, RejectReason::capacity_exhausted, from);
        }
        return true;
    }
    Group& group = found->second;
    if (group.refused != RejectReason::none) {
        refuse(command, RejectReason::linked_failed, from, group.refused);
        if (linked == 0) groups_.erase(found);
        return true;
    }
    if (group.members.size() == kMaxLinked) {
        for (const Command& member : group.members)
            refuse(member, RejectReason::linked_failed, from, RejectReason::group_too_long);
        refuse(command, RejectReason::group_too_long, from);
        group = {.members = {}, .refused = RejectReason::group_too_long};
        if (linked == 0) groups_.erase(found);
        return true;
    }
    group.members.push_back(command);
    if (linked != 0) {
        emit(TransferLinked{.id = as_request(command).id, .members = static_cast<std::uint32_t>(group.members.size())},
             from);
        return true;
    }
    const std::vector<Command> members = group.members;
    groups_.erase(found);
    carry_out_group(members, from);
    return true;
}

// The venue as it would be afterwards either becomes the venue, or is thrown away.
void Twin::carry_out_group(const std::vector<Command>& members, SessionId from) {
    Twin trial = *this;
    trial.in_group_ = true;
    Verdict verdict;
    std::size_t failed = 0;
    for (; failed < members.size(); ++failed) {
        verdict = trial.carry_out(as_request(members[failed]), from, false);
        if (verdict.reason != RejectReason::none) break;
    }
    if (failed == members.size()) {
        // Only now is anything forgotten, and the floor rises.
        trial.in_group_ = false;
        for (const Request& done : std::exchange(trial.earlier_members_, {})) trial.remember(account_of(from), done);
        *this = std::move(trial);
        return;
    }
    if (verdict.burns) burn_group(members, failed, verdict.reason, from);
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i == failed)
            refuse(members[i], verdict.reason, from, verdict.detail);
        else
            refuse(members[i], RejectReason::linked_failed, from, verdict.reason);
    }
}

void Twin::burn_group(const std::vector<Command>& members, std::size_t failed, RejectReason reason, SessionId from) {
    const AccountId scope = account_of(from);
    for (std::size_t i = 0; i < members.size(); ++i) {
        Request request = as_request(members[i]);
        request.outcome = i == failed ? reason : RejectReason::linked_failed;
        const bool sound = check_form(request, from, false) == RejectReason::none && !remembers(scope, request.id);
        if (i == failed || sound) remember(scope, request);
    }
}

}  // namespace dcx::reference
