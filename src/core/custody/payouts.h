// Payouts that are prepared or posted, told in the order in which they were prepared, and the hashes of those closed
// last, so that a transaction is prepared once. One thread, capacities fixed.
#pragma once

#include "core/custody/deposits.h"

namespace dcx::core {

inline constexpr std::uint32_t kClosedPayouts = 65'536;

struct Payout {
    ChainHash tx_hash{};
    TransferId id{};
    Amount amount{};
    std::uint64_t nonce{};
    AccountId account{};
    std::uint32_t index{};
    std::uint32_t to_index{};
    std::uint32_t pending{};  // the withdrawal's place in PendingTransfers; of a sweep 0
    std::uint32_t next{};     // prepared after it; in a free slot: the next free one
    std::uint32_t prev{};
    PayoutKind kind{};
    std::uint8_t posted{};
    std::array<std::uint8_t, 6> zero{};
};

class Payouts {
  public:
    Payouts() = default;
    Payouts(MemorySource& memory, std::uint32_t open, std::uint32_t closed)
        : payouts_(memory.array<Payout>(std::size_t{open} + 1)),
          index_(memory, open),
          closed_(memory.array<ChainHash>(std::size_t{closed} + 1)),
          closed_index_(memory, closed + 1) {}

    [[nodiscard]] std::uint32_t count() const { return count_; }
    [[nodiscard]] bool has_room() const { return count_ + std::size_t{1} < payouts_.size(); }
    // Of an open one, 0 when there is none.
    [[nodiscard]] std::uint32_t find(const ChainHash& tx_hash) const {
        return index_.find(hash_of_chain_hash(tx_hash),
                           [&](std::uint32_t slot) { return payouts_[slot].tx_hash == tx_hash; });
    }
    // It is open, or was closed and is remembered.
    [[nodiscard]] bool known(const ChainHash& tx_hash) const {
        return find(tx_hash) != 0 || closed_index_.find(hash_of_chain_hash(tx_hash), [&](std::uint32_t slot) {
            return closed_[slot] == tx_hash;
        }) != 0;
    }
    // The caller has asked for room and knows that it is not known; next and prev are set here.
    std::uint32_t add(const Payout& payout);
    // Its hash is remembered, in place of the one closed first when there are too many.
    void close(std::uint32_t slot);

    [[nodiscard]] Payout& operator[](std::uint32_t slot) { return payouts_[slot]; }
    [[nodiscard]] const Payout& operator[](std::uint32_t slot) const { return payouts_[slot]; }
    [[nodiscard]] std::uint32_t first() const { return first_; }
    [[nodiscard]] std::uint32_t closed_count() const { return closed_count_; }
    // In the order in which they were closed.
    template <class Visit>
    void for_each_closed(Visit&& visit) const {
        for (std::uint32_t i = 0, slot = closed_oldest_; i < closed_count_; ++i, slot = behind(slot))
            visit(closed_[slot]);
    }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.count_, self.free_, self.first_, self.last_, self.closed_oldest_);
        image.prefix(self.payouts_, self.used_, 1);
        image.prefix(self.closed_, self.closed_count_, 1);
        image.parts(self.index_, self.closed_index_);
    }

  private:
    [[nodiscard]] std::uint32_t behind(std::uint32_t slot) const { return slot + 1 < closed_.size() ? slot + 1 : 1; }

    std::span<Payout> payouts_;  // from 1
    SlotIndex index_;
    std::uint32_t count_ = 0;
    std::uint32_t used_ = 0;
    std::uint32_t free_ = 0;
    std::uint32_t first_ = 0;
    std::uint32_t last_ = 0;
    std::span<ChainHash> closed_;  // from 1; a ring once it is full
    SlotIndex closed_index_;
    std::uint32_t closed_count_ = 0;
    std::uint32_t closed_oldest_ = 1;
};

}  // namespace dcx::core
