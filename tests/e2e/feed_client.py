"""The public feed through a WebSocket library that is not ours (Debian's python3-websockets), in JSON or MessagePack.
Clients run on one event loop in a thread; a test looks at what they have received. Every wait is bounded."""

import asyncio
import json
import struct
import threading
from decimal import Decimal

import msgpack
import websockets

from venue import wait_until


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ CRC_TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def crc_table():
    for index in range(256):
        value = index
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        yield value


CRC_TABLE = list(crc_table())
assert crc32c(b"123456789") == 0xE3069283


class Loop(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.loop = asyncio.new_event_loop()
        self.start()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def call(self, awaitable, limit=20):
        async def awaited():
            return await awaitable
        return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result(limit)


class Feed:
    """One connection. `messages` grows as they come, prices and quantities as ticks and lots in both formats."""

    loop = None

    def __init__(self, url, form="json", read=True, **options):
        self.form = form
        self.messages, self.closed, self.instruments = [], None, {}
        self.socket = self.connect(url, subprotocols=["dcx." + form], ping_interval=None, max_size=None,
                                   max_queue=None if read else 1, read_limit=1 << 16 if read else 1 << 10,
                                   close_timeout=5, **options)
        assert self.socket.subprotocol == "dcx." + form
        if read:
            self.read()
            self.wait(lambda: self.messages, "welcome")
            self.welcome = self.messages[0]
            assert self.welcome["type"] == "welcome", self.welcome

    @staticmethod
    def connect(url, **options):
        async def connected():
            return await websockets.connect(url, **options)
        Feed.loop = Feed.loop or Loop()
        return Feed.loop.call(connected())

    def read(self):
        asyncio.run_coroutine_threadsafe(self._read(), Feed.loop.loop)

    async def _read(self):
        try:
            async for message in self.socket:
                self.messages.append(self.plain(message))
        except websockets.ConnectionClosed:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.messages.append({"type": "broken", "error": repr(error)})
        self.closed = self.socket.close_code

    def plain(self, message):
        """The message with whole numbers of ticks and lots."""
        if self.form == "json":
            assert isinstance(message, str), "JSON comes in text frames"
            message = json.loads(message)
        else:
            assert isinstance(message, bytes), "MessagePack comes in binary frames"
            message = msgpack.unpackb(message)
        for instrument in message.get("instruments", []):
            self.instruments[instrument["symbol"]] = instrument
        if "data" in message and self.form == "json":
            self.scale(message)
        return message

    def scale(self, message):
        instrument = self.instruments[message["symbol"]]
        tick, lot = Decimal(instrument["tick_size"]), Decimal(instrument["lot_size"])
        data = message["data"]

        def units(text, unit):
            assert Decimal(text).as_tuple().exponent == unit.as_tuple().exponent, f"{text} has not the decimals of {unit}"
            whole = Decimal(text) / unit
            assert whole == int(whole), f"{text} is no multiple of {unit}"
            return int(whole)

        # A level is [price, quantity, orders], an order [id, price, quantity].
        at = 1 if message["channel"] == "orders" else 0
        for side in ("bids", "asks"):
            for level in data.get(side, []):
                level[at], level[at + 1] = units(level[at], tick), units(level[at + 1], lot)
        for change in data.get("changes", []):
            change["price"], change["quantity"] = units(change["price"], tick), units(change["quantity"], lot)
        if message["channel"] == "bbo":
            for name, unit in (("bid", tick), ("bid_quantity", lot), ("ask", tick), ("ask_quantity", lot)):
                data[name] = None if data[name] is None else units(data[name], unit)
        for trade in data["trades"] + data.get("busted", []) if message["channel"] == "trades" else []:
            trade["price"], trade["quantity"] = units(trade["price"], tick), units(trade["quantity"], lot)
        if message["channel"] == "ticker":
            for name in ("last", "open", "high", "low", "bid", "ask"):
                data[name] = None if data[name] is None else units(data[name], tick)
            for name in ("volume", "bid_quantity", "ask_quantity"):
                data[name] = units(data[name], lot)
            data["quote_volume"] = int(Decimal(data["quote_volume"]) / (tick * lot))

    def send(self, request):
        data = json.dumps(request) if self.form == "json" else msgpack.packb(request)
        self.send_raw(data)

    def send_raw(self, data):
        Feed.loop.call(self.socket.send(data))

    def wait(self, condition, what, limit=30):
        wait_until(lambda: condition() or self.closed is not None, limit, what)
        assert condition(), f"closed with {self.closed} before {what}; last: {self.messages[-1:]}"

    def answer(self, request):
        """The first message with the request's id."""
        start = len(self.messages)
        self.send(request)
        found = lambda: [m for m in self.messages[start:] if m.get("id") == request["id"]]
        self.wait(found, f"an answer to {request}")
        return found()[0]

    def subscribe(self, channel, symbol, **more):
        """Returns when the channel's first data is here."""
        start = len(self.messages)
        answer = self.answer({"type": "subscribe", "id": f"{channel} {start}", "channel": channel, "symbol": symbol, **more})
        assert answer["type"] == "subscribed" and answer["channel"] == channel and answer["symbol"] == symbol, answer
        at = self.messages.index(answer)
        if answer.get("resumed") is not True:
            self.wait(lambda: self.data(channel, symbol, at), "a snapshot")
        return answer

    def data(self, channel, symbol, start=0):
        return [m for m in self.messages[start:] if m.get("channel") == channel and m.get("symbol") == symbol and "data" in m]

    def close(self):
        if self.closed is None:
            Feed.loop.call(self.socket.close())


class Book:
    """A book as a reader of snapshots and updates keeps it; checks the chain and every checksum on the way."""

    def __init__(self, epoch, depth=20):
        self.epoch, self.depth = epoch, depth
        self.sides, self.seq = None, 0
        self.skipped = 0

    def apply(self, message):
        data = message["data"]
        assert message["epoch"] == self.epoch, message
        if message["type"] == "snapshot":
            assert message["prev"] == 0, message
            assert message["seq"] >= self.seq
            self.sides = {"bids": {}, "asks": {}}
            self.skipped += message.get("skipped", 0)
        else:
            assert self.sides is not None, "an update before its snapshot"
            assert message["prev"] == self.seq and message["seq"] > self.seq, f"{message} after {self.seq}"
        self.seq = message["seq"]
        for name, side in self.sides.items():
            for price, quantity, orders in data[name]:
                assert (quantity == 0) == (orders == 0), message
                if quantity:
                    side[price] = (quantity, orders)
                else:
                    assert side.pop(price, None) is not None, f"removed what was not there: {message}"
        assert len(self.sides["bids"]) <= self.depth and len(self.sides["asks"]) <= self.depth, "deeper than asked for"
        top = b"".join(struct.pack("<qq", price, quantity) for name in ("bids", "asks")
                       for price, quantity, _ in self.levels(name)[:min(10, self.depth)])
        assert crc32c(top) == data["checksum"], f"checksum of {message}"

    def levels(self, name):
        return [(price, *of) for price, of in sorted(self.sides[name].items(), reverse=name == "bids")]

    def state(self):
        return self.levels("bids"), self.levels("asks")


def check_chain(messages):
    """Each message names the one before it; a snapshot begins."""
    for before, message in zip(messages, messages[1:]):
        if message["type"] == "snapshot":
            assert message["prev"] == 0 and message["seq"] >= before["seq"], (before, message)
        else:
            assert message["prev"] == before["seq"] < message["seq"], (before, message)
