#include "reference/told_facts.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace dcx::reference {

namespace {

using Listings = std::map<InstrumentId, InstrumentListed>;

Listings listings_of(const std::vector<Event>& events) {
    Listings result;
    for (const Event& event : events)
        if (event.header.kind == EventKind::instrument_listed)
            result[event.as<InstrumentListed>().instrument] = event.as<InstrumentListed>();
    return result;
}

bool as_listed(const MarketLimitsSet& b, const Listings& listings) {
    const auto found = listings.find(b.instrument);
    return found != listings.end() && b.min_quantity.value == 1 && b.max_quantity == found->second.max_quantity &&
           b.min_notional == found->second.min_notional && b.max_notional.value == kMaxIssue &&
           b.reference_price.value == 0 && b.collar_bp == 0 && b.max_orders == 0 && b.day_end_s == 0;
}

bool as_listed(const FeesSet& b, const Listings& listings) {
    const auto found = listings.find(b.instrument);
    return found != listings.end() && b.maker_fee == found->second.maker_fee && b.taker_fee == found->second.taker_fee;
}

bool says_something(const Event& event, const Listings& listings) {
    switch (event.header.kind) {
        // The venue's own accounts are the same everywhere.
        case EventKind::account_opened: return event.as<AccountOpened>().account_kind != AccountKind::venue;
        // Phases can be told with the listing or after it.
        case EventKind::phase_changed: return false;
        case EventKind::balance_restored: {
            const auto b = event.as<BalanceRestored>();
            return b.available.value != 0 || b.held.value != 0 ||
                   (b.debits_low | b.debits_high | b.credits_low | b.credits_high) != 0;
        }
        case EventKind::asset_limits_set: {
            const auto b = event.as<AssetLimitsSet>();
            return b.mint_ceiling.value != 0 || b.dual_control_above.value != 0 || b.transfer_fee.value != 0;
        }
        case EventKind::fees_set: return !as_listed(event.as<FeesSet>(), listings);
        case EventKind::market_limits_set: return !as_listed(event.as<MarketLimitsSet>(), listings);
        case EventKind::account_limits_set: {
            const auto b = event.as<AccountLimitsSet>();
            return b.max_open_orders != 0 || b.orders_per_second != 0 || b.fee_tier != 0;
        }
        case EventKind::position_limits_set: {
            const auto b = event.as<PositionLimitsSet>();
            return b.max_position.value != 0 || b.max_daily_loss.value != 0;
        }
        case EventKind::payouts_set: return event.as<PayoutsSet>().on != 0;
        case EventKind::withdrawal_limits_set: {
            const auto b = event.as<WithdrawalLimitsSet>();
            return b.daily_limit.value != 0 || b.dual_control_above.value != 0 || b.cooling_s != 0 || b.allow_list != 0;
        }
        case EventKind::kill_switch_set: return event.as<KillSwitchSet>().on != 0;
        default: return true;
    }
}

}  // namespace

std::vector<Event> told_facts(std::vector<Event> events) {
    const Listings listings = listings_of(events);
    std::erase_if(events, [&](const Event& event) { return !says_something(event, listings); });
    for (Event& event : events) {
        const EventKind kind = event.header.kind;
        event.header = {};
        event.header.kind = kind;
    }
    // Queue order is part of what orders say, so theirs stays.
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
        if (a.header.kind != b.header.kind) return a.header.kind < b.header.kind;
        return a.header.kind != EventKind::order_restored && std::memcmp(&a, &b, sizeof(Event)) < 0;
    });
    return events;
}

}  // namespace dcx::reference
