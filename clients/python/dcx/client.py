"""dcx.Client: order entry of a venue, by calls that wait or by callbacks. See README.md beside this package for what it promises."""

import collections
import os
import time

from dcx import messages as m
from dcx.errors import Closed, Error, NotSent, Refused, Timeout, Unknown
from dcx.keys import Key
from dcx.markets import Balance, Listings, Order, to_steps
from dcx.outbox import Unanswered
from dcx.session import Handler, Options, Session


def transfer_id():
    """A new id of a request that moves money: a UUIDv7, by which the venue knows the request again."""
    chance = int.from_bytes(os.urandom(10), "little")
    return m.TransferId(low=(2 << 62) | (chance >> 18), high=(time.time_ns() // 1_000_000 << 16) | (7 << 12) | (chance & 0xFFF))


class Client(Handler):
    """One session of a venue, which comes back by itself.

    `key` is a Key or the path of a key file. `session` is a number of your choice: one for each program that uses the key. Without
    callbacks, what no call has returned comes by reports(). `on_report(report)` gets an Order or another report of
    dcx.messages, `on_state(state, why)` the words of Session.state, `on_unanswered(message, why)` commands that have no report,
    `on_lost(first, end)` reports that the venue cannot tell again. Further keywords are those of dcx.Options.

    One thread. Nothing runs between calls: who calls nothing for a minute loses the connection, and the next call comes back.
    Raises Closed when there is no session within `timeout` seconds, or never will be."""

    def __init__(self, host, port, key, session=1, *, on_report=None, on_state=None, on_unanswered=None, on_lost=None,
                 on_notice=None, timeout=10.0, **options):
        self.timeout = timeout
        self.key = key if isinstance(key, Key) else Key.read(key)
        self._told = {"report": on_report, "state": on_state, "unanswered": on_unanswered, "lost": on_lost, "notice": on_notice}
        self._news = collections.deque()     # what the callbacks have still to be told
        self._reports = collections.deque()  # what reports() gives
        self._telling = False
        self._waited = {}   # commands that a call waits for, and their answers
        self._answers = {}  # the same of queries
        self._listings = None
        self._session = Session((host, port), self.key, session, self, Options(**options))
        try:
            self._wait(lambda: self._session.state == "current", self.timeout)
        except Timeout:
            raise Closed(f"no session with the venue: {self._session.why or self._session.state}") from None
        self.refresh()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- what there is

    @property
    def state(self):
        """connecting, resyncing (commands are sent again, missed reports fetched), current, waiting or closed."""
        return self._session.state

    @property
    def account(self):
        return self._session.negotiated.account

    @property
    def next_report(self):
        """Number of the first report that was not told yet: who keeps it can begin there in another process."""
        waiting = [sequence for sequence, _ in self._reports] or [a[0] for what, a in self._news if what == "report"]
        return waiting[0] if waiting else self._session.reports.next

    @property
    def unanswered(self):
        """How many commands wait for their answers."""
        return len(self._session.outbox)

    @property
    def connections(self):
        return self._session.connections

    @property
    def markets(self):
        """{symbol: Market}"""
        return self._listings.markets

    @property
    def assets(self):
        """{symbol: Asset}"""
        return self._listings.assets

    def refresh(self):
        """Asks what is listed; done once at the start."""
        self._listings = Listings(self._ask(m.ListQuery()))
        self._tell_news()

    # ---- orders

    def place(self, market, side, quantity, price, *, time_in_force="gtc", market_order=False, post_only=False, expire_at=0,
              wait=True):
        """Places an order and returns how it was accepted, as an Order; its fills come by reports(). With wait=False it returns
        the cl_ord_id at once, and its reports come by on_report or reports()."""
        listed = self._listings.market(market)
        return self._order(m.PlaceOrder(
            price=to_steps(price, listed.tick), quantity=to_steps(quantity, listed.lot), account=self.account,
            instrument=listed.number, side=m.Side[side], type=m.OrderType.market if market_order else m.OrderType.limit,
            time_in_force=m.TimeInForce[time_in_force], flags=m.OrderFlags.post_only if post_only else m.OrderFlags(0),
            expire_at=expire_at), wait)

    def cancel(self, order=None, *, cl_ord_id=0, wait=True):
        """Cancels by an Order, an order_id, or the number it has in this session."""
        return self._order(m.CancelOrder(order_id=_order_id(order), orig_cl_ord_id=cl_ord_id, account=self.account), wait)

    def amend(self, order, quantity, price, *, market=None, replace=False, wait=True):
        """Gives an order a new total quantity and price (with replace a new open quantity, always behind the others). `market`:
        its symbol, when the order is given by its order_id."""
        listed = self._listings.market(order.market if isinstance(order, Order) else market)
        return self._order(m.AmendOrder(
            order_id=_order_id(order), price=to_steps(price, listed.tick), quantity=to_steps(quantity, listed.lot),
            account=self.account, flags=m.AmendFlags.replace if replace else m.AmendFlags(0)), wait)

    def mass_cancel(self, market=None, side=None):
        """Cancels the account's resting orders, of every market and side or of one; how many there were. Each is told by
        reports()."""
        count = 0
        while True:
            message = m.MassCancel(account=self.account, instrument=self._listings.market(market).number if market else 0)
            if side:
                message.side = m.Side[side]
            done = self._command(message)
            count += done.canceled
            if done.complete:
                return count

    # ---- money

    def transfer(self, to, asset, amount, *, id=None):
        """Moves money of this account to another (a number) at once. The same id again never moves it twice."""
        listed = self._listings.asset(asset)
        return self._command(m.Transfer(id=id or transfer_id(), amount=to_steps(amount, listed.unit), debit_account=self.account,
                                        credit_account=to, asset=listed.number))

    def command(self, message, wait=True):
        """Any command of dcx.messages, as it is; its answer, a report of dcx.messages."""
        return self._command(message) if wait else self._give(message)

    # ---- questions

    def status(self, order=None, *, cl_ord_id=0):
        """How an order stands, open or lately done."""
        parts = self._ask(m.OrderStatusQuery(order_id=_order_id(order), cl_ord_id=cl_ord_id, account=self.account))
        if not parts:
            raise Refused(m.RejectReason.unknown_order)
        return self._listings.order(parts[0])

    def open_orders(self, market=None):
        number = self._listings.market(market).number if market else 0
        return [self._listings.order(part) for part in self._ask(m.OpenOrdersQuery(account=self.account, instrument=number))]

    def balances(self, account=None):
        """{symbol: Balance} of this account."""
        parts = self._ask(m.BalanceQuery(account=account or self.account))
        return {self._listings.asset_symbol(part.asset): Balance(self._listings.amount(part.asset, part.available),
                                                                self._listings.amount(part.asset, part.held)) for part in parts}

    def limits(self):
        """A messages.Limits: what the session and the account may still do."""
        return self._ask(m.LimitQuery(account=self.account))[0]

    def query(self, query):
        """The parts of the answer to any query of dcx.messages; its reference is given here."""
        return self._ask(query)

    # ---- reports

    def reports(self, timeout=None):
        """The reports that no call has returned, in order: an Order for each ExecutionReport, others as they are. Ends when none
        comes for `timeout` seconds (None: never)."""
        while True:
            end = None if timeout is None else time.monotonic() + timeout
            while not self._reports:
                left = 1.0 if end is None else end - time.monotonic()
                if left <= 0:
                    return
                self._pump(min(left, 1.0))
                if self.state == "closed" and not self._reports:
                    return
            yield self._reports.popleft()[1]

    def run(self, seconds=None, until=None):
        """Calls the callbacks for so long, or until the function says so."""
        end = None if seconds is None else time.monotonic() + seconds
        while self.state != "closed" and not (until and until()):
            left = 1.0 if end is None else end - time.monotonic()
            if left <= 0:
                return
            self._pump(min(left, 0.1))

    def settle(self, timeout=None):
        """Waits until every command is answered and no report is missing."""
        self._wait(lambda: self._session.state == "current" and not self.unanswered, timeout or self.timeout)

    def disconnect(self):
        """Gives the connection up, as if the network had. It comes back with the next call."""
        self._session.disconnect()

    def close(self):
        """Ends the session in order; what was sent is answered before."""
        self._session.finish()
        end = time.monotonic() + self.timeout
        while self.state != "closed" and time.monotonic() < end:
            self._pump(0.1)

    # ---- inside

    def _pump(self, timeout=0.0):
        self._session.pump(timeout)
        self._tell_news()

    def _wait(self, done, timeout):
        end = time.monotonic() + timeout
        while not done():
            if self.state == "closed":
                raise Closed(self._session.why)
            left = end - time.monotonic()
            if left <= 0:
                raise Timeout(f"no answer within {timeout} s" + (f" ({self._session.why})" if self._session.why else ""))
            self._pump(left)

    def _give(self, message):
        if self.state == "closed":
            raise Closed(self._session.why)
        # What has happened since the last call is heard first, so that a lost connection is known.
        self._pump()
        command = self._session.give(message)
        if command is None:
            raise NotSent("the session does not take it now: its cl_ord_id is not above the last, too many commands are unanswered, "
                          "or it is away and resend is off")
        return command

    def _command(self, message):
        command = self._give(message)
        self._waited[command] = None
        try:
            self._wait(lambda: self._waited[command] is not None, self.timeout)
        except Timeout:
            if self._session.outbox.withdraw(command):
                raise NotSent("taken back: the venue could not be reached") from None
            raise
        finally:
            answer = self._waited.pop(command)
        if answer is Unanswered.UNKNOWN:
            raise Unknown("it may have been done: ask how the order stands")
        if isinstance(answer, Unanswered):
            raise NotSent(answer.value)
        if isinstance(answer, m.ExecutionReport) and answer.exec_type == m.ExecType.rejected:
            raise Refused(answer.reject_reason, answer.wait_ns)
        if isinstance(answer, m.CancelRejected):
            raise Refused(answer.reason, answer.wait_ns)
        if isinstance(answer, m.CommandRejected):
            raise Refused(answer.reason, detail=answer.detail)
        return answer

    def _order(self, message, wait):
        if not wait:
            return self._give(message).cl_ord_id
        return self._listings.order(self._command(message))

    def _ask(self, query):
        if self.state == "closed":
            raise Closed(self._session.why)
        reference = self._session.ask(query)
        self._answers[reference] = None
        try:
            self._wait(lambda: self._answers[reference] is not None, self.timeout)
        finally:
            answer = self._answers.pop(reference)
        parts, done = answer
        if done.reason:
            raise Refused(done.reason)
        return parts

    def _tell_news(self):
        """Callbacks are called here, outside of the session's own work and never inside one another, so they may call anything."""
        if self._telling or self._listings is None:
            return
        self._telling = True
        try:
            while self._news:
                what, arguments = self._news.popleft()
                if what == "report":
                    sequence, report = arguments
                    if isinstance(report, m.ExecutionReport):
                        report = self._listings.order(report, sequence) or report
                    if self._told["report"] is None:
                        self._reports.append((sequence, report))
                    else:
                        self._told["report"](report)
                elif self._told[what] is not None:
                    self._told[what](*arguments)
        finally:
            self._telling = False

    def on_report(self, report, sequence, command):
        if command is not None and command in self._waited:
            self._waited[command] = report
        else:
            self._news.append(("report", (sequence, report)))

    def on_unanswered(self, command, why):
        if command in self._waited:
            self._waited[command] = why
        else:
            self._news.append(("unanswered", (command.message, why)))

    def on_answer(self, reference, parts, done):
        if reference in self._answers:
            self._answers[reference] = (parts, done)

    def on_state(self, state, why):
        self._news.append(("state", (state, why)))

    def on_reports_lost(self, first, end, reason):
        self._news.append(("lost", (first, end)))

    def on_notice(self, notice):
        self._news.append(("notice", (notice,)))


def _order_id(order):
    if isinstance(order, Order):
        return order.order_id
    if order is None or isinstance(order, int):
        return order or 0
    raise Error(f"{order!r} is neither an Order nor an order_id")
