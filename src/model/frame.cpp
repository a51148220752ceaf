#include "model/frame.h"

#include <cstring>

namespace dcx {
namespace {

std::size_t query_size(std::uint16_t template_id) {
    switch (template_id) {
        case kTemplateBalanceQuery: return sizeof(BalanceQuery);
        case kTemplateListQuery: return sizeof(ListQuery);
        case kTemplateOrderStatusQuery: return sizeof(OrderStatusQuery);
        case kTemplateOpenOrdersQuery: return sizeof(OpenOrdersQuery);
        case kTemplateOrderHistoryQuery: return sizeof(OrderHistoryQuery);
        case kTemplatePendingsQuery: return sizeof(PendingsQuery);
        case kTemplateStatementQuery: return sizeof(StatementQuery);
        case kTemplateAddressesQuery: return sizeof(AddressesQuery);
        case kTemplateAccountQuery: return sizeof(AccountQuery);
        case kTemplateProposalsQuery: return sizeof(ProposalsQuery);
        case kTemplateAuditQuery: return sizeof(AuditQuery);
        case kTemplateDropCopyRequest: return sizeof(DropCopyRequest);
        case kTemplateLimitQuery: return sizeof(LimitQuery);
        default: return 0;
    }
}

}  // namespace

std::expected<Frame, TerminateCode> decode_frame(std::span<const std::byte> bytes, BlockSizeOf size_of) {
    Frame frame;
    FrameHeader& header = frame.header;
    if (bytes.size() < sizeof(header.length)) return Frame{};
    std::memcpy(&header.length, bytes.data(), sizeof(header.length));
    if (header.length > kMaxFrame) return std::unexpected(TerminateCode::frame_too_large);
    if (header.length < sizeof(FrameHeader)) return std::unexpected(TerminateCode::malformed_frame);

    if (bytes.size() < sizeof(FrameHeader)) return Frame{};
    std::memcpy(&header, bytes.data(), sizeof(FrameHeader));
    read_once(header);
    if (header.magic != kFrameMagic || header.zero != 0 || header.schema_id != kSchemaId ||
        header.version != kSchemaVersion)
        return std::unexpected(TerminateCode::malformed_frame);
    const std::size_t expected = size_of(header.template_id);
    if (expected == 0) return std::unexpected(TerminateCode::unknown_template);
    if (header.block_length != expected || header.length != sizeof(FrameHeader) + expected)
        return std::unexpected(TerminateCode::bad_block_length);

    if (bytes.size() < header.length) return Frame{};
    frame.block = bytes.data() + sizeof(FrameHeader);
    return frame;
}

bool is_client_command(std::uint16_t template_id) {
    switch (CommandKind{template_id}) {
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
        case CommandKind::propose:
        case CommandKind::approve:
        case CommandKind::set_dead_man:
        case CommandKind::pend_transfer:
        case CommandKind::post_transfer:
        case CommandKind::void_transfer:
        case CommandKind::withdraw:
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
        case CommandKind::record_anchor:
        case CommandKind::place_order:
        case CommandKind::cancel_order:
        case CommandKind::amend_order:
        case CommandKind::mass_cancel:
        case CommandKind::set_self_trade_rule:
        case CommandKind::transfer:
        case CommandKind::mint:
        case CommandKind::burn: return true;
        default: return false;
    }
}

std::size_t request_block_size(std::uint16_t template_id) {
    switch (template_id) {
        case kTemplateNegotiate: return sizeof(Negotiate);
        case kTemplateEstablish: return sizeof(Establish);
        case kTemplateHeartbeat: return sizeof(Heartbeat);
        case kTemplateTerminate: return sizeof(Terminate);
        case kTemplateRetransmitRequest: return sizeof(RetransmitRequest);
        default: break;
    }
    if (const std::size_t query = query_size(template_id); query > 0) return query;
    return is_client_command(template_id) ? body_size(CommandKind{template_id}) : 0;
}

bool is_query(std::uint16_t template_id) { return query_size(template_id) > 0; }

std::size_t response_block_size(std::uint16_t template_id) {
    switch (template_id) {
        case kTemplateChallenge: return sizeof(Challenge);
        case kTemplateNegotiated: return sizeof(Negotiated);
        case kTemplateNegotiateRejected: return sizeof(NegotiateRejected);
        case kTemplateEstablished: return sizeof(Established);
        case kTemplateHeartbeat: return sizeof(Heartbeat);
        case kTemplateTerminate: return sizeof(Terminate);
        case kTemplateNotApplied: return sizeof(NotApplied);
        case kTemplateNotice: return sizeof(Notice);
        case kTemplateRetransmitDone: return sizeof(RetransmitDone);
        case kTemplateLimits: return sizeof(Limits);
        case kTemplateBalance: return sizeof(Balance);
        case kTemplateQueryDone: return sizeof(QueryDone);
        case kTemplatePendingTransfer: return sizeof(PendingTransfer);
        case kTemplateStatementEntry: return sizeof(StatementEntry);
        case kTemplateDepositAddress: return sizeof(DepositAddress);
        case kTemplateAccountState: return sizeof(AccountState);
        case kTemplateProposal: return sizeof(Proposal);
        case kTemplateAuditFigures: return sizeof(AuditFigures);
        case kTemplateExecutionReport: return sizeof(ExecutionReport);
        default: break;
    }
    if (template_id < kReportTemplate) return 0;
    const std::size_t body = body_size(EventKind{static_cast<std::uint16_t>(template_id - kReportTemplate)});
    return body == 0 ? 0 : sizeof(ReportHeader) + body;
}

std::size_t body_size(EventKind kind) {
    switch (kind) {
        case EventKind::none: return 0;
        case EventKind::genesis_applied: return sizeof(GenesisApplied);
        case EventKind::epoch_started: return sizeof(EpochStarted);
        case EventKind::checkpoint_logged: return sizeof(CheckpointLogged);
        case EventKind::command_rejected: return sizeof(CommandRejected);
        case EventKind::account_opened: return sizeof(AccountOpened);
        case EventKind::key_added: return sizeof(KeyAdded);
        case EventKind::key_revoked: return sizeof(KeyRevoked);
        case EventKind::asset_listed: return sizeof(AssetListed);
        case EventKind::instrument_listed: return sizeof(InstrumentListed);
        case EventKind::phase_changed: return sizeof(PhaseChanged);
        case EventKind::self_trade_rule_set: return sizeof(SelfTradeRuleSet);
        case EventKind::session_negotiated: return sizeof(SessionNegotiated);
        case EventKind::session_established: return sizeof(SessionEstablished);
        case EventKind::session_disconnected: return sizeof(SessionDisconnected);
        case EventKind::order_accepted: return sizeof(OrderAccepted);
        case EventKind::order_rejected: return sizeof(OrderRejected);
        case EventKind::order_rested: return sizeof(OrderRested);
        case EventKind::trade_executed: return sizeof(TradeExecuted);
        case EventKind::order_filled: return sizeof(OrderFilled);
        case EventKind::order_canceled: return sizeof(OrderCanceled);
        case EventKind::cancel_rejected: return sizeof(CancelRejected);
        case EventKind::order_amended: return sizeof(OrderAmended);
        case EventKind::order_decremented: return sizeof(OrderDecremented);
        case EventKind::mass_canceled: return sizeof(MassCanceled);
        case EventKind::transferred: return sizeof(Transferred);
        case EventKind::ticked: return sizeof(Ticked);
        case EventKind::handover_logged: return sizeof(HandoverLogged);
        case EventKind::account_frozen: return sizeof(AccountFrozen);
        case EventKind::address_registered: return sizeof(AddressRegistered);
        case EventKind::asset_limits_set: return sizeof(AssetLimitsSet);
        case EventKind::fees_set: return sizeof(FeesSet);
        case EventKind::market_limits_set: return sizeof(MarketLimitsSet);
        case EventKind::account_limits_set: return sizeof(AccountLimitsSet);
        case EventKind::position_limits_set: return sizeof(PositionLimitsSet);
        case EventKind::kill_switch_set: return sizeof(KillSwitchSet);
        case EventKind::rules_activated: return sizeof(RulesActivated);
        case EventKind::command_proposed: return sizeof(CommandProposed);
        case EventKind::proposal_body: return sizeof(ProposalBody);
        case EventKind::proposal_approved: return sizeof(ProposalApproved);
        case EventKind::proposal_expired: return sizeof(ProposalExpired);
        case EventKind::dead_man_set: return sizeof(DeadManSet);
        case EventKind::trade_busted: return sizeof(TradeBusted);
        case EventKind::chain_set: return sizeof(ChainSet);
        case EventKind::chain_advanced: return sizeof(ChainAdvanced);
        case EventKind::chain_rewound: return sizeof(ChainRewound);
        case EventKind::deposit_credited: return sizeof(DepositCredited);
        case EventKind::deposit_reversed: return sizeof(DepositReversed);
        case EventKind::loss_covered: return sizeof(LossCovered);
        case EventKind::venue_address_registered: return sizeof(VenueAddressRegistered);
        case EventKind::address_allowed: return sizeof(AddressAllowed);
        case EventKind::withdrawal_limits_set: return sizeof(WithdrawalLimitsSet);
        case EventKind::withdrawal_released: return sizeof(WithdrawalReleased);
        case EventKind::payout_prepared: return sizeof(PayoutPrepared);
        case EventKind::payout_posted: return sizeof(PayoutPosted);
        case EventKind::payout_abandoned: return sizeof(PayoutAbandoned);
        case EventKind::payout_settled: return sizeof(PayoutSettled);
        case EventKind::payout_resolved: return sizeof(PayoutResolved);
        case EventKind::payouts_set: return sizeof(PayoutsSet);
        case EventKind::anchor_recorded: return sizeof(AnchorRecorded);
        case EventKind::posted: return sizeof(Posted);
        case EventKind::transfer_pended: return sizeof(TransferPended);
        case EventKind::pending_resolved: return sizeof(PendingResolved);
        case EventKind::withdrawal_requested: return sizeof(WithdrawalRequested);
        case EventKind::transfer_linked: return sizeof(TransferLinked);
        case EventKind::balance_restored: return sizeof(BalanceRestored);
        case EventKind::order_restored: return sizeof(OrderRestored);
        case EventKind::session_restored: return sizeof(SessionRestored);
        case EventKind::restore_completed: return sizeof(RestoreCompleted);
        case EventKind::account_rate_restored: return sizeof(AccountRateRestored);
    }
    return 0;
}

}  // namespace dcx
