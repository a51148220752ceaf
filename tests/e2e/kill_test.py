"""kill -9 in the middle of load, ten times over one journal. After each start: every acknowledged command is there, what
was in flight is there as a prefix in the order in which it was sent or not at all, balances are those of exactly the
commands that are there, and the recovered state is that of a replay (its checkpoints compare the events' hash)."""

import os
import random
import sys
import threading

from order_entry import (BUY, CANCEL, EXECUTION_REPORT, PLACE, SELL, Key, Session, Terminated, cancel_block,
                         execution_of, place_block)
from venue import Venue

ROUNDS = int(os.environ.get("DCX_KILLS", "10"))
TRADERS = 4
FUNDS = 10**16
BASE_PER_LOT, QUOTE_UNIT = 10**4, 1  # DEC/USD: 0.0001 DEC a lot, one minor unit a tick times lot


class Trader(threading.Thread):
    """Sends as fast as the venue takes it, until the connection breaks. Its orders never cross anybody's (buys at prices
    below all sells), so what its prefix of commands has done to its balances can be computed from that prefix alone."""

    def __init__(self, number, key, seed):
        super().__init__(daemon=True)
        self.key, self.number, self.random = key, number, random.Random(seed)
        self.sent = []          # (kind, cl_ord_id, price, quantity, side, orig) by session sequence - 1
        self.acknowledged = 0   # reports received, which are one per command here
        self.orders = {}        # cl_ord_id -> order_id, of accepted orders
        self.session = None

    def connect(self, address):
        self.session = Session(address, self.key, client_session=1)
        return self.session

    def run(self):
        begin = len(self.sent)
        try:
            while True:
                # Bounded, so that many kills do not make a journal that takes minutes to check.
                if len(self.sent) - begin > 4_000:
                    self.take_report()
                    continue
                data = b"".join(self.next_command() for _ in range(self.random.randint(1, 40)))
                count = len(self.sent)
                self.session.send_bytes(data)
                # Let up to 200 wait for their reports, so that a kill finds some in flight.
                while count - self.acknowledged > 200:
                    self.take_report()
        except (Terminated, OSError):
            pass

    def take_report(self):
        report = self.session.report()
        assert report.template == EXECUTION_REPORT, (report, self.sent[self.acknowledged])
        execution = execution_of(report)
        assert execution.exec_type in (1, 4), execution  # accepted or canceled, nothing refused
        assert execution.cl_ord_id == self.sent[self.acknowledged][1], "reports come in the order of commands"
        if execution.exec_type == 1:
            self.orders[execution.cl_ord_id] = execution.order_id
        self.acknowledged += 1

    def next_command(self):
        live = [c for c in self.sent[-60:-30] if c[0] == "place" and not c[5]]
        number = self.session.next_cl_ord_id()
        if live and self.random.random() < 0.4:
            target = self.random.choice(live)
            target[5] = True
            self.sent.append(["cancel", number, 0, 0, 0, target[1]])
            return self.session.command(CANCEL, cancel_block(number, self.key.account, orig=target[1]))
        side = self.random.choice((BUY, SELL))
        price = self.random.randint(5_000, 9_000) if side == BUY else self.random.randint(11_000, 15_000)
        quantity = self.random.randint(100_000, 200_000)
        self.sent.append(["place", number, price, quantity, side, False])
        return self.session.command(PLACE, place_block(number, price, quantity, self.key.account, 1, side))

    def expected(self, applied):
        """{asset: (available, held)} after the first `applied` commands."""
        held, open_orders = {1: 0, 2: 0}, {}
        for kind, number, price, quantity, side, orig in self.sent[:applied]:
            if kind == "place":
                asset, amount = (2, price * quantity * QUOTE_UNIT) if side == BUY else (1, quantity * BASE_PER_LOT)
                open_orders[number] = (asset, amount)
                held[asset] += amount
            else:
                asset, amount = open_orders.pop(orig)
                held[asset] -= amount
        return {asset: (FUNDS - held[asset], held[asset]) for asset in (1, 2)}


def main():
    seed = int(os.environ.get("DCX_SEED", "1"))
    rng = random.Random(seed)
    with Venue() as venue:
        venue.start()
        with_operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        keys = [with_operator.funded({1: FUNDS, 2: FUNDS}) for _ in range(TRADERS)]
        with_operator.close()
        traders = [Trader(i, key, rng.random()) for i, key in enumerate(keys)]
        in_flight = 0
        for round_number in range(ROUNDS):
            for trader in traders:
                trader.connect(venue.ready["order_entry"])
                trader.start()
            deadline = threading.Event()
            deadline.wait(rng.uniform(0.05, 0.5))
            venue.kill()
            for trader in traders:
                trader.join(30)
                assert not trader.is_alive()
            before = venue.replay()
            venue.start()
            for i, trader in enumerate(traders):
                session = trader.connect(venue.ready["order_entry"])
                applied = session.next_out - 1
                assert trader.acknowledged <= applied <= len(trader.sent), (
                    f"round {round_number}: {trader.acknowledged} acknowledged, {applied} there, {len(trader.sent)} sent")
                assert session.next_report - 1 == applied
                in_flight += applied - trader.acknowledged
                got = session.balances(trader.key.account)
                assert got == trader.expected(applied), f"round {round_number}: {got} != {trader.expected(applied)}"
                session.close()
                # What was not applied was never sent, as far as this trader goes on.
                again = Trader(i, trader.key, rng.random())
                again.sent = trader.sent[:applied]
                canceled = {c[5] for c in again.sent if c[0] == "cancel"}
                for command in again.sent:
                    if command[0] == "place":
                        command[5] = command[1] in canceled
                again.acknowledged = applied
                again.orders = trader.orders
                traders[i] = again
            after = venue.replay()
            assert after["sequence"] > before["sequence"]
        # Every acknowledged order that nobody canceled can be canceled by its order id.
        checked = 0
        for trader in traders:
            session = trader.connect(venue.ready["order_entry"])
            canceled = {c[5] for c in trader.sent if c[0] == "cancel"}
            for command in trader.sent:
                if command[0] == "place" and command[1] not in canceled and command[1] in trader.orders:
                    number = session.next_cl_ord_id()
                    session.send(CANCEL, cancel_block(number, trader.key.account, order_id=trader.orders[command[1]]))
                    execution = session.execution()
                    assert execution.exec_type == 4 and execution.cl_ord_id == number, execution
                    checked += 1
            session.close()
        assert venue.stop() == 0, venue.log_text()
        final = venue.replay()
        total = sum(len(t.sent) for t in traders)
        print(f"{ROUNDS} kills, {total} commands there, {in_flight} of them never acknowledged, {checked} orders checked, "
              f"replayed to {final['sequence']} {final['state_hash']}")
        assert total > 100 * ROUNDS, "too little load to mean anything"


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
