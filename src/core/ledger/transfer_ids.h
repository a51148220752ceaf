// The ids of money requests that are remembered, so that a request sent again is never carried out again. Bounded: when
// full, the id remembered longest is dropped, and the floor rises to it: at or below the floor nobody can tell any
// more, and the answer is id_too_old. One thread, capacity fixed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/memory.h"
#include "core/orders/slot_index.h"
#include "model/event.h"
#include "model/reject_reason.h"
#include "model/types.h"

namespace dcx::core {

// A money request in one shape, for all three kinds.
struct MoneyRequest {
    TransferId id{};
    Amount amount{};
    AccountId scope{};  // whose ids: the session's account, 0 for operators
    AccountId debit{};
    AccountId credit{};
    AssetId asset{};
    TransferKind kind{};
    std::uint8_t zero{};
    RejectReason outcome{};  // none: it succeeded
    std::uint32_t zero_too{};
};
static_assert(sizeof(MoneyRequest) == 48);

class TransferIds {
  public:
    TransferIds() = default;
    TransferIds(MemorySource& memory, std::uint32_t capacity)
        : requests_(memory.array<MoneyRequest>(std::size_t{capacity} + 1)), index_(memory, capacity + 1) {}

    [[nodiscard]] const MoneyRequest* find(AccountId scope, TransferId id) const {
        const std::uint32_t slot = index_.find(
            hash(scope, id), [&](std::uint32_t i) { return requests_[i].scope == scope && requests_[i].id == id; });
        return slot == 0 ? nullptr : &requests_[slot];
    }
    // The line of this id in the index is wanted soon.
    void prefetch(AccountId scope, TransferId id) const { index_.prefetch(hash(scope, id)); }
    void remember(const MoneyRequest& request) {
        std::uint32_t slot;
        if (count_ + 1 < requests_.size()) {
            slot = ++count_;
        } else {
            slot = oldest_;
            oldest_ = oldest_ + 1 < requests_.size() ? oldest_ + 1 : 1;
            const MoneyRequest& dropped = requests_[slot];
            index_.erase(hash(dropped.scope, dropped.id), slot);
            floor_ = std::max(floor_, dropped.id);
        }
        requests_[slot] = request;
        index_.insert(hash(request.scope, request.id), slot);
    }
    // The newest id ever dropped.
    [[nodiscard]] TransferId floor() const { return floor_; }
    // In the order in which they were remembered.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (std::uint32_t i = 0, slot = oldest_; i < count_; ++i, slot = slot + 1 < requests_.size() ? slot + 1 : 1)
            visit(requests_[slot]);
    }
    [[nodiscard]] std::uint32_t count() const { return count_; }

  private:
    [[nodiscard]] static std::uint32_t hash(AccountId scope, TransferId id) {
        return hash_of(id.low ^ (std::uint64_t{scope.value} << 20), id.high);
    }

    std::span<MoneyRequest> requests_;  // from 1; a ring once it is full
    SlotIndex index_;
    std::uint32_t count_ = 0;
    std::uint32_t oldest_ = 1;
    TransferId floor_{};
};

}  // namespace dcx::core
