"""The WebSocket of src/net held to RFC 6455 and RFC 7692 from outside: every rule of framing, fragments, control frames,
UTF-8, closing and compression, kept and broken, in every way of cutting the bytes; sizes up to 16 MiB. Against the echo
program (tests/websocket), which has nothing else in it. What public conformance suites ask is all asked here."""

import os
import socket

from websocket_peer_raw import (BINARY, CLOSE, PING, PONG, TAIL, TEXT, Echo, Raw, close_frame, deflated, fragments, frame,
                                upgrade_request)

MEBI = 1 << 20
PARAGRAPH = "κόσμε \u20ac 𝄞 \u00e9ß ".encode()


def echoes(port, *messages, chop=None):
    with Raw(port) as peer:
        for opcode, payload in messages:
            peer.send(frame(opcode, payload), chop=chop)
            peer.expect((opcode, payload))
        peer.send(close_frame(1000))
        peer.expect_close(1000)


def fails(port, code, *parts, before=()):
    """What is sent ends the connection with this code, and what came before it was answered."""
    with Raw(port) as peer:
        peer.try_send(*parts)
        peer.expect(*before)
        peer.expect_close(code)


def framing(port):
    for size in (0, 1, 125, 126, 127, 128, 65535, 65536, 70000):
        for opcode in (TEXT, BINARY):
            payload = b"*" * size if opcode == TEXT else os.urandom(size)
            echoes(port, (opcode, payload))
            if size <= 128:
                echoes(port, (opcode, payload), chop=1)
    echoes(port, (TEXT, b"x" * 65536), chop=997)
    # Lengths in a longer form than they need, and one that is negative.
    for form in (126, 127):
        fails(port, 1002, frame(TEXT, b"short", form=form))
        fails(port, 1002, frame(PING, b"x", form=form))
    fails(port, 1002, frame(BINARY, b"x" * 300, form=127))
    fails(port, 1002, bytes([0x82, 0xFF, 0x80]) + bytes(11))
    fails(port, 1002, frame(TEXT, b"not masked", mask=False))
    fails(port, 1009, bytes([0x82, 0xFF]) + (16 * MEBI + 1).to_bytes(8, "big") + bytes(4))
    fails(port, 1009, frame(BINARY, bytes(10 * MEBI), False), frame(0, bytes(7 * MEBI)))


def reserved(port):
    for bits in range(1, 8):
        fails(port, 1002, frame(TEXT, b"x", bits=bits))
        fails(port, 1002, frame(TEXT, b"a"), frame(BINARY, b"x", bits=bits), frame(PING), before=[(TEXT, b"a")])
        for opcode in (PING, PONG, CLOSE):
            fails(port, 1002, frame(opcode, b"", bits=bits))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"some bytes"):
            fails(port, 1002, frame(opcode, payload))
        fails(port, 1002, frame(TEXT, b"a"), frame(opcode, b"x"), frame(PING), before=[(TEXT, b"a")])
    # Two bytes are enough to be wrong.
    fails(port, 1002, frame(3, b"rest that never comes")[:2])


def pings(port):
    with Raw(port) as peer:
        for payload in (b"", b"hello", bytes(range(125)), b"\xfe" * 125):
            peer.send(frame(PING, payload))
            peer.expect((PONG, payload))
            peer.send(frame(PING, payload), chop=1)
            peer.expect((PONG, payload))
        peer.send(frame(PONG), frame(PONG, b"nobody asked"), frame(PING, b"yet"))
        peer.expect((PONG, b"yet"))
        many = [b"ping %d" % i for i in range(100)]
        peer.send(*[frame(PING, one) for one in many])
        peer.expect(*[(PONG, one) for one in many])
        peer.send(*[frame(PING, one) for one in many[:10]], chop=1)
        peer.expect(*[(PONG, one) for one in many[:10]])
    fails(port, 1002, frame(PING, bytes(126)))
    fails(port, 1002, frame(PONG, bytes(126)))
    for opcode in (PING, PONG, CLOSE):
        fails(port, 1002, frame(opcode, b"part", final=False), frame(0, b"rest"))


