#include "feed/depth_view.h"

#include <algorithm>

namespace dcx::feed {

std::int64_t DepthView::boundary(const LevelLadder& ladder) const {
    return ladder.size() < depth_ ? kWorstRank : rank_of(ladder.side(), ladder[depth_ - 1].price);
}

void DepthView::reset(const FeedBook& book) {
    last_bid_ = boundary(book.bids());
    last_ask_ = boundary(book.asks());
}

void DepthView::advance(const FeedBook& book, const LevelChanges& changes, BookUpdate& update) {
    advance_side(book.bids(), changes, last_bid_, update.bids);
    advance_side(book.asks(), changes, last_ask_, update.asks);
}

void DepthView::advance_side(const LevelLadder& ladder, const LevelChanges& changes, std::int64_t& last,
                             std::vector<LevelUpdate>& updates) const {
    const Side side = ladder.side();
    const std::int64_t was_last = last;
    last = boundary(ladder);

    for (const LevelChange& before : changes.side(side)) {
        const std::int64_t rank = rank_of(side, before.price);
        const Level* now = ladder.find(before.price);
        const bool was_visible = before.quantity.value > 0 && rank <= was_last;
        const bool is_visible = now != nullptr && rank <= last;
        if (is_visible) {
            if (!was_visible || now->quantity != before.quantity || now->orders != before.orders)
                updates.push_back({now->price, now->quantity, now->orders});
        } else if (was_visible) {
            updates.push_back({before.price, Quantity{}, 0});
        }
    }

    // Unchanged levels between the old end of the window and the new one came in or fell out.
    const std::size_t begin = ladder.count_to(std::min(was_last, last));
    const std::size_t end = ladder.count_to(std::max(was_last, last));
    const bool came_in = last > was_last;
    for (std::size_t place = begin; place < end; ++place) {
        const Level& level = ladder[place];
        if (changes.contains(side, level.price)) continue;
        if (came_in)
            updates.push_back({level.price, level.quantity, level.orders});
        else
            updates.push_back({level.price, Quantity{}, 0});
    }
}

void DepthView::list(const FeedBook& book, BookUpdate& window) const {
    const auto list_side = [&](const LevelLadder& ladder, std::vector<LevelUpdate>& out) {
        for (std::size_t place = 0; place < std::min(depth_, ladder.size()); ++place)
            out.push_back({ladder[place].price, ladder[place].quantity, ladder[place].orders});
    };
    list_side(book.bids(), window.bids);
    list_side(book.asks(), window.asks);
}

}  // namespace dcx::feed
