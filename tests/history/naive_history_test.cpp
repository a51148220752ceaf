// The naive history against the core itself: what can be asked of both is the same. (That its rows contradict no event
// it finds out alone.)
#include <doctest/doctest.h>

#include <limits>
#include <map>

#include "base/memory.h"
#include "core/core.h"
#include "history/naive_history.h"
#include "model/event_writer.h"
#include "reference/command_generator.h"

namespace dcx::naive {
namespace {

using namespace history;

void check_against(const core::Core& core, const Tables& tables) {
    struct Turnover {
        uint128 debits = 0;
        uint128 credits = 0;
    };
    std::map<std::pair<AccountId, AssetId>, Turnover> turnovers;
    for (const LedgerTransferRow& row : tables.ledger_transfers) {
        turnovers[{row.debit_account, row.asset_id}].debits += static_cast<std::uint64_t>(row.amount.value);
        turnovers[{row.credit_account, row.asset_id}].credits += static_cast<std::uint64_t>(row.amount.value);
        REQUIRE(row.amount.value > 0);
        REQUIRE(row.debit_after == row.debit_before - row.amount);
        REQUIRE(row.credit_after == row.credit_before + row.amount);
        // Nobody but the issuance account is ever below zero, also not between two postings of one command.
        if (row.debit_account != kIssuanceAccount) REQUIRE(row.debit_after.value >= 0);
    }
    for (const BalanceRow& row : tables.balances) {
        const core::Core::BalanceView balance = core.balance(row.account_id, row.asset_id);
        const Turnover& turnover = turnovers[{row.account_id, row.asset_id}];
        REQUIRE(balance.available == row.available);
        REQUIRE(balance.held == row.held);
        REQUIRE(balance.debits == turnover.debits);
        REQUIRE(balance.credits == turnover.credits);
    }
    // Nobody has anything who has no row.
    for (const AccountRow& account : tables.accounts)
        for (const AssetRow& asset : tables.assets) {
            if (turnovers.contains({account.account_id, asset.asset_id})) continue;
            REQUIRE(core.balance(account.account_id, asset.asset_id).debits == 0);
            REQUIRE(core.balance(account.account_id, asset.asset_id).credits == 0);
        }
    std::size_t open = 0;
    for (const OrderRow& row : tables.orders) {
        if (row.status != OrderStatus::open) continue;
        ++open;
        REQUIRE(row.quantity >= row.leaves + row.cum);
        REQUIRE(row.leaves.value > 0);
    }
    REQUIRE(open == core.open_orders());
    constexpr std::int64_t saturated = std::numeric_limits<std::int64_t>::max();
    for (const AccountDayRow& row : tables.account_days)
        if (row.credits.value < saturated && row.debits.value < saturated)
            REQUIRE(int128{row.opening.value} + row.credits.value - row.debits.value == row.closing.value);
}

TEST_CASE("the naive history: balances, turnovers and open orders are the core's") {
    for (std::uint64_t seed = 1'001; seed <= 1'012; ++seed) {
        CAPTURE(seed);
        HeapMemory memory;
        core::Core core(memory);
        EventBuffer buffer(1 << 16);
        NaiveHistory history;
        reference::CommandGenerator generator(seed);
        for (int i = 1; i <= 2'000; ++i) {
            const reference::Step step = generator.next();
            buffer.clear();
            core.apply(step.command, buffer.writer());
            REQUIRE(core.max_events_per_command() <= 1 << 16);
            generator.observe(step, buffer.events());
            for (const Event& event : buffer.events()) history.apply(event);
            if (i % 500 == 0) check_against(core, history.tables());
        }
    }
}

}  // namespace
}  // namespace dcx::naive
