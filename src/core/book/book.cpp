#include "core/book/book.h"

namespace dcx::core {

bool Book::can_fill(const BookStore& store, PriceKey taker, Quantity wanted, std::uint32_t max_fills) const {
    const Ladder& makers = ladder(-taker);
    for (PriceKey key = makers.best(); key <= limit_of(taker); key = makers.next(store.levels, key)) {
        const Level& level = *makers.find(store.levels, key);
        if (level.open < wanted) {
            if (level.orders >= max_fills) return false;
            max_fills -= level.orders;
            wanted -= level.open;
            continue;
        }
        if (level.orders <= max_fills) return true;
        std::uint32_t slot = level.head;
        for (; max_fills > 0 && store.orders[slot].open < wanted; --max_fills) {
            wanted -= store.orders[slot].open;
            slot = store.orders[slot].next;
        }
        return max_fills > 0;
    }
    return false;
}

std::uint32_t Book::behind(const BookStore& store, std::uint32_t slot) const {
    const RestingOrder& order = store.orders[slot];
    if (order.next != kNoSlot) return order.next;
    const Ladder& levels = ladder(order.key);
    const PriceKey key = levels.next(store.levels, order.key);
    return key == kNoKey ? kNoSlot : levels.find(store.levels, key)->head;
}

}  // namespace dcx::core
