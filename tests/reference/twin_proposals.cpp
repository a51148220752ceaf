// Dual control: an operator's command waits for the signatures of two persons.
#include <algorithm>
#include <span>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr int kDeadlineKind = 5;
constexpr std::int64_t kSecondNs = 1'000'000'000;

bool can_be_proposed(CommandKind kind) {
    switch (kind) {
        case CommandKind::open_account:
        case CommandKind::add_key:
        case CommandKind::revoke_key:
        case CommandKind::list_asset:
        case CommandKind::list_instrument:
        case CommandKind::set_phase:
        case CommandKind::freeze_account:
        case CommandKind::register_address:
        case CommandKind::set_asset_limits:
        case CommandKind::set_fees:
        case CommandKind::set_market_limits:
        case CommandKind::set_account_limits:
        case CommandKind::set_position_limits:
        case CommandKind::set_kill_switch:
        case CommandKind::bust_trade:
        case CommandKind::activate_rules:
        case CommandKind::mint:
        case CommandKind::burn:
        case CommandKind::transfer:
        case CommandKind::set_chain:
        case CommandKind::advance_chain:
        case CommandKind::rewind_chain:
        case CommandKind::reverse_deposit:
        case CommandKind::cover_loss:
        case CommandKind::register_venue_address:
        case CommandKind::set_withdrawal_limits:
        case CommandKind::release_withdrawal:
        case CommandKind::prepare_payout:
        case CommandKind::post_payout:
        case CommandKind::abandon_payout:
        case CommandKind::settle_payout:
        case CommandKind::resolve_payout:
        case CommandKind::set_payouts:
        case CommandKind::record_anchor: return true;
        default: return false;  // a credit_deposit does not fit in, an allow_address is its customer's
    }
}

}  // namespace

RejectReason Twin::propose(const Propose& body, SessionId from) {
    if (!can_be_proposed(body.proposed) || !known(body.proposed) || body.zero != 0)
        return RejectReason::malformed_field;
    for (std::size_t i = body_size(body.proposed); i < body.body.size(); ++i)
        if (body.body[i] != std::byte{}) return RejectReason::malformed_field;
    if (body.lifetime_s < 60 || body.lifetime_s > 604'800) return RejectReason::limit_out_of_range;
    if (proposals_.size() >= kMaxProposals) return RejectReason::capacity_exhausted;
    proposals_.push_back({.id = ProposalId{++proposal_count_},
                          .expires = later(time_, body.lifetime_s * kSecondNs),
                          .proposer = session(from).key,
                          .proposed = body.proposed,
                          .body = body.body});
    const Proposal& made = proposals_.back();
    emit(
        CommandProposed{
            .proposal = made.id, .expires = made.expires, .proposer = made.proposer, .proposed = made.proposed},
        from);
    emit(ProposalBody{.body = made.body}, from);
    return RejectReason::none;
}

bool Twin::signed_by(KeyId key, const Proposal& proposal, const Ed25519Signature& signature) const {
    ApprovalMessage message;
    message.venue_id = genesis_->venue_id;
    message.proposal = proposal.id;
    message.expires = proposal.expires;
    message.proposed = proposal.proposed;
    message.proposer = proposal.proposer;
    message.body = proposal.body;
    return ed25519_verify(keys_.at(key.value - 1).public_key, std::as_bytes(std::span{&message, 1}), signature);
}

RejectReason Twin::approve(const Command& command, SessionId from) {
    const auto body = command.as<Approve>();
    const auto found =
        std::find_if(proposals_.begin(), proposals_.end(), [&](const Proposal& p) { return p.id == body.proposal; });
    if (found == proposals_.end()) return RejectReason::unknown_proposal;
    const KeyId key = session(from).key;
    const PersonId person = keys_.at(key.value - 1).person;
    if (!signed_by(key, *found, body.signature)) return RejectReason::bad_signature;
    const KeyId first = found->approved_by;
    const bool counts = first.value != 0 && !keys_.at(first.value - 1).revoked;
    if (counts && keys_.at(first.value - 1).person == person) return RejectReason::same_person;
    emit(ProposalApproved{.proposal = found->id, .key = key, .person = person, .complete = counts}, from);
    if (!counts) {
        found->approved_by = key;
        return RejectReason::none;
    }
    // Carried out as if this session had sent it.
    Command proposed{.header = command.header, .body = {}};
    proposed.header.kind = found->proposed;
    std::copy(found->body.begin(), found->body.end(), proposed.body.begin());
    proposals_.erase(found);
    dispatch(proposed, from, true);
    return RejectReason::none;
}

void Twin::add_proposal_deadlines(std::vector<Deadline>& to) const {
    for (const Proposal& p : proposals_) to.push_back({.time = p.expires, .kind = kDeadlineKind, .id = p.id.value});
}

void Twin::expire_proposal(std::uint64_t id) {
    const auto found =
        std::find_if(proposals_.begin(), proposals_.end(), [&](const Proposal& p) { return p.id.value == id; });
    DCX_CHECK(found != proposals_.end());
    proposals_.erase(found);
    emit(ProposalExpired{.proposal = ProposalId{id}}, SessionId{});
}

}  // namespace dcx::reference
