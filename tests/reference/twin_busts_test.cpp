// Trades that the twin takes back, by cases worked out by hand.
#include <doctest/doctest.h>

#include "reference/small_venue.h"

namespace dcx::reference {
namespace {

TEST_CASE("twin, busts: everything goes back, fee and rebate too, and so does today's position") {
    SmallVenue v;
    v.send(SetFees{.instrument = InstrumentId{1u}, .maker_fee = FeeRate{-1000}, .taker_fee = FeeRate{2000}});
    v.placed({.from = kOfBob, .side = Side::sell, .quantity = 10'000, .price = 3});
    v.placed({.quantity = 10'000, .price = 3});  // fee 20 base, rebate 10 base
    v.send(BustTrade{.trade_id = TradeId{std::uint64_t{1}}});
    CHECK(v.command_refused() == RejectReason::dual_control_required);
    CHECK(v.events[0].as<CommandRejected>().reference == 1);
    v.bust(2);
    CHECK(v.command_refused() == RejectReason::unknown_trade);
    v.bust(1);
    const auto busted = body_of<TradeBusted>(v.events[0]);
    CHECK(busted.buyer.value == kAlice);
    CHECK(busted.taker_side == Side::buy);
    REQUIRE(v.events.size() == 4);
    const auto base = body_of<Posted>(v.events[1]);
    CHECK(base.amount.value == 9'980);
    CHECK(base.debit_account.value == kAlice);
    CHECK(base.credit_before.value == kRich - 10'000 + 10);
    CHECK(base.credit_after.value == kRich - 10);
    const auto fee = body_of<Posted>(v.events[2]);
    CHECK(fee.amount.value == 10);
    CHECK(fee.debit_account == kFeeAccount);
    CHECK(fee.debit_after.value == 0);
    CHECK(body_of<Posted>(v.events[3]).amount.value == 30'000);
    for (const std::uint32_t account : {kAlice, kBob})
        for (const std::uint32_t asset : {1u, 2u}) CHECK(v.available(account, asset) == kRich);
    CHECK(v.net(kAlice) == 0);
    CHECK(v.cash(kBob) == 0);
    v.bust(1);
    CHECK(v.command_refused() == RejectReason::already_busted);
    CHECK(v.events[0].as<CommandRejected>().command == CommandKind::bust_trade);
}

TEST_CASE("twin, busts: what a side no longer has comes from the error account, or nothing happens") {
    SmallVenue v;
    v.placed({.from = kOfBob, .side = Side::sell, .quantity = 100});
    v.placed({.quantity = 100});
    v.pay(kAlice, kCarol, 1, kRich + 100 - 30);
    v.bust(1);
    CHECK(v.command_refused() == RejectReason::bust_not_covered);
    v.mint(5, 1, 69);
    v.bust(1);
    CHECK(v.command_refused() == RejectReason::bust_not_covered);
    CHECK(v.available(kAlice, 1) == 30);
    v.mint(5, 1, 1);
    v.bust(1);
    REQUIRE(v.events.size() == 4);
    CHECK(body_of<Posted>(v.events[1]).amount.value == 30);
    CHECK(body_of<Posted>(v.events[2]).amount.value == 70);
    CHECK(body_of<Posted>(v.events[2]).debit_account == kErrorAccount);
    CHECK(v.available(kBob, 1) == kRich);
    CHECK(v.available(5, 1) == 0);
}

TEST_CASE("twin, busts: a quarter of an hour, and the last max_orders trades") {
    SmallVenue v;
    const auto trade = [&] {
        v.placed({.from = kOfBob, .side = Side::sell});
        v.placed({});
    };
    trade();
    v.now += 900 * kSecond;
    trade();
    v.bust(1);
    CHECK(v.command_refused() == RejectReason::none);
    v.now += 900 * kSecond + 1;
    v.bust(2);
    CHECK(v.command_refused() == RejectReason::bust_window_over);
    for (int i = 0; i < 20; ++i) trade();
    v.bust(2);
    CHECK(v.command_refused() == RejectReason::unknown_trade);
    v.bust(3);
    CHECK(v.command_refused() == RejectReason::none);
    // Past midnight a bust leaves the new day alone.
    v.now = kNoon + kDay / 2 - 1;
    trade();
    v.now += 2;
    trade();
    v.bust(23);
    CHECK(v.command_refused() == RejectReason::none);
    CHECK(v.net(kAlice) == 1);
}

}  // namespace
}  // namespace dcx::reference
