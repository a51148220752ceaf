#include "core/custody/allowed_addresses.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/random.h"

using namespace dcx;
using namespace dcx::core;

TEST_CASE("allowed addresses: a list for each account in the order in which they were allowed, slots used again") {
    constexpr std::uint32_t capacity = 80;
    HeapMemory memory;
    AllowedAddresses allowed(memory, capacity);
    std::array<Account, 3> accounts{};
    std::array<std::vector<std::uint8_t>, 3> expected;
    std::uint32_t all = 0;
    Random random(5);
    const auto address = [](std::uint8_t number) {
        ChainAddress result{.kind = AddressKind::dec};
        result.hash[19] = std::byte{number};
        return result;
    };
    int full = 0;
    for (int step = 0; step < 10'000; ++step) {
        const auto of = static_cast<std::size_t>(random.below(accounts.size()));
        auto& list = expected[of];
        const auto number = static_cast<std::uint8_t>(random.below(100));
        const auto found = std::find(list.begin(), list.end(), number);
        const std::uint32_t slot = allowed.find(accounts[of], address(number));
        REQUIRE((slot != 0) == (found != list.end()));
        REQUIRE(allowed.has_room(accounts[of]) == (list.size() < kMaxAllowedAddresses && all < capacity));
        if (slot != 0 && random.chance(70)) {
            allowed.remove(accounts[of], slot);
            list.erase(found);
            --all;
        } else if (slot == 0 && allowed.has_room(accounts[of])) {
            allowed.add(accounts[of], address(number), Time{std::int64_t{step}});
            list.push_back(number);
            ++all;
        } else {
            ++full;
        }
        REQUIRE(allowed.count() == all);
        std::uint32_t at = accounts[of].first_allowed;
        for (const std::uint8_t listed : list) {
            REQUIRE(allowed[at].address == address(listed));
            at = allowed[at].next;
        }
        REQUIRE(at == 0);
    }
    CHECK(full > 100);
}