def fragmented(port):
    text = b"a message that comes in pieces"
    for size in range(1, len(text) + 1):
        with Raw(port) as peer:
            for chop in (None, 1, 3):
                peer.send(*fragments(TEXT, text, size), chop=chop)
                peer.expect((TEXT, text))
                # A ping is answered at once, not behind the message that it comes into.
                parts = fragments(BINARY, text, size)
                peer.send(*[p for part in parts for p in (frame(PING, b"between"), part)], chop=chop)
                peer.expect(*[(PONG, b"between")] * len(parts), (BINARY, text))
    with Raw(port) as peer:
        peer.send(frame(TEXT, b"first", False), frame(PING, b"now"))
        peer.expect((PONG, b"now"))
        peer.send(frame(0, b"", False), frame(PONG, b"unasked"), frame(0, b"", False), frame(0, b" last"))
        peer.expect((TEXT, b"first last"))
        peer.send(frame(TEXT, b"", False), frame(0, b"", False), frame(0))
        peer.expect((TEXT, b""))
    for final in (True, False):
        fails(port, 1002, frame(0, b"nothing to continue", final))
        fails(port, 1002, frame(TEXT, b"whole"), frame(0, b"more", final), before=[(TEXT, b"whole")])
        fails(port, 1002, frame(TEXT, b"begun", False), frame(TEXT, b"another", final))
        fails(port, 1002, frame(TEXT, b"begun", False), frame(BINARY, b"another", final))


VALID = [b"hello\x24world", b"hello\xc2\xa2world", b"hello\xe2\x82\xacworld", b"hello\xf0\xa4\xad\xa2world",
         b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", b"\0", b"\x7f", b"\xc2\x80", b"\xdf\xbf", b"\xe0\xa0\x80",
         b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xef\xbf\xbf", b"\xef\xbf\xbe", b"\xf0\x90\x80\x80",
         b"\xf4\x8f\xbf\xbf", b"\xf0\x9f\xbf\xbe", b"\xef\xbb\xbf", PARAGRAPH]
INVALID = [b"\x80", b"\xbf", b"\x80\xbf", b"\xc0", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xc2\x20", b"\xc2\xc2",
           b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xe2\x82", b"\xe2\x82\x20", b"\xed\xa0\x80", b"\xed\xbf\xbf",
           b"\xed\xa0\x81\xed\xb0\x80", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\xbf", b"\xf4\x90\x80\x80",
           b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe", b"\xff", b"\xff\xfe",
           b"\xf8", b"\xfc", b"\xf7\xbf\xbf\xbf"]


def utf8(port):
    for text in VALID:
        text.decode()
        with Raw(port) as peer:
            for size in range(1, len(text) + 1):
                peer.send(*fragments(TEXT, text, size))
                peer.expect((TEXT, text))
            peer.send(frame(TEXT, text), chop=1)
            peer.expect((TEXT, text))
    for bad in INVALID:
        for around in (b"%s", b"ascii before %s", b"%s and after", b"\xce\xba long enough to be read in words %s"):
            text = around % bad
            fails(port, 1007, frame(TEXT, text))
            fails(port, 1007, *fragments(TEXT, text, 1))
        echoes(port, (BINARY, bad))
    # At once: the message never ends, nor even the frame.
    for bad in (b"\xff", b"\xf4\x90", b"\xed\xa0", b"\xc2\x20", b"\xe0\x80"):
        with Raw(port) as peer:
            peer.send(frame(TEXT, PARAGRAPH, False), frame(0, bad, False))
            peer.expect_close(1007)
        with Raw(port) as peer:
            whole = frame(TEXT, PARAGRAPH + bad + b" and much more")
            peer.send(whole[:6 + len(PARAGRAPH) + len(bad)])
            peer.expect_close(1007)


def closing(port):
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999):
        with Raw(port) as peer:
            peer.send(close_frame(code, b"r" * 123 if code % 2 else "köstlich".encode()))
            peer.expect_close(code)
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
        fails(port, 1002, close_frame(code))
        fails(port, 1002, close_frame(code, b"reason"))
    with Raw(port) as peer:
        peer.send(close_frame())
        peer.expect_close(None)
    fails(port, 1002, frame(CLOSE, b"\x03"))
    fails(port, 1002, frame(CLOSE, b"\x03\xe8" + bytes(124)))
    for bad in INVALID:
        fails(port, 1007, close_frame(1000, bad))
    # What comes behind a close frame is not answered; what came before it is.
    with Raw(port) as peer:
        peer.send(frame(TEXT, b"before"), close_frame(1000), frame(TEXT, b"behind"), frame(PING), close_frame(1001))
        peer.expect((TEXT, b"before"))
        peer.expect_close(1000)
    with Raw(port) as peer:
        peer.send(frame(TEXT, b"never", False), close_frame(1000), frame(0, b" whole"))
        peer.expect_close(1000)
    with Raw(port) as peer:
        peer.send(frame(BINARY, bytes(MEBI)), close_frame(1000))
        peer.expect((BINARY, bytes(MEBI)))
        peer.expect_close(1000)
    with Raw(port) as peer:
        peer.send(close_frame(1000, b"in many pieces"), chop=1)
        peer.expect_close(1000)
    # Gone without a word, at every place of a frame: nobody else notices (the program is asked again by what follows).
    whole = frame(TEXT, b"x" * 200)
    for size in range(0, 12):
        with Raw(port) as peer:
            peer.send(whole[:size])
    echoes(port, (TEXT, b"still here"))


