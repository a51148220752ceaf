// The seven requests that move money or promise to: in one form, checked in the six steps of docs/rules.md, remembered
// and carried out.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kDayMs = 24 * 3600 * kSecondMs;
constexpr std::int64_t kDayNs = kDayMs * 1'000'000;
constexpr std::int64_t kLeastTimeoutNs = 1'000'000;
constexpr std::array<std::uint8_t, 3> kThreeZeros{};

}  // namespace

Twin::Request Twin::as_request(const Command& command) {
    switch (command.header.kind) {
        case CommandKind::transfer: {
            const auto b = command.as<Transfer>();
            return {.kind = TransferKind::transfer,
                    .id = b.id,
                    .amount = b.amount.value,
                    .debit = b.debit_account,
                    .credit = b.credit_account,
                    .asset = b.asset,
                    .linked = b.linked,
                    .malformed = b.zero != kThreeZeros};
        }
        case CommandKind::mint: {
            const auto b = command.as<Mint>();
            const bool source_known = b.source == MintSource::issue || b.source == MintSource::deposit;
            return {.kind = TransferKind::mint,
                    .id = b.id,
                    .amount = b.amount.value,
                    .debit = kIssuanceAccount,
                    .credit = b.account,
                    .asset = b.asset,
                    .deposit = b.source == MintSource::deposit,
                    .malformed = !source_known || b.zero != std::array<std::uint8_t, 7>{}};
        }
        case CommandKind::burn: {
            const auto b = command.as<Burn>();
            return {.kind = TransferKind::burn,
                    .id = b.id,
                    .amount = b.amount.value,
                    .debit = b.account,
                    .credit = kIssuanceAccount,
                    .asset = b.asset};
        }
        case CommandKind::pend_transfer: {
            const auto b = command.as<PendTransfer>();
            return {.kind = TransferKind::pend,
                    .id = b.id,
                    .amount = b.amount.value,
                    .debit = b.debit_account,
                    .credit = b.credit_account,
                    .asset = b.asset,
                    .timeout = b.timeout_ns,
                    .linked = b.linked,
                    .malformed = b.zero != kThreeZeros};
        }
        case CommandKind::post_transfer: {
            const auto b = command.as<PostTransfer>();
            return {.kind = TransferKind::post,
                    .id = b.id,
                    .amount = b.amount.value,
                    .debit = b.scope,
                    .pending_id = b.pending_id,
                    .malformed = b.zero != 0};
        }
        case CommandKind::void_transfer: {
            const auto b = command.as<VoidTransfer>();
            return {.kind = TransferKind::void_pending,
                    .id = b.id,
                    .debit = b.scope,
                    .pending_id = b.pending_id,
                    .malformed = b.zero != 0};
        }
        default: break;
    }
    DCX_CHECK(command.header.kind == CommandKind::withdraw);
    const auto b = command.as<Withdraw>();
    const bool kind_known = b.address.kind == AddressKind::dec || b.address.kind == AddressKind::decms;
    return {.kind = TransferKind::withdraw,
            .id = b.id,
            .amount = b.amount.value,
            .debit = b.account,
            .credit = kWithdrawalsAccount,
            .asset = b.asset,
            .address = b.address,
            .malformed = !kind_known || b.zero != kThreeZeros};
}

void Twin::money(const Command& command, SessionId from, bool approved) {
    const Request request = as_request(command);
    const bool can_be_linked = request.kind == TransferKind::transfer || request.kind == TransferKind::pend;
    if (can_be_linked && !approved && join_group(command, request.linked, from)) return;
    const Verdict verdict = carry_out(request, from, approved);
    if (verdict.reason != RejectReason::none) refuse(command, verdict.reason, from, verdict.detail);
}

// All six steps; when they pass, the request is done and told.
Twin::Verdict Twin::carry_out(Request request, SessionId from, bool approved) {
    if (const RejectReason reason = check_form(request, from, approved); reason != RejectReason::none)
        return {.reason = reason};
    const AccountId scope = account_of(from);
    if (remembers(scope, request.id)) return check_known(request, requests_.at({scope.value, request.id}));
    for (const Request& earlier : earlier_members_)
        if (earlier.id == request.id) return check_known(request, earlier);
    if (const RejectReason reason = check_terms(request, from, approved); reason != RejectReason::none)
        return {.reason = reason};
    const bool resolves = request.kind == TransferKind::post || request.kind == TransferKind::void_pending;
    request.outcome = resolves ? check_pending(request, from) : check_funds(request);
    if (in_group_)
        earlier_members_.push_back(request);
    else
        remember(scope, request);
    if (request.outcome != RejectReason::none) return {.reason = request.outcome, .burns = true};
    perform(request, from);
    return {};
}

