"""The clients of crowd.py. Each keeps what it sent and what it was told, and knows what follows from that; it shares no code
with the venue. Two kinds:

- Steady: places orders that cross nobody's, cancels them, transfers, pends, posts and voids. Each of its commands has one
  outcome, so the state of the venue follows exactly from how many of them were taken.
- Crosser: trades with the other crossers. What it missed while the venue was down cannot be asked for, so it is exact when
  nothing was missed and bounded otherwise."""

import collections
import struct

from order_entry import (BUY, CANCEL, EV_CANCEL_REJECTED, EV_COMMAND_REJECTED, EV_PENDING_RESOLVED, EV_TRANSFER_PENDED,
                         EV_TRANSFERRED, EXECUTION_REPORT, GTC, IOC, LIMIT, PEND, PLACE, POST, REPORT, SELL, TRANSFER, VOID,
                         Session, Terminated, cancel_block, execution_of, pend_block, place_block, post_block, transfer_block,
                         transfer_id, void_block)

DEC, USD, BTC, ETH = 1, 2, 3, 4
DEC_USD, ETH_BTC = 1, 2
BASE_PER_LOT = {DEC_USD: 10**4, ETH_BTC: 10**7}  # minor units of base in a lot; a tick times a lot is one of quote
DUPLICATE_CL_ORD_ID, EXISTS = 40, 63
ACCEPTED, REJECTED, TRADE, CANCELED, STATUS = 1, 2, 3, 4, 8
MOST_OPEN = 40      # orders, and pendings; small, so that all of them can be compared after every start

# One sequenced command: `key` is its cl_ord_id or transfer id, `reports` how each of its reports must look.
Sent = collections.namedtuple("Sent", "kind key template block reports fields")


def order_of(kind, price, quantity, side, account, instrument):
    """(asset, amount) that an open order holds"""
    return ((USD, BTC)[instrument == ETH_BTC], price * quantity) if side == BUY else (
        (DEC, ETH)[instrument == ETH_BTC], quantity * BASE_PER_LOT[instrument])


class Client:
    """A key's session over the lives of a venue."""

    window = 100  # commands that may wait for their reports, so that a kill finds some in flight

    def __init__(self, key, random):
        self.key, self.account, self.random = key, key.account, random
        self.sent = []             # Sent, of all lives; the session's sequence minus 1 is the index
        self.acknowledged = 0      # commands whose last report came
        self.received = 0          # reports
        self.session = None
        self.ended = None          # the code of the venue's Terminate; 0: the connection broke without
        self.failure = None
        self.lost = []             # the last life's commands that the venue has not: to be sent again
        self.checks = []           # and sent again although the venue has them

    def connect(self, address):
        self.session = Session(address, self.key, timeout=20.0)
        return self.session

    def issue(self, kind, key, template, block, reports, fields=()):
        self.sent.append(Sent(kind, key, template, block, reports, fields))
        return self.session.command(template, block)

    def applied(self):
        return self.session.next_out - 1

    def run(self, stop_after):
        """Until the connection breaks; at most `stop_after` commands in this life."""
        try:
            # Their numbers were used, though the venue does not know it.
            numbers = [sent.key for sent in self.lost if sent.kind in ("place", "cancel")]
            self.session.cl_ord_id = max([self.session.cl_ord_id, *numbers])
            data = [self.issue(*sent) for sent in self.lost] + [self.issue(*sent) for sent in self.checks]
            self.lost, self.checks = [], []
            self.session.send_bytes(b"".join(data))
            end = len(self.sent) + stop_after
            while True:
                if len(self.sent) < end:
                    count = self.random.randint(1, min(20, self.window))
                    self.session.send_bytes(b"".join(self.next_command() for _ in range(count)))
                while len(self.sent) - self.acknowledged > (self.window if len(self.sent) < end else 0):
                    self.take_report()
                if len(self.sent) >= end:
                    self.session.receive()  # nothing but the end comes
        except Terminated as end:
            self.ended = end.code
        except OSError:
            self.ended = self.last_words()
        except Exception as failure:  # told by the main thread
            self.failure = failure
        finally:
            self.session.close()


    def last_words(self):
        """Sending failed; what the venue said before may still be there."""
        try:
            while True:
                self.session.receive()
        except Terminated as end:
            return end.code
        except OSError:
            return 0


