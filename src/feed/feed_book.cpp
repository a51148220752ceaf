#include "feed/feed_book.h"

#include "base/check.h"

namespace dcx::feed {

LevelChange& FeedBook::touch(const LevelLadder& ladder, const Level& level) {
    checksum_.touch(ladder.side(), ladder.place_of(level));
    return changes_.touch(ladder.side(), level.price, level.quantity, level.orders);
}

void FeedBook::told(LevelChange& change, const Level& level) {
    change.quantity_now = level.quantity;
    change.orders_now = level.orders;
}

std::uint32_t FeedBook::find(OrderId id, Side side) const {
    const std::uint32_t node = index_.find(id, kNoNode);
    DCX_CHECK(node != kNoNode && orders_[node].side == side);
    return node;
}

void FeedBook::add(OrderId id, Side side, Price price, Quantity quantity) {
    DCX_CHECK(price.value > 0 && quantity.value > 0);
    const LevelLadder& other = this->side(opposite(side));
    // Better by this side's rank would be worse for the other's: they may not meet.
    DCX_CHECK(other.empty() || rank_of(side, price) > rank_of(side, other.best().price));

    std::uint32_t node = static_cast<std::uint32_t>(orders_.size());
    if (free_.empty()) {
        orders_.emplace_back();
    } else {
        node = free_.back();
        free_.pop_back();
    }
    index_.insert(id, node);

    LevelLadder& levels = ladder(side);
    Level& level = levels.find_or_insert(price);
    LevelChange& change = touch(levels, level);
    orders_[node] = {.id = id,
                     .price = price,
                     .leaves = quantity,
                     .next = kNoNode,
                     .previous = level.last,
                     .entered = ++entered_ & ((1ul << 56) - 1),
                     .side = side};
    (level.last == kNoNode ? level.first : orders_[level.last].next) = node;
    level.last = node;
    level.quantity += quantity;
    ++level.orders;
    told(change, level);
}

void FeedBook::remove(std::uint32_t node) {
    const Order order = orders_[node];
    LevelLadder& levels = ladder(order.side);
    Level* level = levels.find(order.price);
    DCX_CHECK(level != nullptr && level->orders > 0);
    LevelChange& change = touch(levels, *level);
    (order.previous == kNoNode ? level->first : orders_[order.previous].next) = order.next;
    (order.next == kNoNode ? level->last : orders_[order.next].previous) = order.previous;
    level->quantity -= order.leaves;
    --level->orders;
    DCX_CHECK((level->orders == 0) == (level->quantity.value == 0));
    told(change, *level);
    if (level->orders == 0) levels.erase(*level);
    index_.erase(order.id);
    orders_[node].entered = 0;
    free_.push_back(node);
}

void FeedBook::reduce(std::uint32_t node, Quantity leaves) {
    Order& order = orders_[node];
    DCX_CHECK(leaves.value > 0 && leaves <= order.leaves);
    LevelLadder& levels = ladder(order.side);
    Level* level = levels.find(order.price);
    DCX_CHECK(level != nullptr);
    LevelChange& change = touch(levels, *level);
    level->quantity -= order.leaves - leaves;
    told(change, *level);
    order.leaves = leaves;
}

std::uint32_t FeedBook::first_after(const Level& level, std::uint64_t entered, std::uint32_t hint) const {
    // No other order ever had this stamp, so the hint is right when it has it still.
    if (hint != kNoNode && entered != 0 && orders_[hint].entered == entered) return orders_[hint].next;
    std::uint32_t node = level.first;
    while (node != kNoNode && orders_[node].entered <= entered) node = orders_[node].next;
    return node;
}

void FeedBook::apply(const TradeExecuted& event) {
    const Side side = opposite(event.taker_side);
    const std::uint32_t node = find(event.maker_order_id, side);
    const Order& maker = orders_[node];
    const Level& best = this->side(side).best();
    DCX_CHECK(event.price == maker.price && best.price == maker.price && best.first == node);
    DCX_CHECK(event.quantity.value > 0 && maker.leaves == event.quantity + event.maker_leaves);
    if (event.maker_leaves.value == 0)
        remove(node);
    else
        reduce(node, event.maker_leaves);
}

void FeedBook::apply(const OrderCanceled& event) {
    if (event.rested == 0) return;
    const std::uint32_t node = find(event.order_id, event.side);
    DCX_CHECK(orders_[node].price == event.price && orders_[node].leaves == event.quantity);
    remove(node);
}

void FeedBook::apply(const OrderAmended& event) {
    const std::uint32_t node = find(event.order_id, event.side);
    if (event.kept_priority == 0) {
        remove(node);
        return;
    }
    DCX_CHECK(orders_[node].price == event.price);
    reduce(node, event.leaves);
}

void FeedBook::apply(const OrderDecremented& event) {
    if (event.rested == 0) return;
    const std::uint32_t node = find(event.order_id, event.side);
    DCX_CHECK(orders_[node].price == event.price && orders_[node].leaves == event.quantity + event.leaves);
    reduce(node, event.leaves);
}

}  // namespace dcx::feed
