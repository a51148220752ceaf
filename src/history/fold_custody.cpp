// What the chain's events say: deposits, payouts, anchors, and which postings they must be followed by.
#include "history/fold_state.h"

namespace dcx::history {
namespace {

LedgerKind ledger_kind(PostingCause cause) {
    switch (cause) {
        case PostingCause::deposit: return LedgerKind::deposit;
        case PostingCause::deposit_reversal: return LedgerKind::deposit_reversal;
        case PostingCause::loss_cover: return LedgerKind::loss_cover;
        case PostingCause::payout: return LedgerKind::payout;
        default: contradict("no posting of the chain");
    }
}

bool is_zero(const TransferId& id) { return id == TransferId{}; }

}  // namespace

void Fold::State::deposit_credited(const DepositCredited& e) {
    require(registry.has(e.account) && !is_venue_account(e.account), "no customer's account");
    chain.credit(at, e);
    if (e.flags == 0)
        due.push_back({.amount = e.amount,
                       .debit_account = kIssuanceAccount,
                       .credit_account = e.account,
                       .asset = e.asset,
                       .cause = PostingCause::deposit});
}

void Fold::State::deposit_reversed(const DepositReversed& e) {
    chain.reverse(at, e);
    for (const auto& [payer, amount] : {std::pair{e.account, e.taken}, std::pair{kErrorAccount, e.covered}})
        if (amount.value != 0)
            due.push_back({.amount = amount,
                           .debit_account = payer,
                           .credit_account = kIssuanceAccount,
                           .asset = e.asset,
                           .cause = PostingCause::deposit_reversal});
}

void Fold::State::loss_covered(const LossCovered& e) {
    require(registry.has(e.asset), "an asset that was not listed");
    require(e.amount.value > 0, "a cover of nothing or less");
    due.push_back({.amount = e.amount,
                   .debit_account = kErrorAccount,
                   .credit_account = kIssuanceAccount,
                   .asset = e.asset,
                   .cause = PostingCause::loss_cover});
}

void Fold::State::payout_prepared(const PayoutPrepared& e) {
    if (e.payout_kind == PayoutKind::withdrawal) {
        const WithdrawalRow* const withdrawal = withdrawals.find(e.account, e.id);
        require(withdrawal != nullptr && withdrawal->asset_id == chain.asset() && e.amount <= withdrawal->amount,
                "a payout of no withdrawal that is pending");
    } else {
        require(e.payout_kind == PayoutKind::sweep && is_zero(e.id) && registry.has(e.account), "no payout");
    }
    chain.prepare(at, e);
}

template <class Body>
const PayoutRow& Fold::State::move_payout(const Body& e, PayoutState to, std::uint64_t height) {
    const PayoutRow& row = chain.move(at, e.tx_hash, to, height);
    require(row.withdrawal_id == e.id && row.scope == e.account && row.kind == e.payout_kind,
            "not the payout that was prepared");
    return row;
}

void Fold::State::payout_settled(const PayoutSettled& e) {
    require(!resolved || (*resolved == e.tx_hash && e.height == 0), "not the payout that two persons resolved");
    resolved.reset();
    const PayoutRow& row = move_payout(e, PayoutState::settled, e.height);
    require(row.amount == e.amount && row.address_index == e.index && e.complete <= 1, "not what was to be paid");
    if (row.kind == PayoutKind::withdrawal && e.complete == 1)
        paid.emplace(e.account, e.id);
    else
        require(e.complete == 1 || row.kind == PayoutKind::withdrawal, "a sweep that is not complete");
}

void Fold::State::payout_resolved(const PayoutResolved& e) {
    if (e.outcome == PayoutOutcome::paid) {
        resolved = e.tx_hash;
        return;
    }
    require(e.outcome == PayoutOutcome::not_paid, "no outcome");
    static_cast<void>(move_payout(e, PayoutState::not_paid));
}

// One of those that follow from the event before.
void Fold::State::chain_posted(const Posted& e) {
    require(!due.empty(), "a posting of nothing that the chain says");
    const Posted expected = due.front();
    due.erase(due.begin());
    require(e.cause == expected.cause && e.id == expected.id && e.amount == expected.amount &&
                e.debit_account == expected.debit_account && e.credit_account == expected.credit_account &&
                e.asset == expected.asset,
            "not the posting that follows");
    check_and_post(e, {.kind = ledger_kind(e.cause)});
    if (e.cause != PostingCause::deposit) return;
    DepositRow& row = tell_row(batch.deposits, at);
    row.account_id = e.credit_account;
    row.from_account = e.debit_account;
    row.asset_id = e.asset;
    row.amount = e.amount;
}

void Fold::State::custody(const Event& e) {
    switch (e.header.kind) {
        case EventKind::chain_set:
            require(registry.has(e.as<ChainSet>().asset), "an asset that was not listed");
            chain.set(at, e.as<ChainSet>());
            return;
        case EventKind::chain_advanced: chain.advance(at, e.as<ChainAdvanced>()); return;
        case EventKind::chain_rewound: chain.rewind(at, e.as<ChainRewound>()); return;
        case EventKind::payouts_set: chain.turn_payouts(at, e.as<PayoutsSet>().on != 0); return;
        case EventKind::deposit_credited: deposit_credited(e.as<DepositCredited>()); return;
        case EventKind::deposit_reversed: deposit_reversed(e.as<DepositReversed>()); return;
        case EventKind::loss_covered: loss_covered(e.as<LossCovered>()); return;
        case EventKind::payout_prepared: payout_prepared(e.as<PayoutPrepared>()); return;
        case EventKind::payout_posted:
            static_cast<void>(move_payout(e.as<PayoutPosted>(), PayoutState::posted));
            return;
        case EventKind::payout_abandoned:
            static_cast<void>(move_payout(e.as<PayoutAbandoned>(), PayoutState::abandoned));
            return;
        case EventKind::payout_settled: payout_settled(e.as<PayoutSettled>()); return;
        case EventKind::payout_resolved: payout_resolved(e.as<PayoutResolved>()); return;
        case EventKind::anchor_recorded: chain.record(at, e.as<AnchorRecorded>()); return;
        default: contradict("no event of the chain");
    }
}

}  // namespace dcx::history
