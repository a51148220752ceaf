// SlotIndex: finds 32-bit slots by a key that lies in the slot's own record. Open addressing with linear probing and
// backward-shift deletion: no tombstones, so old deletions cost nothing. 8 bytes an entry. The caller brings the key's
// hash and the comparison.
//
// The table fits what is in it, not what might come, so that a few live orders stay in the cache. A small one (256 KB,
// a core's own cache) grows when an eighth of it is used, because guessing wrong about a neighbour costs most there; a
// larger one when half is, because cache misses do. Growing doubles it, and every insert from then on moves a few
// entries over, so that no insert waits. All tables up to the largest (at most half full) have their place from the
// start: 32 bytes a slot in all, for a power of two of slots. It does not shrink. One thread, no allocation after
// construction. Hashes are not seeded: keys that somebody chooses to collide make it slow, not wrong.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/checked.h"
#include "base/memory.h"

namespace dcx::core {

// Both numbers in one product of 128 bits, folded: every bit of either moves the low bits, in one multiplication.
[[nodiscard]] constexpr std::uint32_t hash_of(std::uint64_t a, std::uint64_t b = 0) {
    const uint128 z = uint128{a ^ 0x9E3779B97F4A7C15u} * (std::rotl(b, 32) ^ 0xC2B2AE3D27D4EB4Fu);
    return static_cast<std::uint32_t>(z >> 64) ^ static_cast<std::uint32_t>(z);
}

// Of numbers that count up: eight neighbours share a line of the index (its entries have 8 bytes), so that what came
// together lies together.
[[nodiscard]] constexpr std::uint32_t hash_of_count(std::uint64_t number, std::uint64_t of = 0) {
    return (hash_of(number >> 3, of) & ~std::uint32_t{7}) | static_cast<std::uint32_t>(number & 7);
}

class SlotIndex {
  public:
    SlotIndex() = default;
    // For at most `slots` slots at a time.
    SlotIndex(MemorySource& memory, std::uint32_t slots) {
        const std::uint64_t most = std::bit_ceil(std::max<std::uint64_t>(2, std::uint64_t{slots} * 2));
        entries_ = memory.array<Entry>(most * 2);
        now_.size = std::min(most, kFirstSize);
        set_limit();
    }

    // The slot for which equal(slot) holds, 0 when there is none.
    template <class Equal>
    [[nodiscard]] std::uint32_t find(std::uint32_t hash, Equal&& equal) const {
        if (entries_.empty()) return 0;
        const Entry* const entry = find_in(now_, hash, equal);
        if (entry != nullptr) return entry->slot;
        if (!moving()) [[likely]]
            return 0;
        const Entry* const old_entry = find_in(old_, hash, equal);
        return old_entry == nullptr ? 0 : old_entry->slot;
    }
    // The same, and its entry is gone.
    template <class Equal>
    [[nodiscard]] std::uint32_t extract(std::uint32_t hash, Equal&& equal) {
        const Table* table = &now_;
        const Entry* entry = find_in(now_, hash, equal);
        if (entry == nullptr) {
            if (!moving()) [[likely]]
                return 0;
            table = &old_;
            entry = find_in(old_, hash, equal);
            if (entry == nullptr) return 0;
        }
        const std::uint32_t slot = entry->slot;
        erase_at(*table, static_cast<std::uint64_t>(entry - base(*table)));
        --count_;
        return slot;
    }
    void insert(std::uint32_t hash, std::uint32_t slot) {
        if (count_ >= limit_) [[unlikely]]
            moving() ? move_some() : begin_move();
        insert_in(now_, {slot, hash});
        ++count_;
    }
    // The entry of this slot is there.
    void erase(std::uint32_t hash, std::uint32_t slot) {
        const std::uint32_t erased = extract(hash, [slot](std::uint32_t found) { return found == slot; });
        DCX_CHECK(erased == slot);
    }
    // The slot that find() would most likely give, without asking whether it is the one: the first with this hash.
    [[nodiscard]] std::uint32_t likely(std::uint32_t hash) const {
        if (entries_.empty()) return 0;
        const Entry* const entry = find_in(now_, hash, [](std::uint32_t) { return true; });
        return entry == nullptr ? 0 : entry->slot;
    }
    // The line of this hash is wanted soon.
    void prefetch(std::uint32_t hash) const {
        if (entries_.empty()) return;
        __builtin_prefetch(base(now_) + (hash & (now_.size - 1)));
        if (moving()) __builtin_prefetch(base(old_) + (hash & (old_.size - 1)));
    }
    // Entries of the table in use.
    [[nodiscard]] std::uint64_t table_size() const { return now_.size; }

