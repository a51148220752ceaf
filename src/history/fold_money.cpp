// Transfers at once and in two phases, deposits, withdrawals, and trades taken back.
#include "history/fold_state.h"
#include "model/chain_address.h"

namespace dcx::history {
namespace {

LedgerKind ledger_kind(TransferKind kind) {
    switch (kind) {
        case TransferKind::transfer: return LedgerKind::transfer;
        case TransferKind::mint: return LedgerKind::mint;
        case TransferKind::burn: return LedgerKind::burn;
        case TransferKind::post: return LedgerKind::post;
        default: contradict("no kind of posting");
    }
}

}  // namespace

// Both balances are told before and after, of what is available.
template <class Body>
void Fold::State::check_and_post(const Body& body, Posting posting_of) {
    const std::uint32_t debit = balance_of(body.debit_account, body.asset);
    const std::uint32_t credit = balance_of(body.credit_account, body.asset);
    require(balances.balance(debit).available == body.debit_before &&
                balances.balance(credit).available == body.credit_before,
            "a balance before that is not the one there was");
    posting_of.id = body.id;
    posting_of.debit = body.debit_account;
    posting_of.credit = body.credit_account;
    posting_of.asset = body.asset;
    posting_of.amount = body.amount;
    balances.post(at, posting_of, debit, credit, batch.ledger_transfers);
    require(balances.balance(debit).available == body.debit_after &&
                balances.balance(credit).available == body.credit_after,
            "a balance after that does not follow from the posting");
    require(body.debit_after.value >= 0 || body.debit_account == kIssuanceAccount, "a balance below zero");
}

void Fold::State::transferred(const Transferred& e) {
    if (posting) {
        require(e.transfer_kind == TransferKind::post && e.debit_account == posting->debit_account &&
                    e.credit_account == posting->credit_account && e.asset == posting->asset &&
                    e.amount == posting->amount,
                "not the transfer that was posted");
        posting.reset();
    } else {
        require(e.transfer_kind != TransferKind::post, "a post of nothing that was pending");
    }
    check_and_post(e, {.kind = ledger_kind(e.transfer_kind)});
    fee_payer = e.id;
    // A burn has no account to give to but issuance.
    if (is_venue_account(e.credit_account) ||
        (e.debit_account != kDepositsAccount && e.transfer_kind != TransferKind::mint))
        return;
    DepositRow& row = tell_row(batch.deposits, at);
    row.id = e.id;
    row.account_id = e.credit_account;
    row.from_account = e.debit_account;
    row.asset_id = e.asset;
    row.amount = e.amount;
}

void Fold::State::posted(const Posted& e) {
    switch (e.cause) {
        case PostingCause::transfer_fee:
            require(fee_payer == e.id, "a fee of no transfer");
            return check_and_post(e, {.kind = LedgerKind::transfer_fee});
        case PostingCause::trade_bust:
            require(bool(busted), "a posting of no trade that was taken back");
            return check_and_post(e, {.kind = LedgerKind::trade_bust, .reference = busted.value});
        case PostingCause::deposit:
        case PostingCause::deposit_reversal:
        case PostingCause::loss_cover:
        case PostingCause::payout: return chain_posted(e);
    }
    contradict("a posting without a cause");
}

// Available to held, or back when the amount is negative.
void Fold::State::hold(AccountId account, AssetId asset, Amount amount, Amount available, Amount held) {
    const std::uint32_t slot = balance_of(account, asset);
    const BalanceRow& row = balances.balance(slot);
    require(int128{row.available.value} - amount.value == available.value &&
                int128{row.held.value} + amount.value == held.value,
            "a balance that does not follow from what is held");
    balances.told(at, slot, available, held);
}

void Fold::State::transfer_pended(const TransferPended& e) {
    require(registry.has(e.credit_account) && (!e.scope || registry.has(e.scope)), "an account that was not opened");
    require(e.amount.value > 0, "a transfer of nothing or less");
    hold(e.debit_account, e.asset, e.amount, e.available, e.held);
    pending.add({.scope = e.scope,
                 .id = e.id,
                 .debit_account = e.debit_account,
                 .credit_account = e.credit_account,
                 .asset_id = e.asset,
                 .amount = e.amount,
                 .state = PendingState::pending,
                 .expires = e.expires,
                 .sequence = at.sequence,
                 .time = at.time});
}

void Fold::State::withdrawal_requested(const WithdrawalRequested& e) {
    require(!e.scope || registry.has(e.scope), "an account that was not opened");
    require(e.amount.value > 0, "a withdrawal of nothing or less");
    hold(e.account, e.asset, e.amount, e.available, e.held);
    withdrawals.add({.scope = e.scope,
                     .id = e.id,
                     .account_id = e.account,
                     .asset_id = e.asset,
                     .amount = e.amount,
                     .address = address_text(e.address),
                     .state = PendingState::pending,
                     .sequence = at.sequence,
                     .time = at.time});
}

template <class Row>
bool Fold::State::resolve(PendingBook<Row>& book, const PendingResolved& e) {
    const Row* const found = book.find(e.scope, e.pending_id);
    if (found == nullptr) return false;
    AccountId debit{};
    AccountId credit = kWithdrawalsAccount;
    if constexpr (requires { found->credit_account; }) {
        debit = found->debit_account;
        credit = found->credit_account;
    } else {
        debit = found->account_id;
    }
    require(debit == e.account && found->asset_id == e.asset, "not the account or asset that was pending");
    require(e.amount.value >= 0 && e.released.value >= 0 && e.amount <= found->amount &&
                e.released == found->amount - e.amount,
            "not the amount that was pending");
    require((e.state == PendingState::posted) == bool(e.amount) && e.state > PendingState::pending &&
                e.state <= PendingState::expired,
            "no way to resolve what is pending");
    hold(e.account, e.asset, -found->amount, e.available, e.held);
    Row& row = book.resolve(e.scope, e.pending_id);
    row.state = e.state;
    row.posted = e.amount;
    row.resolved_sequence = at.sequence;
    row.resolved_time = at.time;
    if (paid) {
        require(*paid == std::pair(e.scope, e.pending_id) && e.id == TransferId{} && !e.released &&
                    e.state == PendingState::posted && credit == kWithdrawalsAccount,
                "not the withdrawal that was paid");
        paid.reset();
        due.push_back({.id = e.pending_id,
                       .amount = e.amount,
                       .debit_account = debit,
                       .credit_account = kIssuanceAccount,
                       .asset = e.asset,
                       .cause = PostingCause::payout});
    } else if (e.state == PendingState::posted) {
        Transferred& next = posting.emplace();
        next.debit_account = debit;
        next.credit_account = credit;
        next.asset = e.asset;
        next.amount = e.amount;
    }
    return true;
}

void Fold::State::pending_resolved(const PendingResolved& e) {
    if (!resolve(pending, e) && !resolve(withdrawals, e)) contradict("a transfer that is not pending");
}

void Fold::State::trade_busted(const TradeBusted& e) {
    require(registry.has(e.instrument), "a market that was not listed");
    require(registry.has(e.buyer) && registry.has(e.seller), "an account that was not opened");
    require(e.traded.value >= 0 && e.traded <= at.time, "a trade that was not made yet");
    TradeBustRow row{.day = at.day,
                     .sequence = at.sequence,
                     .event_index = at.index,
                     .time = at.time,
                     .trade_id = e.trade_id,
                     .traded = e.traded,
                     .market_id = e.instrument,
                     .price = e.price,
                     .quantity = e.quantity,
                     .buyer = e.buyer,
                     .seller = e.seller};
    // The store is asked before anything changes: it may fail, and be asked again.
    candles.put(candles.without(row, batch));
    batch.trade_busts.push_back(row);
    busted = e.trade_id;
}

}  // namespace dcx::history
