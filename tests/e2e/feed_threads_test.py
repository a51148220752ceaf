"""Several feed threads at one port: readers on all of them are told the same chains, numbers are unique, limits and
metrics count them all, and all of them end."""

import sys
import time

import websockets

from desk import Desk
from feed_client import Feed, check_chain
from venue import Venue, wait_until

MARKET = "DEC/USD"
THREADS = 3
READERS = 24


def trade(desk, batches, size=15):
    for _ in range(batches):
        for _ in range(size):
            desk.random_request()
        desk.settle()


def workers(venue):
    return {line.split('"')[1]: int(line.split()[-1]) for line in venue.admin("/metrics")[1].splitlines()
            if line.startswith("dcx_worker_rounds_total{")}


def check_chains(venue, desk):
    readers = [Feed(venue.ready["feed"], "json" if i % 2 else "msgpack") for i in range(READERS)]
    # The kernel spreads them by their ports: with 24 over three threads one stays empty once in some six thousand runs.
    assert sorted(f.welcome["client_id"] for f in readers) == list(range(1, READERS + 1))
    for feed in readers:
        feed.subscribe("orderbook", MARKET, depth=20)
        feed.subscribe("trades", MARKET)
    trade(desk, 15)
    last = max(f.data("orderbook", MARKET)[-1]["seq"] for f in readers)
    for channel in ("orderbook", "trades"):
        first = max(f.data(channel, MARKET)[0]["seq"] for f in readers)
        for feed in readers:
            wait_until(lambda f=feed: f.data("orderbook", MARKET)[-1]["seq"] >= last, 20, "the newest message")
        time.sleep(0.3)
        chains = [[m for m in feed.data(channel, MARKET) if m["prev"] > first] for feed in readers]
        for feed, chain in zip(readers, chains):
            check_chain(feed.data(channel, MARKET))
            assert chain == chains[0], f"{channel}: the chains differ"
        assert chains[0]
    metrics = venue.admin("/metrics")[1].splitlines()
    connections = sum(int(line.split()[1]) for line in metrics if line.startswith("dcx_feed_connections{"))
    assert connections == READERS, connections
    assert sum(line.startswith("# TYPE dcx_feed_connections ") for line in metrics) == 1
    names = [name for name in workers(venue) if name.startswith("dcx-feed")]
    assert names == ["dcx-feed", "dcx-feed-2", "dcx-feed-3"], names
    return readers


def check_resume(venue, desk, readers):
    """Who comes back comes to any of the threads, and goes on there."""
    time.sleep(1)
    trade(desk, 2)
    for feed in readers[:8]:
        feed.close()
        last = {channel: feed.data(channel, MARKET)[-1] for channel in ("orderbook", "trades")}
        trade(desk, 3)
        again = Feed(venue.ready["feed"], feed.form)
        for channel, message in last.items():
            answer = again.subscribe(channel, MARKET, **{"from": {"epoch": message["epoch"], "seq": message["seq"]}})
            assert answer["resumed"] is True, answer
        trade(desk, 1)
        for channel, message in last.items():
            again.wait(lambda c=channel: again.data(c, MARKET), "what was missed")
            check_chain([message] + again.data(channel, MARKET))
        readers[readers.index(feed)] = again


def check_limit(venue, readers):
    """feed.max_connections is of all threads together; a moment's surplus of one a thread is allowed."""
    more = []
    try:
        for _ in range(40):
            more.append(Feed(venue.ready["feed"]))
        raise AssertionError("no limit")
    except websockets.InvalidStatusCode as refused:
        assert refused.status_code == 503
    assert READERS + len(more) == 40, len(more)
    # Each page may come from any of them.
    for _ in range(12):
        assert venue.get("/health")[0] == 200 and "DEC/USD" in venue.get("/")[1]
    for feed in more + readers[12:]:
        feed.close()
    wait_until(lambda: Feed(venue.ready["feed"]).close() is None, 10, "room again")


def check_refused():
    with Venue("layout = \"single\"\n[feed]\nthreads = 2\n") as venue:
        try:
            venue.start()
            raise AssertionError("one thread can't be two")
        except AssertionError as error:
            assert "ended with 3" in str(error) and "threads" in str(error), error


def main():
    with Venue(f"[feed]\nthreads = {THREADS}\nmax_connections = 40\n") as venue:
        venue.start()
        desk = Desk(venue)
        trade(desk, 4)
        readers = check_chains(venue, desk)
        check_resume(venue, desk, readers)
        check_limit(venue, readers)
        code = venue.stop()
        assert code == 0, code
        for feed in readers[:12]:
            wait_until(lambda f=feed: f.closed is not None, 10, "the end")
            assert feed.closed == 1001, feed.closed
            assert [m for m in feed.messages if m.get("code") == "shutdown"]
    check_refused()
    print("feed threads: ok")


if __name__ == "__main__":
    sys.exit(main())
