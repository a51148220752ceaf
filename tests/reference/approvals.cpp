#include "reference/approvals.h"

#include <cstring>

namespace dcx::reference {

Ed25519Seed operator_seed(std::uint64_t number) {
    Ed25519Seed seed{};
    std::memcpy(seed.data(), &number, sizeof number);
    return seed;
}

Approve sign_approval(const ApprovalMessage& message, std::uint64_t signer) {
    return {.proposal = message.proposal,
            .signature = ed25519_sign(operator_seed(signer), std::as_bytes(std::span{&message, 1}))};
}

void ProposalBook::observe(std::span<const Event> events) {
    std::uint64_t proposed = 0;
    for (const Event& event : events) switch (event.header.kind) {
            case EventKind::genesis_applied: venue_id_ = event.as<GenesisApplied>().venue_id; break;
            case EventKind::command_proposed: {
                const auto e = event.as<CommandProposed>();
                proposed = e.proposal.value;
                ApprovalMessage& message = messages_[proposed];
                message.venue_id = venue_id_;
                message.proposal = e.proposal;
                message.expires = e.expires;
                message.proposed = e.proposed;
                message.proposer = e.proposer;
                break;
            }
            case EventKind::proposal_body: messages_[proposed].body = event.as<ProposalBody>().body; break;
            default: break;
        }
}

const ApprovalMessage* ProposalBook::message(ProposalId id) const {
    const auto found = messages_.find(id.value);
    return found == messages_.end() ? nullptr : &found->second;
}

}  // namespace dcx::reference
