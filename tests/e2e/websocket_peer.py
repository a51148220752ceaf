"""A WebSocket client that we did not write (python3-websockets) against an echo server: websocket_peer.py PORT.

Exits 0 when all is well, 77 when the library is missing, 1 with a traceback otherwise. The server must echo on /ws,
offer the subprotocol dcx.json, take messages up to 64 KiB, and close with 1013 when told "close".
"""
import asyncio
import sys

try:
    import websockets
except ImportError:
    sys.exit(77)


async def closed_with(socket, code):
    try:
        await asyncio.wait_for(socket.recv(), 10)
    except websockets.ConnectionClosed:
        assert socket.close_code == code, f"closed with {socket.close_code}, not {code}"
        return
    raise AssertionError(f"not closed with {code}")


async def fragments(parts):
    for part in parts:
        yield part


async def main(port):
    url = f"ws://127.0.0.1:{port}/ws"
    options = {"compression": None, "open_timeout": 10, "close_timeout": 10}
    async with websockets.connect(url, subprotocols=["other", "dcx.json"], **options) as socket:
        assert socket.subprotocol == "dcx.json"
        for size in (0, 1, 125, 126, 65535, 65536):
            for message in ("x" * size, b"y" * size):
                await socket.send(message)
                assert await socket.recv() == message, size
        await socket.send("k\u00f6stlich \u20ac \U0001f4b0")
        assert await socket.recv() == "k\u00f6stlich \u20ac \U0001f4b0"
        await socket.send(fragments(["one ", "two ", "three"]))
        assert await socket.recv() == "one two three"
        await asyncio.wait_for(await socket.ping(b"are you there"), 10)
        await socket.close(4000, "done")
        assert socket.close_code == 4000
    # The compression that the library offers by default is declined, not misunderstood.
    async with websockets.connect(url, open_timeout=10) as socket:
        assert not socket.extensions and socket.subprotocol is None
        await socket.send("plain")
        assert await socket.recv() == "plain"
        await socket.send("close")
        await closed_with(socket, 1013)
    async with websockets.connect(url, **options) as socket:
        await socket.send("z" * 65537)
        await closed_with(socket, 1009)
    try:
        await websockets.connect(url + "?refuse=1", **options)
        raise AssertionError("not refused")
    except websockets.InvalidStatusCode as error:
        assert error.status_code == 403


asyncio.run(main(int(sys.argv[1])))
