#include "core/ledger/ledger.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "core/ledger/transfer_ids.h"

using namespace dcx;
using namespace dcx::core;

TEST_CASE("fees: charged piece by piece they are the fee of the whole, rounded up once") {
    Random random(7);
    for (int order = 0; order < 2'000; ++order) {
        std::uint32_t prepaid = 0;
        int128 due = 0;
        int128 charged = 0;
        for (int fill = 0; fill < 20; ++fill) {
            const FeeRate rate{static_cast<std::int32_t>(random.below(kFeeRateOne + 1))};
            const auto received =
                static_cast<std::int64_t>(1 + random.below(std::uint64_t{1} << (1 + random.below(62))));
            const Amount fee = charge_fee(rate, received, prepaid);
            due += wide_mul(rate.value, received);
            charged += fee.value;
            REQUIRE(fee.value >= 0);
            REQUIRE(fee.value <= received);
            REQUIRE(charged == (due + kFeeRateOne - 1) / kFeeRateOne);
        }
    }
}

TEST_CASE("transfer ids: the longest remembered goes first and the floor never falls") {
    HeapMemory memory;
    TransferIds ids(memory, 3);
    const auto request = [](std::uint64_t ms) {
        return MoneyRequest{.id = make_transfer_id(ms, 1, 1), .scope = AccountId{3u}};
    };
    for (const std::uint64_t ms : {50u, 10u, 30u}) ids.remember(request(ms));
    CHECK(ids.floor() == TransferId{});
    ids.remember(request(60));  // drops 50, though 10 is older
    CHECK(ids.floor() == request(50).id);
    CHECK(ids.find(AccountId{3u}, request(50).id) == nullptr);
    CHECK(ids.find(AccountId{3u}, request(10).id) != nullptr);
    CHECK(ids.find(AccountId{4u}, request(10).id) == nullptr);
    ids.remember(request(70));  // drops 10: the floor stays
    CHECK(ids.floor() == request(50).id);
    CHECK(ids.count() == 3);
}
