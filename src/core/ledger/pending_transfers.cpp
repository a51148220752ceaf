#include "core/ledger/pending_transfers.h"

namespace dcx::core {

std::uint32_t PendingTransfers::add(const PendingTransfer& transfer) {
    DCX_CHECK(has_room());
    std::uint32_t slot = free_;
    if (slot != 0)
        free_ = transfers_[slot].next;
    else
        slot = ++used_;
    PendingTransfer& added = transfers_[slot];
    added = transfer;
    added.number = ++last_number_;
    added.next = 0;
    added.prev = last_;
    if (last_ != 0)
        transfers_[last_].next = slot;
    else
        first_ = slot;
    last_ = slot;
    ++count_;
    index_.insert(hash(transfer.scope, transfer.id), slot);
    return slot;
}

void PendingTransfers::remove(std::uint32_t slot) {
    PendingTransfer& removed = transfers_[slot];
    index_.erase(hash(removed.scope, removed.id), slot);
    (removed.prev != 0 ? transfers_[removed.prev].next : first_) = removed.next;
    (removed.next != 0 ? transfers_[removed.next].prev : last_) = removed.prev;
    removed = {};
    removed.next = free_;
    free_ = slot;
    --count_;
}

}  // namespace dcx::core
