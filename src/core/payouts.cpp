// What the venue pays on the chain. A payout is prepared before anybody can have seen its transaction, posted from
// then on, and closed once: abandoned before it was posted, settled when the chain has it, or resolved by two persons
// who say what became of it.
#include "core/apply.h"

namespace dcx::core {

SigningAddress& Apply::payer_of(PayoutKind kind, AccountId account, std::uint32_t index) const {
    if (kind == PayoutKind::withdrawal) return s_.custody.venue_addresses[index].signing;
    return s_.addresses[s_.find_address(account, index)].signing;
}

void Apply::prepare_payout() {
    const auto body = command_.as<PreparePayout>();
    Custody& custody = s_.custody;
    const bool withdrawal = body.payout_kind == PayoutKind::withdrawal;
    if ((!withdrawal && body.payout_kind != PayoutKind::sweep) || !all_zero(body.zero) || body.tx_hash == ChainHash{} ||
        (withdrawal ? body.to_index != 0 : body.id != TransferId{}))
        return reject(RejectReason::malformed_field);
    if (!custody.chain.is_set()) return reject(RejectReason::chain_not_set);
    if (!custody.payouts_on) return reject(RejectReason::payouts_stopped);
    if (const auto reason = check_addresses(body); reason != RejectReason::none) return reject(reason);
    if (custody.payouts.known(body.tx_hash)) return reject(RejectReason::payout_known);
    if (const auto reason = check_payout(body); reason != RejectReason::none) return reject(reason);
    if (!custody.payouts.has_room()) return reject(RejectReason::capacity_exhausted);

    SigningAddress& payer = payer_of(body.payout_kind, body.account, body.index);
    custody.eras.sign(payer, body.nonce);
    payer.busy = 1;
    const std::uint32_t pending = withdrawal ? pending_withdrawal(body.account, body.id) : 0;
    const std::uint32_t slot = custody.payouts.add({.tx_hash = body.tx_hash,
                                                    .id = body.id,
                                                    .amount = body.amount,
                                                    .nonce = body.nonce,
                                                    .account = body.account,
                                                    .index = body.index,
                                                    .to_index = body.to_index,
                                                    .pending = pending,
                                                    .kind = body.payout_kind});
    if (withdrawal) s_.pending[pending].payout = slot;
    emit(PayoutPrepared{.tx_hash = body.tx_hash,
                        .id = body.id,
                        .amount = body.amount,
                        .nonce = body.nonce,
                        .account = body.account,
                        .index = body.index,
                        .to_index = body.to_index,
                        .payout_kind = body.payout_kind,
                        .zero = {}},
         sender());
}

// From which address, and to which one of ours.
RejectReason Apply::check_addresses(const PreparePayout& payout) const {
    const Custody& custody = s_.custody;
    const bool sweep = payout.payout_kind == PayoutKind::sweep;
    const std::uint32_t hot = sweep ? payout.to_index : payout.index;
    if ((sweep && s_.find_address(payout.account, payout.index) == 0) || !custody.has_venue_address(hot))
        return RejectReason::unknown_address;
    const SigningAddress& payer = payer_of(payout.payout_kind, payout.account, payout.index);
    if (custody.eras.retired(payer) || custody.eras.retired(custody.venue_addresses[hot].signing))
        return RejectReason::address_retired;
    if (payer.busy != 0) return RejectReason::address_busy;
    return payer.signed_before() && payout.nonce <= payer.last_nonce ? RejectReason::nonce_not_rising
                                                                     : RejectReason::none;
}

// What for, and how much.
RejectReason Apply::check_payout(const PreparePayout& payout) const {
    std::int64_t most = kMaxIssue;
    if (payout.payout_kind == PayoutKind::withdrawal) {
        const AssetId asset = s_.custody.chain.asset();
        const std::uint32_t slot = pending_withdrawal(payout.account, payout.id);
        if (slot == 0 || s_.pending[slot].asset != asset) return RejectReason::unknown_pending;
        const PendingTransfer& pending = s_.pending[slot];
        const Amount alone = s_.custody.assets[asset.value].dual_control_above;
        if (alone && pending.amount > alone && pending.released == 0) return RejectReason::dual_control_required;
        if (pending.payout != 0) return RejectReason::payout_open;
        most = (pending.amount - pending.settled).value;
    }
    return payout.amount.value < 1 || payout.amount.value > most ? RejectReason::amount_out_of_range
                                                                 : RejectReason::none;
}

std::uint32_t Apply::open_payout(const ChainHash& tx_hash, bool posted) {
    RejectReason reason = RejectReason::none;
    const std::uint32_t slot = s_.custody.payouts.find(tx_hash);
    if (tx_hash == ChainHash{})
        reason = RejectReason::malformed_field;
    else if (slot == 0)
        reason = RejectReason::unknown_payout;
    else if (posted != (s_.custody.payouts[slot].posted != 0))
        reason = posted ? RejectReason::payout_not_posted : RejectReason::payout_posted;
    if (reason == RejectReason::none) return slot;
    reject(reason);
    return 0;
}

void Apply::post_payout() {
    const auto body = command_.as<PostPayout>();
    const std::uint32_t slot = open_payout(body.tx_hash, false);
    if (slot == 0) return;
    if (!s_.custody.payouts_on) return reject(RejectReason::payouts_stopped);
    Payout& payout = s_.custody.payouts[slot];
    if (s_.custody.eras.retired(payer_of(payout.kind, payout.account, payout.index)))
        return reject(RejectReason::address_retired);
    payout.posted = 1;
    emit(PayoutPosted{.tx_hash = payout.tx_hash,
                      .id = payout.id,
                      .account = payout.account,
                      .payout_kind = payout.kind,
                      .zero = {}},
         sender());
}

void Apply::abandon_payout() {
    const auto body = command_.as<AbandonPayout>();
    const std::uint32_t slot = open_payout(body.tx_hash, false);
    if (slot == 0) return;
    const Payout payout = s_.custody.payouts[slot];
    close_payout(slot);
    emit(PayoutAbandoned{.tx_hash = payout.tx_hash,
                         .id = payout.id,
                         .account = payout.account,
                         .payout_kind = payout.kind,
                         .zero = {}},
         sender());
}

void Apply::settle_payout() {
    const auto body = command_.as<SettlePayout>();
    const std::uint32_t slot = open_payout(body.tx_hash, true);
    if (slot == 0) return;
    if (!s_.custody.chain.is_set()) return reject(RejectReason::chain_not_set);
    if (!s_.custody.chain.confirmed(body.height)) return reject(RejectReason::not_confirmed);
    settle_open(slot, body.height);
}

void Apply::resolve_payout() {
    const auto body = command_.as<ResolvePayout>();
    if ((body.outcome != PayoutOutcome::paid && body.outcome != PayoutOutcome::not_paid) || !all_zero(body.zero))
        return reject(RejectReason::malformed_field);
    const std::uint32_t slot = open_payout(body.tx_hash, true);
    if (slot == 0) return;
    const Payout& payout = s_.custody.payouts[slot];
    emit(PayoutResolved{.tx_hash = payout.tx_hash,
                        .id = payout.id,
                        .account = payout.account,
                        .outcome = body.outcome,
                        .payout_kind = payout.kind,
                        .zero = {}},
         sender());
    if (body.outcome == PayoutOutcome::paid) return settle_open(slot, 0);
    close_payout(slot);
}

// Its address and its withdrawal are free for another one.
void Apply::close_payout(std::uint32_t slot) {
    const Payout& payout = s_.custody.payouts[slot];
    payer_of(payout.kind, payout.account, payout.index).busy = 0;
    if (payout.pending != 0) {
        DCX_CHECK(s_.pending[payout.pending].payout == slot);
        s_.pending[payout.pending].payout = 0;
    }
    s_.custody.payouts.close(slot);
}

void Apply::settle_open(std::uint32_t slot, std::uint64_t height) {
    const Payout payout = s_.custody.payouts[slot];
    close_payout(slot);
    bool complete = true;
    if (payout.pending != 0) {
        PendingTransfer& pending = s_.pending[payout.pending];
        pending.settled += payout.amount;
        DCX_CHECK(pending.settled <= pending.amount);
        complete = pending.settled == pending.amount;
    }
    emit(PayoutSettled{.tx_hash = payout.tx_hash,
                       .id = payout.id,
                       .amount = payout.amount,
                       .height = height,
                       .account = payout.account,
                       .index = payout.index,
                       .payout_kind = payout.kind,
                       .complete = std::uint8_t{complete},
                       .zero = {}},
         sender());
    if (payout.pending == 0 || !complete) return;
    const PendingTransfer paid = s_.pending[payout.pending];
    resolve(payout.pending, {}, paid.amount, PendingState::posted, sender());
    post(paid.id, paid.debit, kIssuanceAccount, paid.asset, paid.amount, PostingCause::payout, sender());
}

void Apply::set_payouts() {
    const auto body = command_.as<SetPayouts>();
    if (body.on > 1 || !all_zero(body.zero)) return reject(RejectReason::malformed_field);
    if (body.on == 1 && !s_.custody.chain.is_set()) return reject(RejectReason::chain_not_set);
    s_.custody.payouts_on = body.on == 1;
    emit(PayoutsSet{.reference = body.reference, .on = body.on, .zero = {}}, sender());
}

}  // namespace dcx::core
