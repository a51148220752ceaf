#include "feed/orders_snapshot.h"

#include <utility>

#include "base/check.h"

namespace dcx::feed {

bool OrdersSnapshot::tells(const Told& told, Side side, const OrderChange& change) {
    if (told.whole) return true;
    const std::int64_t rank = rank_of(side, change.price);
    return rank < told.rank || (rank == told.rank && change.entered <= told.entered);
}

void OrdersSnapshot::note(std::span<const OrderChange> changes) {
    DCX_CHECK(running_);
    for (const OrderChange& change : changes)
        if (tells(told_[change.side == Side::sell], change.side, change)) changes_.push_back(change);
}

void OrdersSnapshot::extend(const FeedBook& book, Side side, std::size_t orders_max, Told& told,
                            std::vector<FeedBook::Resting>& out) {
    const LevelLadder& ladder = book.side(side);
    std::size_t place = ladder.count_to(told.rank);
    // The last level that was told may have more behind.
    if (place > 0 && rank_of(side, ladder[place - 1].price) == told.rank) --place;
    bool full = false;
    for (; place < ladder.size() && !full; ++place) {
        const Level& level = ladder[place];
        const std::int64_t rank = rank_of(side, level.price);
        const bool begun = rank == told.rank;
        book.each_order_after(level, begun ? told.entered : 0, told.hint, [&](const FeedBook::Resting& order) {
            full = out.size() == orders_max;
            if (full) return false;
            out.push_back(order);
            told.rank = rank;
            told.entered = order.entered;
            return true;
        });
    }
    told.whole = !full;
}

void OrdersSnapshot::next(const FeedBook& book, std::size_t orders_max, OrdersUpdate& part) {
    if (!running_) stop();
    part.clear();
    std::swap(part.changes, changes_);
    auto& [bids, asks] = told_;
    // What one side does not use, the other may.
    if (!asks.whole) extend(book, Side::sell, orders_max / 2, asks, part.asks);
    if (!bids.whole) extend(book, Side::buy, orders_max - part.asks.size(), bids, part.bids);
    if (!asks.whole) extend(book, Side::sell, orders_max - part.bids.size(), asks, part.asks);
    running_ = part.more = !(bids.whole && asks.whole);
}

void OrdersSnapshot::stop() {
    running_ = false;
    told_ = {};
    changes_.clear();
}

}  // namespace dcx::feed