// Steps 1 to 3.
RejectReason Twin::check_form(const Request& r, SessionId from, bool approved) const {
    if (r.malformed || r.linked > (approved ? 0 : 1)) return RejectReason::malformed_field;
    const AccountId own = account_of(from);
    const bool by_operator = own.value == 0;
    bool mine = true;
    switch (r.kind) {
        case TransferKind::transfer:
        case TransferKind::pend: mine = by_operator || acts_for(own, r.debit); break;
        case TransferKind::withdraw: mine = acts_for(own, r.debit); break;
        case TransferKind::post:
        case TransferKind::void_pending: mine = by_operator || r.debit == own; break;
        case TransferKind::mint:
        case TransferKind::burn: break;
    }
    if (!mine) return RejectReason::not_your_account;
    return check_id(r.id);
}

RejectReason Twin::check_id(TransferId id) const {
    if (!id.well_formed()) return RejectReason::id_malformed;
    const std::int64_t now_ms = time_.value / 1'000'000;
    const auto id_ms = static_cast<std::int64_t>(id.unix_ms());
    if (id_ms > now_ms + 5 * kSecondMs) return RejectReason::id_in_future;
    if (id_ms < now_ms - kDayMs || id <= floor_) return RejectReason::id_too_old;
    return RejectReason::none;
}

// Step 4 for an id that is known.
Twin::Verdict Twin::check_known(const Request& r, const Request& known) {
    if (r.kind != known.kind) return {.reason = RejectReason::exists_with_different_kind};
    if (r.debit != known.debit) return {.reason = RejectReason::exists_with_different_debit_account};
    if (r.credit != known.credit) return {.reason = RejectReason::exists_with_different_credit_account};
    if (r.asset != known.asset) return {.reason = RejectReason::exists_with_different_asset};
    if (r.amount != known.amount) return {.reason = RejectReason::exists_with_different_amount};
    if (r.timeout != known.timeout) return {.reason = RejectReason::exists_with_different_timeout};
    if (r.pending_id != known.pending_id) return {.reason = RejectReason::exists_with_different_pending_id};
    if (r.address != known.address) return {.reason = RejectReason::exists_with_different_address};
    if (known.outcome == RejectReason::none) return {.reason = RejectReason::exists};
    return {.reason = RejectReason::id_already_failed, .detail = known.outcome};
}

// Step 5.
RejectReason Twin::check_terms(const Request& r, SessionId from, bool approved) const {
    if (r.kind != TransferKind::void_pending && (r.amount < 1 || r.amount > kMaxIssue))
        return RejectReason::amount_out_of_range;
    if (r.timeout != 0 && (r.timeout < kLeastTimeoutNs || r.timeout > kMaxPendingNs))
        return RejectReason::timeout_out_of_range;
    const bool by_operator = account_of(from).value == 0;
    if (const RejectReason reason = check_accounts(r, by_operator); reason != RejectReason::none) return reason;
    if (r.deposit && genesis_->simulated == 1) return RejectReason::deposit_refused_simulated;
    if (r.kind == TransferKind::withdraw && genesis_->simulated == 1) return RejectReason::withdrawal_refused_simulated;

    const bool by_two = r.kind == TransferKind::mint || r.kind == TransferKind::burn ||
                        (by_operator && (r.kind == TransferKind::transfer || r.kind == TransferKind::pend));
    const std::int64_t above = limits_of(r.asset).dual_control_above.value;
    if (by_two && !approved && above != 0 && r.amount > above) return RejectReason::dual_control_required;
    return RejectReason::none;
}

