// What a reader is told of the chain after a start, and what must hold of it after every command.
#include <algorithm>

#include "reference/twin.h"

namespace dcx::reference {

void Twin::tell_custody(std::vector<Event>& to) const {
    const auto tell = [&](const auto& body) { to.emplace_back().set(body); };
    const TwinCustody& c = custody_;
    if (c.set)
        tell(ChainSet{.hash = c.blocks.back().hash,
                      .height = c.blocks.back().height,
                      .asset = c.asset,
                      .confirmations = c.confirmations});
    for (const TwinCustody::Block& block : c.blocks) tell(ChainAdvanced{.hash = block.hash, .height = block.height});
    tell(PayoutsSet{.on = c.payouts_on});
    for (const VenueAddressRegistered& address : c.hot) {
        VenueAddressRegistered told = address;
        told.last_nonce = last_nonce({AccountId{}, address.index}).value_or(0);
        told.flags = is_retired({AccountId{}, address.index}) ? kAddressRetired : std::uint8_t{0};
        tell(told);
    }
    for (const auto& [asset, limits] : c.limits)
        if (limits.daily_limit.value != 0 || limits.dual_control_above.value != 0 || limits.cooling_s != 0 ||
            limits.allow_list != 0)
            tell(limits);
    for (const TwinCustody::Allowed& a : c.allowed)
        tell(AddressAllowed{.since = a.since, .account = a.account, .address = a.address, .allowed = 1});
    for (const auto& [asset, total] : c.unbacked)
        if (total != 0) tell(LossCovered{.unbacked_total = Amount{total}, .asset = AssetId{asset}});
    for (const Pending& p : pendings_)
        if (p.withdraw && c.released.contains({p.scope.value, p.id}))
            tell(WithdrawalReleased{.id = p.id, .scope = p.scope});
    for (const TwinCustody::Deposit& d : c.deposits) {
        const bool above = c.set && d.chain == c.chains && d.height > c.blocks.front().height;
        if (d.reversed || (!d.orphaned && !above)) continue;
        tell(DepositCredited{.tx_hash = d.tx_hash,
                             .amount = Amount{d.amount},
                             .height = d.height,
                             .account = d.account,
                             .asset = d.asset,
                             .index = d.index,
                             .position = d.position,
                             .flags = d.orphaned ? kDepositOrphaned : std::uint8_t{0}});
    }
    for (const Pending& p : pendings_) {
        const int128 settled = p.withdraw ? settled_of(p.scope, p.id) : 0;
        if (settled == 0) continue;
        tell(PayoutSettled{
            .id = p.id, .amount = Amount{*narrow(settled)}, .account = p.scope, .payout_kind = PayoutKind::withdrawal});
    }
    for (const TwinCustody::Payout& p : c.payouts) {
        if (!p.open()) continue;
        tell(told_payout(p));
        if (p.state == TwinCustody::State::posted)
            tell(PayoutPosted{
                .tx_hash = p.as.tx_hash, .id = p.as.id, .account = p.as.account, .payout_kind = p.as.payout_kind});
    }
}

std::string Twin::check_custody() const {
    const TwinCustody& c = custody_;
    if (c.set != !c.blocks.empty()) return "a chain without a block, or blocks without a chain";
    if (c.payouts_on && !c.set) return "payouts without a chain";
    if (c.blocks.size() > kChainMemory) return "more blocks remembered than allowed";
    for (std::size_t i = 1; i < c.blocks.size(); ++i)
        if (c.blocks[i].height != c.blocks[i - 1].height + 1) return "blocks that do not follow each other";
    if (c.deposits.size() > genesis_->max_transfer_ids) return "more deposits than allowed";
    std::set<TwinCustody::Payer> busy;
    for (const TwinCustody::Payout& p : c.payouts) {
        if (!p.open()) continue;
        if (!busy.insert(p.payer()).second) return "an address with two open payouts";
        if (p.as.payout_kind == PayoutKind::sweep) continue;
        const Pending* const pending = find_pending(p.as.account, p.as.id);
        if (pending == nullptr || !pending->withdraw) return "a payout of a withdrawal that is not pending";
        if (settled_of(p.as.account, p.as.id) + p.as.amount.value > pending->amount)
            return "more paid out than was asked for";
    }
    // No block of one hash credits twice.
    for (std::size_t i = 0; i < c.deposits.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (c.deposits[i].tx_hash == c.deposits[j].tx_hash) return "a transaction that was credited twice";
    return {};
}

}  // namespace dcx::reference
