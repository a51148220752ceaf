"""Feeds in processes of their own beside a venue: killed and started again under load, two at once, one that is stopped for
good, and a venue that is killed under them. Readers resume by sequence; what they were told is one chain, and its books
are those that the accounts which do all the trading know."""

import json
import os
import select
import signal
import subprocess
import sys
import time

from desk import Desk
from feed_client import Book, Feed, check_chain
from venue import PROGRAM, Venue, ask, wait_until

MARKET = "DEC/USD"
VENUE = """
[feed]
publish_events = true
events_mib = 1
"""


class Process:
    """dcx feed on a venue's folder."""

    def __init__(self, venue, name="feed", listen="127.0.0.1:0"):
        self.venue, self.name, self.listen = venue, name, listen
        self.process = None

    def start(self, limit=60):
        with open(os.path.join(self.venue.folder, f"{self.name}.log"), "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "feed", "--config", self.venue.config, "--data", self.venue.data, "--listen", self.listen,
                 "--name", self.name], stdout=subprocess.PIPE, stderr=log)
        if not select.select([self.process.stdout], [], [], limit)[0]:
            raise AssertionError(f"no ready line\n{self.log()}")
        line = self.process.stdout.readline()
        assert line, f"ended with {self.process.wait(10)}\n{self.log()}"
        self.ready = json.loads(line)
        # The same place for those who come back.
        self.listen = self.ready["http"].split("//")[1]
        return self

    def log(self):
        with open(os.path.join(self.venue.folder, f"{self.name}.log"), encoding="utf-8") as file:
            return file.read()[-3000:]

    def metric(self, name):
        for line in ask(self.ready["admin"] + "/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.process.stdout.close()
        return code


class Follower:
    """A reader who comes back and goes on where he stopped; keeps all that he was ever told of each channel."""

    def __init__(self, form, depth):
        self.form, self.depth = form, depth
        self.told = {"orderbook": [], "trades": []}
        self.resumed, self.refused = 0, 0
        self.feed = None

    def connect(self, url):
        self.feed = Feed(url, self.form)
        for channel, told in self.told.items():
            more = {"depth": self.depth} if channel == "orderbook" else {}
            if told:
                more["from"] = {"epoch": told[-1]["epoch"], "seq": told[-1]["seq"]}
            answer = self.feed.subscribe(channel, MARKET, **more)
            if told:
                self.resumed += answer["resumed"] is True
                self.refused += answer["resumed"] is False

    def gone(self):
        """The connection has ended, with the process."""
        wait_until(lambda: self.feed.closed is not None, 20, "the end of the connection")
        self.keep()

    def keep(self):
        for channel, told in self.told.items():
            told.extend(self.feed.data(channel, MARKET))

    def check(self, desk):
        """One chain; its book is the desk's at each sequence that was told."""
        for told in self.told.values():
            check_chain(told)
        sides = None
        for message in self.told["orderbook"]:
            if message["type"] == "snapshot":
                sides = Book(message["epoch"], self.depth)
            sides.epoch = message["epoch"]
            sides.apply(message)
            expected = desk.book_at(message["seq"], self.depth)
            assert sides.state() == expected, f"at {message['seq']}: {sides.state()} is not {expected}"
        trades = [t for m in self.told["trades"] if m["type"] == "update" for t in m["data"]["trades"]]
        assert len({t["id"] for t in trades}) == len(trades), "a trade was told twice"
        return sides


def trade(desk, batches, size=15):
    for _ in range(batches):
        for _ in range(size):
            desk.random_request()
        desk.settle()


def reaches(follower, desk):
    """Until the reader has been told of the newest book."""
    expected = (desk.books[-1][0][:follower.depth], desk.books[-1][1][:follower.depth])
    book, done, messages = None, 0, []

    def there():
        nonlocal book, done, messages
        messages = follower.told["orderbook"] + follower.feed.data("orderbook", MARKET)
        for message in messages[done:]:
            if message["type"] == "snapshot":
                book = Book(message["epoch"], follower.depth)
            book.epoch = message["epoch"]
            book.apply(message)
        done = len(messages)
        return book.state() == expected

    follower.feed.wait(there, "the newest book")


def check_kills(venue, desk):
    """Killed again and again while orders come; everything that was missed is had from the sequence on."""
    process = Process(venue).start()
    followers = [Follower("json", 20), Follower("msgpack", 5000), Follower("json", 1)]
    for follower in followers:
        follower.connect(process.ready["feed"])
    for round_number in range(4):
        trade(desk, 8)
        if round_number % 2 == 0:
            # The notes are of the last second.
            time.sleep(1.2)
        trade(desk, 2)
        process.kill()
        trade(desk, 4)
        for follower in followers:
            follower.gone()
        process.start()
        for follower in followers:
            follower.connect(process.ready["feed"])
    trade(desk, 4)
    for follower in followers:
        reaches(follower, desk)
        follower.keep()
        follower.check(desk)
    resumed, refused = (sum(getattr(f, name) for f in followers) for name in ("resumed", "refused"))
    # A chain of which no message was noted yet begins anew; the others go on.
    assert resumed >= 20 and refused <= 4, f"{resumed} resumed, {refused} refused"
    print(f"killed 4 times: {resumed} subscriptions resumed, {refused} with a snapshot")
    return process, followers


def check_side_by_side(venue, desk, process):
    """Another one beside it says the same, as does the venue's own feed; a third of the same name is refused."""
    other = Process(venue, "second").start()
    done = subprocess.run([PROGRAM, "feed", "--config", venue.config, "--data", venue.data, "--listen", "127.0.0.1:0",
                           "--name", "second"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 7 and "--name" in done.stderr, (done.returncode, done.stderr)
    readers = []
    for url in (process.ready["feed"], other.ready["feed"], venue.ready["feed"]):
        feed = Feed(url)
        feed.subscribe("orderbook", MARKET, depth=20)
        feed.subscribe("trades", MARKET)
        readers.append(feed)
    trade(desk, 10)
    for channel in ("orderbook", "trades"):
        first = max(f.data(channel, MARKET)[0]["seq"] for f in readers)
        last = desk.sequences[-1]
        chains = []
        for feed in readers:
            wait_until(lambda f=feed: [m for m in f.data("orderbook", MARKET) if m["seq"] >= last - 3], 20, "the end")
        time.sleep(0.3)
        for feed in readers:
            chains.append([m for m in feed.data(channel, MARKET) if m["prev"] > first])
        assert chains[0] and chains[0] == chains[1] == chains[2], f"{channel}: the chains differ"
    assert ask(process.ready["http"] + "/health")[0] == 200
    for feed in readers:
        feed.close()
    return other


def check_stopped(venue, desk, other):
    """One that stands still slows nobody, and has missed nothing when it goes on."""
    follower = Follower("msgpack", 100)
    follower.connect(other.ready["feed"])
    other.process.send_signal(signal.SIGSTOP)
    begin = venue.metric("dcx_engine_durable_sequence")
    # More than the ring of 8192 events holds.
    trade(desk, 160, 20)
    assert venue.metric("dcx_engine_durable_sequence") > begin + 3000
    other.process.send_signal(signal.SIGCONT)
    reaches(follower, desk)
    follower.keep()
    follower.check(desk)
    laps = other.metric("dcx_feed_log_laps_total")
    assert laps >= 1, "the ring was never too small"
    print(f"stopped for {desk.sequences[-1] - begin} commands: lapped {laps} times, nothing missed")
    follower.feed.close()


def check_venue_killed(venue, process, other):
    """Books stand and can be had while there is no venue; then everything goes on, on the same connections."""
    old = Feed(process.ready["feed"])
    old.subscribe("orderbook", MARKET, depth=20)
    venue.kill()
    old.wait(lambda: [m for m in old.messages if m.get("code") == "venue_away"], "the notice that the venue is gone")
    late = Feed(other.ready["feed"])
    late.subscribe("orderbook", MARKET, depth=20)
    assert late.data("orderbook", MARKET)[-1]["data"] == old.data("orderbook", MARKET)[-1]["data"] or \
        len(old.data("orderbook", MARKET)) > 1
    assert ask(process.ready["http"] + "/health")[0] == 503
    venue.start()
    for feed in (old, late):
        feed.wait(lambda f=feed: [m for m in f.messages if m.get("code") == "venue_back"], "the notice that it is back")
    desk = Desk(venue, seed=2)
    trade(desk, 10)
    for feed in (old, late):
        feed.wait(lambda f=feed: f.data("orderbook", MARKET)[-1]["epoch"] == 2, "messages of the new epoch")
        book = Book(1, 20)
        for message in feed.data("orderbook", MARKET):
            book.epoch = message["epoch"]
            book.apply(message)
    assert ask(process.ready["http"] + "/health")[0] == 200
    for feed in (old, late):
        feed.close()


def check_refusals(venue):
    """A venue that publishes nothing; wrong words; nothing of the venue is touched."""
    for arguments, code in ((["--listen", "here"], 2), (["--name", "../x"], 2), (["--listen", "127.0.0.1:70000"], 2)):
        done = subprocess.run([PROGRAM, "feed", "--data", venue.data, *arguments], capture_output=True, text=True, timeout=30,
                              check=False)
        assert done.returncode == code and done.stderr, (arguments, done.returncode, done.stderr)
    with Venue() as silent:
        silent.start()
        done = subprocess.run([PROGRAM, "feed", "--config", silent.config, "--data", silent.data], capture_output=True,
                              text=True, timeout=30, check=False)
        assert done.returncode == 3 and "publish_events" in done.stderr, (done.returncode, done.stderr)


def check_without_own_feed():
    """A venue that leaves its feed to processes: pages, mirror and processes are there, /v1/feed is not."""
    with Venue("[feed]\nenabled = false\npublish_events = true\n") as venue:
        venue.start()
        assert "feed" not in venue.ready and "mirror" in venue.ready
        assert venue.get("/health")[0] == 200 and venue.get("/v1/feed")[0] == 404
        process = Process(venue).start()
        desk = Desk(venue)
        follower = Follower("json", 20)
        follower.connect(process.ready["feed"])
        trade(desk, 5)
        reaches(follower, desk)
        follower.keep()
        follower.check(desk)
        assert process.stop() == 0
        assert follower.feed.closed == 1001, follower.feed.closed
        assert venue.stop() == 0


def main():
    with Venue(VENUE) as venue:
        venue.start()
        assert os.stat(venue.ready["events"]).st_mode & 0o777 == 0o600
        desk = Desk(venue)
        trade(desk, 4)
        process, followers = check_kills(venue, desk)
        other = check_side_by_side(venue, desk, process)
        check_stopped(venue, desk, other)
        for follower in followers:
            follower.feed.close()
        check_venue_killed(venue, process, other)
        assert process.stop() == 0 and other.stop() == 0
        assert venue.stop() == 0
        assert not os.path.exists(venue.ready["events"])
        check_refusals(venue)
    check_without_own_feed()
    print("feed processes: ok")


if __name__ == "__main__":
    sys.exit(main())
