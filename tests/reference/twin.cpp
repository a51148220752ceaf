#include "reference/twin.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace dcx::reference {

namespace {

enum class Sender { venue, venue_for_session, client };

Sender sender_of(CommandKind kind) {
    switch (kind) {
        case CommandKind::genesis:
        case CommandKind::start_epoch:
        case CommandKind::checkpoint:
        case CommandKind::genesis_key:
        case CommandKind::tick:
        case CommandKind::handover:
        case CommandKind::negotiate_session: return Sender::venue;
        case CommandKind::establish_session:
        case CommandKind::disconnect_session: return Sender::venue_for_session;
        default: return Sender::client;
    }
}

std::uint32_t permission_of(CommandKind kind) {
    switch (kind) {
        case CommandKind::place_order:
        case CommandKind::cancel_order:
        case CommandKind::amend_order:
        case CommandKind::mass_cancel:
        case CommandKind::set_self_trade_rule:
        case CommandKind::set_dead_man: return kPermitTrade;
        case CommandKind::transfer:
        case CommandKind::pend_transfer:
        case CommandKind::post_transfer:
        case CommandKind::void_transfer: return kPermitTransfer;
        case CommandKind::allow_address:
        case CommandKind::withdraw: return kPermitWithdraw;
        default: return kPermitOperator;
    }
}

std::uint64_t reference_of(const Command& command) {
    switch (command.header.kind) {
        case CommandKind::place_order: return command.as<PlaceOrder>().cl_ord_id.value;
        case CommandKind::cancel_order: return command.as<CancelOrder>().cl_ord_id.value;
        case CommandKind::amend_order: return command.as<AmendOrder>().cl_ord_id.value;
        case CommandKind::mass_cancel: return command.as<MassCancel>().cl_ord_id.value;
        case CommandKind::open_account: return command.as<OpenAccount>().reference;
        case CommandKind::set_self_trade_rule: return command.as<SetSelfTradeRule>().reference;
        case CommandKind::freeze_account: return command.as<FreezeAccount>().reference;
        case CommandKind::set_kill_switch: return command.as<SetKillSwitch>().reference;
        case CommandKind::set_dead_man: return command.as<SetDeadMan>().reference;
        case CommandKind::allow_address: return command.as<AllowAddress>().reference;
        case CommandKind::set_payouts: return command.as<SetPayouts>().reference;
        case CommandKind::approve: return command.as<Approve>().proposal.value;
        case CommandKind::bust_trade: return command.as<BustTrade>().trade_id.value;
        case CommandKind::negotiate_session: return command.as<NegotiateSession>().connection;
        case CommandKind::establish_session: return command.as<EstablishSession>().connection;
        case CommandKind::disconnect_session: return command.as<DisconnectSession>().connection;
        default: return 0;
    }
}

TransferId transfer_id_of(const Command& command) {
    switch (command.header.kind) {
        case CommandKind::transfer: return command.as<Transfer>().id;
        case CommandKind::mint: return command.as<Mint>().id;
        case CommandKind::burn: return command.as<Burn>().id;
        case CommandKind::pend_transfer: return command.as<PendTransfer>().id;
        case CommandKind::post_transfer: return command.as<PostTransfer>().id;
        case CommandKind::void_transfer: return command.as<VoidTransfer>().id;
        case CommandKind::withdraw: return command.as<Withdraw>().id;
        case CommandKind::release_withdrawal: return command.as<ReleaseWithdrawal>().id;
        case CommandKind::prepare_payout: return command.as<PreparePayout>().id;
        default: return {};
    }
}

// Under dual control only an approval carries these out; a bust never comes directly.
bool needs_two_persons(const Command& command, bool dual_control) {
    switch (command.header.kind) {
        case CommandKind::bust_trade:
        case CommandKind::release_withdrawal:
        case CommandKind::resolve_payout: return true;
        case CommandKind::set_payouts: return command.as<SetPayouts>().on == 1;
        case CommandKind::set_chain:
        case CommandKind::register_venue_address:
        case CommandKind::set_withdrawal_limits:
        case CommandKind::add_key:
        case CommandKind::list_asset:
        case CommandKind::set_asset_limits:
        case CommandKind::set_fees:
        case CommandKind::set_market_limits:
        case CommandKind::set_account_limits:
        case CommandKind::set_position_limits:
        case CommandKind::activate_rules: return dual_control;
        default: return false;
    }
}

bool since_rules_6(CommandKind kind) {
    switch (kind) {
        case CommandKind::set_chain:
        case CommandKind::advance_chain:
        case CommandKind::rewind_chain:
        case CommandKind::credit_deposit:
        case CommandKind::reverse_deposit:
        case CommandKind::cover_loss:
        case CommandKind::register_venue_address:
        case CommandKind::allow_address:
        case CommandKind::set_withdrawal_limits:
        case CommandKind::release_withdrawal:
        case CommandKind::prepare_payout:
        case CommandKind::post_payout:
        case CommandKind::abandon_payout:
        case CommandKind::settle_payout:
        case CommandKind::resolve_payout:
        case CommandKind::set_payouts:
        case CommandKind::record_anchor: return true;
        default: return false;
    }
}

}  // namespace

