"""The life of orders through a real venue, in real time: every status, average prices, expiry, dead-man switch, cancel on
disconnect, drop copies, kill switches and what can be asked, over a new start too."""

import struct
import time

from order_entry import (AMEND, BUY, CANCEL, COPY, EV_DEAD_MAN_SET, EV_KILL_SWITCH_SET, GTC, GTD, IOC, LIMIT, MARKET, PLACE,
                         REPORT, SCOPE_ACCOUNT, SCOPE_SESSION, SELL, SET_DEAD_MAN, SET_KILL_SWITCH, Key, Session, Terminated,
                         amend_block, cancel_block, dead_man_block, place_block)
from tools_test import Tools
from venue import Venue

ACCEPTED, REJECTED, TRADE, CANCELED, REPLACED, RESTATED, EXPIRED, STATUS = range(1, 9)
NEW, PARTIAL, FILLED, DEAD, REFUSED, OVER = range(1, 7)
REQUESTED, EXPIRY, KILL_SWITCH, DEAD_MAN, DISCONNECT, BUDGET_SPENT = 1, 7, 8, 9, 10, 11
UNKNOWN_ORDER, EXPIRE_TIME, COLLAR, VENUE_KILLED, NOT_YOUR_ACCOUNT = 49, 81, 51, 80, 7
DEC, USD, FUNDS = 1, 2, 10**14
SECOND = 10**9


class Trader(Session):
    def place(self, side, price, quantity, tif=GTC, expect=ACCEPTED, **more):
        number = self.next_cl_ord_id()
        self.send(PLACE, place_block(number, price, quantity, self.key.account, 1, side, more.pop("order_type", LIMIT), tif,
                                     **more))
        told = self.execution()
        assert told.exec_type == expect and told.cl_ord_id == number, told
        return told


def check_statuses(alice, bob):
    account = alice.account
    order = alice.place(SELL, 12_500, 1000_000)
    assert (order.ord_status, order.cum_notional, order.time_in_force, order.type) == (NEW, 0, GTC, LIMIT), order
    at = alice.order_status(account, order.order_id)
    assert (at.exec_type, at.ord_status, at.leaves_qty, at.price) == (STATUS, NEW, 1000_000, 12_500), at

    bob.place(BUY, 12_600, 300_000, IOC)
    taker = bob.execution()
    assert (taker.ord_status, taker.cum_notional, taker.price) == (FILLED, 12_500 * 300_000, 12_600), taker
    maker = alice.execution()
    assert (maker.ord_status, maker.cum_qty, maker.cum_notional) == (PARTIAL, 300_000, 12_500 * 300_000), maker
    # Another price: the average is what was paid by what was filled, exactly.
    alice.send(AMEND, amend_block(alice.next_cl_ord_id(), account, 12_400, 1000_000, order_id=order.order_id))
    replaced = alice.execution()
    assert (replaced.exec_type, replaced.ord_status, replaced.cum_notional) == (REPLACED, PARTIAL, 12_500 * 300_000), replaced
    bob.place(BUY, 12_600, 200_000, IOC)
    bob.execution()
    maker = alice.execution()
    average = 12_500 * 300_000 + 12_400 * 200_000
    assert (maker.cum_qty, maker.cum_notional) == (500_000, average), maker
    by_number = alice.order_status(account, cl_ord_id=replaced.cl_ord_id)
    assert by_number.order_id == order.order_id and by_number.cum_notional == average, by_number
    assert alice.order_status(account, cl_ord_id=order.cl_ord_id) == UNKNOWN_ORDER
    assert [o.order_id for o in alice.open_orders(account)] == [order.order_id]
    assert alice.open_orders(account, 2) == []
    return order.order_id, average


def check_after_a_start(alice, bob, order_id, average):
    """What had been traded before the start counts."""
    at = alice.order_status(alice.account, order_id)
    assert (at.ord_status, at.cum_qty, at.cum_notional, at.leaves_qty) == (PARTIAL, 500_000, average, 500_000), at
    bob.place(BUY, 12_600, 500_000, IOC)
    bob.execution()
    maker = alice.execution()
    assert (maker.ord_status, maker.cum_notional) == (FILLED, average + 12_400 * 500_000), maker
    done = alice.order_history(alice.account)
    assert [(o.order_id, o.ord_status, o.cum_notional) for o in done] == [(order_id, FILLED, maker.cum_notional)], done
    assert alice.order_status(alice.account, order_id).ord_status == FILLED
    order = alice.place(SELL, 12_500, 500_000)
    alice.send(CANCEL, cancel_block(alice.next_cl_ord_id(), alice.account, order_id=order.order_id))
    canceled = alice.execution()
    assert (canceled.exec_type, canceled.ord_status, canceled.cancel_reason) == (CANCELED, DEAD, REQUESTED), canceled
    assert [o.ord_status for o in alice.order_history(alice.account, 1)] == [DEAD]


