// What the twin does by time alone, and its kill switches, by cases worked out by hand.
#include <doctest/doctest.h>

#include "reference/small_venue.h"

namespace dcx::reference {
namespace {

TEST_CASE("twin, expiry: GTD at its time, DAY at the end of its market's day, by ticks alone") {
    SmallVenue v;
    SetMarketLimits limits = v.market_limits();
    limits.day_end_s = 12 * 3600;
    v.send(limits);
    CHECK(v.refused({.tif = TimeInForce::gtd, .expire_at = v.now}) == RejectReason::expire_time_out_of_range);
    CHECK(v.refused({.tif = TimeInForce::day, .expire_at = v.now + 1}) == RejectReason::expire_time_out_of_range);
    const std::uint64_t gtd =
        v.placed({.tif = TimeInForce::gtd, .flags = kOrderPostOnly, .expire_at = v.now + kSecond});
    // The day ends right now, so it is tomorrow's end.
    v.place({.tif = TimeInForce::day});
    CHECK(body_of<OrderAccepted>(v.events[0]).expire_at.value == kNoon + kDay);
    const std::uint64_t day = v.events[0].as<OrderAccepted>().order_id.value;
    v.now -= 1;  // log time does not go back
    v.place({.tif = TimeInForce::day, .instrument = 2});
    CHECK(body_of<OrderAccepted>(v.events[0]).expire_at.value == kNoon + kDay / 2);
    v.now = kNoon + kSecond - 1;
    CHECK(v.tick().done == 0);
    v.now += 1;
    // Due, but no tick yet: it still trades.
    v.placed({.from = kOfBob, .side = Side::sell, .quantity = 1});
    CHECK(body_of<TradeExecuted>(v.events[1]).maker_order_id.value == gtd);
    CHECK(v.amend_refused(day, 3, 99) == RejectReason::none);
    CHECK(v.tick().done == 0);
    v.now = kNoon + kDay;
    const Ticked ticked = v.tick();
    CHECK(ticked.done == 2);
    CHECK(ticked.complete == 1);
    CHECK(v.canceled(CancelReason::expired) == std::vector<std::uint64_t>{day + 1, day});
    CHECK(v.events[0].header.session.value == kOfAlice);
    CHECK(v.events.back().header.session.value == 0);
    // One that never rests has a time and no deadline.
    v.place({.tif = TimeInForce::ioc});
    CHECK(body_of<OrderAccepted>(v.events[0]).expire_at.value == 0);
    CHECK(!v.twin.next_deadline());
}

TEST_CASE("twin, kill switch: an account's orders at once as far as a command goes, the rest by ticks") {
    SmallVenue v(2);
    for (int i = 0; i < 5; ++i) v.placed({.from = i % 2 == 0 ? kOfAlice : kOfAliceToo, .price = 100 + i});
    v.placed({.from = kOfBob});
    v.send(SetKillSwitch{.reference = 77, .account = AccountId{kAlice}, .on = 1});
    CHECK(v.canceled(CancelReason::kill_switch) == std::vector<std::uint64_t>{1, 2});
    CHECK(v.events[1].header.session.value == kOfAliceToo);
    const auto set = body_of<KillSwitchSet>(v.events[2]);
    CHECK(set.reference == 77);
    CHECK(set.canceled == 2);
    CHECK(set.complete == 0);
    CHECK(v.refused({}) == RejectReason::account_killed);
    CHECK(v.amend_refused(5, 2, 100) == RejectReason::account_killed);
    Ticked ticked = v.tick();
    CHECK(v.canceled(CancelReason::kill_switch) == std::vector<std::uint64_t>{3, 4});
    CHECK(ticked.done == 2);
    CHECK(ticked.complete == 0);
    // The last order and the end of the sweep.
    ticked = v.tick();
    CHECK(v.canceled(CancelReason::kill_switch) == std::vector<std::uint64_t>{5});
    CHECK(ticked.done == 2);
    CHECK(ticked.complete == 1);
    CHECK(v.tick().done == 0);
    CHECK(v.refused({}) == RejectReason::account_killed);
    v.send(SetKillSwitch{.account = AccountId{kAlice}});
    CHECK(body_of<KillSwitchSet>(v.events[0]).complete == 1);
    CHECK(v.refused({}) == RejectReason::none);
}

TEST_CASE("twin, kill switch: a market from its best prices, the venue market by market") {
    SmallVenue v;
    const std::uint64_t low = v.placed({.price = 90});
    const std::uint64_t high = v.placed({.price = 95});
    const std::uint64_t high_too = v.placed({.from = kOfBob, .price = 95});
    const std::uint64_t dear = v.placed({.from = kOfBob, .side = Side::sell, .price = 120});
    const std::uint64_t cheap = v.placed({.side = Side::sell, .price = 110});
    const std::uint64_t other = v.placed({.instrument = 2});
    CHECK(v.amend_refused(high, 2, 95) == RejectReason::none);  // behind the other one now
    v.send(SetKillSwitch{.instrument = InstrumentId{1u}, .on = 1});
    CHECK(v.canceled(CancelReason::kill_switch) == std::vector<std::uint64_t>{high_too, high, low, cheap, dear});
    CHECK(v.refused({}) == RejectReason::market_killed);
    v.send(SetKillSwitch{.instrument = InstrumentId{1u}});
    const std::uint64_t late = v.placed({});
    v.send(SetKillSwitch{.on = 1});
    CHECK(v.canceled(CancelReason::kill_switch) == std::vector<std::uint64_t>{late, other});
    v.send(SetKillSwitch{.account = AccountId{kAlice}, .instrument = InstrumentId{1u}, .on = 1});
    CHECK(v.command_refused() == RejectReason::malformed_field);
    v.send(SetKillSwitch{.account = AccountId{2u}, .on = 1});
    CHECK(v.command_refused() == RejectReason::unknown_account);
    v.send(SetKillSwitch{.instrument = InstrumentId{3u}, .on = 1});
    CHECK(v.command_refused() == RejectReason::unknown_instrument);
}

TEST_CASE("twin, kill switch: a sweep that lost its orders to others still ends, switched off there is none") {
    SmallVenue v(1);
    v.placed({});
    v.placed({});
    v.send(SetKillSwitch{.account = AccountId{kAlice}, .on = 1});
    CHECK(v.twin.next_deadline()->kind == 6);
    v.send(MassCancel{.cl_ord_id = ClOrdId{++v.number}, .account = AccountId{kAlice}}, kOfAlice);
    Ticked ticked = v.tick();
    CHECK(ticked.done == 1);
    CHECK(ticked.complete == 1);
    CHECK(v.events.size() == 1);
    v.send(SetKillSwitch{.account = AccountId{kAlice}});
    v.placed({});
    v.placed({});
    v.send(SetKillSwitch{.on = 1});
    CHECK(v.twin.next_deadline()->kind == 8);
    v.send(SetKillSwitch{});
    CHECK(!v.twin.next_deadline());
    CHECK(v.tick().done == 0);
    CHECK(v.twin.open_orders() == 1);
}

TEST_CASE("twin, dead man: armed anew it waits anew, it takes its scope with it") {
    SmallVenue v;
    const auto arm = [&](std::uint32_t ms, CancelScope scope) {
        v.send(SetDeadMan{.reference = 5, .timeout_ms = ms, .cancel_orders = scope}, kOfAlice);
        return v.command_refused();
    };
    CHECK(arm(99, CancelScope::session) == RejectReason::timeout_out_of_range);
    CHECK(arm(3'600'001, CancelScope::session) == RejectReason::timeout_out_of_range);
    CHECK(arm(100, CancelScope::none) == RejectReason::malformed_field);
    CHECK(arm(0, CancelScope::session) == RejectReason::malformed_field);
    CHECK(arm(100, CancelScope{3}) == RejectReason::malformed_field);
    CHECK(arm(100, CancelScope::session) == RejectReason::none);
    CHECK(body_of<DeadManSet>(v.events[0]).deadline.value == kNoon + 100 * kMs);
    const std::uint64_t mine = v.placed({});
    const std::uint64_t desk = v.placed({.account = kAlicesDesk});
    const std::uint64_t mine_too = v.placed({});
    const std::uint64_t others = v.placed({.from = kOfAliceToo});
    v.now += 90 * kMs;
    CHECK(arm(100, CancelScope::session) == RejectReason::none);
    v.now += 99 * kMs;
    CHECK(v.tick().done == 0);
    v.now += 1 * kMs;
    // Of the own account first, then of the sub-account, then the end.
    CHECK(v.tick().done == 4);
    CHECK(v.canceled(CancelReason::dead_man) == std::vector<std::uint64_t>{mine, mine_too, desk});
    CHECK(!v.twin.next_deadline());
    // The scope account: its own, of whatever session, and no sub-account's.
    const std::uint64_t desk_too = v.placed({.account = kAlicesDesk});
    CHECK(arm(100, CancelScope::account) == RejectReason::none);
    v.now += kSecond;
    CHECK(v.tick().done == 2);
    CHECK(v.canceled(CancelReason::dead_man) == std::vector<std::uint64_t>{others});
    CHECK(v.twin.open_orders() == 1);
    CHECK(v.twin.queue(InstrumentId{1u}, Side::buy)[0]->id.value == desk_too);
    CHECK(arm(100, CancelScope::account) == RejectReason::none);
    CHECK(arm(0, CancelScope::none) == RejectReason::none);
    CHECK(body_of<DeadManSet>(v.events[0]).deadline.value == 0);
    CHECK(!v.twin.next_deadline());
}

TEST_CASE("twin, disconnect: orders go after the grace, unless the session is back") {
    SmallVenue v;
    const auto establish = [&](std::uint32_t grace, CancelScope scope) {
        v.send(EstablishSession{.grace_ms = grace, .cancel_orders = scope}, kOfAlice);
        return v.command_refused();
    };
    v.placed({});
    v.send(DisconnectSession{}, kOfAlice);
    CHECK(!v.twin.next_deadline());
    CHECK(establish(1, CancelScope::none) == RejectReason::malformed_field);
    CHECK(establish(3'600'001, CancelScope::session) == RejectReason::malformed_field);
    CHECK(establish(0, CancelScope{3}) == RejectReason::malformed_field);
    CHECK(establish(500, CancelScope::session) == RejectReason::none);
    v.send(DisconnectSession{}, kOfAlice);
    CHECK(v.twin.next_deadline()->time.value == kNoon + 500 * kMs);
    v.now += 600 * kMs;
    // Late, but back before the tick.
    CHECK(establish(0, CancelScope::account) == RejectReason::none);
    CHECK(v.tick().done == 0);
    v.send(StartEpoch{.epoch = 2}, 0);
    CHECK(v.twin.next_deadline()->kind == 4);
    CHECK(v.tick().done == 2);
    CHECK(v.canceled(CancelReason::disconnect).size() == 1);
    // The scope is that of the session's last establishment: the second epoch finds it closed.
    v.send(StartEpoch{.epoch = 3}, 0);
    CHECK(!v.twin.next_deadline());
}

TEST_CASE("twin, handover: sessions that end until the next epoch has begun get its grace at least") {
    SmallVenue v;
    v.placed({});
    const auto connect = [&](std::uint32_t grace_ms) {
        v.send(EstablishSession{.grace_ms = grace_ms, .cancel_orders = CancelScope::session}, kOfAlice);
    };
    const auto deadline = [&] { return (v.twin.next_deadline()->time.value - v.now) / kMs; };
    v.send(DisconnectSession{}, kOfAlice);
    CHECK(!v.twin.next_deadline());
    connect(500);
    v.send(Handover{.grace_ms = 2'000}, 0);
    CHECK(body_of<HandoverLogged>(v.events[0]).grace_ms == 2'000);
    v.send(DisconnectSession{}, kOfAlice);
    CHECK(deadline() == 2'000);
    connect(5'000);
    v.send(DisconnectSession{}, kOfAlice);
    CHECK(deadline() == 5'000);
    connect(500);
    v.send(StartEpoch{.epoch = 2}, 0);
    CHECK(deadline() == 2'000);
    connect(500);
    v.send(DisconnectSession{}, kOfAlice);
    CHECK(deadline() == 500);
    v.send(Handover{.grace_ms = kMaxGraceMs + 1}, 0);
    CHECK(v.command_refused() == RejectReason::malformed_field);
    v.send(Handover{.grace_ms = 1, .zero = 1}, 0);
    CHECK(v.command_refused() == RejectReason::malformed_field);
}

TEST_CASE("twin, ticks: by time, then by kind, then by id") {
    SmallVenue v(3);
    const std::uint64_t late = v.placed({.tif = TimeInForce::gtd, .expire_at = v.now + 100 * kMs});
    const std::uint64_t soon = v.placed({.from = kOfBob, .tif = TimeInForce::gtd, .expire_at = v.now + 50 * kMs});
    v.send(SetDeadMan{.timeout_ms = 100, .cancel_orders = CancelScope::session}, kOfAliceToo);
    const std::uint64_t kept = v.placed({.from = kOfAliceToo});
    const std::uint64_t twin_of_late = v.placed({.tif = TimeInForce::gtd, .expire_at = v.now + 100 * kMs});
    v.now += kSecond;
    Ticked ticked = v.tick();
    CHECK(v.canceled(CancelReason::expired) == std::vector<std::uint64_t>{soon, late, twin_of_late});
    CHECK(ticked.done == 3);
    CHECK(ticked.complete == 0);
    ticked = v.tick();
    CHECK(v.canceled(CancelReason::dead_man) == std::vector<std::uint64_t>{kept});
    CHECK(ticked.done == 2);
    CHECK(ticked.complete == 1);
    CHECK(v.tick().complete == 1);
}

TEST_CASE("twin, kill switch: on once more it sweeps once more, and has no deadline when nothing is left") {
    SmallVenue v(1);
    v.placed({});
    v.placed({});
    v.send(SetKillSwitch{.account = AccountId{kAlice}, .on = 1});
    CHECK(body_of<KillSwitchSet>(v.events.back()).complete == 0);
    v.send(SetKillSwitch{.account = AccountId{kAlice}, .on = 1});
    CHECK(body_of<KillSwitchSet>(v.events.back()).canceled == 1);
    CHECK(body_of<KillSwitchSet>(v.events.back()).complete == 1);
    CHECK(!v.twin.next_deadline());
}

TEST_CASE("twin, ticks: a dead man whose units ran out goes on with the next tick, one armed anew waits") {
    SmallVenue v(2);
    for (int i = 0; i < 3; ++i) v.placed({});
    v.send(SetDeadMan{.timeout_ms = 100, .cancel_orders = CancelScope::account}, kOfAlice);
    v.now += kSecond;
    CHECK(v.tick().complete == 0);
    CHECK(v.twin.open_orders() == 1);
    v.send(SetDeadMan{.timeout_ms = 100, .cancel_orders = CancelScope::account}, kOfAlice);
    CHECK(v.tick().done == 0);
    v.now += kSecond;
    CHECK(v.tick().done == 2);
    // Of an operator it has nothing to cancel.
    v.send(SetDeadMan{.timeout_ms = 100, .cancel_orders = CancelScope::session}, kOp);
    v.now += kSecond;
    CHECK(v.tick().done == 1);
    CHECK(v.events.size() == 1);
}

TEST_CASE("what would come after the end of time comes at its end") {
    SmallVenue v;
    v.now = kNever.value - kSecond;
    v.send(SetDeadMan{.timeout_ms = 5'000, .cancel_orders = CancelScope::session}, kOfAlice);
    CHECK(body_of<DeadManSet>(v.events[0]).deadline == kNever);
    v.send(Propose{.proposed = CommandKind::revoke_key, .lifetime_s = 60});
    CHECK(body_of<CommandProposed>(v.events[0]).expires == kNever);
    v.send(SetMarketLimits{v.market_limits()});
    v.place({.tif = TimeInForce::day});
    CHECK(body_of<OrderAccepted>(v.events[0]).expire_at == kNever);
}

}  // namespace
}  // namespace dcx::reference
