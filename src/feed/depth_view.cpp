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

// Without a search in the book: the changes say what was and what is, and the window's end is a place.
void DepthView::advance_side(const LevelLadder& ladder, const LevelChanges& changes, std::int64_t& last,
                             std::vector<LevelUpdate>& updates) const {
    const Side side = ladder.side();
    if (changes.side(side).empty()) return;
    const std::int64_t was_last = last;
    last = boundary(ladder);

    for (const LevelChange& change : changes.side(side)) {
        const std::int64_t rank = rank_of(side, change.price);
        if (rank > std::max(was_last, last)) break;
        const bool was_visible = change.quantity.value > 0 && rank <= was_last;
        const bool is_visible = change.quantity_now.value > 0 && rank <= last;
        if (is_visible) {
            if (!was_visible || !change.same())
                updates.push_back({change.price, change.quantity_now, change.orders_now});
        } else if (was_visible) {
            updates.push_back({change.price, Quantity{}, 0});
        }
    }

    // Unchanged levels between the old end of the window and the new one came in or fell out.
    const auto rank_at = [&](std::size_t place) { return rank_of(side, ladder[place].price); };
    const std::size_t end_now = std::min(depth_, ladder.size());
    if (last > was_last) {
        std::size_t place = end_now;
        while (place > 0 && rank_at(place - 1) > was_last) --place;
        for (; place < end_now; ++place) {
            const Level& level = ladder[place];
            if (!changes.contains(side, level.price)) updates.push_back({level.price, level.quantity, level.orders});
        }
    } else {
        for (std::size_t place = end_now; place < ladder.size() && rank_at(place) <= was_last; ++place)
            if (!changes.contains(side, ladder[place].price)) updates.push_back({ladder[place].price, Quantity{}, 0});
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
