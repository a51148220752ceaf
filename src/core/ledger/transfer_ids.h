// The ids of money requests that are remembered, so that a request sent again is never carried out again. Bounded: when
// full, the id remembered longest is dropped, and the floor rises to it: at or below the floor nobody can tell any
// more, and the answer is id_too_old. One thread, capacity fixed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/memory.h"
#include "core/orders/slot_index.h"
#include "model/event.h"
#include "model/layout.h"
#include "model/reject_reason.h"
#include "model/types.h"

namespace dcx::core {

// A money request in one shape, for all kinds. What names a thing that a kind doesn't have is 0.
struct MoneyRequest {
    TransferId id{};
    Amount amount{};
    AccountId scope{};  // whose ids: the account of the session's key, 0 for operators
    AccountId debit{};
    AccountId credit{};
    AssetId asset{};
    // What a kind has of its own: a pend its timeout, a post or void the pending id, a withdraw the address.
    std::array<std::byte, sizeof(ChainAddress)> own{};
    TransferKind kind{};
    // none: it succeeded; of a pend or withdraw already_posted, already_voided or already_expired: so did it, and this
    // became of it; else why it failed.
    RejectReason outcome{};

    template <class T>
    void set_own(const T& value) {
        static_assert(FixedLayout<T> && sizeof(T) <= sizeof(own));
        std::memcpy(own.data(), &value, sizeof(T));
    }
    template <class T>
    [[nodiscard]] T own_as() const {
        static_assert(FixedLayout<T> && sizeof(T) <= sizeof(own));
        T value;
        std::memcpy(static_cast<void*>(&value), own.data(), sizeof(T));
        return value;
    }
    // It moves money from available to held, to be resolved later.
    [[nodiscard]] bool pends() const { return kind == TransferKind::pend || kind == TransferKind::withdraw; }
    [[nodiscard]] bool resolves() const { return kind == TransferKind::post || kind == TransferKind::void_pending; }
    [[nodiscard]] bool succeeded() const { return outcome == RejectReason::none || (pends() && resolved()); }
    [[nodiscard]] bool resolved() const {
        return outcome == RejectReason::already_posted || outcome == RejectReason::already_voided ||
               outcome == RejectReason::already_expired;
    }
};
static_assert(FixedLayout<MoneyRequest> && sizeof(MoneyRequest) == 64);

// What a request with the id of a known one is told: the first field that differs, or what became of the known one.
[[nodiscard]] RejectReason compare_requests(const MoneyRequest& known, const MoneyRequest& again);

class TransferIds {
  public:
    TransferIds() = default;
    TransferIds(MemorySource& memory, std::uint32_t capacity)
        : requests_(memory.array<MoneyRequest>(std::size_t{capacity} + 1)), index_(memory, capacity + 1) {}

    [[nodiscard]] const MoneyRequest* find(AccountId scope, TransferId id) const { return found(*this, scope, id); }
    [[nodiscard]] MoneyRequest* find(AccountId scope, TransferId id) { return found(*this, scope, id); }
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

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.oldest_, self.floor_);
        image.prefix(self.requests_, self.count_, 1);
        image.parts(self.index_);
    }

  private:
    template <class Self>
    [[nodiscard]] static auto found(Self& self, AccountId scope, TransferId id) -> decltype(self.requests_.data()) {
        const std::uint32_t slot = self.index_.find(hash(scope, id), [&](std::uint32_t i) {
            return self.requests_[i].scope == scope && self.requests_[i].id == id;
        });
        return slot == 0 ? nullptr : &self.requests_[slot];
    }
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
