#include "core/ledger/pending_transfers.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/random.h"

using namespace dcx;
using namespace dcx::core;

TEST_CASE("pending transfers: found by scope and id, told in the order in which they were pended, slots used again") {
    constexpr std::uint32_t capacity = 16;
    HeapMemory memory;
    PendingTransfers pending(memory, capacity);
    struct Known {
        TransferId id;
        AccountId scope;
        std::uint64_t number;
    };
    std::vector<Known> expected;  // oldest first
    Random random(5);
    std::uint64_t numbers = 0;
    for (int step = 0; step < 5'000; ++step) {
        if (random.chance(55) && pending.has_room()) {
            // The same id in two scopes is two transfers.
            const TransferId id = make_transfer_id(1'000 + numbers / 2, 1, 4);
            const AccountId scope{static_cast<std::uint32_t>(6 + numbers % 2)};
            const std::uint32_t slot = pending.add({.id = id, .amount = Amount{std::int64_t{1}}, .scope = scope});
            REQUIRE(slot >= 1);
            REQUIRE(slot <= capacity);
            expected.push_back({id, scope, ++numbers});
        } else if (!expected.empty()) {
            const auto at = static_cast<std::size_t>(random.below(expected.size()));
            const std::uint32_t slot = pending.find(expected[at].scope, expected[at].id);
            REQUIRE(slot != 0);
            pending.remove(slot);
            REQUIRE(pending.find(expected[at].scope, expected[at].id) == 0);
            expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at));
        }
        std::uint32_t slot = pending.first();
        for (const Known& known : expected) {
            REQUIRE(pending[slot].number == known.number);
            REQUIRE(pending.find(known.scope, known.id) == slot);
            slot = pending[slot].next;
        }
        REQUIRE(slot == 0);
        REQUIRE(pending.count() == expected.size());
        REQUIRE(pending.has_room() == (expected.size() < capacity));
    }
    REQUIRE(numbers > 1'000);
}
