// Which events the audit log tells, and whose they were.
#include "history/event_json.h"
#include "history/fold_state.h"

namespace dcx::history {
namespace {

enum class Told : std::uint8_t { never, always, of_operators };

Told told(EventKind kind) {
    switch (kind) {
        case EventKind::genesis_applied:
        case EventKind::epoch_started:
        case EventKind::handover_logged:
        case EventKind::account_opened:
        case EventKind::key_added:
        case EventKind::key_revoked:
        case EventKind::asset_listed:
        case EventKind::instrument_listed:
        case EventKind::phase_changed:
        case EventKind::account_frozen:
        case EventKind::address_registered:
        case EventKind::asset_limits_set:
        case EventKind::fees_set:
        case EventKind::market_limits_set:
        case EventKind::account_limits_set:
        case EventKind::position_limits_set:
        case EventKind::kill_switch_set:
        case EventKind::rules_activated:
        case EventKind::command_proposed:
        case EventKind::proposal_body:
        case EventKind::proposal_approved:
        case EventKind::proposal_expired:
        case EventKind::trade_busted:
        case EventKind::chain_set:
        case EventKind::chain_rewound:
        case EventKind::deposit_reversed:
        case EventKind::loss_covered:
        case EventKind::venue_address_registered:
        case EventKind::address_allowed:
        case EventKind::withdrawal_limits_set:
        case EventKind::withdrawal_released:
        case EventKind::payout_resolved:
        case EventKind::payouts_set:
        case EventKind::anchor_recorded: return Told::always;
        case EventKind::self_trade_rule_set:
        case EventKind::command_rejected:
        case EventKind::transferred:
        case EventKind::transfer_pended:
        case EventKind::pending_resolved: return Told::of_operators;
        default: return Told::never;
    }
}

}  // namespace

void Fold::State::audit(const Event& event) {
    const Told how = told(event.header.kind);
    if (how == Told::never) return;
    const KeyRow* const key = registry.key_of(event.header.session);
    if (how == Told::of_operators && (key == nullptr || (key->permissions & kPermitOperator) == 0)) return;
    AuditRow& row = tell_row(batch.audit_log, at);
    row.kind = event.header.kind;
    row.session_id = event.header.session;
    if (key != nullptr) {
        row.key_id = key->key_id;
        row.person_id = key->person_id;
    }
    row.detail = audit_detail(event);
}

}  // namespace dcx::history
