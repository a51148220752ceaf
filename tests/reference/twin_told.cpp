// What a reader is told of the ledger after a start: who there is, and what is promised.
#include "reference/twin.h"

namespace dcx::reference {

void Twin::tell_accounts(std::vector<Event>& to) const {
    const auto tell = [&](const auto& body) { to.emplace_back().set(body); };
    for (const AssetListed& asset : assets_) {
        tell(asset);
        const AssetLimitsSet limits = limits_of(asset.asset);
        if (limits.mint_ceiling.value != 0 || limits.dual_control_above.value != 0 || limits.transfer_fee.value != 0)
            tell(limits);
    }
    for (std::uint32_t i = kErrorAccount.value; i < accounts_.size(); ++i)
        tell(AccountOpened{.account = AccountId{i + 1},
                           .owner = accounts_[i].owner,
                           .account_kind = accounts_[i].kind,
                           .self_trade_rule = accounts_[i].rule,
                           .flags = static_cast<std::uint8_t>((accounts_[i].frozen ? kAccountFrozen : 0) |
                                                              (accounts_[i].killed.on ? kAccountKilled : 0))});
    for (std::uint32_t i = 0; i < keys_.size(); ++i)
        tell(KeyAdded{.public_key = keys_[i].public_key,
                      .key = KeyId{i + 1},
                      .account = keys_[i].account,
                      .permissions = keys_[i].permissions,
                      .revoked = keys_[i].revoked,
                      .person = keys_[i].person});
    for (const AddressRegistered& address : addresses_) tell(address);
    for (std::uint32_t i = 0; i < accounts_.size(); ++i)
        if (accounts_[i].throttle_time > time_.value)
            tell(AccountRateRestored{.full_at = Time{accounts_[i].throttle_time}, .account = AccountId{i + 1}});
}

void Twin::tell_promises(std::vector<Event>& to) const {
    const auto tell = [&](const auto& body) { to.emplace_back().set(body); };
    for (const Pending& p : pendings_) tell_pending(p, tell);
    for (const Proposal& p : proposals_) {
        tell(CommandProposed{.proposal = p.id,
                             .expires = p.expires,
                             .proposer = p.proposer,
                             .proposed = p.proposed,
                             .approved_by = p.approved_by});
        tell(ProposalBody{.body = p.body});
    }
}

}  // namespace dcx::reference
