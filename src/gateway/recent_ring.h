// RecentRing: the last things that happened to one account, oldest first. It grows by doubling up to kRecentKept, as
// long as the budget that all rings of a kind share allows, and then forgets its oldest: so memory is bounded, and a
// busy account never takes a quiet one's history.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/types.h"

namespace dcx::gateway {

inline constexpr std::size_t kRecentKept = 256;    // of one account
inline constexpr std::size_t kRecentAtLeast = 16;  // of one account, whatever the others have

// What the rings of one kind may still grow by.
struct RecentBudget {
    std::size_t left = std::size_t{1} << 20;
};

// Item has a `sequence`: of the command that made it.
template <class Item>
class RecentRing {
  public:
    void add(const Item& item, RecentBudget& budget) { next(budget) = item; }
    // The place of one more item, which the caller fills: what stands there is another's.
    [[nodiscard]] Item& next(RecentBudget& budget) {
        ++added_;
        if (items_.size() == items_.capacity()) grow(budget);
        if (items_.size() < items_.capacity()) return items_.emplace_back();
        Item& place = items_[oldest_];
        dropped_ = place.sequence;
        if (++oldest_ == items_.size()) oldest_ = 0;
        return place;
    }
    // The place of the next item, on its way into the cache.
    void prefetch() const {
        const std::size_t at = items_.size() < items_.capacity() ? items_.size() : oldest_;
        const auto* const place = reinterpret_cast<const std::byte*>(items_.data() + at);
        __builtin_prefetch(place, 1);
        __builtin_prefetch(place + sizeof(Item) - 1, 1);
    }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    // From the oldest one.
    [[nodiscard]] const Item& operator[](std::size_t place) const {
        const std::size_t at = oldest_ + place;
        return items_[at < items_.size() ? at : at - items_.size()];
    }
    // All there ever were; the newest has this number.
    [[nodiscard]] std::uint64_t added() const { return added_; }
    // Of the last one that was forgotten.
    [[nodiscard]] Sequence dropped() const { return dropped_; }

  private:
    void grow(RecentBudget& budget) {
        if (items_.size() >= kRecentKept || oldest_ != 0) return;
        const std::size_t more = std::max(items_.size(), kRecentAtLeast);
        const bool free = items_.empty();
        if (!free && budget.left < more) return;
        if (!free) budget.left -= more;
        items_.reserve(items_.size() + more);
    }

    std::vector<Item> items_;
    std::size_t oldest_ = 0;
    std::uint64_t added_ = 0;
    Sequence dropped_{};
};

}  // namespace dcx::gateway
