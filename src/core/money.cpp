// Money requests: seven kinds in one shape, each carried out once. docs/rules.md, "Transfers", numbers the steps.
#include "core/apply.h"

namespace dcx::core {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kMaxAheadMs = 5'000;
constexpr std::uint64_t kMaxAgeMs = 24ull * 3600 * 1000;
constexpr std::int64_t kMinPendingNs = 1'000'000;

RejectReason malformed_unless(bool legal) { return legal ? RejectReason::none : RejectReason::malformed_field; }

}  // namespace

// Operators may debit any account.
RejectReason Apply::owned(AccountId account) const {
    return !session().account || owns(account) ? RejectReason::none : RejectReason::not_your_account;
}

void Apply::transfer() {
    const auto body = command_.as<Transfer>();
    const MoneyRequest request{.id = body.id,
                               .amount = body.amount,
                               .scope = session().account,
                               .debit = body.debit_account,
                               .credit = body.credit_account,
                               .asset = body.asset,
                               .kind = TransferKind::transfer};
    const RejectReason malformed = malformed_unless(all_zero(body.zero) && body.linked <= (approved_ ? 0 : 1));
    if (!approved_ && joins_group(request, malformed, body.linked != 0)) return;
    move_money(request, malformed == RejectReason::none ? owned(body.debit_account) : malformed);
}

void Apply::mint() {
    const auto body = command_.as<Mint>();
    move_money({.id = body.id,
                .amount = body.amount,
                .scope = session().account,
                .debit = kIssuanceAccount,
                .credit = body.account,
                .asset = body.asset,
                .kind = TransferKind::mint},
               malformed_unless(all_zero(body.zero) &&
                                (body.source == MintSource::issue || body.source == MintSource::deposit)));
}

void Apply::burn() {
    const auto body = command_.as<Burn>();
    move_money({.id = body.id,
                .amount = body.amount,
                .scope = session().account,
                .debit = body.account,
                .credit = kIssuanceAccount,
                .asset = body.asset,
                .kind = TransferKind::burn},
               RejectReason::none);
}

void Apply::pend_transfer() {
    const auto body = command_.as<PendTransfer>();
    MoneyRequest request{.id = body.id,
                         .amount = body.amount,
                         .scope = session().account,
                         .debit = body.debit_account,
                         .credit = body.credit_account,
                         .asset = body.asset,
                         .kind = TransferKind::pend};
    request.set_own(body.timeout_ns);
    const RejectReason malformed = malformed_unless(all_zero(body.zero) && body.linked <= 1);
    if (joins_group(request, malformed, body.linked != 0)) return;
    move_money(request, malformed == RejectReason::none ? owned(body.debit_account) : malformed);
}

void Apply::post_transfer() {
    const auto body = command_.as<PostTransfer>();
    MoneyRequest request{.id = body.id,
                         .amount = body.amount,
                         .scope = session().account,
                         .debit = body.scope,
                         .kind = TransferKind::post};
    request.set_own(body.pending_id);
    RejectReason early = malformed_unless(body.zero == 0);
    if (early == RejectReason::none && session().account && body.scope != session().account)
        early = RejectReason::not_your_account;
    move_money(request, early);
}

void Apply::void_transfer() {
    const auto body = command_.as<VoidTransfer>();
    MoneyRequest request{
        .id = body.id, .scope = session().account, .debit = body.scope, .kind = TransferKind::void_pending};
    request.set_own(body.pending_id);
    RejectReason early = malformed_unless(body.zero == 0);
    if (early == RejectReason::none && session().account && body.scope != session().account)
        early = RejectReason::not_your_account;
    move_money(request, early);
}

void Apply::withdraw() {
    const auto body = command_.as<Withdraw>();
    MoneyRequest request{.id = body.id,
                         .amount = body.amount,
                         .scope = session().account,
                         .debit = body.account,
                         .credit = kWithdrawalsAccount,
                         .asset = body.asset,
                         .kind = TransferKind::withdraw};
    request.set_own(body.address);
    RejectReason early = malformed_unless(all_zero(body.zero) && is_address(body.address));
    if (early == RejectReason::none && !owns(body.account)) early = RejectReason::not_your_account;
    move_money(request, early);
}

