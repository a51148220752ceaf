// Withdrawals and what the venue pays on the chain for them. Section "Custody" of docs/rules.md.
#include <algorithm>

#include "base/check.h"
#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kDayNs = 86'400 * kSecondNs;
constexpr std::uint32_t kMostCooling = 2'592'000;
constexpr std::size_t kAllowedOfOne = 64;
constexpr std::size_t kMostOpen = 4096;
constexpr std::size_t kClosedRemembered = 65'536;

template <class Bytes>
bool zeros(const Bytes& bytes) {
    return bytes == Bytes{};
}

}  // namespace

RejectReason Twin::allow_address(const AllowAddress& b, SessionId from) {
    const bool kind_known = b.address.kind == AddressKind::dec || b.address.kind == AddressKind::decms;
    if (!zeros(b.zero) || b.allowed > 1 || !kind_known) return RejectReason::malformed_field;
    if (!acts_for(from, b.account)) return RejectReason::not_your_account;
    std::vector<TwinCustody::Allowed>& all = custody_.allowed;
    const auto found = std::find_if(all.begin(), all.end(), [&](const TwinCustody::Allowed& a) {
        return a.account == b.account && a.address == b.address;
    });
    Time since{};
    if (b.allowed == 1 && found != all.end()) since = found->since;
    if (b.allowed == 1 && found == all.end()) {
        const auto of_this =
            std::count_if(all.begin(), all.end(), [&](const auto& a) { return a.account == b.account; });
        if (static_cast<std::size_t>(of_this) >= kAllowedOfOne || all.size() >= genesis_->max_accounts)
            return RejectReason::capacity_exhausted;
        since = time_;
        all.push_back({b.account, b.address, since});
    }
    if (b.allowed == 0 && found != all.end()) all.erase(found);
    emit(
        AddressAllowed{
            .reference = b.reference, .since = since, .account = b.account, .address = b.address, .allowed = b.allowed},
        from);
    return RejectReason::none;
}

RejectReason Twin::set_withdrawal_limits(const SetWithdrawalLimits& b, SessionId to) {
    if (!zeros(b.zero)) return RejectReason::malformed_field;
    if (!exists(assets_, b.asset)) return RejectReason::unknown_asset;
    for (const Amount amount : {b.daily_limit, b.dual_control_above})
        if (amount.value < 0 || amount.value > kMaxIssue) return RejectReason::limit_out_of_range;
    if (b.cooling_s > kMostCooling || b.allow_list > 1) return RejectReason::limit_out_of_range;
    const WithdrawalLimitsSet limits{.daily_limit = b.daily_limit,
                                     .dual_control_above = b.dual_control_above,
                                     .asset = b.asset,
                                     .cooling_s = b.cooling_s,
                                     .allow_list = b.allow_list};
    custody_.limits[b.asset.value] = limits;
    emit(limits, to);
    return RejectReason::none;
}

WithdrawalLimitsSet Twin::withdrawal_limits(AssetId asset) const {
    const auto found = custody_.limits.find(asset.value);
    return found == custody_.limits.end() ? WithdrawalLimitsSet{.asset = asset} : found->second;
}

// Of a withdraw in step 6, behind account_frozen.
RejectReason Twin::check_withdraw(const Request& r) const {
    if (rules_ < 6) return RejectReason::none;
    if (is_registered(r.address)) return RejectReason::address_is_ours;
    const WithdrawalLimitsSet limits = withdrawal_limits(r.asset);
    if (limits.allow_list == 1) {
        const auto found =
            std::find_if(custody_.allowed.begin(), custody_.allowed.end(),
                         [&](const TwinCustody::Allowed& a) { return a.account == r.debit && a.address == r.address; });
        if (found == custody_.allowed.end()) return RejectReason::address_not_allowed;
        if (later(found->since, limits.cooling_s * kSecondNs) > time_) return RejectReason::address_cooling;
    }
    int128 today = 0;
    for (const TwinCustody::Withdrawn& w : custody_.withdrawn)
        if (w.day == time_.value / kDayNs && w.account == r.debit && w.asset == r.asset) today += w.amount;
    if (limits.daily_limit.value != 0 && today + r.amount > limits.daily_limit.value)
        return RejectReason::withdrawal_limit_exceeded;
    return RejectReason::none;
}

// Whether one more pair of account and asset can withdraw today.
bool Twin::has_room_to_withdraw(const Request& r) const {
    if (rules_ < 6) return true;
    std::set<Whose> today;
    for (const TwinCustody::Withdrawn& w : custody_.withdrawn)
        if (w.day == time_.value / kDayNs) today.insert({w.account.value, w.asset.value});
    return today.contains({r.debit.value, r.asset.value}) || today.size() < genesis_->max_accounts;
}

void Twin::count_withdrawn(const Request& r) {
    if (rules_ >= 6)
        custody_.withdrawn.push_back(
            {.day = time_.value / kDayNs, .account = r.debit, .asset = r.asset, .amount = r.amount});
}

