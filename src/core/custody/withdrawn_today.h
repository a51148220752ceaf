// What accounts withdrew in the current UTC day, per asset. Yesterday's sums are dropped one by one as today's come, so
// that no withdrawal pays for a day's turn. One thread, capacity fixed.
#pragma once

#include <algorithm>
#include <limits>

#include "core/orders/slot_index.h"
#include "model/types.h"

namespace dcx::core {

struct WithdrawnSum {
    Amount amount{};  // stops at the largest there is
    AccountId account{};
    AssetId asset{};
    std::uint32_t day{};
    std::uint32_t zero{};
};

// Days only go up.
class WithdrawnToday {
  public:
    WithdrawnToday() = default;
    WithdrawnToday(MemorySource& memory, std::uint32_t pairs)
        : sums_(memory.array<WithdrawnSum>(std::size_t{pairs} + 1)), index_(memory, pairs + 1) {}

    [[nodiscard]] Amount of(AccountId account, AssetId asset, std::uint32_t day) const {
        const std::uint32_t slot = find(account, asset, day);
        return slot == 0 ? Amount{} : sums_[slot].amount;
    }
    [[nodiscard]] bool has_room(AccountId account, AssetId asset, std::uint32_t day) const {
        return count_ + std::size_t{1} < sums_.size() || sums_[oldest_].day != day || find(account, asset, day) != 0;
    }
    // The caller has asked for room.
    void add(AccountId account, AssetId asset, std::uint32_t day, Amount amount) {
        std::uint32_t slot = find(account, asset, day);
        if (slot == 0) slot = open(account, asset, day);
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
        sums_[slot].amount = Amount{checked_add(sums_[slot].amount.value, amount.value).value_or(most)};
    }
    // The sums of that day, in the order of their first withdrawals.
    template <class Visit>
    void for_each(std::uint32_t day, Visit&& visit) const {
        for (std::uint32_t i = 0, slot = oldest_; i < count_; ++i, slot = behind(slot))
            if (sums_[slot].day == day) visit(sums_[slot]);
    }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.oldest_);
        image.prefix(self.sums_, self.count_, 1);
        image.parts(self.index_);
    }

  private:
    [[nodiscard]] static std::uint32_t hash(AccountId account, AssetId asset, std::uint32_t day) {
        return hash_of((std::uint64_t{account.value} << 32) | asset.value, day);
    }
    [[nodiscard]] std::uint32_t find(AccountId account, AssetId asset, std::uint32_t day) const {
        return index_.find(hash(account, asset, day), [&](std::uint32_t slot) {
            return sums_[slot].account == account && sums_[slot].asset == asset && sums_[slot].day == day;
        });
    }
    [[nodiscard]] std::uint32_t behind(std::uint32_t slot) const { return slot + 1 < sums_.size() ? slot + 1 : 1; }
    std::uint32_t open(AccountId account, AssetId asset, std::uint32_t day) {
        std::uint32_t slot;
        if (count_ + std::size_t{1} < sums_.size()) {
            slot = ++count_;
        } else {
            slot = oldest_;
            oldest_ = behind(slot);
            const WithdrawnSum& dropped = sums_[slot];
            DCX_CHECK(dropped.day != day);
            index_.erase(hash(dropped.account, dropped.asset, dropped.day), slot);
        }
        sums_[slot] = {.account = account, .asset = asset, .day = day};
        index_.insert(hash(account, asset, day), slot);
        return slot;
    }

    std::span<WithdrawnSum> sums_;  // from 1; a ring once it is full
    SlotIndex index_;
    std::uint32_t count_ = 0;
    std::uint32_t oldest_ = 1;
};

}  // namespace dcx::core
