#include "chain/custody_view.h"

#include <algorithm>

#include "model/chain_address.h"

namespace dcx::chain {

void CustodyView::apply(const Event& event) {
    time_ = std::max(time_, event.header.time, [](Time a, Time b) { return a.value < b.value; });
    sequence_ = event.header.sequence;
    whole_command_ = (event.header.flags & kLastOfCommand) != 0;
    if (event.header.kind == EventKind::restore_completed || event.header.kind == EventKind::genesis_applied)
        complete_ = true;
    apply_registry(event);
    apply_chain(event);
    apply_deposit(event);
    apply_payout(event);
}

void CustodyView::register_address(const OwnAddress& own, const ChainAddress& address) {
    std::string text = address_text(address);
    owners_[text] = own;
    texts_[own] = std::move(text);
}

void CustodyView::apply_registry(const Event& event) {
    switch (event.header.kind) {
        case EventKind::account_opened: {
            const auto opened = event.as<AccountOpened>();
            if ((opened.flags & kAccountFrozen) != 0) frozen_.insert(opened.account.value);
            break;
        }
        case EventKind::account_frozen: {
            const auto frozen = event.as<AccountFrozen>();
            if (frozen.frozen != 0)
                frozen_.insert(frozen.account.value);
            else
                frozen_.erase(frozen.account.value);
            break;
        }
        case EventKind::address_registered: {
            const auto registered = event.as<AddressRegistered>();
            register_address({registered.account, registered.index}, registered.address);
            break;
        }
        case EventKind::venue_address_registered: {
            const auto registered = event.as<VenueAddressRegistered>();
            const OwnAddress own{{}, registered.index};
            register_address(own, registered.address);
            const bool retired = (registered.flags & kAddressRetired) != 0;
            if (retired || registered.last_nonce != 0)
                signed_[own] = {.last_nonce = registered.last_nonce, .retired = retired};
            break;
        }
        case EventKind::withdrawal_limits_set: {
            const auto limits = event.as<WithdrawalLimitsSet>();
            release_above_[limits.asset.value] = limits.dual_control_above;
            break;
        }
        default: break;
    }
}

void CustodyView::apply_chain(const Event& event) {
    switch (event.header.kind) {
        case EventKind::chain_set: {
            const auto set = event.as<ChainSet>();
            asset_ = set.asset;
            confirmations_ = set.confirmations;
            ++chain_count_;
            blocks_.clear();
            // Of a restored one every remembered block follows, this one too.
            if ((event.header.flags & kRestored) == 0) {
                first_ = set.height;
                blocks_.push_back(set.hash);
            }
            break;
        }
        case EventKind::chain_advanced: {
            const auto advanced = event.as<ChainAdvanced>();
            if (blocks_.empty()) first_ = advanced.height;
            blocks_.push_back(advanced.hash);
            if (blocks_.size() > kChainMemory) {
                blocks_.pop_front();
                ++first_;
            }
            break;
        }
        case EventKind::chain_rewound: rewind(event.as<ChainRewound>()); break;
        case EventKind::payouts_set: payouts_on_ = event.as<PayoutsSet>().on != 0; break;
        default: break;
    }
}

void CustodyView::rewind(const ChainRewound& rewound) {
    payouts_on_ = false;
    for (auto& [own, state] : signed_) state.retired = true;
    if (rewound.lost != 0) {
        blocks_.clear();
        return;
    }
    while (!blocks_.empty() && tip() > rewound.height) blocks_.pop_back();
    for (auto& [hash, deposit] : deposits_) {
        if (deposit.reversed || deposit.orphaned || deposit.height <= rewound.height || deposit.chain != chain_count_)
            continue;
        deposit.orphaned = true;
        deposit.orphaned_from = rewound.from_height;
    }
}

void CustodyView::apply_deposit(const Event& event) {
    switch (event.header.kind) {
        case EventKind::deposit_credited: {
            const auto credited = event.as<DepositCredited>();
            const bool orphaned = (credited.flags & kDepositOrphaned) != 0;
            deposits_[credited.tx_hash] = {.account = credited.account,
                                           .index = credited.index,
                                           .amount = credited.amount,
                                           .asset = credited.asset,
                                           .height = credited.height,
                                           .chain = chain_count_,
                                           .orphaned = orphaned,
                                           .reversed = false,
                                           // Its block was remembered, so the tip was less than the memory above it.
                                           .orphaned_from = orphaned ? credited.height + kChainMemory : 0};
            break;
        }
        case EventKind::deposit_reversed: {
            const auto reversed = event.as<DepositReversed>();
            if (const auto found = deposits_.find(reversed.tx_hash); found != deposits_.end())
                found->second.reversed = true;
            unbacked_[reversed.asset.value] = reversed.unbacked_total;
            break;
        }
        case EventKind::loss_covered: {
            const auto covered = event.as<LossCovered>();
            unbacked_[covered.asset.value] = covered.unbacked_total;
            break;
        }
        case EventKind::withdrawal_requested: {
            const auto requested = event.as<WithdrawalRequested>();
            withdrawals_[{requested.scope.value, requested.id}] = {.order = ++requests_,
                                                                   .account = requested.account,
                                                                   .asset = requested.asset,
                                                                   .amount = requested.amount,
                                                                   .settled = {},
                                                                   .address = address_text(requested.address),
                                                                   .released = false,
                                                                   .payout_open = false};
            break;
        }
        case EventKind::withdrawal_released: {
            const auto released = event.as<WithdrawalReleased>();
            if (const auto found = withdrawals_.find({released.scope.value, released.id}); found != withdrawals_.end())
                found->second.released = true;
            break;
        }
        case EventKind::pending_resolved: {
            const auto resolved = event.as<PendingResolved>();
            withdrawals_.erase({resolved.scope.value, resolved.pending_id});
            break;
        }
        default: break;
    }
}

void CustodyView::open(const PayoutPrepared& prepared) {
    payouts_[prepared.tx_hash] = {.prepared = prepared, .posted = false, .since = time_};
    const OwnAddress from = payouts_[prepared.tx_hash].from();
    busy_.insert(from);
    signed_[from].last_nonce = prepared.nonce;
    if (prepared.payout_kind != PayoutKind::withdrawal) return;
    if (const auto found = withdrawals_.find({prepared.account.value, prepared.id}); found != withdrawals_.end())
        found->second.payout_open = true;
}

void CustodyView::close(const Digest& hash) {
    closed_.insert(hash);
    const auto found = payouts_.find(hash);
    if (found == payouts_.end()) return;
    busy_.erase(found->second.from());
    if (found->second.prepared.payout_kind == PayoutKind::withdrawal)
        if (const auto of = withdrawals_.find(found->second.withdrawal()); of != withdrawals_.end())
            of->second.payout_open = false;
    payouts_.erase(found);
}

void CustodyView::apply_payout(const Event& event) {
    switch (event.header.kind) {
        case EventKind::payout_prepared: open(event.as<PayoutPrepared>()); break;
        case EventKind::payout_posted:
            if (const auto found = payouts_.find(event.as<PayoutPosted>().tx_hash); found != payouts_.end()) {
                found->second.posted = true;
                found->second.since = time_;
            }
            break;
        case EventKind::payout_abandoned: close(event.as<PayoutAbandoned>().tx_hash); break;
        case EventKind::payout_resolved: close(event.as<PayoutResolved>().tx_hash); break;
        case EventKind::payout_settled: {
            const auto settled = event.as<PayoutSettled>();
            if (settled.payout_kind == PayoutKind::withdrawal)
                if (const auto of = withdrawals_.find({settled.account.value, settled.id}); of != withdrawals_.end())
                    of->second.settled += settled.amount;
            // The restored one is a sum, of no transaction.
            if ((event.header.flags & kRestored) == 0) close(settled.tx_hash);
            break;
        }
        default: break;
    }
}

std::optional<Digest> CustodyView::block_at(std::uint64_t height) const {
    if (blocks_.empty() || height < first_ || height > tip()) return std::nullopt;
    return blocks_[height - first_];
}

const OwnAddress* CustodyView::whose(std::string_view address) const {
    const auto found = owners_.find(address);
    return found == owners_.end() ? nullptr : &found->second;
}

std::string_view CustodyView::address(const OwnAddress& own) const {
    const auto found = texts_.find(own);
    return found == texts_.end() ? std::string_view{} : std::string_view{found->second};
}

std::uint32_t CustodyView::hot() const {
    // The venue's stand in front of all customers', by index.
    std::uint32_t newest = 0;
    for (const auto& [own, text] : texts_) {
        if (own.account) break;
        if (!signed_by(own).retired) newest = own.index;
    }
    return newest;
}

Signed CustodyView::signed_by(const OwnAddress& own) const {
    const auto found = signed_.find(own);
    return found == signed_.end() ? Signed{} : found->second;
}

Amount CustodyView::release_above(AssetId asset) const {
    const auto found = release_above_.find(asset.value);
    return found == release_above_.end() ? Amount{} : found->second;
}

}  // namespace dcx::chain
