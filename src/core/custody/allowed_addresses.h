// The addresses to which accounts may withdraw, a short list for each account in the order in which they were allowed.
// One thread, capacity fixed.
#pragma once

#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "core/ledger/ledger.h"
#include "model/command.h"

namespace dcx::core {

struct AllowedAddress {
    ChainAddress address{};
    std::array<std::uint8_t, 3> zero{};
    Time since{};
    std::uint32_t next{};  // of its account; in a free slot: the next free one
    std::uint32_t zero_too{};
};

// Lists begin at Account::first_allowed.
class AllowedAddresses {
  public:
    AllowedAddresses() = default;
    AllowedAddresses(MemorySource& memory, std::uint32_t capacity)
        : addresses_(memory.array<AllowedAddress>(std::size_t{capacity} + 1)) {}

    [[nodiscard]] const AllowedAddress& operator[](std::uint32_t slot) const { return addresses_[slot]; }
    // 0 when it is not allowed.
    [[nodiscard]] std::uint32_t find(const Account& account, const ChainAddress& address) const {
        std::uint32_t slot = account.first_allowed;
        while (slot != 0 && addresses_[slot].address != address) slot = addresses_[slot].next;
        return slot;
    }
    [[nodiscard]] bool has_room(const Account& account) const {
        std::uint32_t of_account = 0;
        for (std::uint32_t slot = account.first_allowed; slot != 0; slot = addresses_[slot].next) ++of_account;
        return of_account < kMaxAllowedAddresses && count_ + std::size_t{1} < addresses_.size();
    }
    // The caller has asked for room and knows that it is not allowed yet.
    void add(Account& account, const ChainAddress& address, Time since) {
        std::uint32_t slot = free_;
        if (slot != 0)
            free_ = addresses_[slot].next;
        else
            slot = ++used_;
        DCX_CHECK(slot < addresses_.size());
        addresses_[slot] = {.address = address, .since = since};
        *end_of(account) = slot;
        ++count_;
    }
    // It is on the account's list.
    void remove(Account& account, std::uint32_t slot) {
        std::uint32_t* link = &account.first_allowed;
        while (*link != slot) link = &addresses_[*link].next;
        *link = addresses_[slot].next;
        addresses_[slot] = {};
        addresses_[slot].next = free_;
        free_ = slot;
        --count_;
    }
    [[nodiscard]] std::uint32_t count() const { return count_; }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.count_, self.free_);
        image.prefix(self.addresses_, self.used_, 1);
    }

  private:
    [[nodiscard]] std::uint32_t* end_of(Account& account) {
        std::uint32_t* link = &account.first_allowed;
        while (*link != 0) link = &addresses_[*link].next;
        return link;
    }

    std::span<AllowedAddress> addresses_;  // from 1
    std::uint32_t count_ = 0;
    std::uint32_t used_ = 0;
    std::uint32_t free_ = 0;
};

}  // namespace dcx::core
