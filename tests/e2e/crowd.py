"""A crowd of clients on one venue, for tests that kill it, take its disk away or turn its clock: load, and what must be there
after each start. The venue is small, so that it starts in a few hundredths of a second."""

import collections
import os
import random
import re
import subprocess
import threading
import time

from crowd_clients import BTC, DEC, ETH, USD, Crosser, Model, Steady
from order_entry import CANCEL_TAKER, FEES, Key, Session
from venue import PROGRAM, Venue

CONFIG = """
[listen]
order_entry = 0
http = 0
[admin]
port = 0
[capacity]
accounts = 100
orders = 20_000
sessions = 100
keys = 100
price_levels = 20_000
fills_per_command = 200
transfer_ids = 200_000
[rings]
commands = 4096
events = 16384
[journal]
segment_mib = 1
checkpoint_every = 100
[[market]]
symbol = "DEC/USD"
base = "DEC"
quote = "USD"
tick = "0.0001"
lot = "0.0001"
max_quantity = "10000000"
min_notional = "5"
maker_fee = 1000
taker_fee = 2000
collar_bp = 0
max_orders = 0
start_price = "1"
[[market]]
symbol = "ETH/BTC"
base = "ETH"
quote = "BTC"
tick = "0.0000001"
lot = "0.1"
max_quantity = "10000"
min_notional = "0"
maker_fee = 1000
taker_fee = 2000
collar_bp = 0
max_orders = 0
start_price = "0.0001"
"""


class SmallVenue(Venue):
    """One that starts in a few hundredths of a second."""

    def __init__(self, extra=""):
        super().__init__()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG + "[venue]\n" + extra)

    def begin(self):
        """Starts and waits for nothing."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "serve", "--config", self.config, "--data", self.data],
                                            stdout=subprocess.PIPE, stderr=log, env={**os.environ, **self.environment})

    @property
    def log_path(self):
        return os.path.join(self.folder, "log")

    def log_since(self, size):
        with open(self.log_path, "rb") as file:
            file.seek(size)
            return file.read().decode(errors="replace")


class Crowd:
    """Steady clients and crossers on one venue, and what is checked of it after each start."""

    def __init__(self, venue, rng, steady=6, crossers=3, funds=10**14):
        self.venue, self.random, self.funds = venue, rng, funds
        self.counts = collections.Counter()
        self.slowest_start = 0.0
        self.others = collections.Counter()  # what a test has minted for accounts of its own
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=7)
        seed = lambda: random.Random(rng.random())
        self.steady = [Steady(operator.funded({DEC: funds, USD: funds}), seed()) for _ in range(steady)]
        self.crossers = [Crosser(operator.funded({ETH: funds, BTC: funds}), seed(), funds) for _ in range(crossers)]
        self.clients = self.steady + self.crossers
        for client, neighbor in zip(self.steady, self.steady[1:] + self.steady[:1]):
            client.neighbor = neighbor
        self.model = Model(self.steady, funds)
        for client in self.clients:
            client.connect(venue.ready["order_entry"])
        for crosser in self.crossers:
            crosser.session.set_self_trade_rule(CANCEL_TAKER)
            crosser.sent.append(None)
            crosser.acknowledged = crosser.received = 1
        self.operator_sequence = operator.next_out
        operator.close()

    # ---- load

    def sent(self):
        return sum(len(c.sent) for c in self.clients)

    def acknowledged(self):
        return sum(c.acknowledged for c in self.clients)

    def begin_load(self, most=600):
        """Each client sends up to so many commands, and stays connected."""
        self.sent_before = self.sent() + sum(len(c.lost) for c in self.clients)
        self.threads = [threading.Thread(target=c.run, args=(most,), daemon=True) for c in self.clients]
        for client in self.clients:
            client.ended = None
        for thread in self.threads:
            thread.start()

    def wait_until_sent(self, more, limit=3):
        target = self.sent_before + more
        end = time.monotonic() + limit
        while self.sent() < target and time.monotonic() < end:
            time.sleep(0.0005)

    def join(self, limit=30):
        for client, thread in zip(self.clients, self.threads):
            thread.join(limit)
            assert not thread.is_alive(), f"account {client.account} was not told the end"
            if client.failure:
                raise client.failure

    def leave(self):
        for client in self.clients:
            client.session.close()

    # ---- what must be there

    def start_and_check(self):
        venue = self.venue
        replayed = venue.replay()
        size = os.path.getsize(venue.log_path)
        begun = time.monotonic()
        venue.start()
        self.slowest_start = max(self.slowest_start, time.monotonic() - begun)
        log = venue.log_since(size)
        told = re.search(r"recovered sequence=(\d+) ", log)
        assert told and int(told[1]) == replayed["sequence"], (log, replayed)
        self.counts["ambiguous tails"] += "ambiguous_tail" in log
        self.check()

    def check(self):
        address = self.venue.ready["order_entry"]
        for client in self.clients:
            client.connect(address)
        for client in self.clients:
            self.counts["in flight"] += client.after_start(self.model)
            self.counts["lost unacknowledged"] += len(client.lost)
        operator = Session(address, Key.read(self.venue.operator_key), client_session=7)
        assert operator.next_out == self.operator_sequence
        for client in self.clients:
            client.check(operator, self.model)
        self.check_money(operator)
        operator.close()
        self.counts["starts checked"] += 1

    def check_money(self, operator):
        total = collections.Counter()
        for client in self.steady:
            got = operator.balances(client.account)
            expected = {asset: tuple(pair) for asset, pair in self.model.balances[client.account].items()}
            assert got == expected, f"account {client.account}: {got} != {expected}"
        for account in [c.account for c in self.clients] + [FEES]:
            for asset, (available, held) in operator.balances(account).items():
                assert available >= 0 and held >= 0
                total[asset] += available + held
        of_steady, of_crossers = len(self.steady) * self.funds, len(self.crossers) * self.funds
        assert total == {DEC: of_steady, USD: of_steady, ETH: of_crossers, BTC: of_crossers}, total
        for asset, f in operator.audit().items():
            assert (f.sum, f.negative, f.misheld, f.unbalanced) == (0, 0, 0, 0), (asset, f)
            assert f.held == f.held_by_orders + f.held_by_pendings and f.minted - f.burned == f.issued, f
            assert f.issued == total[asset] + self.others[asset], f
        if self.random.random() < 0.1:
            done = subprocess.run([PROGRAM, "ledger", "audit", "--data", self.venue.data], capture_output=True, text=True,
                                  timeout=60, check=False)
            assert done.returncode == 0, done
            self.counts["audits by the tool"] += 1
