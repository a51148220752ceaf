"""Independent clients of the feed in a bad network and over kills: feed_peers_test.py node|python|browser

Traders trade; every connection of the followers is cut again and again at a random byte; the venue is killed and started
again. Every follower checks each message (chain, checksum, decimals) and insists that each gap is replayed or announced.
At the end the traders stop, and every follower's book is what the core's was, by a replay of the journal alone."""

import json
import os
import random
import subprocess
import sys
import time
from decimal import Decimal

from chaos_proxy import ChaosProxy
from feed_client import Feed
from feed_peers import KINDS, Missing
from feed_process_test import Process
from venue import PROGRAM, Venue, wait_until

MARKETS = ("DEC/USD", "BTC/USD", "ETH/USD", "DEC/BTC")
CONFIG = """
[sim]
seed = 11
traders = 4
orders_per_second = 600
"""
FOLLOWERS = {"node": 10, "python": 6, "browser": 6}


class Traders:
    def __init__(self, venue):
        self.process = subprocess.Popen([PROGRAM, "sim", "--config", venue.config, "--data", venue.data],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        """At once: their orders stay, so that there are books to compare."""
        self.process.kill()
        self.process.wait(30)


class Core:
    """Books as the core had them, by a replay of the journal alone."""

    def __init__(self, venue):
        self.venue, self.units = venue, {}
        feed = Feed(venue.ready["feed"], "msgpack")
        for name, instrument in feed.instruments.items():
            self.units[name] = [Decimal(instrument[unit]) for unit in ("tick_size", "lot_size")]
        feed.close()

    def book(self, market, moment):
        """{side: [[price, quantity, orders]...]}, best first, in ticks and lots."""
        done = subprocess.run([PROGRAM, "at", str(moment), "book", market, "--data", self.venue.data, "--levels", "5000",
                               "--json"], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        tick, lot = self.units[market]
        return {side: [[int(Decimal(level["price"]) / tick), int(Decimal(level["quantity"]) / lot), level["orders"]]
                       for level in json.loads(done.stdout)[side]] for side in ("bids", "asks")}


def name_of(told, peer):
    return f"{peer.name}, {told['format']}, depth {told['depth']}, rate {told['rate']}"


def is_book(known, book, depth):
    return known is not None and all(known[side] == book[side][:depth] for side in ("bids", "asks"))


def last_trades(venue):
    feed = Feed(venue.ready["feed"], "msgpack")
    trades = {}
    for market in MARKETS:
        feed.subscribe("trades", market)
        snapshot = feed.data("trades", market)[0]["data"]["trades"]
        trades[market] = [[t["id"], t["price"], t["quantity"], t["side"]] for t in snapshot[-20:]]
    feed.close()
    return trades


def watch(peer, core, chance, seconds, rounds):
    """Meanwhile nothing is wrong with any follower, and books are those of the sequences they name."""
    for turn in range(rounds):
        time.sleep(seconds / rounds)
        told = peer.report(f"watch-{chance.random()}-{turn}", 0.2)
        for one in told:
            assert one["fault"] is None, f"{name_of(one, peer)}: {one['fault']}"
        known = [(one, market) for one in told for market in MARKETS if "book" in one["markets"].get(market, {})]
        for one, market in chance.sample(known, min(3, len(known))):
            book = one["markets"][market]["book"]
            was = core.book(market, book["seq"]) if book["seq"] else None
            assert was is None or is_book(book, was, one["depth"]), f"{name_of(one, peer)}: {market} is {book}, not {was}"


def wait_quiet(venue):
    """Until the feed has heard of nothing new for a while."""
    known, since = 0, time.monotonic()
    while time.monotonic() < since + 1:
        now = venue.metric("dcx_feed_sequence")
        if now != known:
            known, since = now, time.monotonic()
        time.sleep(0.05)


def settle(peer, venue, core, count):
    """Until every follower has the books of the core and the last trades; then what they did on the way."""
    books = {market: core.book(market, "end") for market in MARKETS}
    assert all(books[market][side] for market in MARKETS for side in ("bids", "asks")), "empty books prove nothing"
    trades = last_trades(venue)
    end, turn = time.monotonic() + 60, 0
    while True:
        turn += 1
        told = peer.report(f"settle-{turn}", 20)
        assert len(told) == count
        wrong = []
        for one in told:
            assert one["fault"] is None, f"{name_of(one, peer)}: {one['fault']}"
            for market in MARKETS:
                known = one["markets"].get(market, {})
                if not is_book(known.get("book"), books[market], one["depth"]):
                    wrong.append(f"{name_of(one, peer)}: {market} is {known.get('book')}, not {books[market]}")
                elif known["trades"] != trades[market]:
                    wrong.append(f"{name_of(one, peer)}: trades of {market} are {known['trades']}, not {trades[market]}")
        if not wrong:
            return told
        assert time.monotonic() < end, wrong[0][:4000]
        time.sleep(0.2)


def run(kind, seconds):
    count, chance = FOLLOWERS[kind], random.Random(3)
    with Venue(CONFIG, limits=True) as venue:
        venue.start()
        core = Core(venue)
        proxy = ChaosProxy(venue.ready["http"].rsplit("/", 1)[1], seed=5)
        traders = Traders(venue)
        peer = KINDS[kind](f"ws://127.0.0.1:{proxy.port}/v1/feed", count)
        try:
            wait_until(lambda: proxy.connections >= count, 60, "the followers")
            watch(peer, core, chance, seconds, 4)
            # Killed in the middle of trading; numbers of another epoch are not gone on with.
            venue.kill()
            traders.stop()
            venue.start()
            proxy.set_venue(venue.ready["http"].rsplit("/", 1)[1])
            traders = Traders(venue)
            watch(peer, core, chance, seconds, 4)
            traders.stop()
            wait_quiet(venue)
            proxy.calm = True
            told = settle(peer, venue, core, count)
        finally:
            peer.end()
            traders.stop()
            proxy.close()
        sums = {name: sum(one[name] for one in told) for name in ("messages", "connections", "replayed", "announced", "skipped")}
        print(f"{peer.name}: {count} followers, {proxy.cuts} cuts, {sums}")
        assert proxy.cuts > count and sums["replayed"] > 0 and sums["announced"] > 0, (proxy.cuts, sums)
        assert venue.stop() == 0, venue.log_text()


def run_beside(kind, seconds):
    """The same with the feed in a process of its own, which is killed and started again: nobody misses a message for it."""
    count, chance = FOLLOWERS[kind], random.Random(4)
    with Venue(CONFIG + "[feed]\npublish_events = true\n", limits=True) as venue:
        venue.start()
        core = Core(venue)
        feed = Process(venue).start()
        proxy = ChaosProxy(feed.listen, seed=6, sizes=(10_000, 200_000))
        traders = Traders(venue)
        peer = KINDS[kind](f"ws://127.0.0.1:{proxy.port}/v1/feed", count)
        try:
            wait_until(lambda: proxy.connections >= count, 60, "the followers")
            for _ in range(2):
                watch(peer, core, chance, seconds / 2, 2)
                feed.kill()
                feed.start()
            watch(peer, core, chance, seconds / 2, 2)
            traders.stop()
            wait_quiet(venue)
            proxy.calm = True
            told = settle(peer, venue, core, count)
        finally:
            peer.end()
            traders.stop()
            proxy.close()
        sums = {name: sum(one[name] for one in told) for name in ("messages", "connections", "replayed", "announced", "skipped")}
        print(f"{peer.name}, the feed's process killed twice: {count} followers, {proxy.cuts} cuts, {sums}")
        assert sums["replayed"] > 0, sums
        assert feed.stop() == 0 and venue.stop() == 0, venue.log_text()


def main():
    try:
        run(sys.argv[1], float(os.environ.get("DCX_PEER_SECONDS", "6")))
        run_beside(sys.argv[1], float(os.environ.get("DCX_PEER_SECONDS", "6")))
    except Missing as why:
        print(f"SKIPPED: {why}")
        return
    print("ok")


if __name__ == "__main__":
    main()
