"""The public feed of a whole venue, read by clients that are not ours while orders come in by order entry. What the feed
says is compared, at every sequence it names, with what the two accounts that do all the trading know from their own
reports. (That a reader of the feed cannot be told of a fill before its owner is a property of the engine's cursors and is
tested there; here it is only watched.)"""

import select
import socket
import struct

import websockets

from desk import Desk
from feed_client import Book, Feed, check_chain
from order_entry import BUY, CANCEL, IOC, SELL, Key, Session, cancel_block
from venue import Venue, wait_until

MARKET = "DEC/USD"
DEPTHS = ((5000, 0), (5, 0), (1, 0), (20, 20), (10, 100))


def trade_for_a_while(desk, batches, size=15):
    for _ in range(batches):
        for _ in range(size):
            desk.random_request()
        desk.settle()


def read_book(feed, desk, depth, start=0, market=MARKET):
    """Every message must give exactly the book of its sequence."""
    book = Book(feed.welcome["epoch"], depth)
    for message in feed.data("orderbook", market, start):
        book.apply(message)
        expected = desk.book_at(message["seq"], depth)
        assert book.state() == expected, f"{feed.form} depth {depth} at {book.seq}: {book.state()} is not {expected}"
    return book


def wait_for_book(feed, desk, depth, start=0):
    """Until the feed has said everything there is to say of the desk's book; then all of it is checked."""
    expected = (desk.books[-1][0][:depth], desk.books[-1][1][:depth])
    done = 0
    book = Book(feed.welcome["epoch"], depth)

    def caught_up():
        nonlocal done
        messages = feed.data("orderbook", MARKET, start)
        for message in messages[done:]:
            book.apply(message)
        done = len(messages)
        return book.sides is not None and book.state() == expected

    feed.wait(caught_up, f"the book of depth {depth} as its owners know it")
    return read_book(feed, desk, depth, start)


def trades_told(feed, start=0):
    """All trades, each once: the snapshot's and the updates'."""
    messages = feed.data("trades", MARKET, start)
    assert [m["type"] for m in messages[:1]] == ["snapshot"] and all(m["type"] == "update" for m in messages[1:])
    check_chain(messages)
    return [trade for message in messages for trade in message["data"]["trades"]]


def check_formats_and_depths(venue, desk):
    """The same variants in both formats: one book, one chain, one list of trades."""
    feeds = []
    for form in ("json", "msgpack"):
        for depth, rate in DEPTHS:
            feed = Feed(venue.ready["feed"], form)
            feed.subscribe("orderbook", MARKET, depth=depth, rate=rate)
            feed.subscribe("trades", MARKET)
            feed.subscribe("ticker", MARKET)
            feeds.append((feed, depth, rate))
    trade_for_a_while(desk, 40)
    for _ in range(10):
        if desk.refused > 0:
            break
        trade_for_a_while(desk, 10)
    assert len(desk.trades) > 100 and desk.refused > 0, "the flow is too tame to test anything"
    for feed, depth, rate in feeds:
        book = wait_for_book(feed, desk, depth)
        feed.wait(lambda f=feed: len(trades_told(f)) >= len(desk.trades), "all trades")
        assert trades_told(feed) == desk.trades
        check_ticker(feed, desk)
        messages = feed.data("orderbook", MARKET)
        if rate == 0 and depth == 5000:
            # Unconflated and deep: a message for every command that changed the book, at that command's sequence.
            told = {m["seq"] for m in messages[1:]}
            changed = {s for i, s in enumerate(desk.sequences) if i and desk.books[i] != desk.books[i - 1]}
            assert told == {s for s in changed if s > messages[0]["seq"]}
        assert book.skipped == 0
    for (one, depth, rate), (other, *_) in zip(feeds[:len(DEPTHS)], feeds[len(DEPTHS):]):
        if rate == 0:
            first = max(f.data("orderbook", MARKET)[0]["seq"] for f in (one, other))
            pair = [[m for m in f.data("orderbook", MARKET) if m["seq"] > first] for f in (one, other)]
            assert pair[0] == pair[1], f"JSON and MessagePack differ at depth {depth}"
    for feed, *_ in feeds:
        feed.close()