class Steady(Client):
    def __init__(self, key, random):
        super().__init__(key, random)
        self.neighbor = None
        self.confirmed = 0         # commands whose effect is in the model
        self.open = {}             # cl_ord_id -> (price, quantity, side): as sent, the newest state
        self.pending = {}          # id -> amount
        self.orders = {}           # cl_ord_id -> order_id as acknowledged
        self.waiting = collections.deque()  # reports to come: (index of the command, check)

    def connect(self, address):
        super().connect(address)
        self.waiting.clear()
        return self.session

    def issue(self, kind, key, template, block, reports, fields=()):
        data = super().issue(kind, key, template, block, reports, fields)
        self.waiting.extend((len(self.sent), check) for check in reports)
        self.foresee(self.sent[-1])
        return data

    def foresee(self, sent):
        """What the client itself takes as open from now on."""
        if sent.kind == "place":
            self.open[sent.key] = sent.fields
        elif sent.kind == "cancel":
            self.open.pop(sent.fields[0])
        elif sent.kind == "pend":
            self.pending[sent.key] = sent.fields[0]
        elif sent.kind in ("post", "void"):
            self.pending.pop(sent.fields[0])

    def next_command(self):
        random = self.random
        dice = random.random()
        if len(self.open) >= MOST_OPEN or (self.open and dice < 0.3):
            number, orig = self.session.next_cl_ord_id(), random.choice(list(self.open))
            return self.issue("cancel", number, CANCEL, cancel_block(number, self.account, orig=orig),
                              [("execution", CANCELED, number)], (orig,))
        if dice < 0.7:
            number, side = self.session.next_cl_ord_id(), random.choice((BUY, SELL))
            price = random.randint(5_000, 9_000) if side == BUY else random.randint(11_000, 15_000)
            quantity = random.randint(100_000, 200_000)
            return self.issue("place", number, PLACE, place_block(number, price, quantity, self.account, DEC_USD, side),
                              [("execution", ACCEPTED, number)], (price, quantity, side))
        tid, amount = transfer_id(), random.randint(1, 1_000_000)
        if len(self.pending) >= MOST_OPEN or (self.pending and dice < 0.8):
            pending = random.choice(list(self.pending))
            if dice < 0.75:
                return self.issue("void", tid, VOID, void_block(pending, self.account, tid),
                                  [("id", EV_PENDING_RESOLVED, tid)], (pending,))
            amount = random.randint(1, self.pending[pending])
            return self.issue("post", tid, POST, post_block(pending, self.account, amount, tid),
                              [("id", EV_PENDING_RESOLVED, tid), ("id", EV_TRANSFERRED, tid)], (pending, amount))
        if dice < 0.88:
            return self.issue("pend", tid, PEND, pend_block(self.account, self.neighbor.account, USD, amount, tid),
                              [("id", EV_TRANSFER_PENDED, tid)], (amount,))
        return self.issue("transfer", tid, TRANSFER, transfer_block(self.account, self.neighbor.account, USD, amount, tid),
                          [("id", EV_TRANSFERRED, tid)], (amount,))

    def take_report(self):
        report = self.session.report()
        command, (how, what, key) = self.waiting[0]
        if how == "execution":
            assert report.template == EXECUTION_REPORT, (report, self.sent[command - 1])
            execution = execution_of(report)
            assert (execution.exec_type, execution.cl_ord_id) == (what, key), (execution, self.sent[command - 1])
            if what == ACCEPTED:
                self.orders[key] = execution.order_id
            elif what == REJECTED:
                assert execution.reject_reason == DUPLICATE_CL_ORD_ID, execution
        else:
            assert report.template == REPORT + what, (report, self.sent[command - 1])
            assert struct.unpack_from("<QQ", report.body) == key, (report, self.sent[command - 1])
            if what == EV_COMMAND_REJECTED:
                assert struct.unpack_from("<HH", report.body, 34) == (EXISTS, 0), report
        self.waiting.popleft()
        self.received += 1
        if not self.waiting or self.waiting[0][0] != command:
            self.acknowledged = command

    def after_start(self, model):
        """What the venue has of this client's commands enters the model; the rest is to be sent again."""
        applied = self.applied()
        assert self.acknowledged <= applied <= len(self.sent), (
            f"account {self.account}: {self.acknowledged} acknowledged, {applied} there, {len(self.sent)} sent")
        in_flight = applied - self.acknowledged
        reports = sum(len(sent.reports) for sent in self.sent[self.acknowledged:applied])
        # A command's reports may have come in part.
        partly = [check for command, check in self.waiting_before if command == self.acknowledged + 1]
        if in_flight and partly:
            reports += len(partly) - len(self.sent[self.acknowledged].reports)
        assert self.session.next_report - 1 == self.received + reports, (
            f"account {self.account}: {self.session.next_report - 1} reports, {self.received} received, {reports} missed")
        for sent in self.sent[self.confirmed:applied]:
            model.apply(self, sent)
        self.choose_checks(applied)
        self.lost = self.sent[applied:]
        del self.sent[applied:]
        self.confirmed = self.acknowledged = applied
        self.received = self.session.next_report - 1
        self.open, self.pending = dict(model.orders[self.account]), dict(model.pendings[self.account])
        return in_flight

    def choose_checks(self, applied):
        """Requests that the venue has, sent once more: acknowledged or not, they must be known, and do nothing."""
        unacknowledged = [s for s in self.sent[self.acknowledged:applied]]
        recent = [s for s in self.sent[max(0, applied - 300):applied]]
        self.checks = []
        for sent in unacknowledged[:10] + (self.random.sample(recent, min(10, len(recent)))):
            if sent.kind in ("transfer", "pend", "post", "void"):
                again = [("id", EV_COMMAND_REJECTED, sent.key)]
            elif sent.kind == "place":
                again = [("execution", REJECTED, sent.key)]
            else:
                continue
            self.checks.append(Sent("again", sent.key, sent.template, sent.block, again, ()))

    def check(self, session, model):
        """Every order is there as it was told, and no other; likewise what is pending."""
        orders = session.open_orders(self.account)
        got = {o.cl_ord_id: (o.price, o.leaves_qty, o.side) for o in orders}
        assert got == model.orders[self.account], f"account {self.account}: {got} != {model.orders[self.account]}"
        for order in orders:
            told = self.orders.setdefault(order.cl_ord_id, order.order_id)
            assert told == order.order_id, f"order {order.cl_ord_id} was {told} and is {order.order_id}"
        if orders:
            order = self.random.choice(orders)
            by_id = self.session.order_status(self.account, order_id=order.order_id)
            by_number = self.session.order_status(self.account, cl_ord_id=order.cl_ord_id)
            assert by_id == by_number and by_id.exec_type == STATUS and by_id.cl_ord_id == order.cl_ord_id, (by_id, by_number)
        pendings = {p.id: p.amount for p in session.pendings(self.account) if p.debit == self.account}
        assert pendings == model.pendings[self.account], f"account {self.account}: {pendings}"

    def run(self, stop_after):
        super().run(stop_after)
        self.waiting_before = list(self.waiting)

    waiting_before = ()


