#include "model/command.h"

namespace dcx {

std::string_view to_string(CommandKind kind) {
    switch (kind) {
        case CommandKind::none: return "none";
        case CommandKind::genesis: return "genesis";
        case CommandKind::start_epoch: return "start_epoch";
        case CommandKind::checkpoint: return "checkpoint";
        case CommandKind::negotiate_session: return "negotiate_session";
        case CommandKind::establish_session: return "establish_session";
        case CommandKind::disconnect_session: return "disconnect_session";
        case CommandKind::open_account: return "open_account";
        case CommandKind::add_key: return "add_key";
        case CommandKind::revoke_key: return "revoke_key";
        case CommandKind::list_asset: return "list_asset";
        case CommandKind::list_instrument: return "list_instrument";
        case CommandKind::set_phase: return "set_phase";
        case CommandKind::place_order: return "place_order";
        case CommandKind::cancel_order: return "cancel_order";
        case CommandKind::amend_order: return "amend_order";
        case CommandKind::mass_cancel: return "mass_cancel";
        case CommandKind::set_self_trade_rule: return "set_self_trade_rule";
        case CommandKind::transfer: return "transfer";
        case CommandKind::mint: return "mint";
        case CommandKind::burn: return "burn";
        case CommandKind::genesis_key: return "genesis_key";
        case CommandKind::tick: return "tick";
        case CommandKind::handover: return "handover";
        case CommandKind::freeze_account: return "freeze_account";
        case CommandKind::register_address: return "register_address";
        case CommandKind::set_asset_limits: return "set_asset_limits";
        case CommandKind::set_fees: return "set_fees";
        case CommandKind::set_market_limits: return "set_market_limits";
        case CommandKind::set_account_limits: return "set_account_limits";
        case CommandKind::set_position_limits: return "set_position_limits";
        case CommandKind::set_kill_switch: return "set_kill_switch";
        case CommandKind::bust_trade: return "bust_trade";
        case CommandKind::activate_rules: return "activate_rules";
        case CommandKind::propose: return "propose";
        case CommandKind::approve: return "approve";
        case CommandKind::set_dead_man: return "set_dead_man";
        case CommandKind::pend_transfer: return "pend_transfer";
        case CommandKind::post_transfer: return "post_transfer";
        case CommandKind::void_transfer: return "void_transfer";
        case CommandKind::withdraw: return "withdraw";
        case CommandKind::set_chain: return "set_chain";
        case CommandKind::advance_chain: return "advance_chain";
        case CommandKind::rewind_chain: return "rewind_chain";
        case CommandKind::credit_deposit: return "credit_deposit";
        case CommandKind::reverse_deposit: return "reverse_deposit";
        case CommandKind::cover_loss: return "cover_loss";
        case CommandKind::register_venue_address: return "register_venue_address";
        case CommandKind::allow_address: return "allow_address";
        case CommandKind::set_withdrawal_limits: return "set_withdrawal_limits";
        case CommandKind::release_withdrawal: return "release_withdrawal";
        case CommandKind::prepare_payout: return "prepare_payout";
        case CommandKind::post_payout: return "post_payout";
        case CommandKind::abandon_payout: return "abandon_payout";
        case CommandKind::settle_payout: return "settle_payout";
        case CommandKind::resolve_payout: return "resolve_payout";
        case CommandKind::set_payouts: return "set_payouts";
        case CommandKind::record_anchor: return "record_anchor";
    }
    return "unknown";
}

std::size_t body_size(CommandKind kind) {
    switch (kind) {
        case CommandKind::none: return 0;
        case CommandKind::genesis: return sizeof(Genesis);
        case CommandKind::start_epoch: return sizeof(StartEpoch);
        case CommandKind::checkpoint: return sizeof(Checkpoint);
        case CommandKind::negotiate_session: return sizeof(NegotiateSession);
        case CommandKind::establish_session: return sizeof(EstablishSession);
        case CommandKind::disconnect_session: return sizeof(DisconnectSession);
        case CommandKind::open_account: return sizeof(OpenAccount);
        case CommandKind::add_key: return sizeof(AddKey);
        case CommandKind::revoke_key: return sizeof(RevokeKey);
        case CommandKind::list_asset: return sizeof(ListAsset);
        case CommandKind::list_instrument: return sizeof(ListInstrument);
        case CommandKind::set_phase: return sizeof(SetPhase);
        case CommandKind::place_order: return sizeof(PlaceOrder);
        case CommandKind::cancel_order: return sizeof(CancelOrder);
        case CommandKind::amend_order: return sizeof(AmendOrder);
        case CommandKind::mass_cancel: return sizeof(MassCancel);
        case CommandKind::set_self_trade_rule: return sizeof(SetSelfTradeRule);
        case CommandKind::transfer: return sizeof(Transfer);
        case CommandKind::mint: return sizeof(Mint);
        case CommandKind::burn: return sizeof(Burn);
        case CommandKind::genesis_key: return sizeof(GenesisKey);
        case CommandKind::tick: return sizeof(Tick);
        case CommandKind::handover: return sizeof(Handover);
        case CommandKind::freeze_account: return sizeof(FreezeAccount);
        case CommandKind::register_address: return sizeof(RegisterAddress);
        case CommandKind::set_asset_limits: return sizeof(SetAssetLimits);
        case CommandKind::set_fees: return sizeof(SetFees);
        case CommandKind::set_market_limits: return sizeof(SetMarketLimits);
        case CommandKind::set_account_limits: return sizeof(SetAccountLimits);
        case CommandKind::set_position_limits: return sizeof(SetPositionLimits);
        case CommandKind::set_kill_switch: return sizeof(SetKillSwitch);
        case CommandKind::bust_trade: return sizeof(BustTrade);
        case CommandKind::activate_rules: return sizeof(ActivateRules);
        case CommandKind::propose: return sizeof(Propose);
        case CommandKind::approve: return sizeof(Approve);
        case CommandKind::set_dead_man: return sizeof(SetDeadMan);
        case CommandKind::pend_transfer: return sizeof(PendTransfer);
        case CommandKind::post_transfer: return sizeof(PostTransfer);
        case CommandKind::void_transfer: return sizeof(VoidTransfer);
        case CommandKind::withdraw: return sizeof(Withdraw);
        case CommandKind::set_chain: return sizeof(SetChain);
        case CommandKind::advance_chain: return sizeof(AdvanceChain);
        case CommandKind::rewind_chain: return sizeof(RewindChain);
        case CommandKind::credit_deposit: return sizeof(CreditDeposit);
        case CommandKind::reverse_deposit: return sizeof(ReverseDeposit);
        case CommandKind::cover_loss: return sizeof(CoverLoss);
        case CommandKind::register_venue_address: return sizeof(RegisterVenueAddress);
        case CommandKind::allow_address: return sizeof(AllowAddress);
        case CommandKind::set_withdrawal_limits: return sizeof(SetWithdrawalLimits);
        case CommandKind::release_withdrawal: return sizeof(ReleaseWithdrawal);
        case CommandKind::prepare_payout: return sizeof(PreparePayout);
        case CommandKind::post_payout: return sizeof(PostPayout);
        case CommandKind::abandon_payout: return sizeof(AbandonPayout);
        case CommandKind::settle_payout: return sizeof(SettlePayout);
        case CommandKind::resolve_payout: return sizeof(ResolvePayout);
        case CommandKind::set_payouts: return sizeof(SetPayouts);
        case CommandKind::record_anchor: return sizeof(RecordAnchor);
    }
    return 0;
}

}  // namespace dcx
