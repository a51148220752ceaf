#include "reference/generator_chain.h"

#include <algorithm>

namespace dcx::reference {

bool ChainSeen::is_busy(Payer payer) const {
    return std::any_of(open.begin(), open.end(), [&](const Payout& p) { return payer_of(p.as) == payer; });
}

void ChainSeen::learn(const Event& event) {
    const auto posted = [this](const auto& e) {
        available[{e.debit_account, e.asset}] = e.debit_after.value;
        available[{e.credit_account, e.asset}] = e.credit_after.value;
    };
    const auto close = [this](const Hash& hash) {
        std::erase_if(open, [&](const Payout& p) { return p.as.tx_hash == hash; });
        closed.push_back(hash);
    };
    switch (event.header.kind) {
        case EventKind::transferred: posted(event.as<Transferred>()); break;
        case EventKind::posted: posted(event.as<Posted>()); break;
        case EventKind::chain_set: {
            const auto e = event.as<ChainSet>();
            set = true;
            asset = e.asset;
            confirmations = e.confirmations;
            blocks = {{e.height, e.hash}};
            break;
        }
        case EventKind::chain_advanced:
            blocks.push_back({event.as<ChainAdvanced>().height, event.as<ChainAdvanced>().hash});
            break;
        case EventKind::chain_rewound: {
            const auto e = event.as<ChainRewound>();
            payouts_on = false;
            for (const auto& [payer, nonce] : nonces) retired.insert(payer);
            set = e.lost == 0;
            if (e.lost == 1) blocks.clear();
            std::erase_if(blocks, [&](const Block& block) { return block.height > e.height; });
            for (Deposit& d : deposits)
                if (set && !d.reversed && d.as.height > e.height) d.orphaned = true;
            break;
        }
        case EventKind::deposit_credited: {
            const auto e = event.as<DepositCredited>();
            std::erase_if(deposits, [&](const Deposit& d) { return d.as.tx_hash == e.tx_hash; });
            deposits.push_back({.as = e});
            break;
        }
        case EventKind::deposit_reversed: {
            const auto e = event.as<DepositReversed>();
            unbacked[e.asset] = e.unbacked_total.value;
            for (Deposit& d : deposits)
                if (d.as.tx_hash == e.tx_hash) d.reversed = true;
            break;
        }
        case EventKind::loss_covered:
            unbacked[event.as<LossCovered>().asset] = event.as<LossCovered>().unbacked_total.value;
            break;
        case EventKind::address_registered: addresses.push_back(event.as<AddressRegistered>()); break;
        case EventKind::venue_address_registered: hot.push_back(event.as<VenueAddressRegistered>()); break;
        case EventKind::address_allowed: {
            const auto e = event.as<AddressAllowed>();
            std::erase_if(allowed, [&](const AddressAllowed& known) {
                return known.account == e.account && known.address == e.address;
            });
            if (e.allowed == 1) allowed.push_back(e);
            break;
        }
        case EventKind::payout_prepared: {
            const auto e = event.as<PayoutPrepared>();
            open.push_back({.as = e});
            nonces[payer_of(e)] = e.nonce;
            break;
        }
        case EventKind::payout_posted:
            for (Payout& p : open)
                if (p.as.tx_hash == event.as<PayoutPosted>().tx_hash) p.posted = true;
            break;
        case EventKind::payout_abandoned: close(event.as<PayoutAbandoned>().tx_hash); break;
        case EventKind::payout_resolved: close(event.as<PayoutResolved>().tx_hash); break;
        case EventKind::payout_settled: {
            const auto e = event.as<PayoutSettled>();
            close(e.tx_hash);
            for (Withdrawal& w : withdrawals)
                if (e.payout_kind == PayoutKind::withdrawal && w.as.id == e.id && w.as.scope == e.account)
                    w.settled += e.amount.value;
            break;
        }
        case EventKind::payouts_set: payouts_on = event.as<PayoutsSet>().on == 1; break;
        case EventKind::withdrawal_requested: withdrawals.push_back({.as = event.as<WithdrawalRequested>()}); break;
        case EventKind::pending_resolved: {
            const auto e = event.as<PendingResolved>();
            std::erase_if(withdrawals,
                          [&](const Withdrawal& w) { return w.as.id == e.pending_id && w.as.scope == e.scope; });
            break;
        }
        default: break;
    }
}

}  // namespace dcx::reference
