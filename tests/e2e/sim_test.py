"""A venue with simulated traders: all markets live, little refused, stopped and started with the same accounts; and a
venue without anything to do that really does nothing."""

import os
import re
import subprocess
import time

from feed_client import Feed
from order_entry import Key, Session
from venue import PROGRAM, Venue, wait_until

MARKETS = ("DEC/USD", "BTC/USD", "ETH/USD", "DEC/BTC")
CONFIG = """
[sim]
seed = 7
traders = 4
orders_per_second = 300
"""


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_share(pid, seconds):
    """Of one core, while nobody asks the venue anything."""
    before, start = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - start)


def sim_keys(venue):
    """{file: content} of the traders' keys."""
    keys = {}
    for folder, _, names in os.walk(os.path.dirname(venue.operator_key)):
        for name in names:
            path = os.path.join(folder, name)
            if path != venue.operator_key:
                assert os.stat(path).st_mode & 0o777 == 0o600, path
                with open(path, encoding="utf-8") as file:
                    keys[path] = file.read()
    return keys


def watch(venue, seconds):
    """All markets for so long: books on both sides, trades in each, and most requests had an effect."""
    feed = Feed(venue.ready["feed"], "msgpack")
    for market in MARKETS:
        for channel in ("orderbook", "trades"):
            feed.subscribe(channel, market, **({"depth": 5000} if channel == "orderbook" else {}))
    begin, commands = len(feed.messages), venue.metric("dcx_gateway_commands_total")
    share = cpu_share(venue.process.pid, seconds)
    commands = venue.metric("dcx_gateway_commands_total") - commands
    messages = feed.messages[begin:]
    traded = {market: sum(len(m["data"]["trades"]) for m in feed.data("trades", market, begin)) for market in MARKETS}
    changes = {m["seq"] for m in messages if m.get("channel") == "orderbook"}
    wait_until(lambda: all(feed.data("trades", market, begin) for market in MARKETS), 30, "a trade in every market")
    for market in MARKETS:
        sides = {"bids": {}, "asks": {}}
        for message in feed.data("orderbook", market):
            for name, side in sides.items():
                for price, quantity, _ in message["data"][name]:
                    side[price] = quantity
        best = max(p for p, q in sides["bids"].items() if q), min(p for p, q in sides["asks"].items() if q)
        assert best[0] < best[1], f"{market} is crossed: {best}"
    assert feed.closed is None
    feed.close()
    # 300 a second were asked for; a busy machine gives less, a storm of refused requests has no effect on books.
    assert commands > 20 * seconds, f"{commands} commands in {seconds} s"
    assert share < 1, f"{share:.0%} of a core for {commands / seconds:.0f} commands a second"
    assert len(changes) > commands * 0.5, f"{commands} commands, only {len(changes)} changed a book"
    return commands, len(changes), traded, share


def check_simulation():
    with Venue(CONFIG, arguments=["--sim"], limits=True) as venue:
        venue.start()
        keys = sim_keys(venue)
        assert len(keys) == 4 * (4 + 1), sorted(keys)
        commands, changes, traded, share = watch(venue, 10)
        print(f"{commands} commands, {changes} of them changed a book, trades {traded}, {share:.1%} of a core")
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=9)
        accounts = operator.open_account()
        operator.close()
        assert venue.stop() == 0, venue.log_text()
        first = venue.replay()
        assert venue.replay()["state_hash"] == first["state_hash"] and first["sequence"] > commands
        venue.start()
        assert sim_keys(venue) == keys, "the same traders"
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=9)
        assert operator.open_account() == accounts + 1, "and no account more"
        operator.close()
        watch(venue, 3)
        # A crash in the middle of it.
        venue.kill()
        venue.start()
        assert sim_keys(venue) == keys
        watch(venue, 3)
        assert venue.stop() == 0, venue.log_text()
        assert venue.replay()["sequence"] > first["sequence"]


def check_sim_command():
    """Traders from outside, against a venue that was started without any; they tell what they did."""
    with Venue(CONFIG) as venue:
        venue.start()
        done = subprocess.run([PROGRAM, "sim", "--config", venue.config, "--data", venue.data, "--seconds", "5"],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done
        told = re.search(r"(\d+) requests, (\d+) fills, (\d+) rejects\n$", done.stderr)
        requests, fills, rejects = (int(number) for number in told.groups())
        assert requests > 100 and fills > 0 and rejects < requests * 0.1, done.stderr
        print(f"dcx sim: {told.group(0).strip()}")
        assert venue.stop() == 0, venue.log_text()


def check_idle():
    with Venue() as venue:
        venue.start()
        bare = cpu_share(venue.process.pid, 5)
        feed = Feed(venue.ready["feed"])
        feed.subscribe("orderbook", "DEC/USD")
        session = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        watched = cpu_share(venue.process.pid, 5)
        session.close()
        feed.close()
        assert venue.stop() == 0, venue.log_text()
        print(f"idle: {bare:.2%} of a core, {watched:.2%} with a session and a reader of the feed")
        # Generous: an idle venue that polls instead of sleeping takes many times as much.
        assert bare < 0.03 and watched < 0.03, (bare, watched)


def main():
    check_idle()
    check_sim_command()
    check_simulation()


if __name__ == "__main__":
    main()
