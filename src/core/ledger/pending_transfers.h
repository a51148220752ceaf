// Transfers that wait to be posted, voided or to expire: found by (scope, id), told in the order in which they were
// pended. One thread, capacity fixed.
#pragma once

#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "core/deadlines.h"
#include "core/orders/slot_index.h"
#include "model/types.h"

namespace dcx::core {

struct PendingTransfer {
    TransferId id{};
    Amount amount{};
    std::uint64_t number{};  // counts all that were ever pended, from 1
    AccountId scope{};
    AccountId debit{};
    AccountId credit{};
    AssetId asset{};
    SessionId session{};  // that pended it
    DeadlineHandle deadline{};
    std::uint32_t next{};  // pended after it; in a free slot: the next free one
    std::uint32_t prev{};
    ChainAddress address{};  // of a withdrawal, else kind none
    // Of a withdrawal: two persons have released it; what its payouts have settled; the open one, in Payouts, 0: none.
    std::uint8_t released{};
    std::array<std::uint8_t, 2> zero{};
    std::uint32_t payout{};
    Amount settled{};

    [[nodiscard]] bool withdrawal() const { return address.kind != AddressKind::none; }
};

class PendingTransfers {
  public:
    PendingTransfers() = default;
    PendingTransfers(MemorySource& memory, std::uint32_t capacity)
        : transfers_(memory.array<PendingTransfer>(std::size_t{capacity} + 1)), index_(memory, capacity) {}

    [[nodiscard]] std::uint32_t count() const { return count_; }
    [[nodiscard]] bool has_room(std::uint32_t wanted = 1) const {
        return transfers_.size() > count_ + std::size_t{wanted};
    }
    // 0 when there is none.
    [[nodiscard]] std::uint32_t find(AccountId scope, TransferId id) const {
        return index_.find(hash(scope, id), [&](std::uint32_t slot) {
            return transfers_[slot].scope == scope && transfers_[slot].id == id;
        });
    }
    // The caller has asked for room; number, next and prev are set here.
    std::uint32_t add(const PendingTransfer& transfer);
    void remove(std::uint32_t slot);

    [[nodiscard]] PendingTransfer& operator[](std::uint32_t slot) { return transfers_[slot]; }
    [[nodiscard]] const PendingTransfer& operator[](std::uint32_t slot) const { return transfers_[slot]; }
    [[nodiscard]] std::uint32_t first() const { return first_; }
    [[nodiscard]] std::uint64_t last_number() const { return last_number_; }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.count_, self.free_, self.first_, self.last_, self.last_number_);
        image.prefix(self.transfers_, self.used_, 1);
        image.parts(self.index_);
    }

  private:
    [[nodiscard]] static std::uint32_t hash(AccountId scope, TransferId id) {
        return hash_of(id.low ^ (std::uint64_t{scope.value} << 20), id.high);
    }

    std::span<PendingTransfer> transfers_;  // from 1
    SlotIndex index_;
    std::uint32_t count_ = 0;
    std::uint32_t used_ = 0;
    std::uint32_t free_ = 0;
    std::uint32_t first_ = 0;
    std::uint32_t last_ = 0;
    std::uint64_t last_number_ = 0;
};

}  // namespace dcx::core
