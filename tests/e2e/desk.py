"""Two accounts whose orders are the only ones of a market, and the book, the trades and the ticker as they follow from
the accounts' own reports alone: what the public feed must agree with, at every sequence."""

import bisect
import random
import struct

from order_entry import (AMEND, BUY, CANCEL, EV_CANCEL_REJECTED, EV_MASS_CANCELED, EV_SELF_TRADE_RULE_SET, EXECUTION_REPORT,
                         FOK, GTC, IOC, LIMIT, MASS_CANCEL, PLACE, REPORT, SELL, SET_SELF_TRADE_RULE, Key, Session,
                         amend_block, cancel_block, execution_of, mass_cancel_block, place_block, self_trade_rule_block)

ACCEPTED, REJECTED, TRADE, CANCELED, REPLACED, RESTATED = range(1, 7)
MAKER, TAKER = 1, 2
NOBODYS_ORDER = 1 << 62


class Desk:
    def __init__(self, venue, market="DEC/USD", seed=1):
        self.venue, self.market_name, self.random = venue, market, random.Random(seed)
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=2)
        assets, instruments = operator.listings()
        self.market = instruments[market]
        base, quote = (assets[symbol] for symbol in market.split("/"))
        self.keys = [operator.funded({base: 10**15, quote: 10**15}) for _ in range(2)]
        operator.close()
        self.orders, self.owner = {}, {}          # open ones: id -> [side, price, leaves]; id -> 0 or 1
        self.sequences, self.books = [0], [([], [])]  # the book after each command that told us something
        self.trades = []
        self.pending = []
        self.refused = 0
        self.login()

    def login(self):
        self.sessions = [Session(self.venue.ready["order_entry"], key, client_session=5, timeout=30.0) for key in self.keys]

    def logout(self):
        for session in self.sessions:
            session.close()

    # ---- requests, without waiting

    def place(self, who, side, price, quantity, tif=GTC):
        session = self.sessions[who]
        session.send(PLACE, place_block(session.next_cl_ord_id(), price, quantity, self.keys[who].account, self.market, side,
                                        LIMIT, tif))

    def cancel(self, order_id):
        who = self.owner[order_id]
        session = self.sessions[who]
        session.send(CANCEL, cancel_block(session.next_cl_ord_id(), self.keys[who].account, order_id=order_id))

    def amend(self, order_id, price, quantity, replace):
        who = self.owner[order_id]
        session = self.sessions[who]
        session.send(AMEND, amend_block(session.next_cl_ord_id(), self.keys[who].account, price, quantity,
                                        order_id=order_id, replace=replace))

    def mass_cancel(self, who, side=0):
        session = self.sessions[who]
        session.send(MASS_CANCEL, mass_cancel_block(session.next_cl_ord_id(), self.keys[who].account, 0, side))

    def set_self_trade_rule(self, who, rule):
        self.sessions[who].send(SET_SELF_TRADE_RULE, self_trade_rule_block(self.keys[who].account, rule))

    def random_request(self, middle=12_500):
        draw, choose = self.random, self.random.random()
        if choose < 0.002:
            return self.mass_cancel(draw.randrange(2), draw.choice((0, BUY, SELL)))
        if choose < 0.02:
            return self.set_self_trade_rule(draw.randrange(2), draw.randrange(5))
        side, quantity = draw.choice((BUY, SELL)), draw.randint(60_000, 200_000)
        # Most rest on their own side of the middle, some reach across.
        price = middle + draw.randint(-10, 40) * (-1 if side == BUY else 1)
        if choose < 0.35 and self.orders:
            order_id = draw.choice(list(self.orders))
            if choose < 0.18:
                self.cancel(order_id)
            else:
                self.amend(order_id, price, quantity, draw.random() < 0.5)
        else:
            self.place(draw.randrange(2), side, price, quantity, FOK if choose > 0.95 else IOC if choose > 0.9 else GTC)

    def clear(self):
        for order_id in list(self.orders):
            self.cancel(order_id)
        self.settle()
        assert self.books[-1] == ([], [])

    # ---- reports

    def settle(self):
        """Hears everything that the requests so far have made: a last request of each session is answered behind it."""
        for who, session in enumerate(self.sessions):
            number = session.next_cl_ord_id()
            session.send(CANCEL, cancel_block(number, self.keys[who].account, order_id=NOBODYS_ORDER))
            while not self.hear(who, session.report(), number):
                pass
        # A fill of one session's resting order may have come behind the other's last request, but not behind a second.
        if len(self.sessions) > 1:
            session, number = self.sessions[0], self.sessions[0].next_cl_ord_id()
            session.send(CANCEL, cancel_block(number, self.keys[0].account, order_id=NOBODYS_ORDER))
            while not self.hear(0, session.report(), number):
                pass
        self.account_for(self.pending)
        self.pending = []

    def hear(self, who, report, last):
        if report.template == EXECUTION_REPORT:
            self.pending.append((report.event_sequence, report.event_index, who, report.sequenced, execution_of(report)))
            return False
        if report.template in (REPORT + EV_MASS_CANCELED, REPORT + EV_SELF_TRADE_RULE_SET):
            return False
        assert report.template == REPORT + EV_CANCEL_REJECTED, report
        self.refused += 1
        return struct.unpack_from("<Q", report.body)[0] == last

    def account_for(self, reports):
        reports.sort(key=lambda r: r[:2])
        for place, (sequence, _, who, time, execution) in enumerate(reports):
            self.apply(who, time, execution)
            if place + 1 == len(reports) or reports[place + 1][0] != sequence:
                assert sequence > self.sequences[-1]
                self.sequences.append(sequence)
                self.books.append(self.current())

    def apply(self, who, time, e):
        if e.exec_type == REJECTED:
            self.refused += 1
        elif e.exec_type == ACCEPTED:
            self.orders[e.order_id] = [e.side, e.price, e.leaves_qty]
            self.owner[e.order_id] = who
        elif e.exec_type == REPLACED:
            self.orders[e.order_id] = [e.side, e.price, e.leaves_qty]
        elif e.exec_type == RESTATED:
            self.orders[e.order_id][2] = e.leaves_qty
        elif e.exec_type == TRADE:
            self.orders[e.order_id][2] = e.leaves_qty
            if e.liquidity == TAKER:
                self.trades.append({"id": e.trade_id, "price": e.last_px, "quantity": e.last_qty,
                                    "side": "buy" if e.side == BUY else "sell", "time": time})
        if e.exec_type in (TRADE, CANCELED) and (e.exec_type == CANCELED or e.leaves_qty == 0):
            del self.orders[e.order_id]

    def current(self):
        sides = {BUY: {}, SELL: {}}
        for side, price, leaves in self.orders.values():
            quantity, orders = sides[side].get(price, (0, 0))
            sides[side][price] = (quantity + leaves, orders + 1)
        return ([(p, *v) for p, v in sorted(sides[BUY].items(), reverse=True)],
                [(p, *v) for p, v in sorted(sides[SELL].items())])

    # ---- what the feed must say

    def book_at(self, sequence, depth=5000):
        bids, asks = self.books[bisect.bisect_right(self.sequences, sequence) - 1]
        return bids[:depth], asks[:depth]

    def trades_of(self, first_id):
        return [t for t in self.trades if t["id"] >= first_id]
