// The index beside a std::map, while it grows: hashes that spread and hashes that collide.
#include "core/orders/slot_index.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "base/random.h"

using namespace dcx;
using namespace dcx::core;

namespace {

void run(std::uint64_t seed, std::uint32_t hash_mask, std::uint32_t slots) {
    HeapMemory memory;
    SlotIndex index(memory, slots);
    Random random(seed);
    std::vector<std::uint64_t> keys(slots + 1);  // of a slot; 0: free
    std::map<std::uint64_t, std::uint32_t> expected;
    std::vector<std::uint32_t> free;
    for (std::uint32_t slot = slots; slot > 0; --slot) free.push_back(slot);
    const auto hash = [&](std::uint64_t key) { return hash_of(key) & hash_mask; };
    const auto find = [&](std::uint64_t key) {
        return index.find(hash(key), [&](std::uint32_t slot) { return keys[slot] == key; });
    };
    std::uint64_t size = 0;
    for (std::uint32_t i = 0; i < slots * 6; ++i) {
        // Fills, then half of it goes, then it fills again.
        const bool filling = i / slots % 2 == 0;
        if (!free.empty() && (expected.empty() || random.chance(filling ? 80 : 30))) {
            const std::uint64_t key = random.below(std::uint64_t{1} << 40) + 1;
            if (expected.contains(key)) continue;
            const std::uint32_t slot = free.back();
            free.pop_back();
            keys[slot] = key;
            index.insert(hash(key), slot);
            expected.emplace(key, slot);
        } else {
            auto victim = expected.lower_bound(random.below(std::uint64_t{1} << 40));
            if (victim == expected.end()) victim = expected.begin();
            const auto [key, slot] = *victim;
            if (random.chance(50)) {
                index.erase(hash(key), slot);
            } else {
                REQUIRE(index.extract(hash(key), [&](std::uint32_t s) { return keys[s] == key; }) == slot);
            }
            REQUIRE(find(key) == 0);
            keys[slot] = 0;
            free.push_back(slot);
            expected.erase(victim);
        }
        // All of them whenever the table has just begun to grow, and now and then.
        if (index.table_size() != size || i % 5'000 == 0) {
            size = index.table_size();
            for (const auto& [key, slot] : expected) REQUIRE(find(key) == slot);
        }
        REQUIRE(find(random.below(std::uint64_t{1} << 40) + (std::uint64_t{1} << 41)) == 0);
    }
    CHECK(size >= slots);
}

}  // namespace

TEST_CASE("slot index: finds what is in it and nothing else, while it grows and while it is emptied") {
    run(1, ~0u, 20'000);
    run(2, 0x3FF, 3'000);  // three in four collide
    run(3, ~0u, 1);
    run(4, ~0u, 600);
}

TEST_CASE("slot index: a few entries take a small table, whatever might come") {
    HeapMemory memory;
    SlotIndex index(memory, 1u << 20);
    for (std::uint32_t slot = 1; slot <= 400; ++slot) index.insert(hash_of(slot), slot);
    CHECK(index.table_size() == 4096);
}
