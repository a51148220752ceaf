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
    }
    return 0;
}

}  // namespace dcx