def check_ticker(feed, desk):
    prices = [t["price"] for t in desk.trades]
    (bid, bid_quantity), (ask, ask_quantity) = (s[0][:2] if s else (None, 0) for s in desk.books[-1])
    expected = {"last": prices[-1], "open": prices[0], "high": max(prices), "low": min(prices),
                "volume": sum(t["quantity"] for t in desk.trades),
                "quote_volume": sum(t["quantity"] * t["price"] for t in desk.trades),
                "bid": bid, "bid_quantity": bid_quantity, "ask": ask, "ask_quantity": ask_quantity,
                "trades": len(prices)}
    feed.wait(lambda: feed.data("ticker", MARKET)[-1]["data"] == expected, f"ticker {expected}")
    messages = feed.data("ticker", MARKET)
    check_chain(messages)
    for message in messages:
        bids, asks = desk.book_at(message["seq"])
        data = message["data"]
        assert (data["bid"], data["bid_quantity"]) == (bids[0][:2] if bids else (None, 0)), message
        assert (data["ask"], data["ask_quantity"]) == (asks[0][:2] if asks else (None, 0)), message


def check_requests(venue):
    """Every wrong request has its number and its id, and the connection lives on."""
    feed = Feed(venue.ready["feed"])
    assert [i["symbol"] for i in feed.welcome["instruments"]] == ["DEC/USD", "BTC/USD", "ETH/USD", "DEC/BTC"]
    book = {"type": "subscribe", "channel": "orderbook", "symbol": MARKET}
    wrong = [(4, {"type": "fly"}), (4, {}), (5, {"type": "stats", "colour": 1}),
             (6, {"type": "subscribe", "symbol": MARKET}), (6, {"type": "subscribe", "channel": "trades"}),
             (7, {**book, "channel": 5}), (7, {**book, "depth": -5}), (7, {**book, "depth": "20"}),
             (8, {**book, "channel": "l9"}), (9, {**book, "symbol": "DEC/EUR"}), (10, {**book, "depth": 7}),
             (11, {**book, "rate": 33}), (12, {**book, "channel": "trades", "depth": 5}),
             (13, {"type": "unsubscribe", "channel": "trades", "symbol": MARKET})]
    for number, (code, request) in enumerate(wrong):
        answer = feed.answer({**request, "id": f"r{number}"})
        assert (answer["type"], answer["code"]) == ("error", code) and answer["message"], (request, answer)
    for code, raw in ((1, "{"), (1, "[]"), (1, "7"), (2, b"{}"), (3, "[" * 2000)):
        start = len(feed.messages)
        feed.send_raw(raw)
        feed.wait(lambda s=start: len(feed.messages) > s, "an error")
        assert (feed.messages[start]["type"], feed.messages[start]["code"]) == ("error", code), (raw, feed.messages[start:])
    answer = feed.answer({"type": "heartbeat", "id": 7})
    assert answer["type"] == "heartbeat" and answer["channels"] == []
    assert feed.answer({"type": "stats", "id": 8})["received"] == len(wrong) + 5 + 2
    assert len(feed.answer({"type": "instruments", "id": 9})["instruments"]) == 4
    # All symbols of all channels by one request, in the words of older feeds too.
    start = len(feed.messages)
    feed.send({"action": "subscribe", "symbols": "*"})
    feed.wait(lambda: len({(m["channel"], m["symbol"]) for m in feed.messages[start:] if "data" in m}) == 12, "12 snapshots")
    kinds = [(m["type"], m["channel"], m["symbol"]) for m in feed.messages[start:] if m["type"] != "heartbeat"]
    for channel in ("orderbook", "trades", "ticker"):
        assert kinds.index(("subscribed", channel, MARKET)) < kinds.index(("snapshot", channel, MARKET))
    beats = len([m for m in feed.messages if m["type"] == "heartbeat"])
    feed.wait(lambda: len([m for m in feed.messages if m["type"] == "heartbeat"]) > beats, "a heartbeat in silence")
    # A flood of requests is refused by number, then the connection ends.
    Feed.loop.call(flood(feed))
    wait_until(lambda: feed.closed is not None, 20, "the end of a flood")
    # 1008 and error 15 say why; a client too busy flooding to take its answers is cut, and what was under way is lost.
    told = 15 in [m.get("code") for m in feed.messages]
    assert (told and feed.closed == 1008) or feed.closed == 1006, (told, feed.closed)

    for options in ({"subprotocols": ["dcx.xml"]}, {"subprotocols": ["dcx.json"], "query": "?format=msgpack"},
                    {"query": "?format=xml"}):
        query = options.pop("query", "")
        try:
            Feed.connect(venue.ready["feed"] + query, **options)
            raise RuntimeError(f"{options} was taken")
        except websockets.InvalidStatusCode as refused:
            assert refused.status_code == 400, refused
    assert venue.get("/v1/feed")[0] in (400, 426)


