#include "model/event.h"

namespace dcx {

std::string_view to_string(EventKind kind) {
    switch (kind) {
        case EventKind::none: return "none";
        case EventKind::genesis_applied: return "genesis_applied";
        case EventKind::epoch_started: return "epoch_started";
        case EventKind::checkpoint_logged: return "checkpoint_logged";
        case EventKind::command_rejected: return "command_rejected";
        case EventKind::account_opened: return "account_opened";
        case EventKind::key_added: return "key_added";
        case EventKind::key_revoked: return "key_revoked";
        case EventKind::asset_listed: return "asset_listed";
        case EventKind::instrument_listed: return "instrument_listed";
        case EventKind::phase_changed: return "phase_changed";
        case EventKind::self_trade_rule_set: return "self_trade_rule_set";
        case EventKind::session_negotiated: return "session_negotiated";
        case EventKind::session_established: return "session_established";
        case EventKind::session_disconnected: return "session_disconnected";
        case EventKind::order_accepted: return "order_accepted";
        case EventKind::order_rejected: return "order_rejected";
        case EventKind::order_rested: return "order_rested";
        case EventKind::trade_executed: return "trade_executed";
        case EventKind::order_filled: return "order_filled";
        case EventKind::order_canceled: return "order_canceled";
        case EventKind::cancel_rejected: return "cancel_rejected";
        case EventKind::order_amended: return "order_amended";
        case EventKind::order_decremented: return "order_decremented";
        case EventKind::mass_canceled: return "mass_canceled";
        case EventKind::transferred: return "transferred";
        case EventKind::ticked: return "ticked";
        case EventKind::handover_logged: return "handover_logged";
        case EventKind::account_frozen: return "account_frozen";
        case EventKind::address_registered: return "address_registered";
        case EventKind::asset_limits_set: return "asset_limits_set";
        case EventKind::fees_set: return "fees_set";
        case EventKind::market_limits_set: return "market_limits_set";
        case EventKind::account_limits_set: return "account_limits_set";
        case EventKind::position_limits_set: return "position_limits_set";
        case EventKind::kill_switch_set: return "kill_switch_set";
        case EventKind::rules_activated: return "rules_activated";
        case EventKind::command_proposed: return "command_proposed";
        case EventKind::proposal_body: return "proposal_body";
        case EventKind::proposal_approved: return "proposal_approved";
        case EventKind::proposal_expired: return "proposal_expired";
        case EventKind::dead_man_set: return "dead_man_set";
        case EventKind::trade_busted: return "trade_busted";
        case EventKind::chain_set: return "chain_set";
        case EventKind::chain_advanced: return "chain_advanced";
        case EventKind::chain_rewound: return "chain_rewound";
        case EventKind::deposit_credited: return "deposit_credited";
        case EventKind::deposit_reversed: return "deposit_reversed";
        case EventKind::loss_covered: return "loss_covered";
        case EventKind::venue_address_registered: return "venue_address_registered";
        case EventKind::address_allowed: return "address_allowed";
        case EventKind::withdrawal_limits_set: return "withdrawal_limits_set";
        case EventKind::withdrawal_released: return "withdrawal_released";
        case EventKind::payout_prepared: return "payout_prepared";
        case EventKind::payout_posted: return "payout_posted";
        case EventKind::payout_abandoned: return "payout_abandoned";
        case EventKind::payout_settled: return "payout_settled";
        case EventKind::payout_resolved: return "payout_resolved";
        case EventKind::payouts_set: return "payouts_set";
        case EventKind::anchor_recorded: return "anchor_recorded";
        case EventKind::posted: return "posted";
        case EventKind::transfer_pended: return "transfer_pended";
        case EventKind::pending_resolved: return "pending_resolved";
        case EventKind::withdrawal_requested: return "withdrawal_requested";
        case EventKind::transfer_linked: return "transfer_linked";
        case EventKind::balance_restored: return "balance_restored";
        case EventKind::order_restored: return "order_restored";
        case EventKind::session_restored: return "session_restored";
        case EventKind::restore_completed: return "restore_completed";
        case EventKind::account_rate_restored: return "account_rate_restored";
    }
    return "unknown";
}

std::string_view to_string(TransferKind kind) {
    switch (kind) {
        case TransferKind::transfer: return "transfer";
        case TransferKind::mint: return "mint";
        case TransferKind::burn: return "burn";
        case TransferKind::pend: return "pend";
        case TransferKind::post: return "post";
        case TransferKind::void_pending: return "void_pending";
        case TransferKind::withdraw: return "withdraw";
    }
    return "unknown";
}

std::string_view to_string(PendingState state) {
    switch (state) {
        case PendingState::pending: return "pending";
        case PendingState::posted: return "posted";
        case PendingState::voided: return "voided";
        case PendingState::expired: return "expired";
    }
    return "unknown";
}

std::string_view to_string(PostingCause cause) {
    switch (cause) {
        case PostingCause::transfer_fee: return "transfer_fee";
        case PostingCause::trade_bust: return "trade_bust";
        case PostingCause::deposit: return "deposit";
        case PostingCause::deposit_reversal: return "deposit_reversal";
        case PostingCause::loss_cover: return "loss_cover";
        case PostingCause::payout: return "payout";
    }
    return "unknown";
}

}  // namespace dcx
