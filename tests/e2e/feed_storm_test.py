"""Five thousand readers of the feed whose connections all end at once and who all come back at once, while traders trade:
they go on where they stopped; after a kill of the venue they are told that they can't. None is refused or cut, a follower beside
them notices nothing, and at the end every one of them has the book of the core."""

import os
import random
from decimal import Decimal

from feed_client import Book
from feed_crowd import Crowd
from feed_peers import python
from feed_peers_test import CONFIG, MARKETS, Core, Traders, is_book, name_of, wait_quiet
from venue import Venue

READERS = int(os.environ.get("DCX_STORM_READERS", "5000"))


def address_of(venue):
    host, port = venue.ready["http"].rsplit("/", 1)[1].rsplit(":", 1)
    return host, int(port)


def check_books(venue, crowd, core):
    """Each has heard everything, and readers who were told the same have the same book: so each such group is checked once."""
    for reader in crowd.readers:
        reader.send({"type": "heartbeat"})
    crowd.run(lambda r: r.position is not None, "an answer")
    books = {market: core.book(market, "end") for market in MARKETS}
    assert all(books[market][side] for market in MARKETS for side in ("bids", "asks")), "empty books prove nothing"
    groups = {}
    for reader in crowd.readers:
        assert reader.position == reader.seq, f"reader {reader.number} is at {reader.seq}, the feed at {reader.position}"
        groups.setdefault((reader.market, reader.form, *reader.data), reader)
    for reader in groups.values():
        book = Book(reader.epoch, reader.depth)
        for payload in reader.data:
            message = reader.plain(payload)
            if reader.form == "json":
                tick, lot = core.units[reader.market]
                for level in message["data"]["bids"] + message["data"]["asks"]:
                    level[:2] = int(Decimal(level[0]) / tick), int(Decimal(level[1]) / lot)
            book.apply(message)
        bids, asks = ([list(level) for level in side] for side in book.state())
        assert is_book({"bids": bids, "asks": asks}, books[reader.market], reader.depth), (reader.market, reader.form, bids, asks)
    return len(groups)


def check_beside(peer):
    for one in peer.report(f"beside-{random.random()}", 10):
        assert one["fault"] is None, f"{name_of(one, peer)}: {one['fault']}"
        # It was never cut, and never skipped.
        assert one["connections"] == 1 and one["skipped"] == 0, one


def main():
    with Venue(CONFIG.replace("= 600", "= 100"), limits=True) as venue:
        venue.start()
        core = Core(venue)
        traders = Traders(venue)
        beside = python(venue.ready["feed"], 2)
        crowd = Crowd(READERS, MARKETS)
        try:
            crowd.connect(address_of(venue))
            print(f"{READERS} came in {crowd.run(lambda r: r.news, 'a snapshot', rest=True):.1f} s", flush=True)
            for turn in range(2):
                crowd.drop()
                crowd.connect(address_of(venue))
                took = crowd.run(lambda r: r.stage == "live" and r.news, "an update", rest=True)
                assert all(r.resumed is True for r in crowd.readers), [r.number for r in crowd.readers if not r.resumed][:9]
                print(f"{READERS} came back in {took:.1f} s and went on", flush=True)
            check_beside(beside)
            beside.end()
            # Their ends all see it at once.
            venue.kill()
            traders.stop()
            crowd.drop()
            venue.start()
            crowd.connect(address_of(venue))
            took = crowd.run(lambda r: r.stage == "live", "a snapshot")
            assert all(r.resumed is False for r in crowd.readers)
            print(f"{READERS} came back after a kill in {took:.1f} s", flush=True)
            traders = Traders(venue)
            crowd.run(lambda r: r.news >= 3, "updates")
            traders.stop()
            wait_quiet(venue)
            print(f"{check_books(venue, crowd, core)} different ways to the same books")
        finally:
            crowd.drop()
            beside.end()
            traders.stop()
        assert venue.stop() == 0, venue.log_text()
    print("ok")


if __name__ == "__main__":
    main()
