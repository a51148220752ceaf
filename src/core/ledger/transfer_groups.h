// Groups of linked transfers that are not closed yet: their members wait in the order in which they came. One thread,
// capacity fixed.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/memory.h"
#include "core/ledger/transfer_ids.h"
#include "model/command.h"

namespace dcx::core {

struct GroupMember {
    MoneyRequest request{};
    std::uint64_t session_sequence{};
    RejectReason malformed{};  // malformed_field, or none
    std::uint16_t zero{};
    std::uint32_t zero_too{};
};

struct TransferGroup {
    std::array<GroupMember, kMaxLinked> members{};
    std::uint32_t count{};
    std::uint32_t next_free{};
};

class TransferGroups {
  public:
    TransferGroups() = default;
    explicit TransferGroups(MemorySource& memory) : groups_(memory.array<TransferGroup>(kMaxOpenGroups + 1)) {}

    // 0 when there is no room.
    std::uint32_t open() {
        std::uint32_t slot = free_;
        if (slot != 0)
            free_ = groups_[slot].next_free;
        else if (used_ < kMaxOpenGroups)
            slot = ++used_;
        groups_[slot].count = 0;
        return slot;
    }
    void close(std::uint32_t slot) {
        groups_[slot].next_free = free_;
        free_ = slot;
    }
    [[nodiscard]] TransferGroup& operator[](std::uint32_t slot) { return groups_[slot]; }
    [[nodiscard]] const TransferGroup& operator[](std::uint32_t slot) const { return groups_[slot]; }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.free_);
        image.prefix(self.groups_, self.used_, 1);
    }

  private:
    std::span<TransferGroup> groups_;  // from 1
    std::uint32_t used_ = 0;
    std::uint32_t free_ = 0;
};

}  // namespace dcx::core
