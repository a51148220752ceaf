"""A reader of the market-data feed built on libraries that are not ours: feed_peer.py PORT json|msgpack

Follows all public channels of DEC/USD, checks every chain and checksum, that every order stands where the rules of its
queue say, and that book, orders, best prices, trades and candles agree; goes away once and resumes, and ends when the
notice `done` brings the book as it should be ([[price, quantity, orders]...] in ticks and lots, by side), the last
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


class Orders:
    """Every order in its queue, [id, quantity] by price, kept by the rules of docs/protocols/feed.md."""

    def __init__(self):
        self.sides, self.snapshots, self.whole, self.executed = {"bids": {}, "asks": {}}, 0, False, {}

    def best(self, name):
        return (max if name == "bids" else min)(self.sides[name])

    def apply(self, message, units):
        data = message["data"]
        if message["prev"] == 0:
            self.sides = {"bids": {}, "asks": {}}
            self.snapshots += 1
        else:
            assert (message["type"] == "snapshot") != self.whole, message
        for change in data.get("changes", []):
            self.change(change, units)
        for name, levels in self.sides.items():
            for order, price, quantity in data.get(name, []):
                levels.setdefault(units(price), []).append([order, units(quantity)])
        self.whole = not data.get("more", False)
        if self.whole:
            top = b"".join(struct.pack("<qq", *level[:2]) for name in self.sides for level in self.lines(name)[:10])
            assert crc32c(top) == data["checksum"], message

    def change(self, change, units):
        name = "bids" if change["side"] == "buy" else "asks"
        price, quantity, order = units(change["price"]), units(change["quantity"]), change["order_id"]
        levels = self.sides[name]
        if change["action"] == "add":
            levels.setdefault(price, []).append([order, quantity])
            return
        queue = levels[price]
        place = [one[0] for one in queue].index(order)
        if change["action"] == "change":
            assert 0 < quantity <= queue[place][1], change
            queue[place][1] = quantity
        elif change["action"] == "execute":
            assert place == 0 and price == self.best(name) and 0 < quantity <= queue[0][1], (change, queue)
            self.executed[change["trade_id"]] = (price, quantity)
            queue[0][1] -= quantity
        else:
            assert change["action"] == "delete" and quantity == queue[place][1], (change, queue)
            queue[place][1] = 0
        if queue[place][1] == 0:
            del queue[place]
        if not queue:
            del levels[price]

    def lines(self, name):
        levels = self.sides[name]
        return [[price, sum(quantity for _, quantity in levels[price]), len(levels[price])]
                for price in sorted(levels, reverse=name == "bids")]


class Feed:
    def __init__(self, url, form):
        self.url, self.form = url, form
        self.book, self.last, self.epoch, self.trades, self.tickers = Book(), {}, 0, {}, 0
        self.busted = set()
        self.orders, self.bbo, self.candles = Orders(), None, {}

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

    async def subscribe(self, channel, resume=False, **fields):
        request = {"type": "subscribe", "id": channel, "channel": channel, "symbol": "DEC/USD", **fields}
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
        # A snapshot begins anew; only its further parts, and updates, follow what was before.
        if message["type"] != "snapshot" or message["prev"] != 0:
            assert message["prev"] == self.last[channel], (message, self.last)
        self.last[channel] = message["seq"]
        if channel == "orderbook":
            self.book.apply(message, self.units)
        elif channel == "trades":
            self.take_trades(message["data"])
        elif channel == "orders":
            self.orders.apply(message, self.units)
        elif channel == "bbo":
            assert message["data"] != self.bbo, message
            self.bbo = message["data"]
        elif channel == "candles":
            if message["type"] == "snapshot":
                self.candles = {}
            for candle in message["data"]["candles"]:
                self.candles[candle["start"]] = candle
        else:
            assert channel == "ticker", message
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

    def check_agreement(self):
        """All channels are quiet now and tell of the same venue."""
        for name, price, quantity in (("bids", "bid", "bid_quantity"), ("asks", "ask", "ask_quantity")):
            lines = self.orders.lines(name)
            assert lines[:20] == self.book.lines(name), (lines, self.book.lines(name))
            told = [self.bbo[price], self.bbo[quantity]]
            assert told == [None, None] if not lines else [self.units(one) for one in told] == lines[0][:2], told
        for trade, (price, quantity) in self.orders.executed.items():
            told = self.trades[trade]
            assert (self.units(told["price"]), self.units(told["quantity"])) == (price, quantity), told
        made = {}
        for trade in (self.trades[id] for id in sorted(self.trades) if id not in self.busted):
            price, start = self.units(trade["price"]), trade["time"] // 10**9 * 10**9
            candle = made.setdefault(start, [price, price, price, price, 0])
            candle[1], candle[2], candle[3] = max(candle[1], price), min(candle[2], price), price
            candle[4] += self.units(trade["quantity"])
        told = {start: [self.units(candle[key]) for key in ("open", "high", "low", "close", "volume")]
                for start, candle in self.candles.items() if candle["open"] is not None}
        assert told == made, (told, made)
        assert len(told) > 5
        assert all(self.candles[start]["final"] for start in sorted(told)[:-1])

    async def run(self):
        await self.connect()
        await self.send(type="subscribe", id="no", channel="orderbook", symbol="DEC/USD", depth=7)
        error = await self.receive()
        assert error["type"] == "error" and error["code"] == 10 and error["id"] == "no", error
        for channel, fields in (("orderbook", {}), ("trades", {}), ("orders", {}), ("bbo", {"rate": 20}),
                                ("candles", {"interval": "1s"}), ("ticker", {})):
            await self.subscribe(channel, **fields)
        for _ in range(50):
            self.take(await self.receive())
        await self.socket.close()
        # Most go on where they stopped; what says all each time begins anew.
        await self.connect()
        await self.subscribe("orderbook", resume=True)
        await self.subscribe("trades", resume=True)
        await self.subscribe("orders", resume=True)
        await self.subscribe("candles", resume=True, interval="1s")
        self.bbo = None
        await self.subscribe("bbo", rate=20)
        await self.subscribe("ticker")
        while True:
            message = await self.receive()
            if message["type"] == "notice" and message["code"] == "done":
                break
            self.take(message)
        expected = json.loads(message["message"])
        assert self.book.lines("bids") == expected["bids"], (self.book.lines("bids"), expected)
        assert self.book.lines("asks") == expected["asks"], (self.book.lines("asks"), expected)
        assert self.book.snapshots == 1 and self.orders.snapshots == 1
        assert sorted(self.trades) == list(range(min(self.trades), expected["last_trade"] + 1)), "a trade is missing"
        assert self.busted == set(expected["busted"]) and self.busted, (self.busted, expected)
        assert self.tickers > 1
        self.check_agreement()
        await self.socket.close()


asyncio.run(Feed(f"ws://127.0.0.1:{sys.argv[1]}/v1/feed", sys.argv[2]).run())
