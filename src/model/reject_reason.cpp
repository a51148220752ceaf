#include "model/reject_reason.h"

namespace dcx {

std::string_view to_string(RejectReason reason) {
    switch (reason) {
#define DCX_NAME(name) \
    case RejectReason::name: return #name
        DCX_NAME(none);
        DCX_NAME(malformed_field);
        DCX_NAME(unknown_command);
        DCX_NAME(session_not_established);
        DCX_NAME(out_of_sequence);
        DCX_NAME(key_revoked);
        DCX_NAME(not_permitted);
        DCX_NAME(not_your_account);
        DCX_NAME(capacity_exhausted);
        DCX_NAME(not_genesis);
        DCX_NAME(unknown_account);
        DCX_NAME(unknown_asset);
        DCX_NAME(unknown_instrument);
        DCX_NAME(unknown_key);
        DCX_NAME(unknown_session);
        DCX_NAME(symbol_taken);
        DCX_NAME(scale_out_of_range);
        DCX_NAME(issue_cap_out_of_range);
        DCX_NAME(tick_or_lot_not_exact);
        DCX_NAME(fee_rate_out_of_range);
        DCX_NAME(limit_out_of_range);
        DCX_NAME(key_already_known);
        DCX_NAME(session_in_use);
        DCX_NAME(duplicate_cl_ord_id);
        DCX_NAME(instrument_halted);
        DCX_NAME(price_out_of_range);
        DCX_NAME(quantity_out_of_range);
        DCX_NAME(notional_out_of_range);
        DCX_NAME(notional_too_small);
        DCX_NAME(unsupported_combination);
        DCX_NAME(post_only_would_cross);
        DCX_NAME(insufficient_funds);
        DCX_NAME(unknown_order);
        DCX_NAME(quantity_not_above_filled);
        DCX_NAME(id_malformed);
        DCX_NAME(id_in_future);
        DCX_NAME(id_too_old);
        DCX_NAME(exists);
        DCX_NAME(exists_with_different_kind);
        DCX_NAME(exists_with_different_debit_account);
        DCX_NAME(exists_with_different_credit_account);
        DCX_NAME(exists_with_different_asset);
        DCX_NAME(exists_with_different_amount);
        DCX_NAME(id_already_failed);
        DCX_NAME(amount_out_of_range);
        DCX_NAME(same_account);
        DCX_NAME(issue_cap_exceeded);
        DCX_NAME(deposit_refused_simulated);
        DCX_NAME(venue_account);
        DCX_NAME(founding_over);
        DCX_NAME(quarantined);
        DCX_NAME(retransmit_running);
        DCX_NAME(retransmit_out_of_range);
        DCX_NAME(retransmit_unavailable);
        DCX_NAME(address_taken);
        DCX_NAME(address_index_not_next);
        DCX_NAME(dual_control_required);
        DCX_NAME(unknown_proposal);
        DCX_NAME(bad_signature);
        DCX_NAME(same_person);
        DCX_NAME(unknown_rules);
        DCX_NAME(price_outside_collar);
        DCX_NAME(account_frozen);
        DCX_NAME(too_many_open_orders);
        DCX_NAME(too_many_open_orders_in_market);
        DCX_NAME(throttled);
        DCX_NAME(position_limit_exceeded);
        DCX_NAME(daily_loss_exceeded);
        DCX_NAME(account_killed);
        DCX_NAME(market_killed);
        DCX_NAME(venue_killed);
        DCX_NAME(expire_time_out_of_range);
        DCX_NAME(budget_out_of_range);
        DCX_NAME(exists_with_different_timeout);
        DCX_NAME(exists_with_different_pending_id);
        DCX_NAME(exists_with_different_address);
        DCX_NAME(timeout_out_of_range);
        DCX_NAME(withdrawal_refused_simulated);
        DCX_NAME(mint_ceiling_exceeded);
        DCX_NAME(unknown_pending);
        DCX_NAME(already_posted);
        DCX_NAME(already_voided);
        DCX_NAME(already_expired);
        DCX_NAME(exceeds_pending_amount);
        DCX_NAME(linked_failed);
        DCX_NAME(group_too_long);
        DCX_NAME(unknown_trade);
        DCX_NAME(bust_window_over);
        DCX_NAME(already_busted);
        DCX_NAME(bust_not_covered);
        DCX_NAME(chain_not_set);
        DCX_NAME(chain_not_linked);
        DCX_NAME(chain_block_unknown);
        DCX_NAME(unknown_address);
        DCX_NAME(not_a_deposit);
        DCX_NAME(not_confirmed);
        DCX_NAME(deposit_known);
        DCX_NAME(unknown_deposit);
        DCX_NAME(deposit_reversed);
        DCX_NAME(deposit_not_orphaned);
        DCX_NAME(address_not_allowed);
        DCX_NAME(address_cooling);
        DCX_NAME(withdrawal_limit_exceeded);
        DCX_NAME(address_is_ours);
        DCX_NAME(payouts_stopped);
        DCX_NAME(address_retired);
        DCX_NAME(address_busy);
        DCX_NAME(nonce_not_rising);
        DCX_NAME(payout_known);
        DCX_NAME(payout_open);
        DCX_NAME(unknown_payout);
        DCX_NAME(payout_posted);
        DCX_NAME(payout_not_posted);
        DCX_NAME(chain_running);
#undef DCX_NAME
    }
    return "unknown";
}

std::string_view to_string(CancelReason reason) {
    switch (reason) {
        case CancelReason::requested: return "requested";
        case CancelReason::ioc_remainder: return "ioc_remainder";
        case CancelReason::fill_limit: return "fill_limit";
        case CancelReason::fok_unfilled: return "fok_unfilled";
        case CancelReason::self_trade: return "self_trade";
        case CancelReason::mass_cancel: return "mass_cancel";
        case CancelReason::expired: return "expired";
        case CancelReason::kill_switch: return "kill_switch";
        case CancelReason::dead_man: return "dead_man";
        case CancelReason::disconnect: return "disconnect";
        case CancelReason::budget_spent: return "budget_spent";
    }
    return "unknown";
}

}  // namespace dcx
