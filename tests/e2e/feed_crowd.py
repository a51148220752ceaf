"""Thousands of bare readers of the feed in one thread: sockets, WebSocket frames and nothing else, so that they can all come
at once. Each subscribes one order book; rounds are told apart by what a reader waits for. Every wait is bounded."""

import base64
import json
import select
import socket
import struct
import time

import msgpack

PATH = "/v1/feed"
IP_BIND_ADDRESS_NO_PORT = 24


def frame(payload, opcode):
    """Masked with zeros: the payload stands as it is."""
    size = len(payload)
    head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else bytes([0x80 | opcode, 0x80 | 126]) + struct.pack(">H", size)
    return head + bytes(4) + payload


class Reader:
    """One connection of one reader after the other; what it knows outlives them."""

    def __init__(self, number, market, form, depth):
        self.number, self.market, self.form, self.depth = number, market, form, depth
        self.epoch = self.seq = 0
        self.data = []           # payloads since the last snapshot
        self.resumed = None      # what the last answer said, where it was asked
        self.socket = None
        self.reset()

    def reset(self):
        self.buffer, self.stage, self.refused, self.news, self.position = b"", "connecting", None, 0, None

    def connect(self, address):
        self.reset()
        self.socket = socket.socket()
        self.socket.setblocking(False)
        # Sources of several addresses of the loopback: one has not ports enough for all rounds.
        self.socket.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        self.socket.bind((f"127.0.0.{2 + self.number % 100}", 0))
        self.socket.connect_ex(address)

    def drop(self):
        """Half of them as a middle box would, by a reset."""
        if self.socket is not None:
            if self.number % 2:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()
            self.socket = None

    def send(self, request):
        if self.form == "json":
            self.socket.sendall(frame(json.dumps(request).encode(), 1))
        else:
            self.socket.sendall(frame(msgpack.packb(request), 2))

    def on_connected(self):
        key = base64.b64encode(struct.pack("<QQ", self.number, 0)).decode()
        self.socket.sendall((f"GET {PATH} HTTP/1.1\r\nHost: dcx\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
                             f"{key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: dcx.{self.form}\r\n\r\n").encode())
        self.stage = "handshake"

    def on_bytes(self, data):
        self.buffer += data
        if self.stage == "handshake":
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self.refused = head.split(b"\r\n")[0].decode()
                return
            self.buffer, self.stage = rest, "welcome"
        while len(self.buffer) >= 2:
            size, at = self.buffer[1] & 0x7F, 2
            if size >= 126:
                at = 4 if size == 126 else 10
                if len(self.buffer) < at:
                    return
                size = int.from_bytes(self.buffer[2:at], "big")
            if len(self.buffer) < at + size:
                return
            opcode, payload = self.buffer[0] & 0x0F, self.buffer[at:at + size]
            self.buffer = self.buffer[at + size:]
            if opcode in (1, 2):
                assert opcode == (1 if self.form == "json" else 2), "a frame of the wrong kind"
                self.take(payload)
            elif opcode == 8:
                self.refused = f"closed with {payload!r}"

    def plain(self, payload):
        return json.loads(payload) if self.form == "json" else msgpack.unpackb(payload)

    def take(self, payload):
        message = self.plain(payload)
        if "data" in message:
            assert message["epoch"] == self.new_epoch and message["symbol"] == self.market, message
            if message["type"] == "snapshot":
                assert self.stage == "snapshot" and message["prev"] == 0, (self.stage, message)
                self.data, self.stage = [], "live"
            else:
                assert self.stage == "live" and message["prev"] == self.seq < message["seq"], (self.stage, self.seq, message)
            self.epoch, self.seq = message["epoch"], message["seq"]
            self.data.append(payload)
            self.news += 1
        elif message["type"] == "welcome":
            assert self.stage == "welcome", self.stage
            self.new_epoch = message["epoch"]
            request = {"type": "subscribe", "channel": "orderbook", "symbol": self.market, "depth": self.depth}
            if self.epoch:
                request["from"] = {"epoch": self.epoch, "seq": self.seq}
            self.resumed = None
            self.send(request)
            self.stage = "answer"
        elif message["type"] == "subscribed":
            assert self.stage == "answer" and ("resumed" in message) == (self.epoch > 0), (self.stage, message)
            self.resumed = message.get("resumed")
            self.stage = "live" if self.resumed else "snapshot"
        elif message["type"] == "heartbeat":
            self.position = {told["symbol"]: told["seq"] for told in message["channels"]}.get(self.market)
        else:
            assert message["type"] in ("instruments", "notice"), message


class Crowd:
    def __init__(self, count, markets, depth=20):
        self.readers = [Reader(i, markets[i // 2 % len(markets)], ("json", "msgpack")[i % 2], depth) for i in range(count)]
        self.epoll, self.by_file = select.epoll(), {}

    def connect(self, address):
        """All of them, at once."""
        for reader in self.readers:
            reader.connect(address)
            self.by_file[reader.socket.fileno()] = reader
            self.epoll.register(reader.socket.fileno(), select.EPOLLOUT)

    def drop(self):
        for reader in self.readers:
            if reader.socket is not None:
                self.epoll.unregister(reader.socket.fileno())
                del self.by_file[reader.socket.fileno()]
                reader.drop()

    def run(self, done, what, limit=120, rest=False):
        """Until each is as it should be; how long it took. With `rest` whoever is reads no more."""
        begin = time.monotonic()
        waiting = {reader.number for reader in self.readers if not done(reader)}
        while waiting:
            assert time.monotonic() - begin < limit, f"{len(waiting)} of {len(self.readers)} have not {what}: " \
                f"{[(r.stage, r.refused, r.resumed) for r in self.readers if r.number in waiting][:3]}"
            for file, events in self.epoll.poll(1.0, 512):
                reader = self.by_file[file]
                if events & select.EPOLLOUT:
                    error = reader.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    assert error == 0, f"reader {reader.number} could not connect: {error}"
                    self.epoll.modify(file, select.EPOLLIN)
                    reader.on_connected()
                elif events:
                    data = reader.socket.recv(1 << 16)
                    assert data, f"reader {reader.number} was cut in {reader.stage}: {reader.refused}"
                    reader.on_bytes(data)
                    assert reader.refused is None, f"reader {reader.number}: {reader.refused}"
                if done(reader):
                    waiting.discard(reader.number)
                    if rest:
                        self.epoll.modify(file, 0)
        return time.monotonic() - begin