RejectReason Twin::check_accounts(const Request& r, bool by_operator) const {
    if (r.kind == TransferKind::mint) {
        const bool barred = r.credit == kIssuanceAccount || r.credit == kFeeAccount || r.credit == kWithdrawalsAccount;
        return barred ? RejectReason::venue_account : RejectReason::none;
    }
    if (r.kind == TransferKind::burn)
        return r.debit == kIssuanceAccount ? RejectReason::venue_account : RejectReason::none;
    if (r.kind != TransferKind::transfer && r.kind != TransferKind::pend) return RejectReason::none;
    if (r.debit == r.credit) return RejectReason::same_account;
    for (const AccountId account : {r.debit, r.credit})
        if (by_operator ? account == kIssuanceAccount : is_venue_account(account)) return RejectReason::venue_account;
    return RejectReason::none;
}

// Step 6 of all but post and void: what fails here is remembered.
RejectReason Twin::check_funds(const Request& r) const {
    if (!exists(accounts_, r.debit) || !exists(accounts_, r.credit)) return RejectReason::unknown_account;
    if (!exists(assets_, r.asset)) return RejectReason::unknown_asset;
    if (is_frozen(r.debit)) return RejectReason::account_frozen;
    if (r.kind == TransferKind::mint) {
        const int128 issued = -owned(kIssuanceAccount, r.asset);
        if (issued + r.amount > assets_.at(r.asset.value - 1).issue_cap.value) return RejectReason::issue_cap_exceeded;
        const std::int64_t ceiling = limits_of(r.asset).mint_ceiling.value;
        if (ceiling != 0 && minted_today(r.asset) + r.amount > ceiling) return RejectReason::mint_ceiling_exceeded;
        return RejectReason::none;
    }
    if (r.kind == TransferKind::withdraw)
        if (const RejectReason reason = check_withdraw(r); reason != RejectReason::none) return reason;
    const bool pends = r.kind == TransferKind::pend || r.kind == TransferKind::withdraw;
    if (pends && pendings_.size() >= genesis_->max_orders) return RejectReason::capacity_exhausted;
    if (r.kind == TransferKind::withdraw && !has_room_to_withdraw(r)) return RejectReason::capacity_exhausted;
    return available(r.debit, r.asset) < r.amount ? RejectReason::insufficient_funds : RejectReason::none;
}

int128 Twin::minted_today(AssetId asset) const {
    const auto found = minted_.find(asset.value);
    return found == minted_.end() || found->second.day != time_.value / kDayNs ? 0 : found->second.amount;
}

void Twin::count_minted(AssetId asset, std::int64_t amount) {
    minted_[asset.value] = {.day = time_.value / kDayNs, .amount = minted_today(asset) + amount};
}

void Twin::perform(const Request& r, SessionId from) {
    switch (r.kind) {
        case TransferKind::withdraw: count_withdrawn(r); [[fallthrough]];
        case TransferKind::pend: return pend(r, from);
        case TransferKind::post:
        case TransferKind::void_pending: return resolve(r, from);
        case TransferKind::mint: count_minted(r.asset, r.amount); break;
        case TransferKind::transfer:
        case TransferKind::burn: break;
    }
    post_and_tell(Transferred{.id = r.id,
                              .amount = Amount{r.amount},
                              .debit_account = r.debit,
                              .credit_account = r.credit,
                              .asset = r.asset,
                              .transfer_kind = r.kind},
                  from);
    if (r.kind == TransferKind::transfer && account_of(from).value != 0) take_fee(r, r.credit, r.asset, from);
}

// ceil(rate x amount / 1'000'000) of the request's amount.
void Twin::take_fee(const Request& r, AccountId payer, AssetId asset, SessionId to) {
    const std::int64_t rate = limits_of(asset).transfer_fee.value;
    if (rate == 0) return;
    const int128 fee = (int128{rate} * r.amount + (kFeeRateOne - 1)) / kFeeRateOne;
    post_and_tell(Posted{.id = r.id,
                         .amount = Amount{*narrow(fee)},
                         .debit_account = payer,
                         .credit_account = kFeeAccount,
                         .asset = asset,
                         .cause = PostingCause::transfer_fee},
                  to);
}

bool Twin::remembers(AccountId scope, TransferId id) const { return requests_.contains({scope.value, id}); }

void Twin::remember(AccountId scope, const Request& request) {
    if (remembered_.size() == genesis_->max_transfer_ids) {
        floor_ = std::max(floor_, remembered_.front().second);
        requests_.erase(remembered_.front());
        remembered_.pop_front();
    }
    requests_[{scope.value, request.id}] = request;
    remembered_.push_back({scope.value, request.id});
}

}  // namespace dcx::reference
