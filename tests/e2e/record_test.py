"""dcx record and dcx replay-feed: a market of simulated traders is recorded, once directly and once through a network that cuts
every connection again and again, over a kill of the venue. What a client then gets from the replay is what a client of the venue
had got: every sequence, time, level, trade and checksum. Torn and damaged files are read as far as they are good, and it is
said how far."""

import json
import os
import re
import selectors
import signal
import subprocess
import time

from chaos_proxy import ChaosProxy
from feed_client import Book, Feed, check_chain
from feed_peers_test import CONFIG, MARKETS, Traders, wait_quiet
from venue import PROGRAM, Venue, wait_until

VARIANTS = [("orderbook", {"depth": 20}), ("orderbook", {"depth": 5000}), ("trades", {}), ("orders", {}), ("bbo", {})]


class Recorder:
    def __init__(self, folder, name, url):
        self.file = os.path.join(folder, name)
        self.errors = open(self.file + ".log", "w+", encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM, "record", self.file, "--feed", url, "--json", "--flush-ms", "500"],
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True)

    def size(self):
        return os.path.getsize(self.file) if os.path.exists(self.file) else 0

    def log(self):
        self.errors.flush()
        with open(self.file + ".log", encoding="utf-8") as log:
            return log.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, (self.process.returncode, self.log())
        return json.loads(out)

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=30)


class Replay:
    """`dcx replay-feed` while it runs."""

    def __init__(self, file, *arguments):
        self.process = subprocess.Popen([PROGRAM, "replay-feed", file, "--listen", "127.0.0.1:0", *arguments],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ)
        assert selector.select(30), "no ready line"
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=10)[1]
        self.url = json.loads(line)["feed"]

    def end(self, code=0, limit=60):
        _, errors = self.process.communicate(timeout=limit)
        assert self.process.returncode == code, (self.process.returncode, errors)
        return errors


