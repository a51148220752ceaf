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

TEST_CASE("rebates: rounded down, and never above the fee they come from") {
    CHECK(rebate_of(FeeRate{100}, 1'000'000, Amount{std::int64_t{50}}) == Amount{});
    CHECK(rebate_of(FeeRate{-100}, 19'999, Amount{std::int64_t{50}}) == Amount{std::int64_t{1}});
    CHECK(rebate_of(FeeRate{-100}, 9'999, Amount{std::int64_t{50}}) == Amount{});
    CHECK(rebate_of(FeeRate{-kFeeRateOne}, std::int64_t{1} << 62, Amount{std::int64_t{50}}) ==
          Amount{std::int64_t{50}});
}

TEST_CASE("ledger: a move counts on both sides, also inside one account, and undoing it leaves nothing") {
    HeapMemory memory;
    Ledger ledger(memory, 8, 1);
    const AssetId asset = ledger.list(AssetSymbol("DEC"), 0, Amount{kMaxIssue});
    for (int i = 0; i < 2; ++i) ledger.open(AccountKind::venue);
    const AccountId alice = ledger.open(AccountKind::customer);
    ledger.move(kIssuanceAccount, alice, asset, Amount{std::int64_t{10}});
    ledger.move(alice, alice, asset, Amount{std::int64_t{3}});
    CHECK(ledger.balance(alice, asset).available.value == 10);
    CHECK(ledger.balance(alice, asset).debits == 3);
    CHECK(ledger.balance(alice, asset).credits == 13);
    ledger.undo_move(alice, alice, asset, Amount{std::int64_t{3}});
    CHECK(ledger.balance(alice, asset).credits == 10);
    ledger.undo_move(kIssuanceAccount, alice, asset, Amount{std::int64_t{10}});
    CHECK(ledger.balance(alice, asset).available == Amount{});
    CHECK(ledger.balance(kIssuanceAccount, asset).debits == 0);
}

TEST_CASE("ledger: turnover goes on beyond 64 bits") {
    HeapMemory memory;
    Ledger ledger(memory, 8, 1);
    const AssetId asset = ledger.list(AssetSymbol("DEC"), 0, Amount{kMaxIssue});
    const AccountId issuance = ledger.open(AccountKind::venue);
    const AccountId alice = ledger.open(AccountKind::customer);
    for (int i = 0; i < 8; ++i) {
        ledger.move(issuance, alice, asset, Amount{kMaxIssue});
        ledger.move(alice, issuance, asset, Amount{kMaxIssue});
    }
    CHECK(ledger.balance(alice, asset).debits == uint128{8} * static_cast<std::uint64_t>(kMaxIssue));
    CHECK(ledger.balance(alice, asset).available == Amount{});
}

TEST_CASE("ledger: sub-accounts follow their owner in the order of their ids") {
    HeapMemory memory;
    Ledger ledger(memory, 8, 1);
    const AccountId owner = ledger.open(AccountKind::customer);
    const AccountId first = ledger.open(AccountKind::customer, owner);
    const AccountId other = ledger.open(AccountKind::customer);
    const AccountId second = ledger.open(AccountKind::customer, owner);
    CHECK(ledger.account(owner).first_sub == first);
    CHECK(ledger.account(first).next_sub == second);
    CHECK(!ledger.account(second).next_sub);
    CHECK(ledger.acts_for(owner, second));
    CHECK(!ledger.acts_for(owner, other));
    CHECK(!ledger.acts_for(first, owner));
    CHECK(!ledger.acts_for({}, owner));
}
