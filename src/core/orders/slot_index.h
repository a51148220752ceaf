// SlotIndex: finds 32-bit slots by a key that lies in the slot's own record. Open addressing with linear probing and
// backward-shift deletion: no tombstones, so it never degrades. 8 bytes an entry, twice as many entries as slots. The
// caller brings the key's hash and the comparison. One thread, no allocation after construction.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/memory.h"

namespace dcx::core {

// A strong mix of 64 bits (the finaliser of MurmurHash3, public domain constants), of which 32 are kept.
[[nodiscard]] constexpr std::uint32_t hash_of(std::uint64_t a, std::uint64_t b = 0) {
    std::uint64_t z = a * 0x9E3779B97F4A7C15u ^ std::rotl(b * 0xC2B2AE3D27D4EB4Fu, 31);
    z = (z ^ (z >> 33)) * 0xFF51AFD7ED558CCDu;
    return static_cast<std::uint32_t>(z >> 32);
}

class SlotIndex {
  public:
    SlotIndex() = default;
    // For at most `slots` slots at a time.
    SlotIndex(MemorySource& memory, std::uint32_t slots)
        : entries_(memory.array<Entry>(std::bit_ceil(std::uint64_t{slots} * 2 + 2))), mask_(entries_.size() - 1) {}

    // The slot for which equal(slot) holds, 0 when there is none.
    template <class Equal>
    [[nodiscard]] std::uint32_t find(std::uint32_t hash, Equal&& equal) const {
        if (entries_.empty()) return 0;
        for (std::uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
            const Entry entry = entries_[i];
            if (entry.slot == 0) return 0;
            if (entry.hash == hash && equal(entry.slot)) return entry.slot;
        }
    }
    void insert(std::uint32_t hash, std::uint32_t slot) {
        std::uint64_t i = hash & mask_;
        while (entries_[i].slot != 0) i = (i + 1) & mask_;
        entries_[i] = {slot, hash};
    }
    // The entry of this slot is there.
    void erase(std::uint32_t hash, std::uint32_t slot) {
        std::uint64_t hole = hash & mask_;
        while (entries_[hole].slot != slot) {
            DCX_CHECK(entries_[hole].slot != 0);
            hole = (hole + 1) & mask_;
        }
        for (std::uint64_t i = (hole + 1) & mask_; entries_[i].slot != 0; i = (i + 1) & mask_) {
            // An entry may move into the hole when its home is not between the hole and itself.
            if (((i - entries_[i].hash) & mask_) >= ((i - hole) & mask_)) {
                entries_[hole] = entries_[i];
                hole = i;
            }
        }
        entries_[hole] = {};
    }

  private:
    struct Entry {
        std::uint32_t slot{};  // 0: empty
        std::uint32_t hash{};
    };
    std::span<Entry> entries_;
    std::uint64_t mask_ = 0;
};

}  // namespace dcx::core
