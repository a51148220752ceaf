#include "feed/feed_book.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/crc32c.h"

namespace dcx::feed {

void FeedBook::note(Side side, const Level& level) {
    changes_.note(side, {.price = level.price, .quantity = level.quantity, .orders = level.orders});
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

    Level& level = ladder(side).find_or_insert(price);
    note(side, level);
    orders_[node] = {
        .id = id, .price = price, .leaves = quantity, .next = kNoNode, .previous = level.last, .side = side};
    (level.last == kNoNode ? level.first : orders_[level.last].next) = node;
    level.last = node;
    level.quantity += quantity;
    ++level.orders;
}

void FeedBook::remove(std::uint32_t node) {
    const Order order = orders_[node];
    Level* level = ladder(order.side).find(order.price);
    DCX_CHECK(level != nullptr && level->orders > 0);
    note(order.side, *level);
    (order.previous == kNoNode ? level->first : orders_[order.previous].next) = order.next;
    (order.next == kNoNode ? level->last : orders_[order.next].previous) = order.previous;
    level->quantity -= order.leaves;
    --level->orders;
    DCX_CHECK((level->orders == 0) == (level->quantity.value == 0));
    if (level->orders == 0) ladder(order.side).erase(*level);
    index_.erase(order.id);
    free_.push_back(node);
}

void FeedBook::reduce(std::uint32_t node, Quantity leaves) {
    Order& order = orders_[node];
    DCX_CHECK(leaves.value > 0 && leaves <= order.leaves);
    Level* level = ladder(order.side).find(order.price);
    DCX_CHECK(level != nullptr);
    note(order.side, *level);
    level->quantity -= order.leaves - leaves;
    order.leaves = leaves;
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

std::uint32_t FeedBook::checksum(std::size_t levels) const {
    DCX_CHECK(levels <= 10);
    std::array<std::int64_t, 40> numbers;
    std::size_t count = 0;
    for (const LevelLadder* ladder : {&bids_, &asks_}) {
        for (std::size_t place = 0; place < std::min(levels, ladder->size()); ++place) {
            numbers[count++] = (*ladder)[place].price.value;
            numbers[count++] = (*ladder)[place].quantity.value;
        }
    }
    return crc32c(std::as_bytes(std::span{numbers}.first(count)));
}

}  // namespace dcx::feed
