// To whom and how much may be withdrawn: the venue's own addresses, customers' allow lists, limits, and the release of
// large ones by two persons.
#include "core/apply.h"

namespace dcx::core {
namespace {

constexpr std::uint32_t kMaxCoolingS = 2'592'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

bool is_limit(Amount amount) { return amount.value >= 0 && amount.value <= kMaxIssue; }

}  // namespace

void Apply::register_venue_address() {
    const auto body = command_.as<RegisterVenueAddress>();
    Custody& custody = s_.custody;
    if (body.role != VenueAddressRole::hot || !is_address(body.address) || !all_zero(body.zero))
        return reject(RejectReason::malformed_field);
    if (body.index != custody.venue_address_count + 1) return reject(RejectReason::address_index_not_next);
    if (s_.is_ours(body.address)) return reject(RejectReason::address_taken);
    if (custody.venue_address_count == kMaxVenueAddresses) return reject(RejectReason::capacity_exhausted);
    custody.venue_addresses[++custody.venue_address_count] = {
        .address = body.address, .role = body.role, .zero = {}, .signing = {}};
    custody.venue_address_index.insert(hash_of_address(body.address), custody.venue_address_count);
    emit(
        VenueAddressRegistered{
            .last_nonce = 0, .index = body.index, .address = body.address, .role = body.role, .flags = 0, .zero = {}},
        sender());
}

void Apply::allow_address() {
    const auto body = command_.as<AllowAddress>();
    if (body.allowed > 1 || !is_address(body.address) || !all_zero(body.zero))
        return reject(RejectReason::malformed_field);
    if (!owns(body.account)) return reject(RejectReason::not_your_account);
    AllowedAddresses& allowed = s_.custody.allowed;
    Account& account = s_.ledger.account(body.account);
    const std::uint32_t slot = allowed.find(account, body.address);
    Time since{};
    if (body.allowed == 0) {
        if (slot != 0) allowed.remove(account, slot);
    } else if (slot != 0) {
        since = allowed[slot].since;
    } else {
        if (!allowed.has_room(account)) return reject(RejectReason::capacity_exhausted);
        since = s_.time;
        allowed.add(account, body.address, since);
    }
    emit(AddressAllowed{.reference = body.reference,
                        .since = since,
                        .account = body.account,
                        .address = body.address,
                        .allowed = body.allowed,
                        .zero = {}},
         sender());
}

void Apply::set_withdrawal_limits() {
    const auto body = command_.as<SetWithdrawalLimits>();
    if (!all_zero(body.zero)) return reject(RejectReason::malformed_field);
    if (!s_.ledger.has(body.asset)) return reject(RejectReason::unknown_asset);
    if (!is_limit(body.daily_limit) || !is_limit(body.dual_control_above) || body.cooling_s > kMaxCoolingS ||
        body.allow_list > 1)
        return reject(RejectReason::limit_out_of_range);
    AssetCustody& asset = s_.custody.assets[body.asset.value];
    asset.daily_limit = body.daily_limit;
    asset.dual_control_above = body.dual_control_above;
    asset.cooling_s = body.cooling_s;
    asset.allow_list = body.allow_list;
    emit(WithdrawalLimitsSet{.daily_limit = body.daily_limit,
                             .dual_control_above = body.dual_control_above,
                             .asset = body.asset,
                             .cooling_s = body.cooling_s,
                             .allow_list = body.allow_list,
                             .zero = {}},
         sender());
}

// What step 6 of "Transfers" asks of a withdraw beside its funds.
RejectReason Apply::check_withdrawal(const MoneyRequest& request) const {
    const auto address = request.own_as<ChainAddress>();
    const AssetCustody& limits = s_.custody.assets[request.asset.value];
    if (s_.is_ours(address)) return RejectReason::address_is_ours;
    if (limits.allow_list != 0) {
        const AllowedAddresses& allowed = s_.custody.allowed;
        const std::uint32_t slot = allowed.find(s_.ledger.account(request.debit), address);
        if (slot == 0) return RejectReason::address_not_allowed;
        const std::int64_t until =
            checked_add(allowed[slot].since.value, limits.cooling_s * kNsPerSecond).value_or(kNever.value);
        if (until > s_.time.value) return RejectReason::address_cooling;
    }
    const WithdrawnToday& withdrawn = s_.custody.withdrawn;
    const std::uint32_t today = day_of(s_.time);
    if (limits.daily_limit) {
        const Amount so_far = withdrawn.of(request.debit, request.asset, today);
        if (so_far > limits.daily_limit || request.amount > limits.daily_limit - so_far)
            return RejectReason::withdrawal_limit_exceeded;
    }
    return withdrawn.has_room(request.debit, request.asset, today) ? RejectReason::none
                                                                   : RejectReason::capacity_exhausted;
}

std::uint32_t Apply::pending_withdrawal(AccountId scope, TransferId id) const {
    const std::uint32_t slot = s_.pending.find(scope, id);
    return slot != 0 && s_.pending[slot].withdrawal() ? slot : 0;
}

void Apply::release_withdrawal() {
    const auto body = command_.as<ReleaseWithdrawal>();
    if (body.zero != 0) return reject(RejectReason::malformed_field);
    const std::uint32_t slot = pending_withdrawal(body.scope, body.id);
    if (slot == 0) return reject(RejectReason::unknown_pending);
    s_.pending[slot].released = 1;
    emit(WithdrawalReleased{.id = body.id, .scope = body.scope, .zero = 0}, sender());
}

}  // namespace dcx::core