// Of a post or void of a withdrawal in step 6, behind not_permitted.
RejectReason Twin::check_payouts_of(const Request& r, const Pending& pending) const {
    if (open_payout_of(pending.scope, pending.id)) return RejectReason::payout_open;
    const int128 settled = settled_of(pending.scope, pending.id);
    if (settled == 0) return RejectReason::none;
    const bool right = r.kind == TransferKind::post && r.amount == settled;
    return right ? RejectReason::none : RejectReason::payout_open;
}

RejectReason Twin::release_withdrawal(const ReleaseWithdrawal& b, SessionId to) {
    if (b.zero != 0) return RejectReason::malformed_field;
    const Pending* pending = find_pending(b.scope, b.id);
    if (pending == nullptr || !pending->withdraw) return RejectReason::unknown_pending;
    custody_.released.insert({b.scope.value, b.id});
    emit(WithdrawalReleased{.id = b.id, .scope = b.scope}, to);
    return RejectReason::none;
}

bool Twin::is_retired(TwinCustody::Payer payer) const {
    for (std::size_t i = 0; i < custody_.retired_before; ++i)
        if (custody_.payouts[i].payer() == payer) return true;
    return false;
}

// Nothing when it never signed.
std::optional<std::uint64_t> Twin::last_nonce(TwinCustody::Payer payer) const {
    std::optional<std::uint64_t> last;
    for (const TwinCustody::Payout& p : custody_.payouts)
        if (p.payer() == payer) last = std::max(last.value_or(0), p.as.nonce);
    return last;
}

TwinCustody::Payout* Twin::open_payout(const ChainHash& hash) {
    for (TwinCustody::Payout& p : custody_.payouts)
        if (p.open() && p.as.tx_hash == hash) return &p;
    return nullptr;
}

bool Twin::open_payout_of(AccountId scope, TransferId id) const {
    return std::any_of(custody_.payouts.begin(), custody_.payouts.end(), [&](const TwinCustody::Payout& p) {
        return p.open() && p.as.payout_kind == PayoutKind::withdrawal && p.as.account == scope && p.as.id == id;
    });
}

int128 Twin::settled_of(AccountId scope, TransferId id) const {
    int128 sum = 0;
    for (const TwinCustody::Payout& p : custody_.payouts)
        if (p.paid && p.as.payout_kind == PayoutKind::withdrawal && p.as.account == scope && p.as.id == id)
            sum += p.as.amount.value;
    return sum;
}

RejectReason Twin::prepare_payout(const PreparePayout& b, SessionId to) {
    const bool sweep = b.payout_kind == PayoutKind::sweep;
    if (!zeros(b.zero) || zeros(b.tx_hash) || (!sweep && b.payout_kind != PayoutKind::withdrawal))
        return RejectReason::malformed_field;
    if (sweep ? b.id != TransferId{} : b.to_index != 0) return RejectReason::malformed_field;
    if (!custody_.set) return RejectReason::chain_not_set;
    if (!custody_.payouts_on) return RejectReason::payouts_stopped;
    const auto hot = [&](std::uint32_t index) { return index >= 1 && index <= custody_.hot.size(); };
    if (sweep ? !has_address(b.account, b.index) || !hot(b.to_index) : !hot(b.index))
        return RejectReason::unknown_address;
    const TwinCustody::Payout asked{.as = b};
    const TwinCustody::Payer payer = asked.payer();
    if (is_retired(payer) || (sweep && is_retired({AccountId{}, b.to_index}))) return RejectReason::address_retired;
    std::size_t open = 0;
    bool busy = false;
    for (const TwinCustody::Payout& p : custody_.payouts) {
        open += p.open();
        busy |= p.open() && p.payer() == payer;
    }
    if (busy) return RejectReason::address_busy;
    const std::optional<std::uint64_t> last = last_nonce(payer);
    if (last && b.nonce <= *last) return RejectReason::nonce_not_rising;
    const std::size_t forgotten =
        custody_.closed.size() > kClosedRemembered ? custody_.closed.size() - kClosedRemembered : 0;
    const bool closed = std::find(custody_.closed.begin() + static_cast<std::ptrdiff_t>(forgotten),
                                  custody_.closed.end(), b.tx_hash) != custody_.closed.end();
    if (closed || open_payout(b.tx_hash) != nullptr) return RejectReason::payout_known;
    int128 most = kMaxIssue;
    if (!sweep) {
        const Pending* const pending = find_pending(b.account, b.id);
        if (pending == nullptr || !pending->withdraw || pending->asset != custody_.asset)
            return RejectReason::unknown_pending;
        const std::int64_t above = withdrawal_limits(pending->asset).dual_control_above.value;
        if (above != 0 && pending->amount > above && !custody_.released.contains({b.account.value, b.id}))
            return RejectReason::dual_control_required;
        if (open_payout_of(b.account, b.id)) return RejectReason::payout_open;
        most = pending->amount - settled_of(b.account, b.id);
    }
    if (b.amount.value < 1 || b.amount.value > most) return RejectReason::amount_out_of_range;
    if (open >= kMostOpen) return RejectReason::capacity_exhausted;
    custody_.payouts.push_back(asked);
    emit(told_payout(asked), to);
    return RejectReason::none;
}

