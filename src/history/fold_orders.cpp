#include "history/fold_orders.h"

namespace dcx::history {

OpenOrders::OpenOrders(const StoredState& state) : last_is_known_(state.cursor.sequence == Sequence{}) {
    if (state.oldest_open) last_ = OrderId{state.oldest_open.value - 1};
    for (const OrderRow& row : state.open_orders) by_age_.push_back(row.order_id);
    std::ranges::sort(by_age_);
    if (std::ranges::adjacent_find(by_age_) != by_age_.end() || (!by_age_.empty() && !by_age_.front()))
        throw HistoryError(ErrorCode::damaged, "an open order stands twice in the store: make it again with rebuild");
    if (!by_age_.empty()) last_ = std::max(last_, by_age_.back());
    for (const OrderRow& row : state.open_orders) {
        const std::uint32_t place = take();
        pool_[place].row = row;
        index_.insert(row.order_id, place);
    }
}

std::uint32_t OpenOrders::take() {
    if (free_.empty()) {
        pool_.emplace_back();
        return static_cast<std::uint32_t>(pool_.size() - 1);
    }
    const std::uint32_t place = free_.back();
    free_.pop_back();
    return place;
}

OrderRow& OpenOrders::accept(OrderId id) {
    require(last_is_known_ ? id.value == last_.value + 1 : id > last_, "an order whose number is not the next one");
    last_ = id;
    last_is_known_ = true;
    const std::uint32_t place = take();
    index_.insert(id, place);
    if (by_age_.size() > 2 * index_.size() + 1024) {
        std::erase_if(by_age_, [this](OrderId old) { return index_.find(old, kNone) == kNone; });
        front_ = 0;
    }
    by_age_.push_back(id);
    accepted_.push_back(place);
    Order& order = pool_[place];
    order.in_batch = true;
    order.row = {};
    order.row.order_id = id;
    return order.row;
}

std::uint32_t OpenOrders::find(OrderId id) const {
    const std::uint32_t place = id ? index_.find(id, kNone) : kNone;
    require(place != kNone, "an order that is not open");
    return place;
}

OrderRow& OpenOrders::change(const EventPlace& at, std::uint32_t place) {
    Order& order = pool_[place];
    if (!order.in_batch) {
        order.in_batch = true;
        changed_.push_back({.id = order.row.order_id, .place = place});
    }
    order.row.changed_sequence = at.sequence;
    order.row.changed_time = at.time;
    return order.row;
}

OrderId OpenOrders::oldest() {
    for (; front_ < by_age_.size(); ++front_)
        if (index_.find(by_age_[front_], kNone) != kNone) return by_age_[front_];
    return OrderId{last_.value + 1};
}

void OpenOrders::seal(RowBatch& batch) {
    batch.oldest_open = oldest();
    batch.new_orders.clear();
    for (const std::uint32_t place : accepted_) batch.new_orders.push_back(pool_[place].row);
    std::ranges::sort(changed_, {}, &Changed::id);
    batch.changed_orders.clear();
    for (const Changed& changed : changed_) batch.changed_orders.push_back(pool_[changed.place].row);
}

void OpenOrders::release(std::uint32_t place) {
    pool_[place].in_batch = false;
    if (pool_[place].row.status != OrderStatus::open) free_.push_back(place);
}

void OpenOrders::forget() {
    for (const std::uint32_t place : accepted_) release(place);
    for (const Changed& changed : changed_) release(changed.place);
    accepted_.clear();
    changed_.clear();
}

}  // namespace dcx::history
