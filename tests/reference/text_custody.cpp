// The chain's commands and events as lines.
#include "reference/text_line.h"

namespace dcx::reference {

namespace {

template <class Body>
void withdrawal_limits_line(TextLine& l, const Body& b) {
    l("asset", b.asset)("daily_limit", b.daily_limit)("dual_control_above", b.dual_control_above);
    l("cooling_s", b.cooling_s)("allow_list", b.allow_list);
}
template <class Body>
void prepared_line(TextLine& l, const Body& b) {
    l("payout_kind", b.payout_kind)("tx", b.tx_hash)("id", b.id)("account", b.account)("index", b.index);
    l("to_index", b.to_index)("amount", b.amount)("nonce", b.nonce);
}
template <class Body>
void payout_line(TextLine& l, const Body& b) {
    l("payout_kind", b.payout_kind)("tx", b.tx_hash)("id", b.id)("account", b.account);
}
template <class Body>
void anchor_line(TextLine& l, const Body& b) {
    l("checkpoint", b.checkpoint)("place", b.place)("state", b.state)("height", b.height);
    l("digest", b.digest)("tx", b.tx_hash);
}

}  // namespace

void custody_of(TextLine& l, const Command& c) {
    switch (c.header.kind) {
        case CommandKind::set_chain: {
            const auto b = c.as<SetChain>();
            l("hash", b.hash)("height", b.height)("asset", b.asset)("confirmations", b.confirmations);
            break;
        }
        case CommandKind::advance_chain: {
            const auto b = c.as<AdvanceChain>();
            l("hash", b.hash)("previous", b.previous)("height", b.height);
            break;
        }
        case CommandKind::rewind_chain: {
            const auto b = c.as<RewindChain>();
            l("hash", b.hash)("height", b.height)("lost", b.lost);
            break;
        }
        case CommandKind::credit_deposit: {
            const auto b = c.as<CreditDeposit>();
            l("tx", b.tx_hash)("account", b.account)("index", b.index)("amount", b.amount)("height", b.height);
            l("position", b.position)("sender", b.sender);
            break;
        }
        case CommandKind::reverse_deposit: l("tx", c.as<ReverseDeposit>().tx_hash); break;
        case CommandKind::cover_loss: l("asset", c.as<CoverLoss>().asset)("amount", c.as<CoverLoss>().amount); break;
        case CommandKind::register_venue_address: {
            const auto b = c.as<RegisterVenueAddress>();
            l("index", b.index)("address", b.address)("role", b.role);
            break;
        }
        case CommandKind::allow_address: {
            const auto b = c.as<AllowAddress>();
            l("reference", b.reference)("account", b.account)("address", b.address)("allowed", b.allowed);
            break;
        }
        case CommandKind::set_withdrawal_limits: withdrawal_limits_line(l, c.as<SetWithdrawalLimits>()); break;
        case CommandKind::release_withdrawal: {
            const auto b = c.as<ReleaseWithdrawal>();
            l("id", b.id)("scope", b.scope);
            break;
        }
        case CommandKind::prepare_payout: prepared_line(l, c.as<PreparePayout>()); break;
        case CommandKind::post_payout: l("tx", c.as<PostPayout>().tx_hash); break;
        case CommandKind::abandon_payout: l("tx", c.as<AbandonPayout>().tx_hash); break;
        case CommandKind::settle_payout: {
            const auto b = c.as<SettlePayout>();
            l("tx", b.tx_hash)("height", b.height);
            break;
        }
        case CommandKind::resolve_payout: {
            const auto b = c.as<ResolvePayout>();
            l("tx", b.tx_hash)("outcome", b.outcome);
            break;
        }
        case CommandKind::set_payouts: {
            const auto b = c.as<SetPayouts>();
            l("reference", b.reference)("on", b.on);
            break;
        }
        case CommandKind::record_anchor: anchor_line(l, c.as<RecordAnchor>()); break;
        default: break;
    }
}

void custody_of(TextLine& l, const Event& e) {
    switch (e.header.kind) {
        case EventKind::chain_set: {
            const auto b = e.as<ChainSet>();
            l("hash", b.hash)("height", b.height)("asset", b.asset)("confirmations", b.confirmations);
            break;
        }
        case EventKind::chain_advanced: {
            const auto b = e.as<ChainAdvanced>();
            l("hash", b.hash)("height", b.height);
            break;
        }
        case EventKind::chain_rewound: {
            const auto b = e.as<ChainRewound>();
            l("hash", b.hash)("height", b.height)("from", b.from_height)("orphaned", b.orphaned);
            l("retired", b.retired)("lost", b.lost);
            break;
        }
        case EventKind::deposit_credited: {
            const auto b = e.as<DepositCredited>();
            l("tx", b.tx_hash)("account", b.account)("index", b.index)("asset", b.asset)("amount", b.amount);
            l("height", b.height)("position", b.position)("deposit_flags", b.flags);
            break;
        }
        case EventKind::deposit_reversed: {
            const auto b = e.as<DepositReversed>();
            l("tx", b.tx_hash)("account", b.account)("asset", b.asset)("taken", b.taken)("covered", b.covered);
            l("unbacked", b.unbacked)("unbacked_total", b.unbacked_total);
            break;
        }
        case EventKind::loss_covered: {
            const auto b = e.as<LossCovered>();
            l("asset", b.asset)("amount", b.amount)("unbacked_total", b.unbacked_total);
            break;
        }
        case EventKind::venue_address_registered: {
            const auto b = e.as<VenueAddressRegistered>();
            l("index", b.index)("address", b.address)("role", b.role)("last_nonce", b.last_nonce);
            l("address_flags", b.flags);
            break;
        }
        case EventKind::address_allowed: {
            const auto b = e.as<AddressAllowed>();
            l("reference", b.reference)("account", b.account)("address", b.address)("since", b.since);
            l("allowed", b.allowed);
            break;
        }
        case EventKind::withdrawal_limits_set: withdrawal_limits_line(l, e.as<WithdrawalLimitsSet>()); break;
        case EventKind::withdrawal_released: {
            const auto b = e.as<WithdrawalReleased>();
            l("id", b.id)("scope", b.scope);
            break;
        }
        case EventKind::payout_prepared: prepared_line(l, e.as<PayoutPrepared>()); break;
        case EventKind::payout_posted: payout_line(l, e.as<PayoutPosted>()); break;
        case EventKind::payout_abandoned: payout_line(l, e.as<PayoutAbandoned>()); break;
        case EventKind::payout_settled: {
            const auto b = e.as<PayoutSettled>();
            payout_line(l, b);
            l("amount", b.amount)("height", b.height)("index", b.index)("complete", b.complete);
            break;
        }
        case EventKind::payout_resolved: {
            payout_line(l, e.as<PayoutResolved>());
            l("outcome", e.as<PayoutResolved>().outcome);
            break;
        }
        case EventKind::payouts_set: {
            const auto b = e.as<PayoutsSet>();
            l("reference", b.reference)("on", b.on);
            break;
        }
        case EventKind::anchor_recorded: anchor_line(l, e.as<AnchorRecorded>()); break;
        default: break;
    }
}

}  // namespace dcx::reference
