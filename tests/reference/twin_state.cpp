// What is told of trading after a start, and what must hold of it after every command.
#include <algorithm>
#include <limits>

#include "reference/twin.h"

namespace dcx::reference {

namespace {

constexpr std::int64_t kDay = 86'400ll * 1'000'000'000;

int128 sum_of_notionals(const Twin::Order& order) {
    int128 sum = 0;
    for (const Twin::Fill& f : order.fills) sum += f.notional;
    return sum;
}

}  // namespace

// Orders, and every limit, fee and switch that is not as it was at the beginning.
void Twin::tell_trading(std::vector<Event>& events) const {
    const auto tell = [&](const auto& body) { events.emplace_back().set(body); };
    for (const Market& m : instruments_) {
        const InstrumentListed& l = m.listing;
        for (const FeesSet& fees : m.fees)
            if (fees.maker_fee != l.maker_fee || fees.taker_fee != l.taker_fee) tell(fees);
        const MarketLimitsSet& limits = m.limits;
        const bool as_listed = limits.min_quantity.value == 1 && limits.max_quantity == l.max_quantity &&
                               limits.min_notional == l.min_notional && limits.max_notional.value == kMaxIssue &&
                               limits.reference_price.value == 0 && limits.collar_bp == 0 && limits.max_orders == 0 &&
                               limits.day_end_s == 0;
        if (!as_listed) tell(limits);
        if (m.killed.on)
            tell(KillSwitchSet{.instrument = l.instrument, .on = 1, .complete = !m.killed.sweep.has_value()});
    }
    for (const Account& a : accounts_)
        if (a.limits.max_open_orders != 0 || a.limits.orders_per_second != 0 || a.limits.fee_tier != 0) tell(a.limits);
    for (const auto& [whose, limits] : position_limits_)
        if (limits.max_position.value != 0 || limits.max_daily_loss.value != 0) tell(limits);
    if (venue_killed_.on) tell(KillSwitchSet{.on = 1, .complete = !venue_killed_.sweep.has_value()});
    for (const Market& m : instruments_)
        for (const Side side : {Side::buy, Side::sell})
            for (const Order* o : queue(m.listing.instrument, side)) {
                const int128 most = std::numeric_limits<std::int64_t>::max();
                const int128 cum_notional = std::min(sum_of_notionals(*o), most);
                tell(OrderRestored{.order_id = o->id,
                                   .cl_ord_id = o->cl_ord_id,
                                   .price = o->price,
                                   .quantity = Quantity{o->filled + o->open},
                                   .leaves = Quantity{o->open},
                                   .account = o->account,
                                   .instrument = o->instrument,
                                   .slot = o->slot,
                                   .owner = o->session,
                                   .side = o->side,
                                   .flags = o->flags,
                                   .time_in_force = o->time_in_force,
                                   .expire_at = o->expire_at,
                                   .cum_notional = Amount{*narrow(cum_notional)}});
            }
}

std::string Twin::check_trading() const {
    for (const Order& o : orders_) {
        if (o.open < 1 || o.arrival == 0) return "an open order without quantity or outside of the book";
        if (o.has_budget || o.time_in_force == TimeInForce::ioc || o.time_in_force == TimeInForce::fok)
            return "an order rests that must not";
        const bool expires = o.time_in_force == TimeInForce::day || o.time_in_force == TimeInForce::gtd;
        if (expires != (o.expire_at.value != 0)) return "an order without its end, or with one that is not its";
        std::int64_t filled = 0;
        for (const Fill& f : o.fills) filled += f.quantity;
        if (filled != o.filled) return "an order's fills are not what is filled";
        bool killed = the_account(o.account).killed.on && !the_account(o.account).killed.sweep;
        if (const AccountId owner = the_account(o.account).owner; owner.value != 0)
            killed |= the_account(owner).killed_subs && !the_account(owner).killed.sweep;
        const Switch& here = market(o.instrument).killed;
        if (killed || (here.on && !here.sweep) || (venue_killed_.on && !venue_killed_.sweep))
            return "an order rests where a kill switch has swept";
    }
    std::size_t levels = 0;
    for (const Market& m : instruments_) {
        const auto bids = depth(m.listing.instrument, Side::buy);
        const auto asks = depth(m.listing.instrument, Side::sell);
        if (!bids.empty() && !asks.empty() && bids.front().price >= asks.front().price) return "a book is crossed";
        levels += bids.size() + asks.size();
    }
    if (levels > genesis_->max_price_levels) return "more price levels than allowed";
    if (orders_.size() > genesis_->max_orders) return "more open orders than allowed";
    if (orders_.size() + free_slots_.size() != slots_used_) return "a slot is lost";
    if (static_cast<std::uint64_t>(orders_.empty() ? 0 : orders_.back().id.value) > order_count_)
        return "an order id that was not given yet";

    // Positions once more, from today's trades that stand; nothing is comparable once a net has saturated.
    std::map<std::pair<AccountId, InstrumentId>, Exposure> expected;
    bool saturated = false;
    for (const Trade& t : trades_) {
        if (t.busted || t.time.value / kDay != time_.value / kDay) continue;
        Exposure& bought = expected[{t.buyer, t.instrument}];
        bought.net += t.quantity, bought.cash -= t.notional;
        Exposure& sold = expected[{t.seller, t.instrument}];
        sold.net -= t.quantity, sold.cash += t.notional;
    }
    std::map<std::pair<AccountId, InstrumentId>, int128> moved;
    for (const Change& c : changes_) {
        int128& sum = moved[{c.account, c.instrument}];
        sum += c.quantity < 0 ? -c.quantity : c.quantity;
        saturated |= sum > kMaxQuantity;
    }
    for (const auto& [whose, sum] : expected) {
        const Exposure got = exposure(whose.first, whose.second);
        if (got.cash != sum.cash) return "today's cash is not that of today's trades";
        if (!saturated && got.net != sum.net) return "today's net is not that of today's trades";
    }
    for (const Trade& t : trades_)
        if (t.base_rebate > t.buyer_fee || t.quote_rebate > t.seller_fee) return "a rebate above its fee";
    return {};
}

}  // namespace dcx::reference
