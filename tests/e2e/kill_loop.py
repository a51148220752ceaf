"""kill -9 in a loop under load: kill_loop.py --kills N --seed S. Clients place, cancel, trade, transfer, pend, post and void
without waiting; the program is killed at random moments, also while it starts, right after it is ready, while it stops, and
twice in a row. After every start:

- every session's numbers are those of the commands and reports that the venue must have, at least all acknowledged ones;
- balances, open orders and pendings are exactly those of the commands that are there, wholly or not at all;
- what is sent again has one outcome: lost commands are taken now, others are refused as known;
- money is conserved, counted from outside and by the venue's own audit;
- `dcx replay` of the folder comes to the same sequence as the start, and compares the live engine's hash of all events up
  to the last checkpoint, of which there is one in each hundred commands."""

import argparse
import collections
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

from kill_loop_clients import BTC, DEC, ETH, USD, Crosser, Model, Steady
from order_entry import CANCEL_TAKER, FEES, Key, Session
from venue import PROGRAM, Venue

STEADY, CROSSERS = 6, 3
FUNDS = 10**14
KILLS_PER_FOLDER = 100  # so that a start takes a fraction of a second

CONFIG = """
[listen]
order_entry = 0
http = 0
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


class KilledVenue(Venue):
    def __init__(self):
        super().__init__()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG)

    def begin(self):
        """Starts and waits for nothing."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "serve", "--config", self.config, "--data", self.data],
                                            stdout=subprocess.PIPE, stderr=log)

    def log_size(self):
        return os.path.getsize(os.path.join(self.folder, "log"))

    def log_since(self, size):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            file.seek(size)
            return file.read()


