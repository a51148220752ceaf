"""A WebSocket client of bare sockets, for tests that must send what no library sends: any bits, any cuts, any lie. What
comes back is held to RFC 6455: whole minimal headers, no masks, no reserved bit but the compressed one, text that is text."""

import base64
import hashlib
import json
import os
import socket
import struct
import subprocess
import zlib

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
TAIL = b"\0\0\xff\xff"
PROGRAM = os.environ.get("DCX_WEBSOCKET_ECHO", "build/release/tests/websocket/dcx_websocket_echo")


def masked(payload, key):
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


def frame(opcode, payload=b"", final=True, bits=0, mask=True, form=None):
    """form: 126 or 127 for a length that is not in its shortest form."""
    size = len(payload)
    form = form or (size if size <= 125 else 126 if size <= 0xFFFF else 127)
    head = bytes([(0x80 if final else 0) | bits << 4 | opcode, (0x80 if mask else 0) | form])
    head += struct.pack(">H", size) if form == 126 else struct.pack(">Q", size) if form == 127 else b""
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + masked(payload, key)


def close_frame(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


def fragments(opcode, payload, size, bits=0):
    parts = [payload[i:i + size] for i in range(0, len(payload), size)] or [b""]
    return [frame(opcode if i == 0 else 0, part, i == len(parts) - 1, bits if i == 0 else 0)
            for i, part in enumerate(parts)]


def deflated(payload, window=15):
    packer = zlib.compressobj(1, zlib.DEFLATED, -window)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


class Echo:
    """The echo program, for the time of a `with`."""

    def __init__(self, deflate=False):
        self.process = subprocess.Popen([PROGRAM, "0", *(["deflate"] if deflate else [])], stdout=subprocess.PIPE)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        alive = self.process.poll() is None
        self.process.kill()
        self.process.wait(30)
        self.process.stdout.close()
        assert alive, f"the echo program ended by itself with {self.process.returncode}"


def upgrade_request(extra="", path="/", key=None):
    key = key or base64.b64encode(os.urandom(16)).decode()
    return key, (f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{extra}\r\n").encode()


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


class Raw:
    def __init__(self, port, offer=None, timeout=60, path="/"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bytes = bytearray()
        key, request = upgrade_request(f"Sec-WebSocket-Extensions: {offer}\r\n" if offer else "", path)
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.bytes:
            assert self.more(), "no answer to the upgrade"
        head, _, rest = bytes(self.bytes).partition(b"\r\n\r\n")
        self.bytes = bytearray(rest)
        self.head = head.decode()
        assert self.head.startswith("HTTP/1.1 101 "), self.head
        assert f"Sec-WebSocket-Accept: {accept_of(key)}" in self.head, self.head
        self.extension = next((line.split(": ", 1)[1] for line in self.head.split("\r\n")
                               if line.startswith("Sec-WebSocket-Extensions: ")), None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def more(self):
        try:
            part = self.socket.recv(1 << 20)
        except ConnectionResetError:
            part = b""
        self.bytes += part
        return bool(part)

    def send(self, *parts, chop=None):
        data = b"".join(parts)
        for i in range(0, len(data), chop or len(data) or 1):
            self.socket.sendall(data[i:i + (chop or len(data))])

    def try_send(self, *parts):
        try:
            self.send(*parts)
        except OSError:
            pass

    def frame(self):
        """The next frame: (opcode, compressed, payload); None at the end of the connection."""
        def need(size):
            while len(self.bytes) < size:
                if not self.more():
                    assert not self.bytes, f"ended within a frame: {bytes(self.bytes[:20])}"
                    return False
            return True
        if not need(2):
            return None
        first, size = self.bytes[0], self.bytes[1]
        assert size < 128, "a server's frame is not masked"
        at = 2
        if size >= 126:
            at = 4 if size == 126 else 10
            need(at)
            size = int.from_bytes(self.bytes[2:at], "big")
            assert size > (125 if at == 4 else 0xFFFF), "a length not in its shortest form"
        assert first & 0x80 and not first & 0x30 and (not first & 0x40 or (self.extension and first & 15 < 8)), hex(first)
        need(at + size)
        payload = bytes(self.bytes[at:at + size])
        del self.bytes[:at + size]
        return first & 15, bool(first & 0x40), payload

    def message(self):
        got = self.frame()
        assert got is not None, "the connection has ended"
        opcode, compressed, payload = got
        if compressed:
            window = 15
            for parameter in self.extension.split("; "):
                if parameter.startswith("server_max_window_bits="):
                    window = int(parameter.split("=")[1])
            payload = zlib.decompressobj(-window).decompress(payload + TAIL)
        if opcode == TEXT:
            payload.decode()
        return opcode, payload

    def expect(self, *messages):
        for wanted in messages:
            got = self.message()
            assert got == wanted, f"got {got[0]} {got[1][:60]} of {len(got[1])}, not {wanted[0]} {wanted[1][:60]}"

    def expect_close(self, *codes):
        """A close frame with one of these codes (None: without), and then the end, from the server's side."""
        opcode, payload = self.message()
        assert opcode == CLOSE, f"{opcode} {payload[:60]}"
        code = struct.unpack(">H", payload[:2])[0] if payload else None
        payload[2:].decode()
        assert code in codes, f"closed with {code} ({payload[2:]}), expected {codes}"
        assert self.frame() is None, "something came behind a close frame"
        return code