    // Everything in it, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.now_.size, self.old_.size, self.next_, self.left_, self.count_, self.limit_);
        // Each size has its place.
        image.range(self.entries_, self.now_.size, self.now_.size);
        image.range(self.entries_, self.old_.size, self.old_.size);
    }

  private:
    static constexpr std::uint64_t kFirstSize = 1024;
    static constexpr std::uint64_t kMovesPerInsert = 8;
    static constexpr std::uint64_t kSmall = 1u << 15;

    struct Entry {
        std::uint32_t slot{};  // 0: empty
        std::uint32_t hash{};
    };
    // A table of `size` entries, a power of two, lies at entries_[size]: no two sizes overlap.
    struct Table {
        std::uint64_t size = 0;
    };

    [[nodiscard]] Entry* base(Table table) { return entries_.data() + table.size; }
    [[nodiscard]] const Entry* base(Table table) const { return entries_.data() + table.size; }
    [[nodiscard]] bool moving() const { return old_.size != 0; }

    template <class Equal>
    [[nodiscard]] const Entry* find_in(Table table, std::uint32_t hash, Equal&& equal) const {
        const Entry* const entries = base(table);
        const std::uint64_t mask = table.size - 1;
        for (std::uint64_t i = hash & mask;; i = (i + 1) & mask) {
            const Entry entry = entries[i];
            if (entry.slot == 0) return nullptr;
            if (entry.hash == hash && equal(entry.slot)) return entries + i;
        }
    }
    void insert_in(Table table, Entry entry) {
        Entry* const entries = base(table);
        const std::uint64_t mask = table.size - 1;
        std::uint64_t i = entry.hash & mask;
        while (entries[i].slot != 0) i = (i + 1) & mask;
        entries[i] = entry;
    }
    void erase_at(Table table, std::uint64_t hole) {
        Entry* const entries = base(table);
        const std::uint64_t mask = table.size - 1;
        for (std::uint64_t i = (hole + 1) & mask; entries[i].slot != 0; i = (i + 1) & mask) {
            // An entry may move into the hole when its home is not between the hole and itself.
            if (((i - entries[i].hash) & mask) >= ((i - hole) & mask)) {
                entries[hole] = entries[i];
                hole = i;
            }
        }
        entries[hole] = {};
    }
    // Entries from which on an insert has to do with growth: with so many, at any number while entries move, never for
    // the largest table.
    void set_limit() {
        const bool largest = now_.size * 2 >= entries_.size();
        const std::uint64_t full = now_.size <= kSmall ? now_.size / 8 : now_.size / 2;
        limit_ = moving() ? 0 : largest ? ~std::uint64_t{0} : full;
    }
    void begin_move() {
        old_ = now_;
        now_.size *= 2;
        set_limit();
        left_ = old_.size;
        // Begin at an empty entry: no probe sequence crosses it.
        next_ = 0;
        while (base(old_)[next_].slot != 0) ++next_;
        move_some();
    }
    // Moves runs of entries whole, from one empty entry to the next: half a run would hide its other half.
    void move_some() {
        Entry* const entries = base(old_);
        const std::uint64_t mask = old_.size - 1;
        for (std::uint64_t moved = 0; left_ > 0; ++moved, --left_, next_ = (next_ + 1) & mask) {
            Entry& entry = entries[next_];
            if (entry.slot == 0) {
                if (moved >= kMovesPerInsert) return;
                continue;
            }
            insert_in(now_, entry);
            entry = {};
        }
        old_.size = 0;
        set_limit();
    }

    std::span<Entry> entries_;
    Table now_;
    Table old_;               // what is left of the table before, while entries move
    std::uint64_t next_ = 0;  // the old entry to look at next
    std::uint64_t left_ = 0;  // old entries not looked at
    std::uint64_t count_ = 0;
    std::uint64_t limit_ = 0;
};

}  // namespace dcx::core