template <class Body>
void Twin::emit(const Body& body, SessionId to) {
    Event event;
    event.header.sequence = current_.sequence;
    event.header.time = time_;
    event.header.index = static_cast<std::uint32_t>(events_.size());
    event.header.session = to;
    event.header.wait_ns = current_.wait_ns;
    event.header.gateway = current_.gateway;
    event.set(body);
    events_.push_back(event);
    if (to.value != 0) ++session(to).next_outgoing;
}
// Every kind of event that some part of the twin makes.
template void Twin::emit(const GenesisApplied&, SessionId);
template void Twin::emit(const EpochStarted&, SessionId);
template void Twin::emit(const HandoverLogged&, SessionId);
template void Twin::emit(const RulesActivated&, SessionId);
template void Twin::emit(const AccountOpened&, SessionId);
template void Twin::emit(const KeyAdded&, SessionId);
template void Twin::emit(const KeyRevoked&, SessionId);
template void Twin::emit(const AssetListed&, SessionId);
template void Twin::emit(const InstrumentListed&, SessionId);
template void Twin::emit(const PhaseChanged&, SessionId);
template void Twin::emit(const SessionNegotiated&, SessionId);
template void Twin::emit(const SessionEstablished&, SessionId);
template void Twin::emit(const SessionDisconnected&, SessionId);
template void Twin::emit(const OrderAccepted&, SessionId);
template void Twin::emit(const OrderRejected&, SessionId);
template void Twin::emit(const OrderRested&, SessionId);
template void Twin::emit(const TradeExecuted&, SessionId);
template void Twin::emit(const OrderFilled&, SessionId);
template void Twin::emit(const OrderCanceled&, SessionId);
template void Twin::emit(const CancelRejected&, SessionId);
template void Twin::emit(const OrderAmended&, SessionId);
template void Twin::emit(const OrderDecremented&, SessionId);
template void Twin::emit(const MassCanceled&, SessionId);
template void Twin::emit(const SelfTradeRuleSet&, SessionId);
template void Twin::emit(const Transferred&, SessionId);
template void Twin::emit(const Posted&, SessionId);
template void Twin::emit(const TransferPended&, SessionId);
template void Twin::emit(const WithdrawalRequested&, SessionId);
template void Twin::emit(const TransferLinked&, SessionId);
template void Twin::emit(const PendingResolved&, SessionId);
template void Twin::emit(const TradeBusted&, SessionId);
template void Twin::emit(const AccountFrozen&, SessionId);
template void Twin::emit(const AddressRegistered&, SessionId);
template void Twin::emit(const AssetLimitsSet&, SessionId);
template void Twin::emit(const FeesSet&, SessionId);
template void Twin::emit(const MarketLimitsSet&, SessionId);
template void Twin::emit(const AccountLimitsSet&, SessionId);
template void Twin::emit(const PositionLimitsSet&, SessionId);
template void Twin::emit(const KillSwitchSet&, SessionId);
template void Twin::emit(const DeadManSet&, SessionId);
template void Twin::emit(const CommandProposed&, SessionId);
template void Twin::emit(const ProposalBody&, SessionId);
template void Twin::emit(const ProposalApproved&, SessionId);
template void Twin::emit(const ProposalExpired&, SessionId);
template void Twin::emit(const Ticked&, SessionId);
template void Twin::emit(const ChainSet&, SessionId);
template void Twin::emit(const ChainAdvanced&, SessionId);
template void Twin::emit(const ChainRewound&, SessionId);
template void Twin::emit(const DepositCredited&, SessionId);
template void Twin::emit(const DepositReversed&, SessionId);
template void Twin::emit(const LossCovered&, SessionId);
template void Twin::emit(const VenueAddressRegistered&, SessionId);
template void Twin::emit(const AddressAllowed&, SessionId);
template void Twin::emit(const WithdrawalLimitsSet&, SessionId);
template void Twin::emit(const WithdrawalReleased&, SessionId);
template void Twin::emit(const PayoutPrepared&, SessionId);
template void Twin::emit(const PayoutPosted&, SessionId);
template void Twin::emit(const PayoutAbandoned&, SessionId);
template void Twin::emit(const PayoutSettled&, SessionId);
template void Twin::emit(const PayoutResolved&, SessionId);
template void Twin::emit(const PayoutsSet&, SessionId);
template void Twin::emit(const AnchorRecorded&, SessionId);

