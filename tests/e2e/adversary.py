"""What the adversaries of adversary_*_test.py share: two honest clients that trade beside them all the time and keep books of
their own, and what the venue is held to afterwards: every order of theirs answered once, none lost, its memory and files
bounded."""

import collections
import contextlib
import os
import select
import struct
import threading
import time

import order_entry as oe
from order_entry import BUY, SELL, Session, Terminated, cancel_block, frame, place_block
from venue import wait_until

FUNDS = 10**16
BASE_PER_LOT = 10**4
# TerminateCode
(FINISHED, MALFORMED, TOO_LARGE, UNKNOWN_TEMPLATE, BAD_LENGTH, OUT_OF_SEQUENCE, WRONG_STATE, AUTHENTICATION, TIMEOUT,
 SLOW_CONSUMER, SHUTDOWN, NOT_ACCEPTING, REFUSED, TOO_MANY, THROTTLED, BROKEN_RING) = range(1, 17)
# RejectReason
GAP, NOT_YOURS, IN_USE, UNKNOWN_ORDER, TOO_FAST, EXISTS = 4, 7, 32, 49, 55, 63
# Prices at which the pair trades; adversaries stay below, so that its books are its own.
MARKET, RESTING, FAR, QUANTITY = 10_000, 9_000, 5_000, 100_000


def order(session, price=FAR, side=BUY):
    """An adversary's: it rests, and meets nobody."""
    return place_block(session.next_cl_ord_id(), price, QUANTITY, session.key.account, 1, side)


class Trader:
    """One of the pair. Whatever it is told changes its books, and only that."""

    def __init__(self, address, key, session_type=Session):
        self.key = key
        self.session = session_type(address, key, client_session=77, timeout=60)
        self.base = self.quote = FUNDS
        self.open, self.told, self.canceled = {}, collections.Counter(), 0

    def place(self, side, price):
        number = self.session.next_cl_ord_id()
        self.told[number] = 0
        self.session.send(oe.PLACE, place_block(number, price, QUANTITY, self.key.account, 1, side))
        self.hear(1)
        return number

    def cancel(self):
        order_id = next(iter(self.open))
        number = self.session.next_cl_ord_id()
        self.told[number] = 0
        self.session.send(oe.CANCEL, cancel_block(number, self.key.account, order_id=order_id))
        self.hear(4)
        assert order_id not in self.open

    def hear(self, exec_type):
        e = self.session.execution()
        assert e.exec_type == exec_type, e
        if exec_type in (1, 4):
            self.told[e.cl_ord_id] += 1
        if exec_type == 3:
            paid, moved = e.last_px * e.last_qty, e.last_qty * BASE_PER_LOT
            if e.side == BUY:
                self.base, self.quote = self.base + moved - e.fee, self.quote - paid
            else:
                self.base, self.quote = self.base - moved, self.quote + paid - e.fee
        if exec_type in (1, 3) and e.leaves_qty:
            self.open[e.order_id] = e.leaves_qty
        else:
            self.open.pop(e.order_id, None)

    def compare(self, operator):
        account = self.key.account
        assert all(count == 1 for count in self.told.values()), self.told.most_common(3)
        assert {e.order_id: e.leaves_qty for e in operator.open_orders(account)} == self.open
        balances = operator.balances(account)
        assert [sum(balances[asset]) for asset in (1, 2)] == [self.base, self.quote], (balances, self.base, self.quote)


