// OrdersSnapshot: all orders of a book, told in parts of bounded size while the book goes on changing. What was told is
// always a beginning of each side in its order (best price first, by queue), so that after every part the readers hold
// exactly that beginning as it is now: each part brings the changes of what was told, then more orders behind it.
// Nothing of the book is copied.
//
// A part has at most the given number of orders, and the changes since the part before it. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "feed/feed_book.h"
#include "feed/order_changes.h"

namespace dcx::feed {

// One message of the `orders` channel: first the changes happened, then these orders stand behind all others.
struct OrdersUpdate {
    std::vector<OrderChange> changes;
    std::vector<FeedBook::Resting> bids;
    std::vector<FeedBook::Resting> asks;
    bool more = false;  // parts are to follow

    void clear() {
        changes.clear();
        bids.clear();
        asks.clear();
        more = false;
    }
};

class OrdersSnapshot {
  public:
    // Between the first part and the last.
    [[nodiscard]] bool running() const { return running_; }
    // Those that will come with the next part.
    [[nodiscard]] std::size_t pending_changes() const { return changes_.size(); }
    // Keeps those of one command that concern what was told. Only while running.
    void note(std::span<const OrderChange> changes);
    // The first part, or the next one, of at most so many orders (at least 2); with the last, running() ends.
    void next(const FeedBook& book, std::size_t orders_max, OrdersUpdate& part);
    void stop();

  private:
    // How far one side was told: everything better than `rank`, and at it what entered up to `entered`.
    struct Told {
        std::int64_t rank = std::numeric_limits<std::int64_t>::min();
        std::uint64_t entered = 0;
        std::uint32_t hint = kNoNode;
        bool whole = false;
    };
    [[nodiscard]] static bool tells(const Told& told, Side side, const OrderChange& change);
    static void extend(const FeedBook& book, Side side, std::size_t orders_max, Told& told,
                       std::vector<FeedBook::Resting>& out);

    bool running_ = false;
    std::array<Told, 2> told_;
    std::vector<OrderChange> changes_;
};

}  // namespace dcx::feed