std::vector<Event> Twin::apply(const Command& command) {
    current_ = command.header;
    time_ = std::max(time_, command.header.time);
    events_.clear();
    route(command);
    DCX_CHECK(!events_.empty());
    events_.back().header.flags = kLastOfCommand;
    return events_;
}

bool Twin::known(CommandKind kind) const {
    return kind != CommandKind::none && to_string(kind) != "unknown" && (rules_ >= 6 || !since_rules_6(kind));
}

void Twin::refuse(const Command& command, RejectReason reason, SessionId to, RejectReason detail) {
    const bool known_kind = known(command.header.kind);
    emit(CommandRejected{.id = known_kind ? transfer_id_of(command) : TransferId{},
                         .reference = known_kind ? reference_of(command) : 0,
                         .session_sequence = command.header.session_sequence,
                         .command = command.header.kind,
                         .reason = reason,
                         .detail = detail},
         to);
}

AccountId Twin::account_of(SessionId id) const { return keys_.at(sessions_.at(id.value - 1).key.value - 1).account; }

bool Twin::is_customer(AccountId id) const {
    return exists(accounts_, id) && the_account(id).kind != AccountKind::venue;
}

bool Twin::acts_for(AccountId own, AccountId account) const {
    if (own.value == 0 || !exists(accounts_, account)) return false;
    return account == own || the_account(account).owner == own;
}

Time Twin::later(Time time, std::int64_t ns) {
    std::int64_t sum = 0;
    const bool too_late = __builtin_add_overflow(time.value, ns, &sum);
    return Time{too_late ? std::numeric_limits<std::int64_t>::max() : sum};
}

void Twin::route(const Command& command) {
    const CommandKind kind = command.header.kind;
    const SessionId from = command.header.session;
    const SessionId nobody{};
    if (started() == (kind == CommandKind::genesis)) return refuse(command, RejectReason::not_genesis, nobody);
    if (!known(kind)) return refuse(command, RejectReason::unknown_command, nobody);
    if (sender_of(kind) == Sender::venue && from != nobody)
        return refuse(command, RejectReason::session_not_established, nobody);
    const bool quarantined = (command.header.flags & kQuarantined) != 0;
    if (sender_of(kind) != Sender::client) {
        if (quarantined) return refuse(command, RejectReason::quarantined, nobody);
        return dispatch(command, from, false);
    }

    if (!exists(sessions_, from) || !session(from).established)
        return refuse(command, RejectReason::session_not_established, nobody);
    if (command.header.session_sequence != session(from).next_incoming)
        return refuse(command, RejectReason::out_of_sequence, nobody);
    ++session(from).next_incoming;
    if (quarantined) return refuse(command, RejectReason::quarantined, from);
    const Key& key = keys_.at(session(from).key.value - 1);
    if (key.revoked) return refuse(command, RejectReason::key_revoked, from);
    if ((key.permissions & permission_of(kind)) == 0) return refuse(command, RejectReason::not_permitted, from);
    dispatch(command, from, false);
}