def check_expiry(alice):
    refused = alice.place(SELL, 12_500, 500_000, GTD, REJECTED, expire_at=time.time_ns() - SECOND)
    assert refused.reject_reason == EXPIRE_TIME and refused.ord_status == REFUSED, refused
    at = time.time_ns() + SECOND
    order = alice.place(SELL, 12_500, 500_000, GTD, expire_at=at)
    assert order.expire_at == at and order.time_in_force == GTD, order
    told = alice.execution()
    late = time.time_ns() - at
    assert 0 <= late < SECOND, late
    assert (told.exec_type, told.ord_status, told.cancel_reason) == (EXPIRED, OVER, EXPIRY), told
    assert (told.order_id, told.leaves_qty, told.expire_at) == (order.order_id, 0, at), told
    assert alice.order_status(alice.account, order.order_id).ord_status == OVER
    assert alice.balances(alice.account)[DEC][1] == 0


def check_budget_and_collar(alice, bob):
    alice.place(SELL, 12_500, 1000_000)
    # The budget buys 79 of the 100 DEC and not one lot more.
    bob.place(BUY, 12_600, 1000_000, IOC, order_type=MARKET, budget=12_500 * 790_000 + 1)
    filled, rest = bob.execution(), bob.execution()
    assert (filled.last_qty, filled.cum_notional) == (790_000, 12_500 * 790_000), filled
    assert (rest.exec_type, rest.cancel_reason, rest.cum_notional) == (CANCELED, BUDGET_SPENT, 12_500 * 790_000), rest
    assert bob.balances(bob.account)[USD][1] == 0
    assert bob.place(BUY, 13_751, 500_000, expect=REJECTED).reject_reason == COLLAR
    alice.execution()
    alice.mass_cancel()


def check_dead_man(alice):
    def arm(timeout_ms, scope=SCOPE_SESSION):
        report = alice.ask(SET_DEAD_MAN, dead_man_block(timeout_ms, scope))
        assert report.template == REPORT + EV_DEAD_MAN_SET, report
        return struct.unpack_from("<QqB", report.body)[1]

    order = alice.place(SELL, 12_500, 500_000)
    first = arm(400)
    time.sleep(0.25)
    assert arm(400) > first  # still alive
    time.sleep(0.25)
    assert alice.order_status(alice.account, order.order_id).ord_status == NEW
    told = alice.execution()
    assert (told.order_id, told.exec_type, told.cancel_reason) == (order.order_id, CANCELED, DEAD_MAN), told
    order = alice.place(SELL, 12_500, 500_000)
    arm(200)
    assert arm(0, 0) == 0
    time.sleep(0.4)
    assert alice.order_status(alice.account, order.order_id).ord_status == NEW
    alice.mass_cancel()


def wait_for(condition, limit=5.0):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def check_disconnect(venue, key, watcher):
    """A session's end takes its orders with it after the grace, unless it is back before."""
    address = venue.ready["order_entry"]
    other = Trader(address, key, client_session=40)
    kept = other.place(SELL, 12_600, 500_000)
    session = Trader(address, key, client_session=41, cancel=SCOPE_SESSION, grace_ms=300)
    order = session.place(SELL, 12_500, 500_000)
    session.close()
    time.sleep(0.15)
    session = Trader(address, key, client_session=41, cancel=SCOPE_SESSION, grace_ms=300)
    time.sleep(0.4)
    assert session.order_status(key.account, order.order_id).ord_status == NEW
    session.close()
    assert watcher.copy().order_id == kept.order_id and watcher.copy().order_id == order.order_id
    told = watcher.copy()
    assert (told.order_id, told.cancel_reason, told.flags & COPY) == (order.order_id, DISCONNECT, COPY), told
    assert [o.order_id for o in other.open_orders(key.account)] == [kept.order_id]
    account = Trader(address, key, client_session=42, cancel=SCOPE_ACCOUNT)
    account.close()
    told = other.execution()
    assert (told.order_id, told.cancel_reason) == (kept.order_id, DISCONNECT), told
    assert watcher.copy().order_id == kept.order_id
    try:
        bad = Trader(address, key, client_session=43, grace_ms=5)
        raise AssertionError(f"a grace without a scope was taken: {bad}")
    except AssertionError as refused:
        assert "reason 1" in str(refused) or "template 103" in str(refused), refused
    other.close()