void Apply::move_money(MoneyRequest request, RejectReason early) {
    if (early != RejectReason::none) return reject(early);
    RejectReason detail = RejectReason::none;
    if (const auto reason = check_id(request, detail); reason != RejectReason::none)
        return reject(reason, sender(), detail);
    if (const auto reason = check_form(request); reason != RejectReason::none) return reject(reason);
    request.outcome = request.resolves() ? check_pending(request) : check_state(request);
    s_.transfer_ids.remember(request);
    if (request.outcome != RejectReason::none) return reject(request.outcome);
    carry_out(request);
}

RejectReason Apply::check_id(const MoneyRequest& request, RejectReason& detail) const {
    if (!request.id.well_formed()) return RejectReason::id_malformed;
    const std::uint64_t now_ms = s_.time.value <= 0 ? 0 : static_cast<std::uint64_t>(s_.time.value) / kNsPerMs;
    if (request.id.unix_ms() > now_ms + kMaxAheadMs) return RejectReason::id_in_future;
    if (request.id.unix_ms() + kMaxAgeMs < now_ms || request.id <= s_.transfer_ids.floor())
        return RejectReason::id_too_old;
    const MoneyRequest* known = s_.transfer_ids.find(request.scope, request.id);
    if (known == nullptr) return RejectReason::none;
    const RejectReason reason = compare_requests(*known, request);
    if (reason == RejectReason::id_already_failed) detail = known->outcome;
    return reason;
}

// What can be said without looking at the ledger; leaves the id free.
RejectReason Apply::check_form(const MoneyRequest& request) const {
    const bool by_operator = !request.scope;
    const TransferKind kind = request.kind;
    if (kind != TransferKind::void_pending && (request.amount.value < 1 || request.amount.value > kMaxIssue))
        return RejectReason::amount_out_of_range;
    if (kind == TransferKind::pend) {
        const auto timeout = request.own_as<std::int64_t>();
        if (timeout != 0 && (timeout < kMinPendingNs || timeout > kMaxPendingNs))
            return RejectReason::timeout_out_of_range;
    }
    if (kind == TransferKind::transfer || kind == TransferKind::pend) {
        if (request.debit == request.credit) return RejectReason::same_account;
        const auto forbidden = [&](AccountId id) {
            return by_operator ? id == kIssuanceAccount : is_venue_account(id);
        };
        if (forbidden(request.debit) || forbidden(request.credit)) return RejectReason::venue_account;
    }
    if (kind == TransferKind::mint &&
        (request.credit == kIssuanceAccount || request.credit == kFeeAccount || request.credit == kWithdrawalsAccount))
        return RejectReason::venue_account;
    if (kind == TransferKind::burn && request.debit == kIssuanceAccount) return RejectReason::venue_account;
    if (s_.genesis.simulated != 0) {
        if (kind == TransferKind::mint && command_.as<Mint>().source == MintSource::deposit)
            return RejectReason::deposit_refused_simulated;
        if (kind == TransferKind::withdraw) return RejectReason::withdrawal_refused_simulated;
    }
    if (by_operator && !request.resolves() && !approved_ && s_.ledger.has(request.asset)) {
        const Amount most = s_.ledger.limits(request.asset).dual_control_above;
        if (most && request.amount > most) return RejectReason::dual_control_required;
    }
    return RejectReason::none;
}

// What depends on the ledger: a failure burns the id. `pends_before`: that the request's group makes before it.
RejectReason Apply::check_state(const MoneyRequest& request, std::uint32_t pends_before) const {
    if (!s_.ledger.has(request.debit) || !s_.ledger.has(request.credit)) return RejectReason::unknown_account;
    if (!s_.ledger.has(request.asset)) return RejectReason::unknown_asset;
    if ((s_.flags_of(request.debit) & kAccountFrozen) != 0) return RejectReason::account_frozen;
    if (request.kind == TransferKind::mint) return check_issue(request.asset, request.amount);
    if (request.kind == TransferKind::withdraw && s_.has_custody())
        if (const auto reason = check_withdrawal(request); reason != RejectReason::none) return reason;
    if (request.pends() && !s_.pending.has_room(pends_before + 1)) return RejectReason::capacity_exhausted;
    return s_.ledger.balance(request.debit, request.asset).available < request.amount ? RejectReason::insufficient_funds
                                                                                      : RejectReason::none;
}