// `approved`: by the second approval of a proposal.
void Twin::dispatch(const Command& command, SessionId from, bool approved) {
    if (!approved && started() && needs_two_persons(command, genesis_->dual_control == 1))
        return refuse(command, RejectReason::dual_control_required, from);
    RejectReason reason = RejectReason::none;
    SessionId to = from;
    switch (command.header.kind) {
        case CommandKind::genesis: reason = genesis(command.as<Genesis>()); break;
        case CommandKind::genesis_key: reason = genesis_key(command.as<GenesisKey>()); break;
        case CommandKind::tick: return tick();
        case CommandKind::handover: reason = handover(command.as<Handover>()); break;
        case CommandKind::start_epoch: start_epoch(command.as<StartEpoch>()); break;
        case CommandKind::checkpoint:
            emit(CheckpointLogged{.event_hash = command.as<Checkpoint>().event_hash}, SessionId{});
            break;
        case CommandKind::negotiate_session: reason = negotiate(command.as<NegotiateSession>()); break;
        case CommandKind::establish_session:
            to = SessionId{};
            reason = establish(from, command.as<EstablishSession>());
            break;
        case CommandKind::disconnect_session:
            to = SessionId{};
            reason = disconnect(from, command.as<DisconnectSession>());
            break;
        case CommandKind::open_account: reason = open_account(command.as<OpenAccount>(), from); break;
        case CommandKind::add_key: reason = add_key(command.as<AddKey>(), from); break;
        case CommandKind::revoke_key: reason = revoke_key(command.as<RevokeKey>(), from); break;
        case CommandKind::list_asset: reason = list_asset(command.as<ListAsset>(), from); break;
        case CommandKind::list_instrument: reason = list_instrument(command.as<ListInstrument>(), from); break;
        case CommandKind::set_phase: reason = set_phase(command.as<SetPhase>(), from); break;
        case CommandKind::set_fees: reason = set_fees(command.as<SetFees>(), from); break;
        case CommandKind::set_market_limits: reason = set_market_limits(command.as<SetMarketLimits>(), from); break;
        case CommandKind::set_account_limits: reason = set_account_limits(command.as<SetAccountLimits>(), from); break;
        case CommandKind::set_position_limits:
            reason = set_position_limits(command.as<SetPositionLimits>(), from);
            break;
        case CommandKind::set_kill_switch: reason = set_kill_switch(command.as<SetKillSwitch>(), from); break;
        case CommandKind::set_dead_man: reason = set_dead_man(command.as<SetDeadMan>(), from); break;
        case CommandKind::activate_rules: reason = activate_rules(command.as<ActivateRules>(), from); break;
        case CommandKind::bust_trade: reason = bust_trade(command.as<BustTrade>(), from); break;
        case CommandKind::place_order: return place(command.as<PlaceOrder>(), from);
        case CommandKind::cancel_order: return cancel(command.as<CancelOrder>(), from);
        case CommandKind::amend_order: return amend(command.as<AmendOrder>(), from);
        case CommandKind::mass_cancel: return mass_cancel(command.as<MassCancel>(), from);
        case CommandKind::set_self_trade_rule:
            reason = set_self_trade_rule(command.as<SetSelfTradeRule>(), from);
            break;
        default: return dispatch_ledger(command, from, approved);
    }
    if (reason != RejectReason::none) refuse(command, reason, to);
}

std::uint64_t Twin::next_incoming(SessionId id) const {
    return exists(sessions_, id) ? sessions_.at(id.value - 1).next_incoming : 0;
}

}  // namespace dcx::reference
