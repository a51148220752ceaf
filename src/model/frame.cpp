#include "model/frame.h"

#include <cstring>

namespace dcx {

std::expected<Frame, TerminateCode> decode_frame(std::span<const std::byte> bytes, BlockSizeOf size_of) {
    Frame frame;
    FrameHeader& header = frame.header;
    if (bytes.size() < sizeof(header.length)) return Frame{};
    std::memcpy(&header.length, bytes.data(), sizeof(header.length));
    if (header.length > kMaxFrame) return std::unexpected(TerminateCode::frame_too_large);
    if (header.length < sizeof(FrameHeader)) return std::unexpected(TerminateCode::malformed_frame);

    if (bytes.size() < sizeof(FrameHeader)) return Frame{};
    std::memcpy(&header, bytes.data(), sizeof(FrameHeader));
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
        case kTemplateBalanceQuery: return sizeof(BalanceQuery);
        case kTemplateListQuery: return sizeof(ListQuery);
        default: return is_client_command(template_id) ? body_size(CommandKind{template_id}) : 0;
    }
}

std::size_t response_block_size(std::uint16_t template_id) {
    switch (template_id) {
        case kTemplateChallenge: return sizeof(Challenge);
        case kTemplateNegotiated: return sizeof(Negotiated);
        case kTemplateNegotiateRejected: return sizeof(NegotiateRejected);
        case kTemplateEstablished: return sizeof(Established);
        case kTemplateHeartbeat: return sizeof(Heartbeat);
        case kTemplateTerminate: return sizeof(Terminate);
        case kTemplateBalance: return sizeof(Balance);
        case kTemplateQueryDone: return sizeof(QueryDone);
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
        case EventKind::balance_restored: return sizeof(BalanceRestored);
        case EventKind::order_restored: return sizeof(OrderRestored);
        case EventKind::session_restored: return sizeof(SessionRestored);
        case EventKind::restore_completed: return sizeof(RestoreCompleted);
    }
    return 0;
}

}  // namespace dcx
