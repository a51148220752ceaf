// EventBook: the books of all markets order by order, made from events in the plainest way: maps of queues, every sum
// added anew. What src/feed/feed_book.h must equal after every event.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/core.h"
#include "model/event.h"

namespace dcx::feed_book {

class EventBook {
  public:
    struct Order {
        OrderId id{};
        Quantity leaves{};
        friend bool operator==(const Order&, const Order&) = default;
    };
    // The market whose book it changed.
    std::optional<InstrumentId> apply(const Event& event);

    // Best first.
    [[nodiscard]] std::vector<core::DepthLevel> levels(InstrumentId market, Side side) const;
    // Best price first, in queue order.
    [[nodiscard]] std::vector<Order> orders(InstrumentId market, Side side) const;

  private:
    // By rank: the smaller is the better price.
    using Queues = std::map<std::int64_t, std::vector<Order>>;

    Queues& queues(InstrumentId market, Side side) { return books_[{market, side}]; }
    static std::int64_t rank(Side side, Price price) { return side == Side::buy ? -price.value : price.value; }
    std::optional<InstrumentId> add(InstrumentId market, Side side, Price price, Order order);
    // Nothing left: it is gone.
    std::optional<InstrumentId> change(InstrumentId market, Side side, OrderId id, Quantity leaves);

    std::map<std::pair<InstrumentId, Side>, Queues> books_;
};

}  // namespace dcx::feed_book
