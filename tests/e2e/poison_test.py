"""A command that the venue died on: the next start after two deaths is refused and shows it; quarantined, it is answered
instead of applied, in every replay alike. The deaths are written into the breadcrumb by hand: there is no such bug.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/poison_test.py
"""

import os
import signal
import struct
import subprocess

from order_entry import BUY, PLACE, Key, Session, place_block
from venue import PROGRAM, Venue

MAGIC = 0x31424D5552434344
PLACE_ORDER = 30


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, f"{arguments}: {done}"
    return done


def commands(journal):
    """(sequence, kind, bytes) of every command, straight from the segments (docs/durability.md)."""
    for name in sorted(name for name in os.listdir(journal) if name.endswith(".journal")):
        with open(os.path.join(journal, name), "rb") as file:
            data = file.read()
        at = 4096
        while data[at:at + 4] == b"DBAT":
            count, = struct.unpack_from("<I", data, at + 68)
            for i in range(count):
                command = data[at + 128 * (i + 1):at + 128 * (i + 2)]
                yield struct.unpack_from("<Q", command)[0], struct.unpack_from("<H", command, 32)[0], command
            at += 128 * (count + 1)


def write_breadcrumb(venue, command, deaths):
    page = struct.pack("<Q", MAGIC) + command + struct.pack("<Q", 0) + command + struct.pack("<Ii", deaths, signal.SIGABRT)
    with open(os.path.join(venue.journal, "breadcrumb"), "wb") as file:
        file.write(page.ljust(4096, b"\0"))


def main():
    with Venue() as venue:
        venue.start()
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        assets, instruments = operator.listings()
        key = operator.funded({assets["USD"]: 1000 * 10**8})
        trader = Session(venue.ready["order_entry"], key)
        for price in (10_000, 10_001):
            trader.send(PLACE, place_block(trader.next_cl_ord_id(), price, 500_000, trader.account, instruments["DEC/USD"], BUY))
            assert trader.execution().ord_status == 1
        venue.kill()

        sequence, _, order = [entry for entry in commands(venue.journal) if entry[1] == PLACE_ORDER][-1]
        write_breadcrumb(venue, order, 1)
        venue.start()
        assert venue.stop() == 0, "one death is no reason to refuse"

        # The last command of the log, so that nothing has been built on it: everything behind it is taken away.
        fork = os.path.join(venue.folder, "fork")
        run("fork", str(sequence), fork, "--data", venue.data, "--with-keys")
        venue.data = fork
        write_breadcrumb(venue, order, 2)
        refused = run("serve", "--config", venue.config, "--data", venue.data, code=4)
        for part in (f"--sequence {sequence}", "place_order", order.hex(), "died 2 times"):
            assert part in refused.stderr, refused
        refused = run("journal", "quarantine", venue.journal, "--sequence", str(sequence - 1), code=1)
        assert "another one" in refused.stderr, refused
        before = run("journal", "check", venue.journal)
        done = run("journal", "quarantine", venue.journal, "--sequence", str(sequence))
        assert "quarantined" in done.stdout and order.hex() in done.stdout, done
        assert before.returncode == run("journal", "check", venue.journal).returncode

        venue.start()
        trader = Session(venue.ready["order_entry"], key)
        held = trader.balances(trader.account)[assets["USD"]]
        assert held[1] == 50 * 10**8, f"one of the two orders is open: {held}"
        assert venue.stop() == 0, venue.log_text()
        first = venue.replay()
        venue.start()
        assert venue.stop() == 0
        assert run("at", str(first["sequence"]), "state", "--data", venue.data, "--json").stdout.find(first["state_hash"]) > 0
        refused = run("journal", "quarantine", venue.journal, "--sequence", str(sequence), code=1)
        assert "did not die" in refused.stderr, refused
    print("poison: ok")


if __name__ == "__main__":
    main()
