// What operators say of accounts and assets: freezing, deposit addresses, limits; and the way to all that moves money.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr std::array<std::uint8_t, 3> kThreeZeros{};

}  // namespace

void Twin::dispatch_ledger(const Command& command, SessionId from, bool approved) {
    RejectReason reason = RejectReason::none;
    switch (command.header.kind) {
        case CommandKind::freeze_account: reason = freeze_account(command.as<FreezeAccount>(), from); break;
        case CommandKind::register_address: reason = register_address(command.as<RegisterAddress>(), from); break;
        case CommandKind::set_asset_limits: reason = set_asset_limits(command.as<SetAssetLimits>(), from); break;
        case CommandKind::propose: reason = propose(command.as<Propose>(), from); break;
        case CommandKind::approve: reason = approve(command, from); break;
        case CommandKind::transfer:
        case CommandKind::mint:
        case CommandKind::burn:
        case CommandKind::pend_transfer:
        case CommandKind::post_transfer:
        case CommandKind::void_transfer:
        case CommandKind::withdraw: return money(command, from, approved);
        default: return dispatch_custody(command, from);
    }
    if (reason != RejectReason::none) refuse(command, reason, from);
}

RejectReason Twin::freeze_account(const FreezeAccount& body, SessionId to) {
    if (body.frozen > 1 || body.zero != kThreeZeros) return RejectReason::malformed_field;
    if (!is_customer(body.account)) return RejectReason::unknown_account;
    accounts_.at(body.account.value - 1).frozen = body.frozen == 1;
    emit(AccountFrozen{.reference = body.reference, .account = body.account, .frozen = body.frozen}, to);
    return RejectReason::none;
}

RejectReason Twin::register_address(const RegisterAddress& body, SessionId to) {
    const bool kind_known = body.address.kind == AddressKind::dec || body.address.kind == AddressKind::decms;
    if (!kind_known || body.zero != kThreeZeros) return RejectReason::malformed_field;
    if (!is_customer(body.account)) return RejectReason::unknown_account;
    Account& account = accounts_.at(body.account.value - 1);
    if (body.index != account.last_address + 1) return RejectReason::address_index_not_next;
    if (is_registered(body.address)) return RejectReason::address_taken;
    if (addresses_.size() >= genesis_->max_accounts) return RejectReason::capacity_exhausted;
    account.last_address = body.index;
    addresses_.push_back({.account = body.account, .index = body.index, .address = body.address});
    emit(addresses_.back(), to);
    return RejectReason::none;
}

RejectReason Twin::set_asset_limits(const SetAssetLimits& body, SessionId to) {
    if (!exists(assets_, body.asset)) return RejectReason::unknown_asset;
    if (body.transfer_fee.value < 0 || body.transfer_fee.value > kFeeRateOne)
        return RejectReason::fee_rate_out_of_range;
    for (const Amount amount : {body.mint_ceiling, body.dual_control_above})
        if (amount.value < 0 || amount.value > kMaxIssue) return RejectReason::limit_out_of_range;
    const AssetLimitsSet limits{.mint_ceiling = body.mint_ceiling,
                                .dual_control_above = body.dual_control_above,
                                .asset = body.asset,
                                .transfer_fee = body.transfer_fee};
    asset_limits_[body.asset.value] = limits;
    emit(limits, to);
    return RejectReason::none;
}

// All 0, which is none, when nobody has set any.
AssetLimitsSet Twin::limits_of(AssetId asset) const {
    const auto found = asset_limits_.find(asset.value);
    return found == asset_limits_.end() ? AssetLimitsSet{.asset = asset} : found->second;
}

}  // namespace dcx::reference
