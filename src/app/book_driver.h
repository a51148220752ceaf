// BookDriver: the core's book behind the rules of the public workload (new, IOC, cancel, modify by client-given order
// ids, no accounts and no money), for `dcx bench workload` and the adapter of the public benchmark. The book, its pools
// and the index are the venue's own; what is here is only what the workload has beyond them: the ids that clients give
// and the six kinds of reports.
//
// Sink: acknowledged(side, id, price, quantity), traded(price, quantity, maker, taker), canceled(side, id, price),
// modified(side, id, price, quantity), cancel_rejected(id), modify_rejected(id).
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/memory.h"
#include "core/book/book.h"
#include "core/orders/slot_index.h"
#include "model/types.h"

namespace dcx::app {

template <class Sink>
class BookDriver {
  public:
    struct Capacity {
        std::uint32_t orders = 1u << 17;
        std::uint32_t price_levels = 1u << 17;
    };
    BookDriver(MemorySource& memory, Capacity capacity, Sink& sink)
        : store_(memory, capacity.orders, capacity.price_levels), index_(memory, capacity.orders), sink_(sink) {}

    // There is room for one more order; a workload that needs more than the capacity cannot be run.
    [[nodiscard]] bool has_room() const { return store_.orders.has_free() && store_.levels.has_room(); }

    [[gnu::always_inline]] void place(OrderId id, Side side, bool ioc, Price price, Quantity quantity) {
        sink_.acknowledged(side, id, price, quantity);
        const std::uint32_t slot = store_.orders.take();
        store_.orders[slot] = {
            .id = id, .open = quantity, .key = core::key_of(side, price), .next = core::kNoSlot, .prev = core::kNoSlot};
        enter<false>(slot, ioc);
    }

    [[gnu::always_inline]] void cancel(OrderId id) {
        const std::uint32_t slot = index_.extract(core::hash_of(id.value), is(id));
        if (slot == core::kNoSlot) [[unlikely]]
            return sink_.cancel_rejected(id);
        book_.remove(store_, slot);
        const core::RestingOrder& order = store_.orders[slot];
        sink_.canceled(order.side(), id, order.price());
        store_.orders.give(slot);
    }

    [[gnu::always_inline]] void modify(OrderId id, Price price, Quantity quantity) {
        const std::uint32_t slot = index_.find(core::hash_of(id.value), is(id));
        if (slot == core::kNoSlot) [[unlikely]]
            return sink_.modify_rejected(id);
        book_.remove(store_, slot);
        core::RestingOrder& order = store_.orders[slot];
        const Side side = order.side();
        order.key = core::key_of(side, price);
        order.open = quantity;
        sink_.modified(side, id, price, quantity);
        enter<true>(slot, false);
    }

    [[nodiscard]] const core::Book& book() const { return book_; }
    [[nodiscard]] const core::BookStore& store() const { return store_; }
    [[nodiscard]] std::uint32_t live() const { return store_.orders.live(); }

  private:
    // An order that is in no queue: trades what crosses, then rests or is done. In line: it is most of what there is to
    // do.
    template <bool kIndexed>
    [[gnu::always_inline]] void enter(std::uint32_t slot, bool ioc) {
        core::RestingOrder& order = store_.orders[slot];
        while (book_.crosses(order.key)) {
            const std::uint32_t front = book_.front(store_, opposite(order.side()));
            const core::RestingOrder& maker = store_.orders[front];
            const Quantity quantity{std::min(order.open.value, maker.open.value)};
            order.open -= quantity;
            sink_.traded(maker.price(), quantity, maker.id, order.id);
            if (book_.reduce(store_, front, quantity)) forget(front);
            if (order.open.value == 0) return kIndexed ? forget(slot) : store_.orders.give(slot);
        }
        if (ioc) {
            sink_.canceled(order.side(), order.id, order.price());
            return store_.orders.give(slot);
        }
        book_.rest(store_, slot);
        if constexpr (!kIndexed) index_.insert(core::hash_of(order.id.value), slot);
    }
    [[nodiscard]] auto is(OrderId id) const {
        return [this, id](std::uint32_t slot) { return store_.orders[slot].id == id; };
    }
    void forget(std::uint32_t slot) {
        index_.erase(core::hash_of(store_.orders[slot].id.value), slot);
        store_.orders.give(slot);
    }

    core::BookStore store_;
    core::SlotIndex index_;
    core::Book book_;
    Sink& sink_;
};

}  // namespace dcx::app
