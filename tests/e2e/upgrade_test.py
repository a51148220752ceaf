"""dcx serve --shadow: a second program follows a venue under load and takes its place. Orders that would be canceled with
their session stay for the grace, nothing acknowledged is lost, and the pause is measured from outside.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/upgrade_test.py
"""

import json
import os
import re
import subprocess
import time

from order_entry import BUY, PLACE, SCOPE_SESSION, Key, Session, place_block
from venue import PROGRAM, Venue, wait_until

QUIET = "[auditor]\ninvariants_s = 0\n"


def fixed_ports(venue):
    """The shadow listens where the venue before it did."""
    with open(venue.config, encoding="utf-8") as file:
        text = file.read()
    ports = {"order_entry": venue.ready["order_entry"].rsplit(":", 1)[1], "http": venue.ready["http"].rsplit(":", 1)[1]}
    text = text.replace("order_entry = 0", f"order_entry = {ports['order_entry']}")
    text = text.replace("http = 0", f"http = {ports['http']}")
    path = os.path.join(venue.folder, "shadow.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def shadow(venue, config, *arguments):
    return subprocess.Popen([PROGRAM, "serve", "--config", config, "--data", venue.data, "--shadow", *arguments],
                            stdout=subprocess.PIPE, stderr=venue.log, env={**os.environ, **venue.environment})


def take_over(venue, config):
    """The old process ends by itself with 0; `venue` is the new one. How long nobody could log in, in ms."""
    before = venue.process
    new = shadow(venue, config, "--checkpoints", "2")
    assert before.wait(60) == 0, venue.log_text()
    gone = time.monotonic()
    line = new.stdout.readline()
    assert line, f"the shadow ended with {new.wait(10)}\n{venue.log_text()}"
    pause = (time.monotonic() - gone) * 1000
    before.stdout.close()
    venue.process, venue.ready = new, json.loads(line)
    return pause


def check_orders(venue, config):
    operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
    assets, instruments = operator.listings()
    key = operator.funded({assets["USD"]: 1000 * 10**8})
    trader = Session(venue.ready["order_entry"], key, cancel=SCOPE_SESSION)
    trader.send(PLACE, place_block(trader.next_cl_ord_id(), 10_000, 500_000, trader.account, instruments["DEC/USD"], BUY))
    placed = trader.execution()
    assert placed.ord_status == 1, placed
    held = trader.balances(trader.account)
    take_over(venue, config)
    again = Session(venue.ready["order_entry"], key, cancel=SCOPE_SESSION)
    assert again.balances(again.account) == held, "the order is still open: its money is held"
    again.close()
    wait_until(lambda: venue.metric("dcx_gateway_sessions") == 0, 10, "the end of the session")
    wait_until(lambda: operator_sees_no_hold(venue, again.account, assets["USD"]), 10, "its cancel")


def operator_sees_no_hold(venue, account, asset):
    operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
    held = operator.balances(account).get(asset, (0, 0))[1]
    operator.close()
    return held == 0


def check_difference(venue, config):
    """A shadow that comes to another state says so and takes nothing over: the venue goes on."""
    # A foreign checkpoint can't be made from outside; a journal whose durable part is damaged can.
    segment = sorted(name for name in os.listdir(venue.journal) if name.endswith(".journal"))[0]
    path = os.path.join(venue.journal, segment)
    for name in os.listdir(os.path.join(venue.data, "snapshots")):
        os.remove(os.path.join(venue.data, "snapshots", name))
    with open(path, "r+b") as file:
        file.seek(4096 + 200)
        byte = file.read(1)
        file.seek(4096 + 200)
        file.write(bytes([byte[0] ^ 1]))
        file.flush()
        refused = shadow(venue, config)
        assert refused.wait(60) == 4, venue.log_text()
        refused.stdout.close()
        assert segment in venue.log_text() and "damaged" in venue.log_text()
        file.seek(4096 + 200)
        file.write(byte)
    assert venue.process.poll() is None and venue.metric("dcx_engine_accepting") == 1


def check_stop(venue, config):
    """A shadow that is told to stop goes, and the venue stays."""
    waiting = shadow(venue, config, "--checkpoints", "1000000")
    wait_until(lambda: "following" in venue.log_text(), 20, "the shadow")
    time.sleep(0.2)
    waiting.terminate()
    assert waiting.wait(20) == 0
    waiting.stdout.close()
    assert venue.metric("dcx_engine_accepting") == 1


def main():
    with Venue(QUIET) as venue:
        venue.start()
        config = fixed_ports(venue)
        check_orders(venue, config)
        check_stop(venue, config)
        check_difference(venue, config)
        assert venue.stop() == 0, venue.log_text()
        whole = venue.replay()
        venue.start()
        assert venue.metric("dcx_engine_applied_sequence") > whole["sequence"]
        assert venue.stop() == 0
    with Venue("sim = true\n[sim]\norders_per_second = 20000\n" + QUIET) as venue:
        venue.start()
        config = fixed_ports(venue)
        pauses = []
        for _ in range(3):
            wanted = venue.metric("dcx_engine_durable_sequence") + 5_000
            wait_until(lambda: venue.metric("dcx_engine_durable_sequence") >= wanted, 60, "commands")
            epoch = venue.metric("dcx_engine_epoch")
            pauses.append(take_over(venue, config))
            assert venue.metric("dcx_engine_epoch") == epoch + 1
            assert re.search("took over", venue.log_text()), venue.log_text()
        venue.kill()
        venue.start()
        assert venue.stop() == 0, venue.log_text()
    print(f"upgrade: ok; from the old program's end to the new one's ready line {', '.join(f'{p:.0f}' for p in pauses)} ms")


if __name__ == "__main__":
    main()