class Pair:
    """Trades in a thread of its own from the start to stop()."""

    def __init__(self, address, operator, session_types=(Session, Session), addresses=None):
        keys = [operator.funded({1: FUNDS, 2: FUNDS}) for _ in range(2)]
        self.seller, self.buyer = (
            Trader(a, key, kind) for a, key, kind in zip(addresses or (address, address), keys, session_types))
        self.rounds, self.longest, self.failure = 0, 0.0, None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.stopping.is_set():
                begun = time.monotonic()
                self.round()
                self.longest = max(self.longest, time.monotonic() - begun)
                # Below every rate that a test sets.
                time.sleep(0.003)
        except BaseException as error:  # pylint: disable=broad-except
            self.failure = error

    def round(self):
        self.rounds += 1
        self.seller.place(SELL, MARKET + self.rounds % 5)
        self.buyer.place(BUY, MARKET + self.rounds % 5)
        self.buyer.hear(3)
        self.seller.hear(3)
        if self.rounds % 8 == 0:
            self.buyer.place(BUY, RESTING - self.rounds % 3)
        if self.rounds % 24 == 0:
            self.buyer.cancel()

    def goes_on(self, rounds=20):
        """Trades were made since this was called."""
        wanted = self.rounds + rounds
        wait_until(lambda: self.rounds >= wanted or self.failure, 120, "a trade of the others")
        if self.failure:
            raise self.failure

    def stop(self, operator):
        self.stopping.set()
        self.thread.join(120)
        assert not self.thread.is_alive()
        if self.failure:
            raise self.failure
        for trader in (self.seller, self.buyer):
            trader.compare(operator)
            trader.session.close()

    def compare_again(self, address, operator):
        """After a new start: numbers and books are what they were told."""
        for trader in (self.seller, self.buyer):
            back = Session(address, trader.key, client_session=77)
            assert (back.next_out, back.next_report) == (trader.session.next_out, trader.session.next_report)
            back.close()
            trader.compare(operator)


# ---- what the venue uses

def rss_kib(venue):
    with open(f"/proc/{venue.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def files(venue):
    return len(os.listdir(f"/proc/{venue.process.pid}/fd"))


def ended(venue, code_name):
    """How many sessions the gateway has ended with that code."""
    wanted = f'dcx_gateway_terminates_total{{code="{code_name}"}} '
    return sum(int(line.split()[1]) for line in venue.admin("/metrics")[1].splitlines() if line.startswith(wanted))


@contextlib.contextmanager
def offence(venue, pair, name, kib):
    """The pair trades on during it and after it; when it is over its connections are gone, and no more than `kib` of memory
    stays in use. Segments of the journal and files of the proofs come and go beside it, so files are counted with that slack,
    which is less than any offence opens."""
    open_before, files_before, before = venue.metric("dcx_gateway_connections"), files(venue), rss_kib(venue)
    rounds, pair.longest = pair.rounds, 0.0
    begun = time.monotonic()
    yield
    pair.goes_on()
    wait_until(lambda: venue.metric("dcx_gateway_connections") <= open_before, 30, f"the end of {name}")
    wait_until(lambda: files(venue) <= files_before + 24, 30, f"closed files after {name}")
    grown = rss_kib(venue) - before
    print(f"{name}: {time.monotonic() - begun:.1f} s, {pair.rounds - rounds} trades beside it, the slowest in {pair.longest * 1e3:.0f} ms; {grown} KiB more",
          flush=True)
    assert grown <= kib, f"{name}: {grown} KiB more are in use"


# ---- how sessions end

def code_of(connection):
    """Reads up to the end; 0: without a reason."""
    try:
        while True:
            connection.receive()
    except Terminated as end:
        return end.code
    finally:
        connection.close()


def pour(session, data, limit=60):
    """Sends all of it, reading meanwhile: the frames that came, and the code if it was ended."""
    got, end = [], time.monotonic() + limit
    view = memoryview(data)
    while True:
        assert time.monotonic() < end, "neither taken nor refused"
        reads, writes, _ = select.select([session.socket], [session.socket] if view else [], [], 0.2)
        try:
            if reads:
                got.append(session.receive())
                continue
            if writes:
                view = view[session.socket.send(view[:1 << 16]):]
        except Terminated as terminated:
            session.close()
            return got, terminated.code
        except OSError:
            # What it said last may still be there to be read.
            view = view[:0]
        if not view and not reads and not writes:
            return got, None


def forged_login(key_id, signature, client_session=1):
    return frame(oe.NEGOTIATE, struct.pack("<QII", client_session, key_id, 0) + signature)