RejectReason Apply::check_issue(AssetId asset, Amount amount) const {
    if (amount > s_.ledger.asset(asset).issue_cap - s_.ledger.issued(asset)) return RejectReason::issue_cap_exceeded;
    const AssetLimits& limits = s_.ledger.limits(asset);
    const Amount today = limits.mint_day == day_of(s_.time) ? limits.minted : Amount{};
    return limits.mint_ceiling && amount > limits.mint_ceiling - today ? RejectReason::mint_ceiling_exceeded
                                                                       : RejectReason::none;
}

void Apply::count_issue(AssetId asset, Amount amount) {
    AssetLimits& limits = s_.ledger.limits(asset);
    if (limits.mint_day != day_of(s_.time)) limits.minted = {};
    limits.mint_day = day_of(s_.time);
    limits.minted += amount;
}

RejectReason Apply::check_pending(const MoneyRequest& request) const {
    const AccountId scope = request.debit;
    const auto pending_id = request.own_as<TransferId>();
    const std::uint32_t slot = s_.pending.find(scope, pending_id);
    if (slot == 0) {
        const MoneyRequest* const pended = s_.transfer_ids.find(scope, pending_id);
        return pended != nullptr && pended->pends() && pended->resolved() ? pended->outcome
                                                                          : RejectReason::unknown_pending;
    }
    const PendingTransfer& pending = s_.pending[slot];
    if (pending.withdrawal() && request.scope) return RejectReason::not_permitted;
    if (pending.payout != 0) return RejectReason::payout_open;
    if (pending.settled && (request.kind == TransferKind::void_pending || request.amount != pending.settled))
        return RejectReason::payout_open;
    if (request.kind == TransferKind::void_pending) return RejectReason::none;
    if ((s_.flags_of(pending.debit) & kAccountFrozen) != 0) return RejectReason::account_frozen;
    return request.amount > pending.amount ? RejectReason::exceeds_pending_amount : RejectReason::none;
}

// The request has passed everything and is remembered.
void Apply::carry_out(const MoneyRequest& request) {
    switch (request.kind) {
        case TransferKind::mint:
            count_issue(request.asset, request.amount);
            return move_and_tell(request, request.debit, request.credit, request.asset);
        case TransferKind::burn: return move_and_tell(request, request.debit, request.credit, request.asset);
        case TransferKind::transfer:
            move_and_tell(request, request.debit, request.credit, request.asset);
            return post_fee(request.id, request.credit, request.asset, transfer_fee(request));
        case TransferKind::pend:
        case TransferKind::withdraw: return pend(request);
        case TransferKind::post: {
            const std::uint32_t slot = s_.pending.find(request.debit, request.own_as<TransferId>());
            const PendingTransfer pending = s_.pending[slot];
            resolve(slot, request.id, request.amount, PendingState::posted, sender());
            move_and_tell(request, pending.debit, pending.credit, pending.asset);
            if (!pending.scope || pending.withdrawal()) return;
            return post_fee(request.id, pending.credit, pending.asset, transfer_fee(pending.asset, request.amount));
        }
        case TransferKind::void_pending:
            return resolve(s_.pending.find(request.debit, request.own_as<TransferId>()), request.id, {},
                           PendingState::voided, sender());
    }
}

void Apply::move_and_tell(const MoneyRequest& request, AccountId debit, AccountId credit, AssetId asset) {
    const Amount debit_before = s_.ledger.balance(debit, asset).available;
    const Amount credit_before = s_.ledger.balance(credit, asset).available;
    s_.ledger.move(debit, credit, asset, request.amount);
    emit(Transferred{.id = request.id,
                     .amount = request.amount,
                     .debit_before = debit_before,
                     .debit_after = debit_before - request.amount,
                     .credit_before = credit_before,
                     .credit_after = credit_before + request.amount,
                     .debit_account = debit,
                     .credit_account = credit,
                     .asset = asset,
                     .transfer_kind = request.kind,
                     .zero = {}},
         sender());
}

