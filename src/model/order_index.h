// OrderIndex: from order id to the order's place in the book's pool. Open addressing with linear probing; removal
// shifts the followers back, so no tombstones collect and a book that lives for years stays as fast as on its first
// day. Ids that count up share cache lines, four at a time. Id 0 never stands in it. Grows by doubling when half full.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "model/types.h"

namespace dcx {

class OrderIndex {
  public:
    OrderIndex() : lines_(16) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    // The id must be new.
    void insert(OrderId id, std::uint32_t node) {
        DCX_CHECK(id.value != 0);
        if (2 * (size_ + 1) > capacity()) grow();
        std::size_t at = home(id.value);
        for (; slot(at).id != 0; at = next(at)) DCX_CHECK(slot(at).id != id.value);
        slot(at) = {id.value, node};
        ++size_;
    }
    // The place of the order, or `none`.
    [[nodiscard]] std::uint32_t find(OrderId id, std::uint32_t none) const {
        for (std::size_t at = home(id.value); slot(at).id != 0; at = next(at))
            if (slot(at).id == id.value) return slot(at).node;
        return none;
    }
    // Where it is, or will be, on its way into the cache.
    void prefetch(OrderId id) const { __builtin_prefetch(&slot(home(id.value))); }
    // The id must be there.
    void erase(OrderId id) {
        std::size_t hole = home(id.value);
        for (; slot(hole).id != id.value; hole = next(hole)) DCX_CHECK(slot(hole).id != 0);
        // A follower may fill the hole when its home is not behind the hole on its way.
        for (std::size_t at = next(hole); slot(at).id != 0; at = next(at)) {
            const std::size_t from_home = (at - home(slot(at).id)) & (capacity() - 1);
            const std::size_t from_hole = (at - hole) & (capacity() - 1);
            if (from_home < from_hole) continue;
            slot(hole) = slot(at);
            hole = at;
        }
        slot(hole) = {};
        --size_;
    }

  private:
    struct Slot {
        std::uint64_t id{};  // 0: free
        std::uint32_t node{};
        std::uint32_t zero{};
    };
    static constexpr std::size_t kSlots = 4;
    struct alignas(64) Line {
        std::array<Slot, kSlots> slots;
    };
    [[nodiscard]] std::size_t capacity() const { return lines_.size() * kSlots; }
    [[nodiscard]] Slot& slot(std::size_t at) { return lines_[at / kSlots].slots[at % kSlots]; }
    [[nodiscard]] const Slot& slot(std::size_t at) const { return lines_[at / kSlots].slots[at % kSlots]; }
    [[nodiscard]] std::size_t home(std::uint64_t id) const {
        // Multiplying spreads the lines of dense ids; its upper bits are the mixed ones. Without it, old orders whose
        // ids are dense too could stand in the way of all new ones.
        const std::uint64_t line = ((id / kSlots) * 0x9E3779B97F4A7C15u) >> 32;
        return static_cast<std::size_t>(line * kSlots + id % kSlots) & (capacity() - 1);
    }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (capacity() - 1); }
    void grow() {
        std::vector<Line> old(lines_.size() * 2);
        old.swap(lines_);
        size_ = 0;
        for (const Line& line : old)
            for (const Slot& slot : line.slots)
                if (slot.id != 0) insert(OrderId{slot.id}, slot.node);
    }

    std::vector<Line> lines_;  // a power of two
    std::size_t size_ = 0;
};

}  // namespace dcx
