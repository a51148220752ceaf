// OrderIndex: from order id to the order's place in the book's pool. Open addressing with linear probing; removal
// shifts the followers back, so no tombstones collect and a book that lives for years stays as fast as on its first
// day. Id 0 never stands in it. Grows by doubling when half full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "model/types.h"

namespace dcx {

class OrderIndex {
  public:
    OrderIndex() : slots_(64) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    // The id must be new.
    void insert(OrderId id, std::uint32_t node) {
        DCX_CHECK(id.value != 0);
        if (2 * (size_ + 1) > slots_.size()) grow();
        std::size_t at = home(id.value);
        for (; slots_[at].id != 0; at = next(at)) DCX_CHECK(slots_[at].id != id.value);
        slots_[at] = {id.value, node};
        ++size_;
    }
    // The place of the order, or `none`.
    [[nodiscard]] std::uint32_t find(OrderId id, std::uint32_t none) const {
        for (std::size_t at = home(id.value); slots_[at].id != 0; at = next(at))
            if (slots_[at].id == id.value) return slots_[at].node;
        return none;
    }
    // The id must be there.
    void erase(OrderId id) {
        std::size_t hole = home(id.value);
        for (; slots_[hole].id != id.value; hole = next(hole)) DCX_CHECK(slots_[hole].id != 0);
        // A follower may fill the hole when its home is not behind the hole on its way.
        for (std::size_t at = next(hole); slots_[at].id != 0; at = next(at)) {
            const std::size_t from_home = (at - home(slots_[at].id)) & (slots_.size() - 1);
            const std::size_t from_hole = (at - hole) & (slots_.size() - 1);
            if (from_home < from_hole) continue;
            slots_[hole] = slots_[at];
            hole = at;
        }
        slots_[hole] = {};
        --size_;
    }

  private:
    struct Slot {
        std::uint64_t id{};  // 0: free
        std::uint32_t node{};
        std::uint32_t zero{};
    };
    [[nodiscard]] std::size_t home(std::uint64_t id) const {
        // Multiplying spreads the dense ids; its upper bits are the mixed ones.
        return static_cast<std::size_t>((id * 0x9E3779B97F4A7C15u) >> 32) & (slots_.size() - 1);
    }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
    void grow() {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        size_ = 0;
        for (const Slot& slot : old)
            if (slot.id != 0) insert(OrderId{slot.id}, slot.node);
    }

    std::vector<Slot> slots_;  // a power of two
    std::size_t size_ = 0;
};

}  // namespace dcx
