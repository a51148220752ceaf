"""Who costs the feed too much: more connections than an address may have, requests that drip, compressed messages that
swell. Each is refused by a number, those who are there do not notice, and places come back. And snapshots are compressed
for a library that offers it."""

import asyncio
import socket

import websockets

from venue import Venue, wait_until
from websocket_peer_raw import BINARY, TEXT, Raw, close_frame, deflated, frame, upgrade_request

LIMIT = 8
CONFIG = f"""
[feed]
max_connections_per_address = {LIMIT}
count_loopback = true
compress_snapshots = true
"""


def feed_address(venue):
    host, port = venue.ready["feed"].split("/")[2].split(":")
    return host, int(port)


def answer_of(address, request, read_end=True):
    with socket.create_connection(address, 30) as one:
        try:
            one.sendall(request)
        except OSError:
            pass  # refused before it was read
        answer = b""
        while read_end or b"\r\n\r\n" not in answer:
            part = one.recv(65536)
            if not part:
                break
            answer += part
        return answer.decode()


def upgraded(address):
    one = socket.create_connection(address, 30)
    one.sendall(upgrade_request(path="/v1/feed")[1])
    answer = one.recv(65536)
    return one, answer.split()[1].decode()


def too_many(venue):
    address = feed_address(venue)
    held = []
    for _ in range(LIMIT):
        one, status = upgraded(address)
        assert status == "101", status
        held.append(one)
    for request in (upgrade_request(path="/v1/feed")[1], b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", b"nonsense\r\n\r\n"):
        answer = answer_of(address, request)
        assert answer.startswith("HTTP/1.1 429 ") and "Retry-After: " in answer, answer
    held.pop().close()

    def a_place_is_back():
        one, status = upgraded(address)
        if status != "101":
            one.close()
            return False
        held.append(one)
        return True

    wait_until(a_place_is_back, what="a place given back")
    # Those who hold their request back have places, too, and lose them.
    held.pop().close()
    wait_until(lambda: answer_of(address, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(
        "HTTP/1.1 200"), what="a place for a page")
    slow = socket.create_connection(address, 30)
    slow.sendall(upgrade_request(path="/v1/feed")[1][:20])
    wait_until(lambda: upgraded(address)[1] == "429", what="the dripping one's place to be counted")
    answer = b""
    while part := slow.recv(4096):
        answer += part
    assert answer.startswith(b"HTTP/1.1 408 "), answer
    slow.close()
    for one in held:
        one.close()
    wait_until(a_place_is_back, what="all places back")
    held[-1].close()


def swelling(venue):
    port = feed_address(venue)[1]

    def on_feed(*parts):
        with Raw(port, "permessage-deflate", path="/v1/feed") as peer:
            opcode, welcome = peer.message()
            assert opcode == TEXT and b'"connections_per_address":%d' % LIMIT in welcome, welcome
            peer.try_send(*parts)
            return peer.expect_close(1007, 1009, 1002)

    assert on_feed(frame(TEXT, deflated(b" " * 65537), bits=4)) == 1009
    assert on_feed(frame(TEXT, deflated(b" " * (1 << 28)), bits=4)) == 1009
    assert on_feed(frame(TEXT, b"\xff\xff", bits=4)) == 1007
    assert on_feed(frame(TEXT, deflated(b"\xff"), bits=4)) == 1007
    assert on_feed(frame(9, b"", bits=4)) == 1002
    with Raw(port, "permessage-deflate", path="/v1/feed") as peer:
        peer.message()
        peer.send(frame(TEXT, deflated(b'{"type":"instruments","id":"packed"}'), bits=4))
        assert b'"id":"packed"' in peer.message()[1]
        # Of the wrong kind, and no request: numbered errors, as without compression.
        peer.send(frame(BINARY, deflated(b"\x80"), bits=4))
        assert b'"code":2' in peer.message()[1]
        peer.send(frame(TEXT, deflated(b"{"), bits=4))
        assert b'"code":1' in peer.message()[1]
        peer.send(close_frame(1000))
        peer.expect_close(1000)


async def heard(socket_, text):
    while text not in await asyncio.wait_for(socket_.recv(), 20):
        pass


async def libraries(url):
    async with websockets.connect(url, compression="deflate", max_size=None) as socket_:
        assert [e.name for e in socket_.extensions] == ["permessage-deflate"], socket_.extensions
        assert "welcome" in await socket_.recv()
        await socket_.send('{"type":"subscribe","id":1,"channels":"*","symbols":"*","depth":5000}')
        for _ in range(4):
            await heard(socket_, '"channel":"orderbook","type":"snapshot"')
        await socket_.send("x" * 3000)
        await heard(socket_, '"code":1,')
    async with websockets.connect(url, compression=None) as socket_:
        assert not socket_.extensions and "welcome" in await socket_.recv()


def main():
    with Venue(CONFIG) as venue:
        venue.start()
        too_many(venue)
        swelling(venue)
        asyncio.run(libraries(venue.ready["feed"]))
        assert venue.stop() == 0
    print("limits hold")


if __name__ == "__main__":
    main()
