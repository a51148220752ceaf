#include "core/custody/withdrawn_today.h"

#include <doctest/doctest.h>

#include <map>

#include "base/random.h"

using namespace dcx;
using namespace dcx::core;

namespace {

Amount withdrawn_amount(std::int64_t amount) { return Amount{amount}; }

}  // namespace

TEST_CASE("withdrawn today: as a map that is emptied at each day's turn") {
    constexpr std::uint32_t pairs = 7;
    HeapMemory memory;
    WithdrawnToday withdrawn(memory, pairs);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> expected;
    Random random(3);
    std::uint32_t today = 0;
    int full = 0;
    for (int step = 0; step < 20'000; ++step) {
        if (random.chance(2)) {
            today += static_cast<std::uint32_t>(random.between(1, 3));
            expected.clear();
        }
        const AccountId account{static_cast<std::uint32_t>(random.between(6, 9))};
        const AssetId asset{static_cast<std::uint32_t>(random.between(1, 3))};
        const std::pair key{account.value, asset.value};
        const bool known = expected.count(key) != 0;
        REQUIRE(withdrawn.has_room(account, asset, today) == (known || expected.size() < pairs));
        if (!withdrawn.has_room(account, asset, today)) {
            ++full;
            continue;
        }
        const std::int64_t amount = random.between(1, 1'000);
        withdrawn.add(account, asset, today, withdrawn_amount(amount));
        expected[key] += amount;
        std::size_t told = 0;
        withdrawn.for_each(today, [&](const WithdrawnSum& sum) {
            ++told;
            REQUIRE(sum.amount.value == expected[{sum.account.value, sum.asset.value}]);
        });
        REQUIRE(told == expected.size());
        for (const auto& [of, sum] : expected)
            REQUIRE(withdrawn.of(AccountId{of.first}, AssetId{of.second}, today).value == sum);
        REQUIRE(withdrawn.of(account, asset, today + 1) == Amount{});
    }
    CHECK(full > 100);
}

TEST_CASE("withdrawn today: the sum stops at the largest there is") {
    HeapMemory memory;
    WithdrawnToday withdrawn(memory, 1);
    for (int i = 0; i < 5; ++i) withdrawn.add(AccountId{6u}, AssetId{1u}, 4, withdrawn_amount(kMaxIssue));
    CHECK(withdrawn.of(AccountId{6u}, AssetId{1u}, 4).value == std::numeric_limits<std::int64_t>::max());
}
