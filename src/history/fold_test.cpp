// The fold, table by table: what a venue is made of, orders and trades, from a log made by hand.
#include <doctest/doctest.h>

#include "history/fold_test_folded.h"

namespace dcx::history {
namespace {

TEST_CASE("genesis makes the venue's own accounts and the first key") {
    TestVenue venue;
    venue.found();
    const TestTables tables = folded(venue);
    const auto accounts = tables.rows<AccountRow>();
    REQUIRE(accounts.size() == 7);
    for (std::size_t i = 0; i < 5; ++i) CHECK(accounts[i].kind == AccountKind::venue);
    CHECK(accounts[0].sequence.value == 1);
    CHECK(accounts[5].account_id == kAlice);
    CHECK(accounts[5].kind == AccountKind::customer);
    const auto keys = tables.rows<KeyRow>();
    REQUIRE(keys.size() == 4);
    CHECK(keys[0].person_id.value == 1);
    CHECK(keys[0].permissions == kPermitAll);
    CHECK(keys[1].public_key[0] == std::byte{0xAB});
    CHECK(keys[1].sequence.value == 2);
    CHECK(tables.cursor.venue_id[0] == std::byte{7});
    const auto sessions = tables.rows<SessionRow>();
    REQUIRE(sessions.size() == 3);
    CHECK(sessions[2].account_id == kBob);
    CHECK(sessions[2].key_id.value == 4);
}

TEST_CASE("a session that negotiates again stays as it first was") {
    TestVenue venue;
    venue.found();
    const auto once = folded(venue).rows<SessionRow>();
    venue.command(SessionNegotiated{
        .client_session = 1, .next_incoming = 9, .session = kBobSession, .key = KeyId{4u}, .account = kBob});
    CHECK(folded(venue).rows<SessionRow>() == once);
}

TEST_CASE("listings, phases, limits and fees") {
    TestVenue venue;
    venue.found();
    const auto market = last_in<MarketRow>(folded(venue));
    CHECK(market.symbol.view() == "DEC/USD");
    CHECK(market.min_quantity.value == 1);
    CHECK(market.max_notional.value == kMaxIssue);
    CHECK(folded(venue).rows<MarketFeeRow>().size() == kFeeTiers);
    venue.command(PhaseChanged{.phase = Phase::halted}, kOperator);
    venue.command(
        AssetLimitsSet{
            .mint_ceiling = Amount{5l}, .dual_control_above = Amount{6l}, .asset = kUsd, .transfer_fee = FeeRate{7}},
        kOperator);
    venue.command(FeesSet{.instrument = kDecUsd, .maker_fee = FeeRate{-3}, .taker_fee = FeeRate{4}, .tier = 7},
                  kOperator);
    venue.command(MarketLimitsSet{.min_quantity = Quantity{2l},
                                  .max_quantity = Quantity{3l},
                                  .min_notional = Amount{4l},
                                  .max_notional = Amount{5l},
                                  .reference_price = Price{6l},
                                  .instrument = kDecUsd,
                                  .collar_bp = 7,
                                  .max_orders = 8,
                                  .day_end_s = 9},
                  kOperator);
    const TestTables tables = folded(venue);
    const auto row = last_in<MarketRow>(tables);
    CHECK(row.phase == Phase::halted);
    CHECK(row.min_quantity.value == 2);
    CHECK(row.max_notional.value == 5);
    CHECK(row.reference_price.value == 6);
    CHECK(row.day_end_s == 9);
    CHECK(row.sequence == market.sequence);
    CHECK(last_in<AssetRow>(tables).transfer_fee.value == 7);
    const auto fees = tables.rows<MarketFeeRow>();
    CHECK(fees[6].maker_fee.value == 100);
    CHECK(fees[7].maker_fee.value == -3);
}

TEST_CASE("an account's limits, freezing and kill switch, a key that is revoked") {
    TestVenue venue;
    venue.found();
    venue.command(
        AccountLimitsSet{.account = kBob, .max_open_orders = 1, .orders_per_second = 2, .burst = 3, .fee_tier = 4},
        kOperator);
    venue.command(AccountFrozen{.account = kBob, .frozen = 1}, kOperator);
    venue.command(KillSwitchSet{.account = kBob, .on = 1, .complete = 1}, kOperator);
    venue.command(SelfTradeRuleSet{.account = kBob, .rule = SelfTradeRule::cancel_both}, kBobSession);
    venue.command(KeyRevoked{.key = KeyId{4u}}, kOperator);
    const auto row = last_in<AccountRow>(folded(venue));
    CHECK(row.max_open_orders == 1);
    CHECK(row.burst == 3);
    CHECK(row.fee_tier == 4);
    CHECK(row.frozen);
    CHECK(row.killed);
    CHECK(row.self_trade_rule == SelfTradeRule::cancel_both);
    CHECK(last_in<KeyRow>(folded(venue)).revoked);
    venue.command(KillSwitchSet{.account = kBob, .on = 0, .complete = 1}, kOperator);
    venue.command(KillSwitchSet{.instrument = kDecUsd, .on = 1, .complete = 1}, kOperator);
    venue.command(AccountFrozen{.account = kBob, .frozen = 0}, kOperator);
    CHECK_FALSE(last_in<AccountRow>(folded(venue)).killed);
    CHECK_FALSE(last_in<AccountRow>(folded(venue)).frozen);
}

TEST_CASE("a trade's postings, executions and orders, fees in what was received") {
    TestVenue venue;
    venue.open();
    const OrderId maker = venue.rested(kAlice, Side::sell, 250, 10);
    const OrderId taker = venue.place(kBob, Side::buy, 300, 4);
    venue.fill(maker, taker, 4, 3, 2);
    venue.end();
    const TestTables tables = folded(venue);
    const auto trade = last_in<TradeRow>(tables);
    CHECK(trade.price.value == 250);
    CHECK(trade.quantity.value == 4);
    CHECK(trade.event_index == 1);
    auto postings = tables.rows<LedgerTransferRow>();
    postings.erase(postings.begin(), postings.end() - 4);
    CHECK(postings[0].kind == LedgerKind::trade_base);
    CHECK(postings[0].debit_account == kAlice);
    CHECK(postings[0].credit_account == kBob);
    CHECK(postings[0].amount.value == 4);
    CHECK(postings[0].debit_before.value == 1'000'000);
    CHECK(postings[0].debit_after.value == 999'996);
    CHECK(postings[0].debit_version == 2);
    CHECK(postings[1].kind == LedgerKind::trade_quote);
    CHECK(postings[1].leg == 1);
    CHECK(postings[1].amount.value == 1'000);
    CHECK(postings[1].debit_account == kBob);
    CHECK(postings[2].kind == LedgerKind::trade_fee);
    CHECK(postings[2].asset_id == kUsd);
    CHECK(postings[2].amount.value == 3);
    CHECK(postings[2].reference == trade.trade_id.value);
    CHECK(postings[2].credit_after.value == 3);
    CHECK(postings[3].asset_id == kDec);
    CHECK(postings[3].debit_account == kBob);
    const auto executions = tables.rows<ExecutionRow>();
    REQUIRE(executions.size() == 2);
    CHECK(executions[0].order_id == maker);
    CHECK(executions[0].leaves.value == 6);
    CHECK(executions[0].fee_asset == kUsd);
    CHECK(executions[1].order_id == taker);
    CHECK(executions[1].detail == static_cast<std::uint8_t>(Liquidity::taker));
    CHECK(executions[1].cum.value == 4);
    const auto orders = tables.rows<OrderRow>();
    CHECK(orders[0].status == OrderStatus::open);
    CHECK(orders[0].notional.value == 1'000);
    CHECK(orders[1].status == OrderStatus::filled);
    CHECK(orders[1].price.value == 300);
    CHECK(balance_in(tables, kFeeAccount, kDec).available.value == 2);
    CHECK(tables.oldest_open == maker);
}

TEST_CASE("a maker's rebate comes out of the fee account, in what he pays") {
    TestVenue venue;
    venue.open();
    const OrderId maker = venue.rested(kAlice, Side::sell, 250, 10);
    venue.trade(maker, kBob, 4, -1, 2);
    const TestTables tables = folded(venue);
    const auto executions = tables.rows<ExecutionRow>();
    CHECK(executions[0].fee.value == -1);
    CHECK(executions[0].fee_asset == kDec);
    const auto postings = tables.rows<LedgerTransferRow>();
    // Behind the taker's fee, and by the same event: the fee account is never below zero.
    const auto& fee = postings[postings.size() - 2];
    const auto& rebate = postings.back();
    CHECK(fee.kind == LedgerKind::trade_fee);
    CHECK(fee.credit_after.value == 2);
    CHECK(rebate.kind == LedgerKind::rebate);
    CHECK(rebate.event_index == fee.event_index);
    CHECK(rebate.leg == 1);
    CHECK(rebate.debit_account == kFeeAccount);
    CHECK(rebate.debit_before.value == 2);
    CHECK(rebate.debit_after.value == 1);
    CHECK(rebate.credit_account == kAlice);
    // A rebate is no fee of the statement's.
    for (const auto& day : tables.rows<AccountDayRow>())
        if (day.account_id == kFeeAccount) CHECK(day.fees.value == 0);
}

TEST_CASE("an account that trades with itself is debited first") {
    TestVenue venue;
    venue.open();
    const OrderId maker = venue.rested(kAlice, Side::buy, 100, 5);
    venue.trade(maker, kAlice, 5, 1, 2);
    const TestTables tables = folded(venue);
    const auto postings = tables.rows<LedgerTransferRow>();
    const auto& base = postings[postings.size() - 4];
    CHECK(base.debit_account == kAlice);
    CHECK(base.credit_account == kAlice);
    CHECK(base.debit_after.value == 999'995);
    CHECK(base.credit_before.value == 999'995);
    CHECK(base.credit_after.value == 1'000'000);
    CHECK(base.credit_version == base.debit_version + 1);
    CHECK(balance_in(tables, kAlice, kDec).version == 4);
}

TEST_CASE("canceled, expired, amended and decremented orders") {
    TestVenue venue;
    venue.open();
    const OrderId a = venue.rested(kAlice, Side::sell, 250, 10);
    venue.decrement(a, 3);
    venue.end();
    venue.amend(a, kAliceSession, 250, 5, true);
    venue.end();
    // An operator's or another session's amend leaves the order's own number.
    const ClOrdId own = venue.orders.at(a).as.cl_ord_id;
    venue.amend(a, kBobSession, 260, 9, false);
    venue.rest(a);
    venue.end();
    const OrderId b = venue.rested(kBob, Side::buy, 100, 2);
    venue.cancel(b, CancelReason::expired);
    venue.end();
    TestTables tables = folded(venue);
    auto orders = tables.rows<OrderRow>();
    CHECK(orders[0].cl_ord_id == own);
    CHECK(orders[0].quantity.value == 9);
    CHECK(orders[0].leaves.value == 9);
    CHECK(orders[0].price.value == 260);
    CHECK(orders[1].status == OrderStatus::expired);
    CHECK(orders[1].leaves.value == 0);
    CHECK(orders[1].quantity.value == 2);
    CHECK(tables.oldest_open == a);
    venue.cancel(a);
    venue.end();
    tables = folded(venue);
    orders = tables.rows<OrderRow>();
    CHECK(orders[0].status == OrderStatus::canceled);
    CHECK(orders[0].reason == static_cast<std::uint8_t>(CancelReason::requested));
    CHECK(tables.oldest_open.value == b.value + 1);
    const auto e = tables.rows<ExecutionRow>();
    REQUIRE(e.size() == 5);
    CHECK(e[0].exec_type == ExecType::decremented);
    CHECK(e[0].quantity.value == 3);
    CHECK(e[0].leaves.value == 7);
    CHECK(e[1].exec_type == ExecType::replaced);
    CHECK(e[1].detail == 1);
    CHECK(e[1].quantity.value == 5);
    CHECK(e[2].detail == 0);
    CHECK(e[3].exec_type == ExecType::expired);
    CHECK(e[4].exec_type == ExecType::canceled);
    CHECK(e[4].quantity.value == 9);
    CHECK(e[4].price.value == 260);
}

}  // namespace
}  // namespace dcx::history
