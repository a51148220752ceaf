"""Fill or kill, self-trade rules and mass cancels through a real venue, and a rule that outlives a new start."""

import struct

from order_entry import (BUY, CANCEL_BOTH, CANCEL_MAKER, CANCEL_TAKER, DECREMENT_AND_CANCEL, EV_CANCEL_REJECTED,
                         EV_COMMAND_REJECTED, EV_PHASE_CHANGED, FOK, GTC, IOC, LIMIT, MASS_CANCEL, NONE, PLACE, REPORT, SELL,
                         SET_PHASE, SET_SELF_TRADE_RULE, Key, Session, mass_cancel_block, place_block, self_trade_rule_block)
from venue import Venue

ACCEPTED, TRADE, CANCELED, RESTATED = 1, 3, 4, 6
FOK_UNFILLED, SELF_TRADE, MASS = 4, 5, 6
NOT_YOUR_ACCOUNT, UNKNOWN_INSTRUMENT = 7, 22
FUNDS = 10**14
LOT = 10**4  # minor units of DEC
MARKET, OTHER_MARKET = 1, 4


class Desk:
    """One account with one session, in DEC/USD unless said otherwise."""

    def __init__(self, address, key, client_session=1):
        self.session, self.key = Session(address, key, client_session), key

    def place(self, side, price, quantity, tif=GTC, market=MARKET):
        """The order's id; what follows is heard by tell()."""
        number = self.session.next_cl_ord_id()
        self.session.send(PLACE, place_block(number, price, quantity, self.key.account, market, side, LIMIT, tif))
        accepted = self.session.execution()
        assert accepted.exec_type == ACCEPTED and accepted.cl_ord_id == number, accepted
        return accepted.order_id

    def hear(self, count):
        """(order, exec type, open, filled, cancel reason) of the next reports."""
        told = []
        for _ in range(count):
            e = self.session.execution()
            assert e.order_qty == e.leaves_qty + e.cum_qty or e.exec_type == CANCELED, e
            told.append((e.order_id, e.exec_type, e.leaves_qty, e.cum_qty, e.cancel_reason))
        return told

    def held(self, asset):
        return self.session.balances(self.key.account).get(asset, (0, 0))[1]


def check_fok(alice, bob):
    offers = [alice.place(SELL, price, 100_000) for price in (12_500, 12_510)]
    order = bob.place(BUY, 12_510, 200_001, FOK)
    assert bob.hear(1) == [(order, CANCELED, 0, 0, FOK_UNFILLED)]
    order = bob.place(BUY, 12_500, 150_000, FOK)  # there at a worse price alone
    assert bob.hear(1) == [(order, CANCELED, 0, 0, FOK_UNFILLED)]
    assert bob.held(2) == 0
    order = bob.place(BUY, 12_510, 200_000, FOK)
    assert bob.hear(2) == [(order, TRADE, 100_000, 100_000, 0), (order, TRADE, 0, 200_000, 0)]
    assert alice.hear(2) == [(offers[0], TRADE, 0, 100_000, 0), (offers[1], TRADE, 0, 100_000, 0)]


def check_self_trade(alice, bob):
    def own(rule):
        alice.session.set_self_trade_rule(rule)
        return alice.place(SELL, 12_500, 60_000)

    maker = own(NONE)
    taker = alice.place(BUY, 12_500, 60_000)
    assert alice.hear(2) == [(maker, TRADE, 0, 60_000, 0), (taker, TRADE, 0, 60_000, 0)]

    maker = own(CANCEL_TAKER)
    taker = alice.place(BUY, 12_500, 40_000)
    assert alice.hear(1) == [(taker, CANCELED, 0, 0, SELF_TRADE)]
    assert alice.held(1) == 60_000 * LOT and alice.held(2) == 0

    alice.session.set_self_trade_rule(CANCEL_BOTH)  # of the resting order too
    taker = alice.place(BUY, 12_500, 40_000)
    assert alice.hear(2) == [(maker, CANCELED, 0, 0, SELF_TRADE), (taker, CANCELED, 0, 0, SELF_TRADE)]
    assert alice.held(1) == 0 and alice.held(2) == 0

    # The own order is out of the way, somebody else's is taken, the rest rests.
    maker, other = own(CANCEL_MAKER), bob.place(SELL, 12_500, 50_000)
    taker = alice.place(BUY, 12_500, 110_000)
    assert alice.hear(2) == [(maker, CANCELED, 0, 0, SELF_TRADE), (taker, TRADE, 60_000, 50_000, 0)]
    assert bob.hear(1) == [(other, TRADE, 0, 50_000, 0)]
    assert alice.session.mass_cancel()[1].canceled == 1

    maker, other = own(DECREMENT_AND_CANCEL), bob.place(SELL, 12_500, 50_000)
    taker = alice.place(BUY, 12_500, 40_000)
    assert alice.hear(2) == [(maker, RESTATED, 20_000, 0, 0), (taker, CANCELED, 0, 0, SELF_TRADE)]
    assert alice.held(1) == 20_000 * LOT and alice.held(2) == 0
    taker = alice.place(BUY, 12_500, 80_000, IOC)
    assert alice.hear(4) == [(maker, CANCELED, 0, 0, SELF_TRADE), (taker, RESTATED, 60_000, 0, 0),
                             (taker, TRADE, 10_000, 50_000, 0), (taker, CANCELED, 0, 50_000, 2)]
    assert bob.hear(1) == [(other, TRADE, 0, 50_000, 0)]
    assert alice.held(1) == 0 and alice.held(2) == 0

    # Fill or kill: with an own order in the way it is filled under none and cancel_maker alone.
    maker, other = own(CANCEL_BOTH), bob.place(SELL, 12_500, 60_000)
    for rule in (CANCEL_TAKER, CANCEL_BOTH, DECREMENT_AND_CANCEL):
        alice.session.set_self_trade_rule(rule)
        taker = alice.place(BUY, 12_500, 60_000, FOK)
        assert alice.hear(1) == [(taker, CANCELED, 0, 0, FOK_UNFILLED)], rule
    alice.session.set_self_trade_rule(CANCEL_MAKER)
    taker = alice.place(BUY, 12_500, 60_001, FOK)
    assert alice.hear(1) == [(taker, CANCELED, 0, 0, FOK_UNFILLED)]
    taker = alice.place(BUY, 12_500, 60_000, FOK)
    assert alice.hear(2) == [(maker, CANCELED, 0, 0, SELF_TRADE), (taker, TRADE, 0, 60_000, 0)]
    assert bob.hear(1) == [(other, TRADE, 0, 60_000, 0)]


