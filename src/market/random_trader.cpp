#include "market/random_trader.h"

#include <algorithm>
#include <cmath>

namespace dcx::market {

namespace {

// Unanswered requests at a time: a venue that answers late is not flooded.
constexpr std::size_t kMaxUnderWay = 4;

}  // namespace

std::optional<TraderRequest> RandomTrader::act(double reference) {
    if (account_.under_way() >= kMaxUnderWay) return std::nullopt;
    if (OwnOrder* oldest = oldest_open();
        oldest != nullptr && (account_.orders().size() >= options_.max_open || age(*oldest) >= kOldAge))
        return account_.cancel(*oldest);
    if (account_.orders().size() >= options_.max_open) return std::nullopt;
    const std::uint64_t dice = random_.below(100);
    if (dice < 40) return take(reference);
    if (dice < 78) return rest(reference);
    OwnOrder* const order = pick_open();
    if (order == nullptr) return rest(reference);
    if (dice < 90) return account_.cancel(*order);
    return amend(*order, reference);
}

std::optional<TraderRequest> RandomTrader::take(double reference) {
    const Side side = pick_side(reference);
    const double sign = side == Side::buy ? 1 : -1;
    const std::uint64_t kind = random_.below(8);
    TraderAccount::NewOrder order{.side = side};
    double reach = distance(reference, random_.unit() * options_.reach_bp);
    if (kind == 0) {
        order.type = OrderType::market;
        reach = distance(reference, options_.market_bp);
    }
    // One in eight leaves what it can't get at once in the book.
    order.time_in_force = kind == 1 ? TimeInForce::gtc : TimeInForce::ioc;
    order.price = whole_ticks(reference + sign * reach);
    return place(order, reference);
}

std::optional<TraderRequest> RandomTrader::rest(double reference) {
    const Side side = pick_side(reference);
    const std::uint8_t flags = random_.chance(25) ? kOrderPostOnly : std::uint8_t{0};
    return place({.side = side, .flags = flags, .price = resting_price(side, reference)}, reference);
}

std::optional<TraderRequest> RandomTrader::place(TraderAccount::NewOrder order, double reference) {
    if (OwnOrder* own = own_in_the_way(order.side, order.price); own != nullptr) {
        // Trading with itself is no trade: the order in the way goes first.
        if (own->state != OrderState::open) return std::nullopt;
        return account_.cancel(*own);
    }
    order.quantity = fit_quantity(instrument(), {.side = order.side,
                                                 .price = order.price,
                                                 .wanted = pick_quantity(order.price, reference),
                                                 .free = account_.free(order.side)});
    if (!order.quantity) return std::nullopt;
    return account_.place(order);
}

std::optional<TraderRequest> RandomTrader::amend(OwnOrder& order, double reference) {
    const std::uint64_t kind = random_.below(8);
    Price price = order.price;
    Quantity leaves = order.leaves;
    if (kind < 4)  // keeps its place in the queue
        leaves = Quantity{random_.between((leaves.value + 1) / 2, leaves.value)};
    else
        price = resting_price(order.side, reference);
    if (kind == 7) leaves = pick_quantity(price, reference);
    if (own_in_the_way(order.side, price) != nullptr) return account_.cancel(order);
    leaves =
        fit_quantity(instrument(),
                     {.side = order.side, .price = price, .wanted = leaves, .free = account_.free(order.side, &order)});
    if (!leaves) return account_.cancel(order);
    return account_.amend(order, price, leaves, kind == 7);
}

Side RandomTrader::pick_side(double reference) {
    const double sell = std::clamp(wealth(reference).base_part, 0.1, 0.9);
    return random_.unit() < sell ? Side::sell : Side::buy;
}

Quantity RandomTrader::pick_quantity(Price price, double reference) {
    return lots_worth(instrument(), price, wealth(reference).worth * options_.size * exponential());
}

Price RandomTrader::resting_price(Side side, double reference) {
    const double away = distance(reference, options_.rest_bp * exponential());
    return whole_ticks(reference + (side == Side::buy ? -away : away));
}

// Mean 1, at most 20, so that one order in a hundred million does not surprise.
double RandomTrader::exponential() { return std::min(20.0, -std::log(1 - random_.unit())); }

OwnOrder* RandomTrader::pick_open() {
    const std::span<OwnOrder> orders = account_.orders();
    if (orders.empty()) return nullptr;
    OwnOrder& order = orders[random_.below(orders.size())];
    return order.state == OrderState::open ? &order : nullptr;
}

OwnOrder* RandomTrader::oldest_open() {
    OwnOrder* oldest = nullptr;
    for (OwnOrder& order : account_.orders()) {
        if (order.state != OrderState::open) continue;
        if (oldest == nullptr || order.cl_ord_id < oldest->cl_ord_id) oldest = &order;
    }
    return oldest;
}

OwnOrder* RandomTrader::own_in_the_way(Side side, Price price) {
    for (OwnOrder& order : account_.orders()) {
        if (order.side == side || !order.rests) continue;
        const auto meets = [&](Price own) { return side == Side::buy ? own <= price : own >= price; };
        if (meets(order.price) || (order.state == OrderState::amending && meets(order.new_price))) return &order;
    }
    return nullptr;
}

}  // namespace dcx::market
