"""A reader of the market-data feed built on libraries that are not ours: feed_peer.py PORT json|msgpack

Follows book, trades and ticker of DEC/USD, checks every chain and checksum, goes away once and resumes, and ends when
the notice `done` brings the book as it should be ([[price, quantity, orders]...] in ticks and lots, by side), the last
trade and all that were taken back.

Exits 0 when all is well, 77 when a library is missing, 1 with a traceback otherwise.
"""
import asyncio
import json
import struct
import sys

try:
    import msgpack
    import websockets
except ImportError:
    sys.exit(77)

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Book:
    """The best levels as the feed tells them. Prices and quantities in ticks and lots."""

    def __init__(self):
        self.sides = {"bids": {}, "asks": {}}
        self.snapshots = 0

    def apply(self, message, units):
        if message["type"] == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
            self.snapshots += 1
        for name, levels in self.sides.items():
            for price, quantity, orders in message["data"][name]:
                price, quantity = units(price), units(quantity)
                if quantity == 0:
                    del levels[price]
                else:
                    levels[price] = [price, quantity, orders]
        top = b"".join(struct.pack("<qq", *level[:2]) for name in self.sides for level in self.lines(name)[:10])
        assert crc32c(top) == message["data"]["checksum"], message

    def lines(self, name):
        return [self.sides[name][price] for price in sorted(self.sides[name], reverse=name == "bids")]


class Feed:
    def __init__(self, url, form):
        self.url, self.form = url, form
        self.book, self.last, self.epoch, self.trades, self.tickers = Book(), {}, 0, {}, 0
        self.busted = set()

    def units(self, value):
        """Four decimals in JSON; MessagePack has the integers."""
        if self.form == "msgpack":
            return value
        whole, fraction = value.split(".")
        assert len(fraction) == 4, value
        return int(whole + fraction)

    async def send(self, **request):
        await self.socket.send(json.dumps(request) if self.form == "json" else msgpack.packb(request))

    async def receive(self):
        raw = await asyncio.wait_for(self.socket.recv(), 15)
        assert isinstance(raw, str) == (self.form == "json")
        return json.loads(raw) if self.form == "json" else msgpack.unpackb(raw)

    async def connect(self):
        self.socket = await websockets.connect(
            self.url, subprotocols=["dcx." + self.form], compression=None, open_timeout=10, close_timeout=10)
        welcome = await self.receive()
        assert welcome["type"] == "welcome" and welcome["format"] == self.form, welcome
        instrument = welcome["instruments"][0]
        assert instrument["symbol"] == "DEC/USD" and instrument["tick_size"] == "0.0001", instrument
        self.epoch = welcome["epoch"]

    async def subscribe(self, channel, resume=False):
        request = {"type": "subscribe", "id": channel, "channel": channel, "symbol": "DEC/USD"}
        if resume:
            request["from"] = {"epoch": self.epoch, "seq": self.last[channel]}
        await self.send(**request)
        while True:
            message = await self.receive()
            if message.get("id") == channel:
                assert message["type"] == "subscribed", message
                assert message.get("resumed") == (True if resume else None), message
                return
            self.take(message)

    def take(self, message):
        if "data" not in message:
            assert message["type"] in ("heartbeat", "notice"), message
            return
        channel = message["channel"]
        if message["type"] == "snapshot":
            assert message["prev"] == 0, message
        else:
            assert message["prev"] == self.last[channel], (message, self.last)
        self.last[channel] = message["seq"]
        if channel == "orderbook":
            self.book.apply(message, self.units)
        elif channel == "trades":
            self.take_trades(message["data"])
        else:
            self.tickers += 1

    def take_trades(self, data):
        for trade in data["trades"]:
            assert trade["id"] not in self.trades and trade["id"] not in self.busted, trade
            self.trades[trade["id"]] = trade
        for trade in data.get("busted", []):
            assert trade["id"] not in self.busted, trade
            # In the words in which it was told.
            assert self.trades.get(trade["id"], trade) == trade, trade
            self.busted.add(trade["id"])
            self.trades.setdefault(trade["id"], trade)

    async def run(self):
        await self.connect()
        await self.send(type="subscribe", id="no", channel="orderbook", symbol="DEC/USD", depth=7)
        error = await self.receive()
        assert error["type"] == "error" and error["code"] == 10 and error["id"] == "no", error
        for channel in ("orderbook", "trades", "ticker"):
            await self.subscribe(channel)
        for _ in range(50):
            self.take(await self.receive())
        await self.socket.close()
        # Books and trades go on where they stopped; a ticker begins anew.
        await self.connect()
        await self.subscribe("orderbook", resume=True)
        await self.subscribe("trades", resume=True)
        await self.subscribe("ticker")
        while True:
            message = await self.receive()
            if message["type"] == "notice" and message["code"] == "done":
                break
            self.take(message)
        expected = json.loads(message["message"])
        assert self.book.lines("bids") == expected["bids"], (self.book.lines("bids"), expected)
        assert self.book.lines("asks") == expected["asks"], (self.book.lines("asks"), expected)
        assert self.book.snapshots == 1
        assert sorted(self.trades) == list(range(min(self.trades), expected["last_trade"] + 1)), "a trade is missing"
        assert self.busted == set(expected["busted"]) and self.busted, (self.busted, expected)
        assert self.tickers > 1
        await self.socket.close()


asyncio.run(Feed(f"ws://127.0.0.1:{sys.argv[1]}/v1/feed", sys.argv[2]).run())
