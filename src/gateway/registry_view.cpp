#include "gateway/registry_view.h"

#include <algorithm>

#include "base/check.h"
#include "base/checked.h"

namespace dcx::gateway {

RegistryView::RegistryView() {
    for (std::uint32_t id = 1; is_venue_account(AccountId{id}); ++id)
        open({.account = AccountId{id}, .account_kind = AccountKind::venue});
}

void RegistryView::apply(const Event& event) {
    switch (event.header.kind) {
        case EventKind::key_added: add_key(event.as<KeyAdded>()); break;
        case EventKind::key_revoked: {
            const std::size_t index = event.as<KeyRevoked>().key.value - 1;
            DCX_CHECK(index < keys_.size());
            keys_[index].revoked = true;
            break;
        }
        case EventKind::asset_listed: list(event.as<AssetListed>()); break;
        case EventKind::asset_limits_set: {
            const auto limits = event.as<AssetLimitsSet>();
            DCX_CHECK(limits.asset.value > 0 && limits.asset.value <= asset_limits_.size());
            asset_limits_[limits.asset.value - 1] = limits;
            break;
        }
        case EventKind::kill_switch_set: kill(event.as<KillSwitchSet>()); break;
        case EventKind::command_proposed:
        case EventKind::proposal_body:
        case EventKind::proposal_approved:
        case EventKind::proposal_expired: apply_to_proposal(event); break;
        case EventKind::instrument_listed:
        case EventKind::phase_changed:
        case EventKind::fees_set:
        case EventKind::market_limits_set: apply_to_market(event); break;
        default: apply_to_account(event); break;
    }
}

void RegistryView::take_rate(AccountId account, Time time) {
    KnownAccount& taken = known(account);
    if (taken.limits.orders_per_second == 0) return;
    taken.rate_full_at =
        Time{checked_add(std::max(taken.rate_full_at, time).value, taken.rate_interval_ns()).value_or(kNever.value)};
}

std::uint32_t RegistryView::orders_left(const KnownAccount& account, Time time) {
    if (account.limits.orders_per_second == 0) return 0;
    const std::int64_t interval = account.rate_interval_ns();
    const std::int64_t ahead = std::max<std::int64_t>(0, account.rate_full_at.value - time.value);
    const std::int64_t used = ahead / interval + (ahead % interval != 0 ? 1 : 0);
    return static_cast<std::uint32_t>(std::max<std::int64_t>(0, account.limits.burst - used));
}

void RegistryView::apply_to_account(const Event& event) {
    switch (event.header.kind) {
        case EventKind::account_opened: open(event.as<AccountOpened>()); break;
        case EventKind::self_trade_rule_set: {
            const auto set = event.as<SelfTradeRuleSet>();
            known(set.account).self_trade_rule = set.rule;
            break;
        }
        case EventKind::account_frozen: {
            const auto frozen = event.as<AccountFrozen>();
            std::uint8_t& flags = known(frozen.account).flags;
            flags = static_cast<std::uint8_t>(frozen.frozen != 0 ? flags | kAccountFrozen : flags & ~kAccountFrozen);
            break;
        }
        case EventKind::address_registered: {
            const auto registered = event.as<AddressRegistered>();
            known(registered.account).addresses.push_back(registered);
            break;
        }
        case EventKind::account_limits_set: {
            const auto limits = event.as<AccountLimitsSet>();
            known(limits.account).limits = limits;
            known(limits.account).rate_full_at = {};
            break;
        }
        case EventKind::account_rate_restored: {
            const auto rate = event.as<AccountRateRestored>();
            known(rate.account).rate_full_at = rate.full_at;
            break;
        }
        case EventKind::position_limits_set: limit(event.as<PositionLimitsSet>()); break;
        default: break;
    }
}

void RegistryView::apply_to_market(const Event& event) {
    switch (event.header.kind) {
        case EventKind::instrument_listed: list(event.as<InstrumentListed>()); break;
        case EventKind::phase_changed: set_phase(event.as<PhaseChanged>()); break;
        case EventKind::market_limits_set: {
            const auto limits = event.as<MarketLimitsSet>();
            details(limits.instrument).limits = limits;
            break;
        }
        case EventKind::fees_set: {
            const auto fees = event.as<FeesSet>();
            auto& known = details(fees.instrument).fees;
            const auto found = std::ranges::lower_bound(known, fees.tier, {}, &FeesSet::tier);
            if (found != known.end() && found->tier == fees.tier)
                *found = fees;
            else
                known.insert(found, fees);
            break;
        }
        default: break;
    }
}

void RegistryView::apply_to_proposal(const Event& event) {
    switch (event.header.kind) {
        case EventKind::command_proposed: {
            const auto proposed = event.as<CommandProposed>();
            last_proposed_ = proposed.proposal;
            proposals_[proposed.proposal] = {.proposed = proposed, .body = {}, .approved_by = proposed.approved_by};
            break;
        }
        case EventKind::proposal_body: {
            const auto found = proposals_.find(last_proposed_);
            if (found != proposals_.end()) found->second.body = event.as<ProposalBody>();
            break;
        }
        case EventKind::proposal_approved: {
            const auto approved = event.as<ProposalApproved>();
            if (approved.complete != 0)
                proposals_.erase(approved.proposal);
            else if (const auto found = proposals_.find(approved.proposal); found != proposals_.end())
                found->second.approved_by = approved.key;
            break;
        }
        case EventKind::proposal_expired: proposals_.erase(event.as<ProposalExpired>().proposal); break;
        default: break;
    }
}

void RegistryView::open(const AccountOpened& event) {
    DCX_CHECK(event.account.value > 0);
    if (event.account.value > accounts_.size()) accounts_.resize(event.account.value);
    KnownAccount& account = accounts_[event.account.value - 1];
    account.owner = event.owner;
    account.kind = event.account_kind;
    account.self_trade_rule = event.self_trade_rule;
    account.flags = event.flags;
    account.limits.account = event.account;
    if (event.owner) known(event.owner).sub_accounts.push_back(event.account);
}

void RegistryView::add_key(const KeyAdded& event) {
    DCX_CHECK(event.key.value > 0);
    if (event.key.value > keys_.size()) keys_.resize(event.key.value);
    keys_[event.key.value - 1] = {.public_key = event.public_key,
                                  .account = event.account,
                                  .permissions = event.permissions,
                                  .person = event.person,
                                  .revoked = event.revoked != 0};
}

void RegistryView::list(const AssetListed& event) {
    DCX_CHECK(event.asset.value == assets_.size() + 1);
    assets_.push_back(event);
    asset_limits_.push_back({.asset = event.asset});
}

void RegistryView::list(const InstrumentListed& event) {
    DCX_CHECK(event.instrument.value == instruments_.size() + 1);
    const auto asset = [this](AssetId id) {
        DCX_CHECK(id.value > 0 && id.value <= assets_.size());
        const AssetListed& listed = assets_[id.value - 1];
        return Asset{.id = id, .symbol = listed.symbol, .issue_cap = listed.issue_cap, .scale = listed.scale};
    };
    instruments_.push_back(event);
    details_.push_back({.units = derive_instrument(event, asset(event.base), asset(event.quote)),
                        .limits = {.min_quantity = Quantity{std::int64_t{1}},
                                   .max_quantity = event.max_quantity,
                                   .min_notional = event.min_notional,
                                   .max_notional = Amount{kMaxIssue},
                                   .reference_price = {},
                                   .instrument = event.instrument},
                        .fees = {},
                        .killed = std::nullopt});
}

void RegistryView::set_phase(const PhaseChanged& event) {
    if (!event.instrument) {
        for (auto& instrument : instruments_) instrument.phase = event.phase;
        return;
    }
    listed(event.instrument).phase = event.phase;
}

void RegistryView::limit(const PositionLimitsSet& event) {
    auto& limits = known(event.account).position_limits;
    std::erase_if(limits, [&](const PositionLimitsSet& old) { return old.instrument == event.instrument; });
    if (event.max_position || event.max_daily_loss) limits.push_back(event);
}

void RegistryView::kill(const KillSwitchSet& event) {
    if (event.account) {
        std::uint8_t& flags = known(event.account).flags;
        flags = static_cast<std::uint8_t>(event.on != 0 ? flags | kAccountKilled : flags & ~kAccountKilled);
        return;
    }
    auto& killed = event.instrument ? details(event.instrument).killed : venue_killed_;
    killed = event.on != 0 ? std::optional{event} : std::nullopt;
}

KnownAccount& RegistryView::known(AccountId id) {
    DCX_CHECK(id.value > 0 && id.value <= accounts_.size());
    return accounts_[id.value - 1];
}

InstrumentListed& RegistryView::listed(InstrumentId id) {
    DCX_CHECK(id.value > 0 && id.value <= instruments_.size());
    return instruments_[id.value - 1];
}

KnownInstrument& RegistryView::details(InstrumentId id) {
    DCX_CHECK(id.value > 0 && id.value <= details_.size());
    return details_[id.value - 1];
}

const KnownKey* RegistryView::key(KeyId id) const {
    if (id.value == 0 || id.value > keys_.size()) return nullptr;
    const KnownKey& found = keys_[id.value - 1];
    // A gap in the ids: no key of ours has no permission at all.
    return found.permissions == 0 ? nullptr : &found;
}

const KnownAccount* RegistryView::account(AccountId id) const {
    if (id.value == 0 || id.value > accounts_.size()) return nullptr;
    return &accounts_[id.value - 1];
}

bool RegistryView::owns(AccountId owner, AccountId account) const {
    if (!owner) return false;
    if (owner == account) return true;
    const KnownAccount* known = this->account(account);
    return known != nullptr && known->owner == owner;
}

}  // namespace dcx::gateway