def check_mass_cancel(alice, again, bob, operator):
    """`again` is another session of alice's."""
    orders = {(desk, side, market): desk.place(side, price, 100_000, market=market)
              for desk in (alice, again) for side, price, market in
              ((BUY, 12_000, MARKET), (SELL, 13_000, MARKET), (SELL, 100_000, OTHER_MARKET))}
    bobs = bob.place(BUY, 12_000, 60_000)

    def canceled(desk, instrument, side):
        told, mass = desk.session.mass_cancel(instrument, side)
        for e in told:
            assert (e.exec_type, e.cancel_reason, e.leaves_qty, e.cl_ord_id) == (CANCELED, MASS, 0, mass.cl_ord_id), e
            assert e.orig_cl_ord_id not in (0, mass.cl_ord_id), e
        assert mass[1:] == (desk.key.account, instrument, len(told), side, 1), mass
        return [e.order_id for e in told]

    def of(*places):
        return sorted(orders[place] for place in places)

    assert canceled(again, OTHER_MARKET, BUY) == []
    assert canceled(again, MARKET, SELL) == of((alice, SELL, MARKET), (again, SELL, MARKET))
    assert operator.ask(SET_PHASE, struct.pack("<IB3x", 0, 2)).template == REPORT + EV_PHASE_CHANGED
    assert canceled(alice, 0, BUY) == of((alice, BUY, MARKET), (again, BUY, MARKET))
    assert operator.ask(SET_PHASE, struct.pack("<IB3x", 0, 1)).template == REPORT + EV_PHASE_CHANGED
    assert canceled(alice, 0, 0) == of((alice, SELL, OTHER_MARKET), (again, SELL, OTHER_MARKET))
    assert canceled(alice, 0, 0) == []
    assert alice.held(1) == 0 and alice.held(2) == 0
    assert canceled(bob, MARKET, BUY) == [bobs]


def check_refusals(alice, bob, operator):
    def refused(session, template, block, event, offset):
        report = session.ask(template, block)
        assert report.template == REPORT + event, report
        return struct.unpack_from("<HH", report.body, offset)

    def mass(instrument=0, side=0, account=alice.key.account):
        block = mass_cancel_block(alice.session.next_cl_ord_id(), account, instrument, side)
        return refused(alice.session, MASS_CANCEL, block, EV_CANCEL_REJECTED, 28)

    assert mass(side=3)[0] == MASS_CANCEL
    assert mass(account=bob.key.account) == (MASS_CANCEL, NOT_YOUR_ACCOUNT)
    assert mass(instrument=77) == (MASS_CANCEL, UNKNOWN_INSTRUMENT)

    def rule(session, account, number):
        return refused(session, SET_SELF_TRADE_RULE, self_trade_rule_block(account, number), EV_COMMAND_REJECTED, 32)

    assert rule(alice.session, alice.key.account, 5)[0] == SET_SELF_TRADE_RULE
    assert rule(alice.session, bob.key.account, NONE) == (SET_SELF_TRADE_RULE, NOT_YOUR_ACCOUNT)
    assert rule(operator, 2, NONE)[0] == SET_SELF_TRADE_RULE
    operator.set_self_trade_rule(CANCEL_TAKER, alice.key.account)


def check_after_start(venue, alice):
    """The rule of the account, and the resting order that it is about, are still there."""
    maker = alice.place(SELL, 12_500, 60_000)
    venue.kill()
    venue.start()
    alice = Desk(venue.ready["order_entry"], alice.key)
    taker = alice.place(BUY, 12_500, 40_000)
    assert alice.hear(1) == [(taker, CANCELED, 0, 0, SELF_TRADE)]
    assert [e.order_id for e in alice.session.mass_cancel()[0]] == [maker]


def main():
    with Venue() as venue:
        address = venue.start().ready["order_entry"]
        operator = Session(address, Key.read(venue.operator_key))
        keys = [operator.funded({1: FUNDS, 2: FUNDS, 3: FUNDS}) for _ in range(2)]
        alice, bob = (Desk(address, key) for key in keys)
        check_fok(alice, bob)
        check_self_trade(alice, bob)
        check_mass_cancel(alice, Desk(address, keys[0], client_session=2), bob, operator)
        check_refusals(alice, bob, operator)
        check_after_start(venue, alice)
        assert venue.stop() == 0, venue.log_text()
        venue.replay()
    print("order rules: ok")


if __name__ == "__main__":
    main()