class Model:
    """Balances, open orders and pendings of the steady clients."""

    def __init__(self, clients, funds):
        self.balances = {c.account: {DEC: [funds, 0], USD: [funds, 0]} for c in clients}
        self.orders = {c.account: {} for c in clients}
        self.pendings = {c.account: {} for c in clients}

    def hold(self, account, asset, amount):
        self.balances[account][asset][0] -= amount
        self.balances[account][asset][1] += amount

    def apply(self, client, sent):
        account = client.account
        orders, pendings = self.orders[account], self.pendings[account]
        if sent.kind == "place":
            orders[sent.key] = sent.fields
            self.hold(account, *order_of("place", *sent.fields, account, DEC_USD))
        elif sent.kind == "cancel":
            asset, amount = order_of("place", *orders.pop(sent.fields[0]), account, DEC_USD)
            self.hold(account, asset, -amount)
        elif sent.kind == "pend":
            pendings[sent.key] = sent.fields[0]
            self.hold(account, USD, sent.fields[0])
        elif sent.kind in ("post", "void"):
            self.hold(account, USD, -pendings.pop(sent.fields[0]))
        if sent.kind in ("transfer", "post"):
            self.balances[account][USD][0] -= sent.fields[-1]
            self.balances[client.neighbor.account][USD][0] += sent.fields[-1]


