// BookDriver: the core's book behind the rules of the public workload (new, IOC, cancel, modify by client-given order
// ids, no accounts and no money), for `dcx bench workload`. The book and its pools are the venue's own; what is here is
// only what the workload has beyond it: an index of given ids and the six kinds of reports.
//
// Sink: acknowledged(side, id, price, quantity), traded(price, quantity, maker, taker), canceled(side, id, price),
// modified(side, id, price, quantity), cancel_rejected(id), modify_rejected(id).
#pragma once

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
        std::uint32_t price_nodes = 1u << 15;
    };
    BookDriver(MemorySource& memory, Capacity capacity, Sink& sink)
        : orders_(memory, capacity.orders),
          nodes_(memory, capacity.price_nodes),
          sides_(memory.array<Side>(std::size_t{capacity.orders} + 1)),
          index_(memory, capacity.orders),
          sink_(sink) {}

    // There is room for one more order; a workload that needs more than the capacity cannot be run.
    [[nodiscard]] bool has_room() const { return orders_.has_free() && nodes_.free_count() >= core::kMaxNodesPerOrder; }

    void place(OrderId id, Side side, bool ioc, Price price, Quantity quantity) {
        sink_.acknowledged(side, id, price, quantity);
        const std::uint32_t slot = orders_.take();
        orders_[slot] = {.id = id, .open = quantity, .price = price, .next = core::kNoSlot, .prev = core::kNoSlot};
        sides_[slot] = side;
        enter(slot, side, ioc, false);
    }

    void cancel(OrderId id) {
        const std::uint32_t slot = find(id);
        if (slot == core::kNoSlot) return sink_.cancel_rejected(id);
        book_.remove(orders_, nodes_, sides_[slot], slot);
        sink_.canceled(sides_[slot], id, orders_[slot].price);
        forget(slot);
    }

    void modify(OrderId id, Price price, Quantity quantity) {
        const std::uint32_t slot = find(id);
        if (slot == core::kNoSlot) return sink_.modify_rejected(id);
        const Side side = sides_[slot];
        book_.remove(orders_, nodes_, side, slot);
        orders_[slot].price = price;
        orders_[slot].open = quantity;
        sink_.modified(side, id, price, quantity);
        enter(slot, side, false, true);
    }

    [[nodiscard]] const core::Book& book() const { return book_; }
    [[nodiscard]] std::uint32_t live() const { return orders_.live(); }

  private:
    void enter(std::uint32_t slot, Side side, bool ioc, bool indexed) {
        core::RestingOrder& order = orders_[slot];
        std::uint32_t unlimited = ~0u;
        book_.match(orders_, nodes_, side, order.price, order.open, unlimited,
                    [&](std::uint32_t maker, Price price, Quantity quantity, bool maker_done) {
                        sink_.traded(price, quantity, orders_[maker].id, order.id);
                        if (maker_done) forget(maker);
                    });
        if (order.open.value > 0 && !ioc) {
            book_.rest(orders_, nodes_, side, slot);
            if (!indexed) index_.insert(core::hash_of(order.id.value), slot);
            return;
        }
        if (order.open.value > 0) sink_.canceled(side, order.id, order.price);
        if (indexed) index_.erase(core::hash_of(order.id.value), slot);
        orders_.give(slot);
    }
    [[nodiscard]] std::uint32_t find(OrderId id) const {
        return index_.find(core::hash_of(id.value), [&](std::uint32_t slot) { return orders_[slot].id == id; });
    }
    void forget(std::uint32_t slot) {
        index_.erase(core::hash_of(orders_[slot].id.value), slot);
        orders_.give(slot);
    }

    core::OrderPool orders_;
    core::NodePool nodes_;
    std::span<Side> sides_;
    core::SlotIndex index_;
    core::Book book_;
    Sink& sink_;
};

}  // namespace dcx::app
