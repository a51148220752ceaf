// The orders of all books: what matching touches (32 bytes an order), linked by 32-bit slots. What a venue knows beyond
// that lies apart, in orders/. One thread; capacity is fixed; slot 0 means none.
#pragma once

#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "core/book/price_key.h"
#include "model/types.h"

namespace dcx::core {

inline constexpr std::uint32_t kNoSlot = 0;

struct RestingOrder {
    OrderId id{};  // 0: the slot is free
    Quantity open{};
    PriceKey key{};        // its price and side
    std::uint32_t next{};  // behind it in its queue, or in the free list
    std::uint32_t prev{};

    [[nodiscard]] Side side() const { return side_of(key); }
    [[nodiscard]] Price price() const { return price_of(key); }
};
static_assert(sizeof(RestingOrder) == 32);

class OrderPool {
  public:
    OrderPool() = default;
    OrderPool(MemorySource& memory, std::uint32_t capacity)
        : orders_(memory.array<RestingOrder>(std::size_t{capacity} + 1)) {}

    [[nodiscard]] bool has_free() const { return free_ != kNoSlot || used_ + 1 < orders_.size(); }
    // The most recently freed slot, otherwise the next never used one: recent slots are in the cache, and the rule is
    // part of the state (slots are told in events). The caller has asked has_free().
    std::uint32_t take() {
        std::uint32_t slot = free_;
        if (slot != kNoSlot) {
            free_ = orders_[slot].next;
        } else {
            slot = ++used_;
            DCX_CHECK(slot < orders_.size());
        }
        ++live_;
        return slot;
    }
    void give(std::uint32_t slot) {
        RestingOrder& order = orders_[slot];
        order.id = {};
        order.next = free_;
        free_ = slot;
        --live_;
    }

    RestingOrder& operator[](std::uint32_t slot) { return orders_[slot]; }
    const RestingOrder& operator[](std::uint32_t slot) const { return orders_[slot]; }
    [[nodiscard]] std::uint32_t live() const { return live_; }
    // Slots 1 .. used() have been handed out at some time.
    [[nodiscard]] std::uint32_t used() const { return used_; }
    [[nodiscard]] std::uint32_t capacity() const { return static_cast<std::uint32_t>(orders_.size()) - 1; }
    [[nodiscard]] std::uint32_t first_free() const { return free_; }
    // The open order in `slot` if its id is `id`: a hint that points anywhere is harmless.
    [[nodiscard]] bool holds(std::uint32_t slot, OrderId id) const {
        return slot != kNoSlot && slot < orders_.size() && orders_[slot].id == id && id;
    }
    // Its line is wanted soon.
    void prefetch(std::uint32_t slot) const {
        if (slot < orders_.size()) __builtin_prefetch(&orders_[slot]);
    }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.free_, self.live_);
        image.prefix(self.orders_, self.used_, 1);
    }

  private:
    std::span<RestingOrder> orders_;
    std::uint32_t free_ = kNoSlot;
    std::uint32_t used_ = 0;
    std::uint32_t live_ = 0;
};

}  // namespace dcx::core