Amount Apply::transfer_fee(AssetId asset, Amount amount) const {
    std::uint32_t prepaid = 0;
    return charge_fee(s_.ledger.limits(asset).transfer_fee, amount.value, prepaid);
}

void Apply::post_fee(TransferId id, AccountId receiver, AssetId asset, Amount fee) {
    if (fee) post(id, receiver, kFeeAccount, asset, fee, PostingCause::transfer_fee, sender());
}

void Apply::post(TransferId id, AccountId debit, AccountId credit, AssetId asset, Amount amount, PostingCause cause,
                 SessionId report_to) {
    const Amount debit_before = s_.ledger.balance(debit, asset).available;
    const Amount credit_before = s_.ledger.balance(credit, asset).available;
    s_.ledger.move(debit, credit, asset, amount);
    emit(Posted{.id = id,
                .amount = amount,
                .debit_before = debit_before,
                .debit_after = s_.ledger.balance(debit, asset).available,
                .credit_before = credit_before,
                .credit_after = s_.ledger.balance(credit, asset).available,
                .debit_account = debit,
                .credit_account = credit,
                .asset = asset,
                .cause = cause,
                .zero = {}},
         report_to);
}

void Apply::pend(const MoneyRequest& request) {
    s_.ledger.hold(request.debit, request.asset, request.amount);
    const bool withdrawal = request.kind == TransferKind::withdraw;
    const std::int64_t timeout = withdrawal ? 0 : request.own_as<std::int64_t>();
    const std::uint32_t slot =
        s_.pending.add({.id = request.id,
                        .amount = request.amount,
                        .scope = request.scope,
                        .debit = request.debit,
                        .credit = request.credit,
                        .asset = request.asset,
                        .session = sender(),
                        .address = withdrawal ? request.own_as<ChainAddress>() : ChainAddress{}});
    if (withdrawal && s_.has_custody())
        s_.custody.withdrawn.add(request.debit, request.asset, day_of(s_.time), request.amount);
    if (timeout != 0)
        s_.deadlines.set(s_.pending[slot].deadline, {.time = after(timeout),
                                                     .id = s_.pending[slot].number,
                                                     .kind = DeadlineKind::pending_transfer,
                                                     .slot = slot});
    const Balance& balance = s_.ledger.balance(request.debit, request.asset);
    if (withdrawal)
        emit(WithdrawalRequested{.id = request.id,
                                 .amount = request.amount,
                                 .available = balance.available,
                                 .held = balance.held,
                                 .account = request.debit,
                                 .asset = request.asset,
                                 .scope = request.scope,
                                 .address = request.own_as<ChainAddress>(),
                                 .zero = {}},
             sender());
    else
        emit(TransferPended{.id = request.id,
                            .amount = request.amount,
                            .available = balance.available,
                            .held = balance.held,
                            .expires = s_.deadlines.time_of(s_.pending[slot].deadline),
                            .debit_account = request.debit,
                            .credit_account = request.credit,
                            .asset = request.asset,
                            .scope = request.scope},
             sender());
}

void Apply::resolve(std::uint32_t slot, TransferId id, Amount posted, PendingState state, SessionId report_to) {
    PendingTransfer& pending = s_.pending[slot];
    s_.ledger.release(pending.debit, pending.asset, pending.amount);
    if (MoneyRequest* const pended = s_.transfer_ids.find(pending.scope, pending.id))
        pended->outcome = state == PendingState::posted   ? RejectReason::already_posted
                          : state == PendingState::voided ? RejectReason::already_voided
                                                          : RejectReason::already_expired;
    const Balance& balance = s_.ledger.balance(pending.debit, pending.asset);
    emit(PendingResolved{.id = id,
                         .pending_id = pending.id,
                         .amount = posted,
                         .released = pending.amount - posted,
                         .available = balance.available,
                         .held = balance.held,
                         .account = pending.debit,
                         .asset = pending.asset,
                         .scope = pending.scope,
                         .state = state,
                         .zero = {}},
         report_to);
    s_.deadlines.drop(pending.deadline);
    s_.pending.remove(slot);
}

}  // namespace dcx::core