def sizes(port):
    for size in (MEBI, 4 * MEBI, 16 * MEBI):
        echoes(port, (TEXT, (PARAGRAPH * (size // len(PARAGRAPH) + 1))[:size // len(PARAGRAPH) * len(PARAGRAPH)]))
        echoes(port, (BINARY, os.urandom(size)))
    payload = os.urandom(4 * MEBI)
    for size in (64, 256, 4096, 65536, MEBI):
        with Raw(port) as peer:
            peer.send(*fragments(BINARY, payload, size))
            peer.expect((BINARY, payload))
    for chop in (64, 127, 1024, 2048):
        echoes(port, (TEXT, b"c" * MEBI), chop=chop)
    with Raw(port) as peer:
        for size in (0, 16, 64, 256, 1024, 4096, 16384, 65536):
            message = os.urandom(size)
            for _ in range(200):
                peer.send(frame(BINARY, message))
                peer.expect((BINARY, message))
    # All of it before anything is read.
    with Raw(port) as peer:
        for i in range(3000):
            peer.send(frame(TEXT, b"%d" % i))
        peer.expect(*[(TEXT, b"%d" % i) for i in range(3000)])


def status_of(port, request):
    with socket.create_connection(("127.0.0.1", port), 30) as raw:
        raw.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = raw.recv(65536)
            if not part:
                break
            answer += part
        return int(answer.split()[1])


def handshake(port):
    good = upgrade_request(key="dGhlIHNhbXBsZSBub25jZQ==")[1]
    assert status_of(port, good) == 101
    for old, new, status in ((b"GET", b"POST", 405), (b"HTTP/1.1", b"HTTP/1.0", 426), (b"Upgrade: websocket\r\n", b"", 426),
                             (b"websocket", b"something", 426), (b"Connection: Upgrade", b"Connection: close", 426),
                             (b"Version: 13", b"Version: 12", 426), (b"Version: 13", b"Version: 13, 14", 426),
                             (b"dGhlIHNhbXBsZSBub25jZQ==", b"", 400), (b"dGhlIHNhbXBsZSBub25jZQ==", b"dG==", 400),
                             (b"GET / ", b"GET /other ", 404)):
        assert old in good
        got = status_of(port, good.replace(old, new, 1))
        assert got == status, f"{old} -> {new}: {got}, not {status}"
    for twice in (b"Host: x\r\n", b"Sec-WebSocket-Version: 13\r\n", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"):
        assert status_of(port, good.replace(twice, 2 * twice)) == 400, twice
    assert status_of(port, good.replace(b"Host: x\r\n", b"")) == 400
    for broken in (";", "permessage-deflate;", "a; b=", "a; b=\"", "a b", "a; =b"):
        assert status_of(port, upgrade_request(f"Sec-WebSocket-Extensions: {broken}\r\n")[1]) == 400, broken
    # Names and tokens in any case, several connection options, and frames right behind the request.
    key, request = upgrade_request("sec-websocket-extensions: unheard-of; x=1\r\n")
    request = request.replace(b"Connection: Upgrade", b"connection: keep-alive, UPGRADE").replace(b": websocket", b": WebSocket")
    with socket.create_connection(("127.0.0.1", port), 30) as raw:
        raw.sendall(request + frame(TEXT, b"early"))
        answer = b""
        while not answer.endswith(b"\x81\x05early"):
            part = raw.recv(65536)
            assert part, answer
            answer += part


def compression_offers(port):
    for offer, wanted in (("permessage-deflate", ""), ("permessage-deflate; client_max_window_bits", ""),
                          ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", ""),
                          ("permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9"),
                          ("permessage-deflate; server_max_window_bits=15; client_max_window_bits=9", "; server_max_window_bits=15"),
                          ("x-unknown, permessage-deflate; mistake, permessage-deflate; server_max_window_bits=12",
                           "; server_max_window_bits=12")):
        with Raw(port, offer) as peer:
            assert peer.extension == "permessage-deflate; server_no_context_takeover; client_no_context_takeover" + wanted
            peer.send(frame(TEXT, deflated(PARAGRAPH * 100), bits=4))
            peer.expect((TEXT, PARAGRAPH * 100))
    for offer in ("x-unknown", "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits",
                  "permessage-deflate; client_max_window_bits=16", "permessage-deflate; unknown=1",
                  "permessage-deflate; client_no_context_takeover=1",
                  "permessage-deflate; server_no_context_takeover; server_no_context_takeover"):
        with Raw(port, offer) as peer:
            assert peer.extension is None, peer.extension
            peer.send(frame(TEXT, b"plain"))
            peer.expect((TEXT, b"plain"))


def compression(port):
    offer = "permessage-deflate"
    book = b"".join(b'["2.%04d","12.0000",%d],' % (i, i % 7) for i in range(8000))
    with Raw(port, offer) as peer:
        for size in (0, 1, 16, 64, 256, 1024, 4096, 8192, 65536, len(book)):
            for payload, opcode in ((book[:size], TEXT), (os.urandom(size), BINARY)):
                packed = deflated(payload)
                peer.send(frame(opcode, packed, bits=4))
                peer.expect((opcode, payload))
                peer.send(frame(opcode, payload))  # compressed or not is each message's own affair
                peer.expect((opcode, payload))
                for part in (1, 7, 256, 4096):
                    if len(packed) <= part * 2000:
                        peer.send(*fragments(opcode, packed, part, bits=4))
                        peer.expect((opcode, payload))
        packed = deflated(book)
        parts = fragments(TEXT, packed, 1000, bits=4)
        peer.send(*[p for part in parts for p in (part, frame(PING, b"between"))])
        peer.expect(*[(PONG, b"between")] * (len(parts) - 1), (TEXT, book), (PONG, b"between"))
        # Smaller windows than ours, a block that calls itself the last, several blocks.
        for window in (9, 12):
            peer.send(frame(TEXT, deflated(book, window), bits=4))
            peer.expect((TEXT, book))
        peer.send(frame(TEXT, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", bits=4))
        peer.expect((TEXT, b"Hello"))
        peer.send(frame(TEXT, deflated(b"one ") + TAIL + deflated(b"two"), bits=4))
        peer.expect((TEXT, b"one two"))
        peer.send(close_frame(1000))
        peer.expect_close(1000)

    def broken(code, *parts):
        with Raw(port, offer) as peer:
            peer.try_send(*parts)
            peer.expect_close(code)

    for bits in (1, 2, 3, 5, 6, 7):
        broken(1002, frame(TEXT, deflated(b"x"), bits=bits))
    for opcode in (PING, PONG, CLOSE):
        broken(1002, frame(opcode, b"", bits=4))
    broken(1002, frame(TEXT, b"x", False), frame(0, b"y", bits=4))
    broken(1002, frame(TEXT, deflated(b"x"), False, bits=4), frame(0, b"", bits=4))
    for nonsense in (b"\xff", b"\x06", b"\x00\x05\x00\x00\x00", b"\x02\x00\x80\x00"):
        broken(1007, frame(BINARY, nonsense, bits=4))
    for bad in INVALID:
        broken(1007, frame(TEXT, deflated(bad), bits=4))
    # Sixteen mebibytes and a byte, out of sixteen kibibytes.
    broken(1009, frame(BINARY, deflated(bytes(16 * MEBI + 1)), bits=4))
    broken(1009, *fragments(BINARY, deflated(bytes(64 * MEBI)), 100, bits=4))
    with Raw(port, offer) as peer:
        peer.send(frame(BINARY, deflated(bytes(16 * MEBI)), bits=4))
        peer.expect((BINARY, bytes(16 * MEBI)))


def main():
    for deflate in (False, True):
        with Echo(deflate) as echo:
            # What was not asked for is not there: all of it holds on a server that would compress as well.
            for group in (handshake, framing, reserved, pings, fragmented, utf8, closing, sizes):
                group(echo.port)
            if deflate:
                compression_offers(echo.port)
                compression(echo.port)
            else:
                with Raw(echo.port, "permessage-deflate") as peer:
                    assert peer.extension is None
    print("the WebSocket keeps RFC 6455 and RFC 7692")


if __name__ == "__main__":
    main()