async def flood(feed):
    try:
        for _ in range(50_000):
            await feed.socket.send('{"type": "heartbeat"}')
    except websockets.ConnectionClosed:
        pass


def check_resubscribe(venue, desk):
    feed = Feed(venue.ready["feed"], "msgpack")
    feed.subscribe("orderbook", MARKET, depth=5000)
    trade_for_a_while(desk, 3)
    wait_for_book(feed, desk, 5000)
    answer = feed.answer({"type": "unsubscribe", "id": 1, "channel": "orderbook", "symbol": MARKET})
    assert answer["type"] == "unsubscribed"
    seen = len(feed.data("orderbook", MARKET))
    trade_for_a_while(desk, 3)
    # The heartbeat's answer comes behind whatever the feed had sent of these trades.
    wait_until(lambda: venue.metric("dcx_feed_sequence") >= desk.sequences[-1], 20, "the feed's sequence")
    feed.answer({"type": "heartbeat", "id": 2})
    assert len(feed.data("orderbook", MARKET)) == seen, "data after unsubscribed"
    start = len(feed.messages)
    feed.subscribe("orderbook", MARKET, depth=10)
    trade_for_a_while(desk, 3)
    wait_for_book(feed, desk, 10, start)
    # Another depth replaces it, without a message of the old one behind the answer.
    start = len(feed.messages)
    feed.subscribe("orderbook", MARKET, depth=50)
    trade_for_a_while(desk, 3)
    wait_for_book(feed, desk, 50, start)
    feed.close()


def check_resume(venue, desk):
    """A reader that comes back gets exactly the messages that it missed."""
    feed = Feed(venue.ready["feed"])
    feed.subscribe("orderbook", MARKET, depth=100)
    feed.subscribe("trades", MARKET)
    trade_for_a_while(desk, 2)
    book = wait_for_book(feed, desk, 100)
    last_trade = feed.data("trades", MARKET)[-1]["seq"]
    feed.wait(lambda: trades_told(feed)[-1:] == desk.trades[-1:], "the last trade")
    last_trade = feed.data("trades", MARKET)[-1]["seq"]
    known = len(desk.trades)
    feed.close()
    trade_for_a_while(desk, 2)
    back = Feed(venue.ready["feed"])
    epoch = back.welcome["epoch"]
    assert back.subscribe("orderbook", MARKET, depth=100, **{"from": {"epoch": epoch, "seq": book.seq}})["resumed"] is True
    assert back.subscribe("trades", MARKET, **{"from": {"epoch": epoch, "seq": last_trade}})["resumed"] is True
    trade_for_a_while(desk, 2)
    seen = 0

    def caught_up():
        nonlocal seen
        messages = back.data("orderbook", MARKET)
        for message in messages[seen:]:
            assert message["type"] == "update"
            book.apply(message)
            assert book.state() == desk.book_at(book.seq, 100)
        seen = len(messages)
        return book.state() == desk.books[-1]

    back.wait(caught_up, "the resumed book")
    missed = lambda: [t for m in back.data("trades", MARKET) for t in m["data"]["trades"]]
    back.wait(lambda: len(missed()) >= len(desk.trades) - known, "the missed trades")
    assert missed() == desk.trades[known:]
    for wrong in ({"epoch": epoch + 1, "seq": book.seq}, {"epoch": epoch, "seq": book.seq + 10**6}):
        other = Feed(venue.ready["feed"])
        assert other.subscribe("orderbook", MARKET, depth=100, **{"from": wrong})["resumed"] is False
        wait_for_book(other, desk, 100)
        other.close()
    back.close()