def dump(file, code=0):
    done = subprocess.run([PROGRAM, "record", file, "--dump"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stdout.splitlines(), done.stderr


def subscribe(url, form, market):
    """A connection for each variant: one has one subscription of a channel and symbol."""
    feeds = []
    for channel, more in VARIANTS:
        feed = Feed(url, form)
        feed.subscribe(channel, market, **more)
        feeds.append((channel, feed))
    return feeds


def updates(feed, channel, market):
    """{sequence: message} but for epoch and `prev`, which another start or subscription may have otherwise."""
    messages = feed.data(channel, market)
    check_chain(messages)
    return {m["seq"]: {**m, "epoch": 0, "prev": 0} for m in messages if m["type"] == "update"}


def check_same(live, replayed, market, name, gap):
    """What both were told after their snapshots, but for the gap."""
    same = 0
    for (channel, one), (_, other) in zip(live, replayed):
        told, again = updates(one, channel, market), updates(other, channel, market)
        first = max(f.data(channel, market)[0]["seq"] for f in (one, other))
        last = max(told, default=0)
        expected = {seq: m for seq, m in told.items() if seq > first and not gap[0] < seq <= gap[1]}
        found = {seq: m for seq, m in again.items() if first < seq <= last and not gap[0] < seq <= gap[1]}
        missing = sorted(expected.keys() ^ found.keys())
        assert not missing, f"{name} {channel} {market}: {missing[:5]} of {len(expected)} are told by one alone"
        for seq, message in expected.items():
            assert found[seq] == message, f"{name} {channel} {market}: {found[seq]} is not {message}"
        same += len(expected)
    return same


def check_books(feeds, market):
    for channel, feed in feeds:
        if channel != "orderbook":
            continue
        messages = feed.data(channel, market)
        book = Book(messages[0]["epoch"], 5000)
        for message in messages:
            book.apply(message)


def record_market(venue, folder):
    """Two recorders and clients over a kill; what the clients heard in each life, and the files."""
    proxy = ChaosProxy(venue.ready["http"].rsplit("/", 1)[1], seed=9, sizes=(10_000, 200_000, 1_000_000))
    direct_proxy = ChaosProxy(venue.ready["http"].rsplit("/", 1)[1], seed=9)
    direct_proxy.calm = True
    traders = Traders(venue)
    direct = Recorder(folder, "direct.rec", f"ws://127.0.0.1:{direct_proxy.port}/v1/feed")
    cut = Recorder(folder, "cut.rec", f"ws://127.0.0.1:{proxy.port}/v1/feed")
    lives = []
    for life in range(2):
        wait_until(lambda: direct.size() > 500 and cut.size() > 500, 30, "both recordings")
        feeds = {market: subscribe(venue.ready["feed"], ("json", "msgpack")[i % 2], market)
                 for i, market in enumerate(MARKETS[:2])}
        size = direct.size(), cut.size()
        time.sleep(5)
        wait_until(lambda s=size: direct.size() > s[0] and cut.size() > s[1], 30, "more of both recordings")
        if life == 0:
            venue.kill()
            traders.stop()
            lives.append(feeds)
            venue.start()
            address = venue.ready["http"].rsplit("/", 1)[1]
            proxy.set_venue(address)
            direct_proxy.set_venue(address)
            traders = Traders(venue)
            wait_until(lambda: "started anew" in " ".join(dump_states(direct.file)) or " epoch 2 " in " ".join(
                dump_states(direct.file)), 30, "the second epoch in the recording")
            wait_until(lambda: " epoch 2 " in " ".join(dump_states(cut.file)), 60, "the second epoch in the cut recording")
        else:
            traders.stop()
            wait_quiet(venue)
            lives.append(feeds)
    proxy.calm = True
    time.sleep(1)
    told = {"direct": direct.stop(), "cut": cut.stop()}
    cuts = proxy.cuts
    proxy.close()
    direct_proxy.close()
    return lives, direct, cut, told, cuts


def dump_states(file):
    done = subprocess.run([PROGRAM, "record", file, "--dump"], capture_output=True, text=True, timeout=60, check=False)
    return [line for line in done.stdout.splitlines() if line.split(" ")[0] in ("begin", "gap", "epoch", "keyframe")]


def commands_of(lines):
    return {line for line in lines if line[0].isdigit()}


def spans(lines):
    """[after, to] of the commands that a recording has without a gap."""
    found = []
    for line in lines:
        words = line.split()
        if words[0] in ("begin", "gap", "epoch"):
            found.append([int(words[1]), int(words[1])])
        elif words[0].isdigit():
            found[-1][1] = int(words[0])
    return found


def within(lines, covered):
    return {line for line in lines if any(after < int(line.split()[0]) <= to for after, to in covered)}


def check_replay(file, lives):
    """All markets that were watched, in both formats; everything comes at once and ends with a notice."""
    for market in MARKETS[:2]:
        form = lives[0][market][0][1].form
        replay = Replay(file, "--speed", "max", "--stay", "--wait", str(len(VARIANTS)))
        held = Feed(replay.url, form)
        feeds = []
        for channel, more in VARIANTS:
            feeds.append((channel, Feed(replay.url, form), more))
        for channel, feed, more in feeds:
            feed.send({"type": "subscribe", "id": 1, "channel": channel, "symbol": market, **more})
        feeds = [(channel, feed) for channel, feed, _ in feeds]
        for _, feed in feeds:
            feed.wait(lambda f=feed: any(m.get("code") == "end" for m in f.messages), "the notice of the end", 60)
        gaps = [m for m in held.messages if m.get("code") == "gap"]
        assert len(gaps) == 1 and "started anew" in gaps[0]["message"], gaps
        gap = [int(number) for number in re.findall(r"\d+", gaps[0]["message"])]
        same = sum(check_same(feeds_of_life[market], feeds, market, os.path.basename(file), gap) for feeds_of_life in lives)
        check_books(feeds, market)
        assert same > 1000, f"only {same} messages to compare"
        print(f"{os.path.basename(file)}, {market}, {form}: {same} messages told again", flush=True)
        replay.process.send_signal(signal.SIGTERM)
        replay.end()


def main():
    with Venue(CONFIG, limits=True) as venue:
        venue.start()
        lives, direct, cut, told, cuts = record_market(venue, venue.folder)
        for name, counts in told.items():
            print(f"{name}: {counts}", flush=True)
        lines, _ = dump(direct.file)
        again, _ = dump(cut.file)
        assert told["direct"]["gaps"] == 1 and told["cut"]["resumed"] > 0 and cuts > 0, (told, cuts)
        one, other = within(commands_of(lines), spans(again)), within(commands_of(again), spans(lines))
        assert one == other and len(one) > 1000, (len(one), sorted(one ^ other)[:5])
        for feeds in lives[1].values():
            for _, feed in feeds:
                assert feed.closed is None
        check_replay(direct.file, lives)
        check_replay(cut.file, lives)
        assert venue.stop() == 0
    print("ok")


if __name__ == "__main__":
    main()