def check_drop_copies(venue, keys, operator):
    address = venue.ready["order_entry"]
    alice, bob = (Trader(address, key, client_session=50) for key in keys)
    mine, all_of_them = Session(address, keys[0], client_session=51), Session(address, Key.read(venue.operator_key), 52)
    assert mine.drop_copy(keys[1].account) == NOT_YOUR_ACCOUNT and mine.drop_copy(0) == NOT_YOUR_ACCOUNT
    assert mine.drop_copy(keys[0].account) == 0 and all_of_them.drop_copy(0) == 0
    order = alice.place(SELL, 12_500, 500_000)
    bob.place(BUY, 12_500, 500_000, IOC)
    bob.execution(), alice.execution()
    copies = [mine.copy(), mine.copy()]
    assert [(c.order_id, c.exec_type, c.flags & COPY) for c in copies] == [
        (order.order_id, ACCEPTED, COPY), (order.order_id, TRADE, COPY)], copies
    assert copies[0].session == copies[1].session != 0
    assert copies[1]._replace(flags=0).cum_notional == 12_500 * 500_000
    everything = [all_of_them.copy() for _ in range(4)]
    assert [(c.account, c.exec_type) for c in everything] == [
        (keys[0].account, ACCEPTED), (keys[1].account, ACCEPTED), (keys[0].account, TRADE), (keys[1].account, TRADE)]
    assert mine.balances(keys[0].account)
    for session in (alice, bob, mine, all_of_them):
        session.close()


def check_kill_switch(venue, alice, operator, tools):
    orders = [alice.place(SELL, 12_500 + i, 500_000) for i in range(3)]
    report = operator.ask(SET_KILL_SWITCH, struct.pack("<QIIB7x", 9, 0, 1, 1))
    assert report.template == REPORT + EV_KILL_SWITCH_SET and struct.unpack_from("<QIII", report.body)[3] == 3, report
    told = [alice.execution() for _ in range(3)]
    assert {t.order_id for t in told} == {o.order_id for o in orders} and all(t.cancel_reason == KILL_SWITCH for t in told)
    operator.ask(SET_KILL_SWITCH, struct.pack("<QIIB7x", 9, 0, 1, 0))
    assert tools.text("admin kill") == ["venue: killed, 0 orders canceled"]
    assert alice.place(SELL, 12_500, 500_000, expect=REJECTED).reject_reason == VENUE_KILLED
    assert tools.json("admin unkill") == [{"kill": False, "of": "venue", "canceled": 0, "complete": True}]
    alice.place(SELL, 12_500, 500_000)
    alice.mass_cancel()


def check_tools(tools):
    tools.text("ledger open carol")
    tools.text("ledger deposit carol USD 1000")
    order = tools.json("order place carol DEC/USD buy 10 1.2 --expire +1.5")[0]["order_id"]
    assert tools.json(f"order status carol {order}")[0]["status"] == "accepted"
    assert tools.json("order open carol")[-1] == {"orders": 1, "since": 0} or tools.json("order open carol")[-1]["orders"] == 1
    wait_for(lambda: tools.json(f"order status carol {order}")[0]["status"] == "expired")
    history = tools.json("order history carol")
    assert history[0]["reason"] == "expired" and history[-1]["orders"] == 1, history
    tools.refused("order status carol 999999", "unknown_order (49)")
    tools.refused("order place carol DEC/USD buy 10 1.2 --tif gtd", "expire_time_out_of_range (81)")
    tools.refused("order place carol DEC/USD buy 10 1.2 --expire soon", "soon")
    day = tools.json("order place carol DEC/USD buy 10 1.2 --tif day")[0]["order_id"]
    assert tools.json(f"order status carol {day}")[0]["expire_at"] % (86_400 * SECOND) == 0
    bought = tools.json("order place carol DEC/USD buy 100 1.3 --market --budget 20")
    assert bought[0]["report"] == "accepted" and bought[-1]["report"] == "canceled", bought


def log_in(venue, keys):
    return [Trader(venue.ready["order_entry"], key, client_session=30) for key in keys]


def main():
    with Venue(limits=True) as venue:
        venue.start()
        tools = Tools(venue.data)
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=31)
        keys = [operator.funded({DEC: FUNDS, USD: FUNDS}) for _ in range(2)]
        alice, bob = log_in(venue, keys)
        order_id, average = check_statuses(alice, bob)
        venue.kill()
        venue.start()
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=31)
        alice, bob = log_in(venue, keys)
        check_after_a_start(alice, bob, order_id, average)
        check_expiry(alice)
        check_budget_and_collar(alice, bob)
        check_dead_man(alice)
        watcher = Session(venue.ready["order_entry"], keys[1], client_session=32)
        assert watcher.drop_copy(keys[1].account) == 0
        check_disconnect(venue, keys[1], watcher)
        watcher.close()
        check_drop_copies(venue, keys, operator)
        check_kill_switch(venue, alice, operator, tools)
        check_tools(tools)
        assert venue.stop() == 0, venue.log_text()
    print("order life: ok")


if __name__ == "__main__":
    main()
