#include "core/custody/payouts.h"

namespace dcx::core {

std::uint32_t Payouts::add(const Payout& payout) {
    DCX_CHECK(has_room());
    std::uint32_t slot = free_;
    if (slot != 0)
        free_ = payouts_[slot].next;
    else
        slot = ++used_;
    Payout& added = payouts_[slot];
    added = payout;
    added.next = 0;
    added.prev = last_;
    (last_ != 0 ? payouts_[last_].next : first_) = slot;
    last_ = slot;
    ++count_;
    index_.insert(hash_of_chain_hash(payout.tx_hash), slot);
    return slot;
}

void Payouts::close(std::uint32_t slot) {
    Payout& closed = payouts_[slot];
    const ChainHash tx_hash = closed.tx_hash;
    index_.erase(hash_of_chain_hash(tx_hash), slot);
    (closed.prev != 0 ? payouts_[closed.prev].next : first_) = closed.next;
    (closed.next != 0 ? payouts_[closed.next].prev : last_) = closed.prev;
    closed = {};
    closed.next = free_;
    free_ = slot;
    --count_;

    std::uint32_t place;
    if (closed_count_ + std::size_t{1} < closed_.size()) {
        place = ++closed_count_;
    } else {
        place = closed_oldest_;
        closed_oldest_ = behind(place);
        closed_index_.erase(hash_of_chain_hash(closed_[place]), place);
    }
    closed_[place] = tx_hash;
    closed_index_.insert(hash_of_chain_hash(tx_hash), place);
}

}  // namespace dcx::core
