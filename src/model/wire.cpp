#include "model/wire.h"

#include "model/wire_query.h"

namespace dcx {

std::string_view to_string(TerminateCode code) {
    switch (code) {
        case TerminateCode::finished: return "finished";
        case TerminateCode::malformed_frame: return "malformed_frame";
        case TerminateCode::frame_too_large: return "frame_too_large";
        case TerminateCode::unknown_template: return "unknown_template";
        case TerminateCode::bad_block_length: return "bad_block_length";
        case TerminateCode::out_of_sequence: return "out_of_sequence";
        case TerminateCode::wrong_state: return "wrong_state";
        case TerminateCode::authentication_failed: return "authentication_failed";
        case TerminateCode::timeout: return "timeout";
        case TerminateCode::slow_consumer: return "slow_consumer";
        case TerminateCode::shutdown: return "shutdown";
        case TerminateCode::not_accepting: return "not_accepting";
        case TerminateCode::refused: return "refused";
        case TerminateCode::too_many_connections: return "too_many_connections";
        case TerminateCode::throttled: return "throttled";
        case TerminateCode::broken_ring: return "broken_ring";
    }
    return "unknown";
}

std::string_view to_string(EntryKind kind) {
    switch (kind) {
        case EntryKind::transfer: return "transfer";
        case EntryKind::mint: return "mint";
        case EntryKind::burn: return "burn";
        case EntryKind::post: return "post";
        case EntryKind::transfer_fee: return "transfer_fee";
        case EntryKind::trade_bust: return "trade_bust";
        case EntryKind::trade: return "trade";
        case EntryKind::trade_fee: return "trade_fee";
        case EntryKind::deposit: return "deposit";
        case EntryKind::deposit_reversal: return "deposit_reversal";
        case EntryKind::loss_cover: return "loss_cover";
        case EntryKind::payout: return "payout";
    }
    return "unknown";
}

std::string_view to_string(ExecType type) {
    switch (type) {
        case ExecType::accepted: return "accepted";
        case ExecType::rejected: return "rejected";
        case ExecType::trade: return "trade";
        case ExecType::canceled: return "canceled";
        case ExecType::replaced: return "replaced";
        case ExecType::restated: return "restated";
        case ExecType::expired: return "expired";
        case ExecType::status: return "status";
    }
    return "unknown";
}

std::string_view to_string(OrdStatus status) {
    switch (status) {
        case OrdStatus::accepted: return "accepted";
        case OrdStatus::partially_filled: return "partially_filled";
        case OrdStatus::filled: return "filled";
        case OrdStatus::canceled: return "canceled";
        case OrdStatus::rejected: return "rejected";
        case OrdStatus::expired: return "expired";
    }
    return "unknown";
}

}  // namespace dcx