PayoutPrepared Twin::told_payout(const TwinCustody::Payout& p) {
    return {.tx_hash = p.as.tx_hash,
            .id = p.as.id,
            .amount = p.as.amount,
            .nonce = p.as.nonce,
            .account = p.as.account,
            .index = p.as.index,
            .to_index = p.as.to_index,
            .payout_kind = p.as.payout_kind};
}

RejectReason Twin::post_payout(const PostPayout& b, SessionId to) {
    if (zeros(b.tx_hash)) return RejectReason::malformed_field;
    TwinCustody::Payout* const p = open_payout(b.tx_hash);
    if (p == nullptr) return RejectReason::unknown_payout;
    if (p->state == TwinCustody::State::posted) return RejectReason::payout_posted;
    if (!custody_.payouts_on) return RejectReason::payouts_stopped;
    if (is_retired(p->payer())) return RejectReason::address_retired;
    p->state = TwinCustody::State::posted;
    emit(
        PayoutPosted{
            .tx_hash = p->as.tx_hash, .id = p->as.id, .account = p->as.account, .payout_kind = p->as.payout_kind},
        to);
    return RejectReason::none;
}

void Twin::close_payout(TwinCustody::Payout& p) {
    p.state = TwinCustody::State::closed;
    custody_.closed.push_back(p.as.tx_hash);
}

RejectReason Twin::abandon_payout(const AbandonPayout& b, SessionId to) {
    if (zeros(b.tx_hash)) return RejectReason::malformed_field;
    TwinCustody::Payout* const p = open_payout(b.tx_hash);
    if (p == nullptr) return RejectReason::unknown_payout;
    if (p->state == TwinCustody::State::posted) return RejectReason::payout_posted;
    close_payout(*p);
    emit(
        PayoutAbandoned{
            .tx_hash = p->as.tx_hash, .id = p->as.id, .account = p->as.account, .payout_kind = p->as.payout_kind},
        to);
    return RejectReason::none;
}

RejectReason Twin::settle_payout(const SettlePayout& b, SessionId to) {
    if (zeros(b.tx_hash)) return RejectReason::malformed_field;
    TwinCustody::Payout* const p = open_payout(b.tx_hash);
    if (p == nullptr) return RejectReason::unknown_payout;
    if (p->state != TwinCustody::State::posted) return RejectReason::payout_not_posted;
    if (!custody_.set) return RejectReason::chain_not_set;
    if (!is_confirmed(b.height)) return RejectReason::not_confirmed;
    settle(*p, b.height, to);
    return RejectReason::none;
}

RejectReason Twin::resolve_payout(const ResolvePayout& b, SessionId to) {
    const bool known = b.outcome == PayoutOutcome::paid || b.outcome == PayoutOutcome::not_paid;
    if (!zeros(b.zero) || zeros(b.tx_hash) || !known) return RejectReason::malformed_field;
    TwinCustody::Payout* const p = open_payout(b.tx_hash);
    if (p == nullptr) return RejectReason::unknown_payout;
    if (p->state != TwinCustody::State::posted) return RejectReason::payout_not_posted;
    emit(PayoutResolved{.tx_hash = p->as.tx_hash,
                        .id = p->as.id,
                        .account = p->as.account,
                        .outcome = b.outcome,
                        .payout_kind = p->as.payout_kind},
         to);
    if (b.outcome == PayoutOutcome::paid)
        settle(*p, 0, to);
    else
        close_payout(*p);
    return RejectReason::none;
}

void Twin::settle(TwinCustody::Payout& p, std::uint64_t height, SessionId to) {
    close_payout(p);
    p.paid = true;
    PayoutSettled told{.tx_hash = p.as.tx_hash,
                       .id = p.as.id,
                       .amount = p.as.amount,
                       .height = height,
                       .account = p.as.account,
                       .index = p.as.index,
                       .payout_kind = p.as.payout_kind,
                       .complete = 1};
    if (p.as.payout_kind == PayoutKind::sweep) return emit(told, to);
    const Pending* const found = find_pending(p.as.account, p.as.id);
    DCX_CHECK(found != nullptr && found->withdraw);
    const Pending pending = *found;
    told.complete = settled_of(pending.scope, pending.id) == pending.amount;
    emit(told, to);
    if (told.complete == 0) return;
    release(pending.number, PendingState::posted, Request{.amount = pending.amount}, to);
    post_and_tell(Posted{.id = pending.id,
                         .amount = Amount{pending.amount},
                         .debit_account = pending.debit,
                         .credit_account = kIssuanceAccount,
                         .asset = pending.asset,
                         .cause = PostingCause::payout},
                  to);
}

RejectReason Twin::set_payouts(const SetPayouts& b, SessionId to) {
    if (!zeros(b.zero) || b.on > 1) return RejectReason::malformed_field;
    if (b.on == 1 && !custody_.set) return RejectReason::chain_not_set;
    custody_.payouts_on = b.on == 1;
    emit(PayoutsSet{.reference = b.reference, .on = b.on}, to);
    return RejectReason::none;
}

}  // namespace dcx::reference
