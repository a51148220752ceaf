// Transfers, mint and burn: one shape of request, each carried out once.
#include "core/apply.h"

namespace dcx::core {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kMaxAheadMs = 5'000;
constexpr std::uint64_t kMaxAgeMs = 24ull * 3600 * 1000;

RejectReason first_difference(const MoneyRequest& known, const MoneyRequest& again) {
    if (known.kind != again.kind) return RejectReason::exists_with_different_kind;
    if (known.debit != again.debit) return RejectReason::exists_with_different_debit_account;
    if (known.credit != again.credit) return RejectReason::exists_with_different_credit_account;
    if (known.asset != again.asset) return RejectReason::exists_with_different_asset;
    if (known.amount != again.amount) return RejectReason::exists_with_different_amount;
    return known.outcome == RejectReason::none ? RejectReason::exists : RejectReason::id_already_failed;
}

}  // namespace

void Apply::transfer() {
    const auto body = command_.as<Transfer>();
    const AccountId own = key().account;
    RejectReason early = RejectReason::none;
    if (body.zero != 0)
        early = RejectReason::malformed_field;
    else if (own && body.debit_account != own)
        early = RejectReason::not_your_account;
    move_money({.id = body.id,
                .amount = body.amount,
                .scope = own,
                .debit = body.debit_account,
                .credit = body.credit_account,
                .asset = body.asset,
                .kind = TransferKind::transfer},
               early);
}

void Apply::mint() {
    const auto body = command_.as<Mint>();
    const bool legal = all_zero(body.zero) && (body.source == MintSource::issue || body.source == MintSource::deposit);
    move_money({.id = body.id,
                .amount = body.amount,
                .scope = key().account,
                .debit = kIssuanceAccount,
                .credit = body.account,
                .asset = body.asset,
                .kind = TransferKind::mint},
               legal ? RejectReason::none : RejectReason::malformed_field);
}

void Apply::burn() {
    const auto body = command_.as<Burn>();
    move_money({.id = body.id,
                .amount = body.amount,
                .scope = key().account,
                .debit = body.account,
                .credit = kIssuanceAccount,
                .asset = body.asset,
                .kind = TransferKind::burn},
               RejectReason::none);
}

void Apply::move_money(MoneyRequest request, RejectReason early) {
    if (early != RejectReason::none) return reject(early);
    RejectReason detail = RejectReason::none;
    if (const auto reason = check_id(request, detail); reason != RejectReason::none)
        return reject(reason, sender(), detail);
    const auto names_venue = [](AccountId id) { return id == kIssuanceAccount || id == kFeeAccount; };
    if (request.amount.value < 1 || request.amount.value > kMaxIssue) return reject(RejectReason::amount_out_of_range);
    if (request.debit == request.credit && request.kind == TransferKind::transfer)
        return reject(RejectReason::same_account);
    if ((request.kind != TransferKind::mint && names_venue(request.debit)) ||
        (request.kind != TransferKind::burn && names_venue(request.credit)))
        return reject(RejectReason::venue_account);
    if (command_.header.kind == CommandKind::mint && command_.as<Mint>().source == MintSource::deposit &&
        s_.genesis.simulated != 0)
        return reject(RejectReason::deposit_refused_simulated);

    request.outcome = check_state(request);
    s_.transfer_ids.remember(request);
    if (request.outcome != RejectReason::none) return reject(request.outcome);
    s_.ledger.move(request.debit, request.credit, request.asset, request.amount);
    emit(Transferred{.id = request.id,
                     .amount = request.amount,
                     .debit_available = s_.ledger.balance(request.debit, request.asset).available,
                     .credit_available = s_.ledger.balance(request.credit, request.asset).available,
                     .debit_account = request.debit,
                     .credit_account = request.credit,
                     .asset = request.asset,
                     .transfer_kind = request.kind,
                     .zero = {}},
         sender());
}

RejectReason Apply::check_id(const MoneyRequest& request, RejectReason& detail) const {
    if (!request.id.well_formed()) return RejectReason::id_malformed;
    const std::uint64_t now_ms = s_.time.value <= 0 ? 0 : static_cast<std::uint64_t>(s_.time.value) / kNsPerMs;
    if (request.id.unix_ms() > now_ms + kMaxAheadMs) return RejectReason::id_in_future;
    if (request.id.unix_ms() + kMaxAgeMs < now_ms || request.id <= s_.transfer_ids.floor())
        return RejectReason::id_too_old;
    const MoneyRequest* known = s_.transfer_ids.find(request.scope, request.id);
    if (known == nullptr) return RejectReason::none;
    const RejectReason reason = first_difference(*known, request);
    if (reason == RejectReason::id_already_failed) detail = known->outcome;
    return reason;
}

RejectReason Apply::check_state(const MoneyRequest& request) const {
    if (!s_.ledger.has(request.debit) || !s_.ledger.has(request.credit)) return RejectReason::unknown_account;
    if (!s_.ledger.has(request.asset)) return RejectReason::unknown_asset;
    if (request.kind == TransferKind::mint) {
        const Amount room = s_.ledger.asset(request.asset).issue_cap - s_.ledger.issued(request.asset);
        return request.amount > room ? RejectReason::issue_cap_exceeded : RejectReason::none;
    }
    return s_.ledger.balance(request.debit, request.asset).available < request.amount ? RejectReason::insufficient_funds
                                                                                      : RejectReason::none;
}

}  // namespace dcx::core
