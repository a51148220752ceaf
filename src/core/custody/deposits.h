// Every deposit that was ever credited, by its transaction's hash: none is forgotten, so that none is credited twice.
// One thread, capacity fixed; when it is full, no more are credited.
#pragma once

#include <cstring>

#include "core/custody/followed_chain.h"
#include "core/orders/slot_index.h"

namespace dcx::core {

[[nodiscard]] inline std::uint32_t hash_of_chain_hash(const ChainHash& hash) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, hash.data(), 8);
    std::memcpy(&b, hash.data() + 8, 8);
    return hash_of(a, b);
}

struct Deposit {
    ChainHash tx_hash{};
    Amount amount{};
    std::uint64_t height{};  // of its block, when it was credited last
    AccountId account{};
    AssetId asset{};
    std::uint32_t index{};  // of the account's address that received it
    std::uint32_t position{};
    std::uint32_t era{};   // FollowedChain::era() when it was credited last
    std::uint32_t next{};  // in the same block
    std::uint8_t orphaned{};
    std::uint8_t reversed{};
    std::array<std::uint8_t, 6> zero{};
};
static_assert(sizeof(Deposit) == 80);

class Deposits {
  public:
    Deposits() = default;
    Deposits(MemorySource& memory, std::uint32_t capacity)
        : deposits_(memory.array<Deposit>(std::size_t{capacity} + 1)), index_(memory, capacity) {}

    [[nodiscard]] bool has_room() const { return count_ + std::size_t{1} < deposits_.size(); }
    // 0 when there is none.
    [[nodiscard]] std::uint32_t find(const ChainHash& tx_hash) const {
        return index_.find(hash_of_chain_hash(tx_hash),
                           [&](std::uint32_t slot) { return deposits_[slot].tx_hash == tx_hash; });
    }
    // The caller has asked for room.
    std::uint32_t add(const Deposit& deposit) {
        DCX_CHECK(has_room());
        deposits_[++count_] = deposit;
        index_.insert(hash_of_chain_hash(deposit.tx_hash), count_);
        return count_;
    }
    // From 1, in the order in which they were first credited.
    [[nodiscard]] Deposit& operator[](std::uint32_t slot) { return deposits_[slot]; }
    [[nodiscard]] const Deposit& operator[](std::uint32_t slot) const { return deposits_[slot]; }
    [[nodiscard]] std::uint32_t count() const { return count_; }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.prefix(self.deposits_, self.count_, 1);
        image.parts(self.index_);
    }

  private:
    std::span<Deposit> deposits_;  // from 1
    SlotIndex index_;
    std::uint32_t count_ = 0;
};

}  // namespace dcx::core
