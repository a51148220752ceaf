"""Followers of the feed on python3-websockets and python3-msgpack: feed_follower.py URL COUNT

Each follows books, trades and tickers of all markets for as long as it lives, checks every chain and checksum, comes back
whenever its connection is lost, goes on where it stopped, and insists that what it could not be given was announced.

Reads commands, one a line: "report ID LIMIT_MS" writes what every follower knows as one line of JSON; "url URL" is where
they connect from now on; "end" or the end of input ends it. (tests/peers/follower.mjs is the same for Node and browsers.)
"""

import asyncio
import json
import random
import sys
import time
from decimal import Decimal

import msgpack
import websockets

from feed_client import Book

CHANNELS = ("orderbook", "trades", "ticker")
VARIANTS = ((5000, 0), (20, 0), (5, 20), (100, 100), (1, 0))
TRADES_KEPT = 100


class Stream:
    def __init__(self, channel, symbol, depth):
        self.channel, self.symbol, self.depth = channel, symbol, depth
        self.seq = self.epoch = 0
        self.expects, self.asked = "answer", False
        self.book, self.trades = None, []


class Follower:
    def __init__(self, url, form, depth, rate):
        self.url, self.form, self.depth, self.rate = url, form, depth, rate
        self.fault, self.epoch, self.live = None, 0, False
        self.counts = dict.fromkeys(("messages", "connections", "replayed", "announced", "skipped"), 0)
        self.streams, self.instruments, self.heard = {}, {}, set()
        self.socket = None

    async def run(self):
        while self.fault is None:
            try:
                self.socket = await websockets.connect(self.url, subprotocols=["dcx." + self.form], ping_interval=None,
                                                       max_size=None, open_timeout=10, close_timeout=1)
                async for message in self.socket:
                    await self.take(self.plain(message))
            except AssertionError as fault:
                self.fault = f"{fault}"
            except (OSError, websockets.WebSocketException, asyncio.TimeoutError, EOFError):
                pass
            except Exception as fault:  # pylint: disable=broad-except
                self.fault = repr(fault)
            self.live = False
            await asyncio.sleep(random.uniform(0.02, 0.2))

    def plain(self, message):
        assert isinstance(message, str) == (self.form == "json"), "a frame of the wrong kind"
        return json.loads(message) if self.form == "json" else msgpack.unpackb(message)

    async def send(self, request):
        await self.socket.send(json.dumps(request) if self.form == "json" else msgpack.packb(request))

    async def take(self, message):
        self.counts["messages"] += 1
        if "data" in message:
            self.take_data(message)
        elif message["type"] == "welcome":
            await self.take_welcome(message)
        elif message["type"] == "subscribed":
            self.take_subscribed(message)
        elif message["type"] == "heartbeat":
            self.take_heartbeat(message)
        else:
            assert message["type"] in ("instruments", "notice"), message

    async def take_welcome(self, message):
        self.counts["connections"] += 1
        self.epoch = message["epoch"]
        self.instruments = {i["symbol"]: i for i in message["instruments"]}
        for channel in CHANNELS:
            for symbol in self.instruments:
                await self.subscribe(channel, symbol)
        self.live = True

    async def subscribe(self, channel, symbol):
        name = f"{channel} {symbol}"
        stream = self.streams.setdefault(name, Stream(channel, symbol, self.depth))
        stream.expects = "answer"
        stream.asked = stream.epoch > 0 and channel != "ticker"
        request = {"type": "subscribe", "id": name, "channel": channel, "symbol": symbol}
        if channel == "orderbook":
            request |= {"depth": self.depth, "rate": self.rate}
        if stream.asked:
            request["from"] = {"epoch": stream.epoch, "seq": stream.seq}
        await self.send(request)

    def take_subscribed(self, message):
        stream = self.streams[message["id"]]
        assert stream.expects == "answer" and ("resumed" in message) == stream.asked, f"unasked: {message}"
        resumed = message.get("resumed")
        assert not resumed or stream.epoch == self.epoch, "resumed over a start of the venue"
        if stream.asked:
            self.counts["replayed" if resumed else "announced"] += 1
        stream.expects = "update" if resumed else "snapshot"

    def take_data(self, message):
        stream = self.streams[f"{message['channel']} {message['symbol']}"]
        assert message["epoch"] == self.epoch, message
        if message["type"] == "snapshot":
            # Only when announced: by the answer, or by how much was skipped.
            if stream.expects == "update" and message.get("skipped", 0) > 0:
                self.counts["skipped"] += message["skipped"]
            else:
                assert stream.expects == "snapshot", f"a snapshot where {stream.expects} was due: {message}"
            assert message["prev"] == 0, message
            stream.book = Book(self.epoch, self.depth)
        elif stream.expects == "update":
            assert message["prev"] == stream.seq < message["seq"], f"a gap that nobody announced, after {stream.seq}: {message}"
        else:
            assert stream.expects == "snapshot" and stream.channel == "ticker", f"an update where {stream.expects} was due"
        stream.seq, stream.epoch, stream.expects = message["seq"], message["epoch"], "update"
        self.scale(message)
        if stream.channel == "orderbook":
            stream.book.apply(message)
        if stream.channel == "trades":
            self.take_trades(stream, message)

    def take_trades(self, stream, message):
        last = stream.trades[-1][0] if stream.trades else 0
        for trade in message["data"]["trades"]:
            # A snapshot repeats what is known.
            if trade["id"] <= last and message["type"] == "snapshot":
                continue
            assert trade["id"] > last, f"trade {trade['id']} after {last}"
            last = trade["id"]
            stream.trades.append([trade["id"], trade["price"], trade["quantity"], trade["side"]])
        del stream.trades[:-TRADES_KEPT]

    def scale(self, message):
        if self.form != "json":
            return
        instrument, data = self.instruments[message["symbol"]], message["data"]

        def units(text, unit):
            assert Decimal(text).as_tuple().exponent == Decimal(unit).as_tuple().exponent, f"{text} in units of {unit}"
            whole = Decimal(text) / Decimal(unit)
            assert whole == int(whole), f"{text} is no multiple of {unit}"
            return int(whole)

        for level in data.get("bids", []) + data.get("asks", []):
            level[:2] = units(level[0], instrument["tick_size"]), units(level[1], instrument["lot_size"])
        for trade in data["trades"] if message["channel"] == "trades" else []:
            trade["price"] = units(trade["price"], instrument["tick_size"])
            trade["quantity"] = units(trade["quantity"], instrument["lot_size"])

    def take_heartbeat(self, message):
        for told in message["channels"]:
            stream = self.streams[f"{told['channel']} {told['symbol']}"]
            assert stream.expects != "update" or stream.seq == told["seq"], f"{told}, but we are at {stream.seq}"
        self.heard.add(message.get("id"))

    async def report(self, name, limit_ms):
        """What it knows, when the venue has said that there is nothing else; at the latest after the limit."""
        end = time.monotonic() + limit_ms / 1000
        while self.fault is None and time.monotonic() < end and name not in self.heard:
            if self.live and all(s.expects == "update" for s in self.streams.values()):
                try:
                    await self.send({"type": "heartbeat", "id": name})
                except websockets.WebSocketException:
                    pass
                for _ in range(100):
                    if name in self.heard or self.fault:
                        break
                    await asyncio.sleep(0.01)
            else:
                await asyncio.sleep(0.05)
        markets = {}
        for stream in self.streams.values():
            market = markets.setdefault(stream.symbol, {})
            if stream.channel == "orderbook" and stream.book:
                bids, asks = stream.book.state()
                market["book"] = {"seq": stream.seq, "bids": bids, "asks": asks}
            if stream.channel == "trades":
                market["trades"] = stream.trades[-20:]
        return {"fault": self.fault, "epoch": self.epoch, **self.counts, "markets": markets, "format": self.form,
                "depth": self.depth, "rate": self.rate}


async def main():
    url, count = sys.argv[1], int(sys.argv[2])
    followers = [Follower(url, ("msgpack", "json")[i % 2], *VARIANTS[(i >> 1) % len(VARIANTS)]) for i in range(count)]
    running = [asyncio.ensure_future(follower.run()) for follower in followers]
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while True:
        words = (await lines.readline()).decode().split()
        if words and words[0] == "report":
            told = await asyncio.gather(*(f.report(words[1], int(words[2])) for f in followers))
            print(json.dumps(told), flush=True)
        elif words and words[0] == "url":
            for follower in followers:
                follower.url = words[1]
        else:
            break
    for task in running:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
