"""The public workload through the whole venue: every message as a frame of order entry, every line of the canonical answer
from execution reports. The SHA-256 must be the one that independent engines agree on. Takes some minutes; ./dev soak."""

import hashlib
import os
import struct
import subprocess
import sys
import threading
import time

import order_entry as oe
from order_entry import AMEND, CANCEL, PLACE, Session, Key, amend_block, cancel_block, execution_of, place_block
from venue import Venue

# Prices and quantities of the workload are ticks and lots of a market without fees and without a smallest notional.
MARKET = """
sim = false
[[asset]]
symbol = "BASE"
scale = 0
issue_cap = "4000000000000000000"
[[asset]]
symbol = "QUOTE"
scale = 0
issue_cap = "4000000000000000000"
[[market]]
symbol = "BASE/QUOTE"
base = "BASE"
quote = "QUOTE"
tick = "1"
lot = "1"
max_quantity = "4294967295"
min_notional = "0"
maker_fee = 0
taker_fee = 0
collar_bp = 0
max_orders = 0
"""
RECORD = struct.Struct("<BBBBIQQqq")
FUNDS = 4 * 10**18
IN_FLIGHT = 20_000


def read_workload(path):
    data = subprocess.run(["zstd", "-q", "-d", "--long=27", "-c", path], check=True, capture_output=True).stdout
    magic, version, count = struct.unpack_from("<QII", data)
    assert magic == 0x4D4542575F303031 and version == 1 and len(data) == 16 + count * RECORD.size
    return list(RECORD.iter_unpack(memoryview(data)[16:]))


class Answer:
    """Reports of one session in the order of its commands, as canonical lines."""

    def __init__(self, messages):
        self.messages = messages
        self.lines = []
        self.received = 0  # commands whose first report came

    def take(self, report):
        # cl_ord_id = index + 1 of the message that carried it, so it names message and order.
        if report.template == oe.REPORT + oe.EV_CANCEL_REJECTED:
            cl_ord_id, _, _, _, command, reason = struct.unpack_from("<QQQIHH", report.body)
            assert reason == 49, f"refused for {reason}"
            index = cl_ord_id - 1
            self.received += 1
            self.lines.append((index, 4 if command == CANCEL else 5, f"{self.messages[index][6]}"))
            return
        e = execution_of(report)
        index = e.cl_ord_id - 1
        kind, side, ioc, _, quantity, _, order_id, price, _ = self.messages[index]
        if e.exec_type == 1:
            self.received += 1
            self.lines.append((index, 0, f"{e.side - 1},{order_id},{e.price},{e.order_qty}"))
        elif e.exec_type == 5:
            self.received += 1
            self.lines.append((index, 3, f"{e.side - 1},{order_id},{e.price},{e.leaves_qty}"))
        elif e.exec_type == 4:
            if kind == 1:
                self.received += 1
            self.lines.append((index, 2, f"{e.side - 1},{order_id},{e.price}"))
        elif e.exec_type == 3:
            # The maker's report comes just before the taker's.
            if e.liquidity == 1:
                self.maker = (e.trade_id, order_id)
                return
            assert self.maker[0] == e.trade_id
            self.lines.append((index, 1, f"{e.last_px},{e.last_qty},{self.maker[1]},{order_id}"))
        else:
            raise AssertionError(e)

    def hash(self):
        self.lines.sort(key=lambda line: line[:2])
        text = "\n".join(f"{kind},{seq},{rest}" for seq, kind, rest in self.lines)
        return hashlib.sha256(text.encode()).hexdigest()


def send_all(session, messages, answer, failed):
    own_number = {}  # workload order id -> the number its order carries now
    batch = []
    for index, (kind, side, ioc, _, quantity, _, order_id, price, _) in enumerate(messages):
        number = index + 1
        if kind == 0:
            block = place_block(number, price, quantity, session.account, 1, side + 1, tif=2 if ioc else 1)
            batch.append(session.command(PLACE, block))
            own_number[order_id] = number
        elif kind == 1:
            batch.append(session.command(CANCEL, cancel_block(number, session.account, orig=own_number.get(order_id, 0))))
        else:
            block = amend_block(number, session.account, price, quantity, orig=own_number.get(order_id, 0), replace=True)
            batch.append(session.command(AMEND, block))
            own_number[order_id] = number
        if len(batch) == 256:
            session.send_bytes(b"".join(batch))
            batch.clear()
            while index - answer.received > IN_FLIGHT and not failed.is_set():
                time.sleep(0.001)
            if failed.is_set():
                return
    session.send_bytes(b"".join(batch))


def main():
    shared = os.path.join(os.environ.get("DCX_REPOSITORY", "."), "..", "shared", "data", "workload")
    path = os.path.join(shared, "orders_normal_s23_n1000000.bin.zst")
    if not os.path.exists(path):
        print("SKIPPED: no ../shared beside the repository")
        return
    with open(os.path.join(shared, "reference_hashes.txt"), encoding="utf-8") as file:
        expected = next(line.split()[0] for line in file if "normal_" in line)
    messages = read_workload(path)
    limit = int(os.environ.get("DCX_MESSAGES", len(messages)))
    messages = messages[:limit]
    with Venue(MARKET) as venue:
        venue.start()
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        session = Session(venue.ready["order_entry"], operator.funded({1: FUNDS, 2: FUNDS}), timeout=60)
        answer, failed = Answer(messages), threading.Event()
        started = time.monotonic()
        sender = threading.Thread(target=send_all, args=(session, messages, answer, failed), daemon=True)
        sender.start()
        try:
            while answer.received < len(messages):
                answer.take(session.report())
            # The last command's trades and remainder may follow its first report; a query's answer comes behind them.
            session.send(PLACE, place_block(len(messages) + 1, 1, 1, 0, 1, 1))
            while True:
                report = session.report()
                if report.template == oe.EXECUTION_REPORT and execution_of(report).exec_type == 2:
                    break
                answer.take(report)
        finally:
            failed.set()
        seconds = time.monotonic() - started
        assert venue.stop() == 0, venue.log_text()
        replayed = venue.replay()
    got = answer.hash()
    trades = sum(1 for line in answer.lines if line[1] == 1)
    print(f"{len(messages)} messages in {seconds:.0f} s, {len(answer.lines)} reports, {trades} trades, sha256 {got}, "
          f"state {replayed['state_hash']}")
    if limit >= 1_996_097:
        assert got == expected, f"expected {expected}"


if __name__ == "__main__":
    sys.exit(main())
