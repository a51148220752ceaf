// What one operator may not do alone: proposed by one command, carried out when two persons have signed it. The
// signatures are checked here, so that no replay of a log can carry out what was not approved.
#include <algorithm>

#include "base/ed25519.h"
#include "core/apply.h"

namespace dcx::core {
namespace {

constexpr std::uint32_t kMinLifetimeS = 60;
constexpr std::uint32_t kMaxLifetimeS = 604'800;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

bool proposable(CommandKind kind) {
    return kind == CommandKind::transfer ||
           (needed_permission(kind) == kPermitOperator && kind != CommandKind::propose &&
            kind != CommandKind::approve && body_size(kind) <= kProposalBodySize);
}

}  // namespace

bool Apply::needs_two_persons() const {
    switch (command_.header.kind) {
        case CommandKind::bust_trade:
        case CommandKind::release_withdrawal:
        case CommandKind::resolve_payout: return true;
        case CommandKind::set_payouts: return command_.as<SetPayouts>().on == 1;
        case CommandKind::add_key:
        case CommandKind::list_asset:
        case CommandKind::set_asset_limits:
        case CommandKind::set_fees:
        case CommandKind::set_market_limits:
        case CommandKind::set_account_limits:
        case CommandKind::set_position_limits:
        case CommandKind::activate_rules:
        case CommandKind::set_chain:
        case CommandKind::register_venue_address:
        case CommandKind::set_withdrawal_limits: return s_.genesis.dual_control != 0;
        default: return false;
    }
}

void Apply::propose() {
    const auto body = command_.as<Propose>();
    if (!s_.knows(body.proposed) || !proposable(body.proposed) || body.zero != 0 ||
        !std::ranges::all_of(std::span{body.body}.subspan(body_size(body.proposed)),
                             [](std::byte b) { return b == std::byte{}; }))
        return reject(RejectReason::malformed_field);
    if (body.lifetime_s < kMinLifetimeS || body.lifetime_s > kMaxLifetimeS)
        return reject(RejectReason::limit_out_of_range);
    if (s_.proposal_count == s_.proposals.size()) return reject(RejectReason::capacity_exhausted);
    Proposal& proposal = s_.proposals[s_.proposal_count++];
    proposal = {.id = ProposalId{++s_.last_proposal_id},
                .proposer = session().key,
                .approved_by = {},
                .proposed = body.proposed,
                .zero = 0,
                .deadline = {},
                .body = body.body};
    const Time expires = after(body.lifetime_s * kNsPerSecond);
    s_.deadlines.set(proposal.deadline,
                     {.time = expires, .id = proposal.id.value, .kind = DeadlineKind::proposal, .slot = 0});
    emit(CommandProposed{.proposal = proposal.id,
                         .expires = expires,
                         .proposer = proposal.proposer,
                         .proposed = proposal.proposed,
                         .zero = 0,
                         .approved_by = {},
                         .zero_too = 0},
         sender());
    emit(ProposalBody{.body = proposal.body}, sender());
}

void Apply::approve() {
    const auto body = command_.as<Approve>();
    Proposal* const open = s_.find_proposal(body.proposal);
    if (open == nullptr) return reject(RejectReason::unknown_proposal);
    ApprovalMessage message;
    message.venue_id = s_.genesis.venue_id;
    message.proposal = open->id;
    message.expires = s_.deadlines.time_of(open->deadline);
    message.proposed = open->proposed;
    message.proposer = open->proposer;
    message.body = open->body;
    if (!ed25519_verify(key().public_key, std::as_bytes(std::span{&message, 1}), body.signature))
        return reject(RejectReason::bad_signature);
    const bool counts = open->approved_by && s_.keys[open->approved_by.value].revoked == 0;
    if (counts && s_.keys[open->approved_by.value].person == key().person) return reject(RejectReason::same_person);
    emit(ProposalApproved{.proposal = open->id,
                          .key = session().key,
                          .person = key().person,
                          .complete = std::uint8_t{counts},
                          .zero = {}},
         sender());
    if (!counts) {
        open->approved_by = session().key;
        return;
    }
    const Proposal approved = *open;
    close_proposal(*open);
    carry_out(approved);
}

void Apply::close_proposal(Proposal& proposal) {
    s_.deadlines.drop(proposal.deadline);
    const auto open = s_.proposals.first(s_.proposal_count);
    std::copy(&proposal + 1, open.data() + open.size(), &proposal);
    open.back() = {};
    --s_.proposal_count;
}

// As if the session had sent it, but for what was checked when it was proposed.
void Apply::carry_out(const Proposal& proposal) {
    Command command{.header = command_.header, .body = {}};
    command.header.kind = proposal.proposed;
    std::copy(proposal.body.begin(), proposal.body.end(), command.body.begin());
    Apply inner(s_, command, out_);
    inner.index_ = index_;
    inner.approved_ = true;
    inner.dispatch_client();
    index_ = inner.index_;
}

}  // namespace dcx::core