class Crosser(Client):
    def __init__(self, key, random, funds):
        super().__init__(key, random)
        self.balances = {ETH: [funds, 0], BTC: [funds, 0]}
        self.open = {}       # cl_ord_id -> [price, leaves, side], as told
        self.canceling = set()
        self.trades = 0

    def next_command(self):
        random, number = self.random, self.session.next_cl_ord_id()
        live = [n for n in self.open if n not in self.canceling] if len(self.open) > 3 else []
        if live and (len(self.open) >= MOST_OPEN or random.random() < 0.25):
            orig = random.choice(live)
            self.canceling.add(orig)
            return self.issue("cancel", number, CANCEL, cancel_block(number, self.account, orig=orig), (), (orig,))
        fields = (random.randint(97, 103) * 10, random.randint(1, 50), random.choice((BUY, SELL)))
        return self.issue("place", number, PLACE, place_block(number, *fields[:2], self.account, ETH_BTC, fields[2], LIMIT,
                                                              random.choice((GTC, IOC))), (), fields)

    def take_report(self):
        report = self.session.report()
        self.received += 1
        if report.template == REPORT + EV_CANCEL_REJECTED:
            self.acknowledge(struct.unpack_from("<Q", report.body)[0])
            return
        assert report.template == EXECUTION_REPORT, report
        execution = execution_of(report)
        if execution.exec_type == ACCEPTED:
            self.acknowledge(execution.cl_ord_id)
            self.open[execution.cl_ord_id] = [execution.price, execution.leaves_qty, execution.side]
            self.hold(execution.side, execution.price, execution.leaves_qty)
        elif execution.exec_type == TRADE:
            self.settle(execution)
        elif execution.exec_type == CANCELED:
            number = execution.orig_cl_ord_id or execution.cl_ord_id
            if execution.orig_cl_ord_id and execution.cl_ord_id != execution.orig_cl_ord_id:
                self.acknowledge(execution.cl_ord_id)
            price, leaves, side = self.open.pop(number)
            self.hold(side, price, -leaves)
        else:
            raise AssertionError(execution)

    def acknowledge(self, number):
        assert self.sent[self.acknowledged].key == number, (self.sent[self.acknowledged], number)
        self.acknowledged += 1

    def hold(self, side, price, quantity):
        asset, amount = order_of("place", price, quantity, side, self.account, ETH_BTC)
        self.balances[asset][0] -= amount
        self.balances[asset][1] += amount

    def settle(self, execution):
        order = self.open[execution.cl_ord_id]
        price, _, side = order
        self.hold(side, price, -execution.last_qty)
        quote, base = execution.last_px * execution.last_qty, execution.last_qty * BASE_PER_LOT[ETH_BTC]
        sign = 1 if side == BUY else -1
        self.balances[ETH][0] += sign * base
        self.balances[BTC][0] -= sign * quote
        self.balances[ETH if side == BUY else BTC][0] -= execution.fee
        order[1] -= execution.last_qty
        assert order[1] == execution.leaves_qty >= 0, execution
        if order[1] == 0:
            del self.open[execution.cl_ord_id]
        self.trades += 1

    def after_start(self, _):
        applied = self.applied()
        assert self.acknowledged <= applied <= len(self.sent), (
            f"account {self.account}: {self.acknowledged} acknowledged, {applied} there, {len(self.sent)} sent")
        in_flight = applied - self.acknowledged
        self.missed = self.session.next_report - 1 - self.received
        assert self.missed >= in_flight, f"account {self.account}: {self.missed} reports missed, {in_flight} commands"
        # Each is the venue's to refuse once more by its number; new ones are made instead of the lost ones.
        self.unknown = {s.key for s in self.sent[self.acknowledged:applied] if s.kind == "place"}
        del self.sent[applied:]
        self.acknowledged, self.received = applied, self.session.next_report - 1
        self.canceling.clear()
        return in_flight

    def check(self, session, _):
        orders = {o.cl_ord_id: [o.price, o.leaves_qty, o.side] for o in session.open_orders(self.account)}
        balances = {asset: list(pair) for asset, pair in session.balances(self.account).items()}
        if self.missed == 0:
            assert orders == self.open, f"account {self.account}: {orders} != {self.open}"
            assert balances == self.balances, f"account {self.account}: {balances} != {self.balances}"
        for number, (price, leaves, side) in orders.items():
            told = self.open.get(number)
            if told is None:
                assert number in self.unknown, f"account {self.account}: order {number} is new"
            else:
                assert (price, side) == (told[0], told[2]) and leaves <= told[1], (number, told, leaves)
        changed = sum(1 for n, told in self.open.items() if orders.get(n) != told)
        assert changed <= self.missed, f"account {self.account}: {changed} orders changed in {self.missed} reports"
        held = {BTC: 0, ETH: 0}
        for price, leaves, side in orders.values():
            asset, amount = order_of("place", price, leaves, side, self.account, ETH_BTC)
            held[asset] += amount
        assert {a: balances[a][1] for a in held} == held, (balances, held)
        self.open, self.balances = orders, balances
