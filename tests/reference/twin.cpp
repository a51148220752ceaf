#include "reference/twin.h"

#include <algorithm>

#include "base/check.h"

namespace dcx::reference {

namespace {

enum class Sender { venue, venue_for_session, client };

Sender sender_of(CommandKind kind) {
    switch (kind) {
        case CommandKind::genesis:
        case CommandKind::start_epoch:
        case CommandKind::checkpoint:
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
        case CommandKind::set_self_trade_rule: return kPermitTrade;
        case CommandKind::transfer: return kPermitTransfer;
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
        default: return {};
    }
}

bool known(CommandKind kind) { return kind != CommandKind::none && to_string(kind) != "unknown"; }

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

std::vector<Event> Twin::apply(const Command& command) {
    current_ = command.header;
    time_ = std::max(time_, command.header.time);
    events_.clear();
    route(command);
    DCX_CHECK(!events_.empty());
    events_.back().header.flags = kLastOfCommand;
    return events_;
}

void Twin::refuse(const Command& command, RejectReason reason, SessionId to, RejectReason detail) {
    emit(CommandRejected{.id = transfer_id_of(command),
                         .reference = reference_of(command),
                         .session_sequence = command.header.session_sequence,
                         .command = command.header.kind,
                         .reason = reason,
                         .detail = detail},
         to);
}

AccountId Twin::account_of(SessionId id) const { return keys_.at(sessions_.at(id.value - 1).key.value - 1).account; }

void Twin::route(const Command& command) {
    const CommandKind kind = command.header.kind;
    const SessionId from = command.header.session;
    const SessionId nobody{};
    if (started() == (kind == CommandKind::genesis)) return refuse(command, RejectReason::not_genesis, nobody);
    if (!known(kind)) return refuse(command, RejectReason::unknown_command, nobody);
    if (sender_of(kind) == Sender::venue && from != nobody)
        return refuse(command, RejectReason::session_not_established, nobody);
    if (sender_of(kind) != Sender::client) return dispatch(command, from);

    if (!exists(sessions_, from) || !session(from).established)
        return refuse(command, RejectReason::session_not_established, nobody);
    if (command.header.session_sequence != session(from).next_incoming)
        return refuse(command, RejectReason::out_of_sequence, nobody);
    ++session(from).next_incoming;
    const Key& key = keys_.at(session(from).key.value - 1);
    if (key.revoked) return refuse(command, RejectReason::key_revoked, from);
    if ((key.permissions & permission_of(kind)) == 0) return refuse(command, RejectReason::not_permitted, from);
    dispatch(command, from);
}

void Twin::dispatch(const Command& command, SessionId from) {
    RejectReason reason = RejectReason::none;
    SessionId to = from;
    switch (command.header.kind) {
        case CommandKind::genesis: reason = genesis(command.as<Genesis>()); break;
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
        case CommandKind::place_order: return place(command.as<PlaceOrder>(), from);
        case CommandKind::cancel_order: return cancel(command.as<CancelOrder>(), from);
        case CommandKind::amend_order: return amend(command.as<AmendOrder>(), from);
        case CommandKind::mass_cancel: return mass_cancel(command.as<MassCancel>(), from);
        case CommandKind::set_self_trade_rule:
            reason = set_self_trade_rule(command.as<SetSelfTradeRule>(), from);
            break;
        case CommandKind::transfer: {
            const auto body = command.as<Transfer>();
            const Request request{.kind = TransferKind::transfer,
                                  .id = body.id,
                                  .amount = body.amount.value,
                                  .debit = body.debit_account,
                                  .credit = body.credit_account,
                                  .asset = body.asset};
            return move(command, request, from, body.zero != 0);
        }
        case CommandKind::mint: {
            const auto body = command.as<Mint>();
            const Request request{.kind = TransferKind::mint,
                                  .id = body.id,
                                  .amount = body.amount.value,
                                  .debit = kIssuanceAccount,
                                  .credit = body.account,
                                  .asset = body.asset,
                                  .deposit = body.source == MintSource::deposit};
            const bool source_known = body.source == MintSource::issue || body.source == MintSource::deposit;
            return move(command, request, from, !source_known || body.zero != std::array<std::uint8_t, 7>{});
        }
        case CommandKind::burn: {
            const auto body = command.as<Burn>();
            const Request request{.kind = TransferKind::burn,
                                  .id = body.id,
                                  .amount = body.amount.value,
                                  .debit = body.account,
                                  .credit = kIssuanceAccount,
                                  .asset = body.asset};
            return move(command, request, from, false);
        }
        case CommandKind::none: break;
    }
    if (reason != RejectReason::none) refuse(command, reason, to);
}

std::uint64_t Twin::next_incoming(SessionId id) const {
    return exists(sessions_, id) ? sessions_.at(id.value - 1).next_incoming : 0;
}

}  // namespace dcx::reference