def small_window():
    """A socket whose owner leaves little room for what he does not read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return sock


def stalled(venue, channel, **more):
    address = venue.ready["http"].rsplit("/", 1)[1].split(":")
    sock = small_window()
    sock.connect((address[0], int(address[1])))
    sock.setblocking(False)
    feed = Feed(venue.ready["feed"], read=False, sock=sock)
    feed.instruments = {i["symbol"]: i for i in Feed(venue.ready["feed"]).welcome["instruments"]}
    feed.send({"type": "subscribe", "channel": channel, "symbol": MARKET, **more})
    return feed


def check_stalled_readers(venue, desk):
    """Two readers stop reading. Others get every message; the one of the book goes on from a fresh snapshot when it
    reads again, the one of the trades is told and disconnected."""
    healthy = Feed(venue.ready["feed"], "msgpack")
    healthy.subscribe("orderbook", MARKET, depth=5000)
    healthy.subscribe("trades", MARKET)
    epoch = healthy.welcome["epoch"]
    first_trade = desk.trades[-1]["id"] + 1
    book_reader = stalled(venue, "orderbook", depth=5000)
    trade_reader = stalled(venue, "trades")
    rounds, limit, price = 0, 400, 20_000
    while rounds < limit:
        rounds += 1
        # Messages of the book are as long as those of trades: a little later its reader is behind as well.
        if limit == 400 and venue.metric('dcx_feed_drops_total{channel="trades"}'):
            limit = rounds + rounds // 2 + 2
            trade_reader.read()
        # A large order and many that take from it: each is a trade and a change of the book.
        desk.place(0, SELL, price, 500 * 60_000)
        desk.settle()
        for _ in range(500):
            desk.place(1, BUY, price, 60_000, IOC)
        desk.settle()
        healthy.wait(lambda: trades_told(healthy)[-1] == desk.trades[-1], "the last trade")
    assert limit < 400, "the stalled readers were never noticed"
    wait_for_book(healthy, desk, 5000)
    assert [t for t in trades_told(healthy) if t["id"] >= first_trade] == desk.trades_of(first_trade)
    book_reader.read()
    book = Book(epoch, 5000)
    seen = 0

    def recovered():
        nonlocal seen
        messages = book_reader.data("orderbook", MARKET)
        for message in messages[seen:]:
            book.apply(message)
            assert book.state() == desk.book_at(message["seq"])
        seen = len(messages)
        return book.skipped > 0 and book.state() == desk.books[-1]

    book_reader.wait(recovered, "a snapshot in place of what was skipped", 60)
    wait_until(lambda: trade_reader.closed is not None, 60, "the end of the slow reader of trades")
    # Told, unless it took longer to read what was on its way than the venue waits before it cuts the connection.
    told = trade_reader.closed, [m["code"] for m in trade_reader.messages if m["type"] == "error"]
    assert told in ((1013, [16]), (1006, [])), (told, trade_reader.messages[-1:])
    print(f"stalled readers: after {rounds} rounds; of trades: {told}; of the book: {book.skipped} skipped")
    book_reader.close()
    healthy.close()


def check_own_fill_first(venue, desk):
    """When the public print has come, the owner's report stands in his socket already. Two sockets prove no order, and a
    busy machine may deliver one packet late: hence `nearly always`."""
    feed = Feed(venue.ready["feed"], "msgpack")
    feed.subscribe("trades", MARKET)
    rounds, late = 100, 0
    maker = desk.sessions[0]
    desk.clear()
    for _ in range(rounds):
        desk.place(0, SELL, 30_000, 60_000)
        desk.settle()
        seen = len(feed.messages)
        desk.place(1, BUY, 30_000, 60_000, IOC)
        feed.wait(lambda s=seen: feed.data("trades", MARKET, s), "the print")
        late += not maker.buffer and not select.select([maker.socket], [], [], 0)[0]
        desk.settle()
    print(f"own fill after the public print: {late} of {rounds}")
    assert late <= rounds // 10
    feed.close()


def check_halt(venue, operator):
    feed = Feed(venue.ready["feed"])
    for phase, number in (("halted", 2), ("trading", 1)):
        start = len(feed.messages)
        operator.ask(15, struct.pack("<IB3x", 1, number))
        told = lambda s=start: [i for m in feed.messages[s:] if m["type"] == "instruments" for i in m["instruments"]]
        feed.wait(told, "the new phase")
        assert [(i["symbol"], i["phase"]) for i in told()] == [(MARKET, phase)]
    feed.close()


def check_restart(venue, desk):
    """A stop is announced; after the next start the feed has a new epoch and the resting orders."""
    trade_for_a_while(desk, 10)
    feed = Feed(venue.ready["feed"])
    feed.subscribe("orderbook", MARKET, depth=5000)
    epoch = feed.welcome["epoch"]
    desk.logout()
    assert venue.stop() == 0, venue.log_text()
    wait_until(lambda: feed.closed is not None, 20, "the close of the feed")
    assert feed.closed == 1001 and feed.messages[-1]["type"] == "notice", (feed.closed, feed.messages[-1])
    for kill in (False, True):
        venue.start()
        again = Feed(venue.ready["feed"], "msgpack" if kill else "json")
        assert again.welcome["epoch"] > epoch
        epoch = again.welcome["epoch"]
        again.subscribe("orderbook", MARKET, depth=5000)
        assert desk.books[-1][0] and desk.books[-1][1], "nothing rests: the test would show nothing"
        wait_for_book(again, desk, 5000)
        again.subscribe("ticker", MARKET)
        assert again.data("ticker", MARKET)[0]["data"]["last"] == desk.trades[-1]["price"]
        desk.login()
        known = len(desk.trades)
        again.subscribe("trades", MARKET)
        trade_for_a_while(desk, 5)
        wait_for_book(again, desk, 5000)
        again.wait(lambda f=again, k=known: trades_told(f) == desk.trades[k:], "the trades since the start")
        if not kill:
            venue.kill()
    # Everything that rests can be canceled, and then the feed's book is empty.
    desk.clear()
    wait_for_book(again, desk, 5000)


def main():
    with Venue("\n[feed]\noutput_kib = 64\n") as venue:
        venue.start()
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        desk = Desk(venue)
        check_requests(venue)
        check_formats_and_depths(venue, desk)
        check_resubscribe(venue, desk)
        check_resume(venue, desk)
        check_halt(venue, operator)
        check_own_fill_first(venue, desk)
        check_stalled_readers(venue, desk)
        operator.close()
        check_restart(venue, desk)
        assert venue.stop() == 0, venue.log_text()
        venue.replay()
    print(f"feed: ok, {len(desk.sequences)} commands, {len(desk.trades)} trades")


if __name__ == "__main__":
    main()
