#include "feed/recorded_book.h"

#include <span>
#include <vector>

#include "base/check.h"
#include "base/crc32c.h"
#include "feed/channel.h"
#include "feed/level_ladder.h"

namespace dcx::feed {

const char* RecordedBook::add(const RecordedOrder& order) {
    if (order.id.value == 0 || order.id.value == ~std::uint64_t{0}) return "no order has this number";
    if (order.price.value <= 0 || order.price.value > kMaxPrice) return "no order has this price";
    if (order.leaves.value <= 0 || order.leaves.value > kMaxQuantity) return "no order has this quantity";
    if (index_.contains(order.id.value)) return "the order is there already";
    const RecordedOrder* best = first(opposite(order.side));
    if (best != nullptr && rank_of(order.side, order.price) <= rank_of(order.side, best->price))
        return "the book would be crossed";
    Levels& levels = sides_[place(order.side)];
    const std::int64_t rank = rank_of(order.side, order.price);
    const auto found = levels.find(rank);
    if (found != levels.end() && found->second.total.value > kMaxQuantity - order.leaves.value)
        return "more than any level has";
    Level& level = found != levels.end() ? found->second : levels[rank];
    level.queue.push_back(order);
    level.total += order.leaves;
    index_.emplace(order.id.value, std::prev(level.queue.end()));
    return nullptr;
}

void RecordedBook::take(std::list<RecordedOrder>::iterator order, Quantity quantity) {
    Levels& levels = sides_[place(order->side)];
    const auto level = levels.find(rank_of(order->side, order->price));
    level->second.total -= quantity;
    order->leaves -= quantity;
    if (order->leaves.value > 0) return;
    index_.erase(order->id.value);
    level->second.queue.erase(order);
    if (level->second.queue.empty()) levels.erase(level);
}

const char* RecordedBook::change(OrderId id, Quantity leaves) {
    const auto found = index_.find(id.value);
    if (found == index_.end()) return "the order is not there";
    if (leaves.value <= 0 || leaves > found->second->leaves) return "an order only becomes smaller where it stands";
    take(found->second, found->second->leaves - leaves);
    return nullptr;
}

const char* RecordedBook::execute(Side side, Quantity quantity) {
    Levels& levels = sides_[place(side)];
    if (levels.empty()) return "there is nothing to trade with";
    const auto order = levels.begin()->second.queue.begin();
    if (quantity.value <= 0 || quantity > order->leaves) return "an order trades no more than it has";
    take(order, quantity);
    return nullptr;
}

const char* RecordedBook::remove(OrderId id) {
    const auto found = index_.find(id.value);
    if (found == index_.end()) return "the order is not there";
    take(found->second, found->second->leaves);
    return nullptr;
}

const RecordedOrder* RecordedBook::find(OrderId id) const {
    const auto found = index_.find(id.value);
    return found == index_.end() ? nullptr : &*found->second;
}

const RecordedOrder* RecordedBook::first(Side side) const {
    const Levels& levels = sides_[place(side)];
    return levels.empty() ? nullptr : &levels.begin()->second.queue.front();
}

std::size_t RecordedBook::count(Side side) const {
    std::size_t orders = 0;
    for (const auto& [rank, level] : sides_[place(side)]) orders += level.queue.size();
    return orders;
}

std::uint32_t RecordedBook::checksum() const {
    std::vector<std::int64_t> numbers;
    for (const Levels& levels : sides_) {
        std::size_t left = kChecksumLevels;
        for (auto level = levels.begin(); level != levels.end() && left > 0; ++level, --left) {
            numbers.push_back(level->second.queue.front().price.value);
            numbers.push_back(level->second.total.value);
        }
    }
    return crc32c(std::as_bytes(std::span{numbers}));
}

RecordedBook RecordedBook::clone() const {
    RecordedBook copy;
    for (const Side side : {Side::buy, Side::sell})
        each(side, [&](const RecordedOrder& order) { DCX_CHECK(copy.add(order) == nullptr); });
    return copy;
}

}  // namespace dcx::feed