class Loop:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.counts = collections.Counter()
        self.slowest_start = 0.0

    # ---- one folder's life

    def run(self, kills):
        folder_kills = 0
        with KilledVenue() as venue:
            try:
                self.found(venue)
                while folder_kills < kills:
                    before = self.counts["kills"]
                    self.load_and_kill(venue)
                    self.kill_starts(venue)
                    folder_kills += self.counts["kills"] - before
                    self.start_and_check(venue)
                for client in self.clients:
                    client.session.close()
                assert venue.stop() == 0, venue.log_text()
                venue.replay()
                self.counts["folders"] += 1
                self.counts["commands"] += sum(len(c.sent) for c in self.clients)
                self.counts["trades told"] += sum(c.trades for c in self.crossers)
            except BaseException:
                kept = f"/tmp/dcx-kill-loop-{os.getpid()}"
                shutil.copytree(venue.folder, kept, dirs_exist_ok=True)
                print(f"kept: {kept}\n{venue.log_text()}", file=sys.stderr)
                raise

    def found(self, venue):
        venue.start()
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=7)
        make = lambda assets: operator.funded({asset: FUNDS for asset in assets})
        rng = lambda: random.Random(self.random.random())
        self.steady = [Steady(make((DEC, USD)), rng()) for _ in range(STEADY)]
        self.crossers = [Crosser(make((ETH, BTC)), rng(), FUNDS) for _ in range(CROSSERS)]
        self.clients = self.steady + self.crossers
        for client, neighbor in zip(self.steady, self.steady[1:] + self.steady[:1]):
            client.neighbor = neighbor
        self.model = Model(self.steady, FUNDS)
        for client in self.clients:
            client.connect(venue.ready["order_entry"])
        for crosser in self.crossers:
            crosser.session.set_self_trade_rule(CANCEL_TAKER)
            crosser.sent.append(None)
            crosser.acknowledged = crosser.received = 1
        self.operator_sequence = operator.next_out
        operator.close()

    # ---- kills

    def load_and_kill(self, venue):
        threads = [threading.Thread(target=c.run, args=(600,), daemon=True) for c in self.clients]
        total = lambda: sum(len(c.sent) for c in self.clients)
        target = total() + sum(len(c.lost) for c in self.clients) + self.random.randint(0, 1500)
        for thread in threads:
            thread.start()
        end = time.monotonic() + 3
        while total() < target and time.monotonic() < end:
            time.sleep(0.0005)
        time.sleep(self.random.uniform(0, 0.003))
        if self.random.random() < 0.1:
            # While it drains.
            venue.process.send_signal(signal.SIGTERM)
            time.sleep(self.random.uniform(0, 0.03))
            self.counts["while stopping"] += venue.process.poll() is None
        venue.kill()
        self.counts["kills"] += 1
        for client, thread in zip(self.clients, threads):
            thread.join(30)
            assert not thread.is_alive(), "a client hangs after the kill"
            if client.failure:
                raise client.failure

    def kill_starts(self, venue):
        """None, one or two more kills before the start that counts."""
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2))):
            if self.random.random() < 0.3:
                venue.start()
                self.counts["when just ready"] += 1
            else:
                venue.begin()
                time.sleep(self.random.uniform(0, 0.09))
                self.counts["while starting"] += 1
            venue.kill()
            self.counts["kills"] += 1

    # ---- what must be there

    def start_and_check(self, venue):
        replayed = venue.replay()
        size = venue.log_size()
        begun = time.monotonic()
        venue.start()
        self.slowest_start = max(self.slowest_start, time.monotonic() - begun)
        log = venue.log_since(size)
        told = re.search(r"recovered up to command (\d+) ", log)
        assert told and int(told[1]) == replayed["sequence"], (log, replayed)
        self.counts["ambiguous tails"] += "ambiguous_tail" in log
        address = venue.ready["order_entry"]
        for client in self.clients:
            client.connect(address)
        for client in self.clients:
            self.counts["in flight"] += client.after_start(self.model)
            self.counts["lost unacknowledged"] += len(client.lost)
        operator = Session(address, Key.read(venue.operator_key), client_session=7)
        assert operator.next_out == self.operator_sequence
        for client in self.clients:
            client.check(operator, self.model)
        self.check_money(venue, operator)
        operator.close()
        self.counts["starts checked"] += 1

    def check_money(self, venue, operator):
        total = collections.Counter()
        for client in self.steady:
            got = operator.balances(client.account)
            expected = {asset: tuple(pair) for asset, pair in self.model.balances[client.account].items()}
            assert got == expected, f"account {client.account}: {got} != {expected}"
        for account in [c.account for c in self.clients] + [FEES]:
            for asset, (available, held) in operator.balances(account).items():
                assert available >= 0 and held >= 0
                total[asset] += available + held
        assert total == {DEC: STEADY * FUNDS, USD: STEADY * FUNDS, ETH: CROSSERS * FUNDS, BTC: CROSSERS * FUNDS}, total
        for asset, f in operator.audit().items():
            assert (f.sum, f.negative, f.misheld, f.unbalanced) == (0, 0, 0, 0), (asset, f)
            assert f.held == f.held_by_orders + f.held_by_pendings and f.minted - f.burned == f.issued == total[asset], f
        if self.random.random() < 0.1:
            done = subprocess.run([PROGRAM, "ledger", "audit", "--data", venue.data], capture_output=True, text=True,
                                  timeout=60, check=False)
            assert done.returncode == 0, done
            self.counts["audits by the tool"] += 1


def main():
    parser = argparse.ArgumentParser(description="Kills the venue under load and checks what is left.")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("DCX_SEED", "1")))
    options = parser.parse_args()
    loop, begun = Loop(options.seed), time.monotonic()
    while loop.counts["kills"] < options.kills:
        loop.run(min(KILLS_PER_FOLDER, options.kills - loop.counts["kills"]))
    counts = loop.counts
    kinds = ", ".join(f"{value} {name}" for name, value in counts.items() if name not in ("kills", "folders"))
    print(f"{counts['kills']} kills in {counts['folders']} folders, {time.monotonic() - begun:.0f} s, seed {options.seed}: "
          f"{kinds}; slowest start {loop.slowest_start * 1000:.0f} ms")
    assert counts["in flight"] > 0 and counts["commands"] > 30 * counts["kills"], "too little load to mean anything"


if __name__ == "__main__":
    main()
