#!/usr/bin/env python3
"""A DeCoin node for tests: its REST interface with the same answers, status codes and gaps, and faults by a switch.

In a test:   double = Double(); double.start(); ... double.url ... double.stop()      (loopback, any free port)
By hand:     python3 tests/decoin/double.py [--port N] [--tick SECONDS]      one line of JSON says where

Time stands still until the test moves it (advance, mine); with a tick, a block is mined of what waits every so many
seconds of real time. Everything that a test may do stands in Double, and for other programs behind POST /_control, whose
body {"NAME": {ARGUMENTS}} calls the method of that name; no real node has such a path.

Faults: see Double.fail and the methods around it.
"""
import argparse
import json
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from answers import CRASH, ROUTES, Answer, detail
from chain import Chain


class Double:
    FAULTS = ("hang", "reset", "lost_answer", "refused_after_accept", "500", "malformed", "html", "huge")

    def __init__(self, tick_s=None, **chain):
        self.lock = threading.RLock()
        self.chain = Chain(**chain)
        self.tick_s = tick_s
        self.mining = True
        self.faults = []  # [path, kind, how often, seconds]
        self.balance_fails = False
        self.posts = 0
        self.requests = 0
        self.port = 0
        self.server = None
        self.connections = set()
        self.stopping = threading.Event()

    # Life.
    def start(self):
        """Listens; again after stop(), on the same port, with the same chain."""
        double = self

        class Handler(Door):
            owner = double

        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.stopping.clear()
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        if self.tick_s is not None:
            threading.Thread(target=self.run, daemon=True).start()
        return self

    def stop(self):
        """Nobody listens any more: connections are refused."""
        self.stopping.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        # What clients have kept open, too.
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def run(self):
        stopping = self.stopping
        while not stopping.wait(self.tick_s):
            with self.lock:
                self.follow_time()
                if self.mining:
                    self.chain.tick()

    def follow_time(self):
        """With a tick the chain's time is the machine's, however late a tick comes."""
        if self.tick_s is not None:
            self.chain.now = max(self.chain.now, time.time())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    # What a test does with it.
    def advance(self, seconds):
        """Time passes; a miner looks every two seconds of it."""
        with self.lock:
            for _ in range(int(seconds // 2)):
                self.chain.now += 2
                if self.mining:
                    self.chain.tick()
            self.chain.now += seconds % 2

    def mine(self, count=1):
        with self.lock:
            return self.chain.mine(count)

    def mint(self, to, amount, sender="system", timestamp=None):
        with self.lock:
            return self.chain.mint(to, amount, sender, timestamp)

    def duplicate_mint(self, to, amount):
        """Two of a minter in the same second: one hash, and both count."""
        with self.lock:
            return [self.chain.mint(to, amount), self.chain.mint(to, amount)]

    def fail(self, kind, path="*", count=1, seconds=5.0):
        """The next `count` requests whose "METHOD /path" begins with `path` fail so."""
        if kind not in self.FAULTS:
            raise ValueError(kind)
        with self.lock:
            self.faults.append([path, kind, count, seconds])

    def clear(self):
        with self.lock:
            self.faults.clear()
            self.balance_fails = False
            self.chain.poisoned = False
            self.mining = True

    def poison(self, on=True):
        """Nothing confirms any more."""
        with self.lock:
            self.chain.poisoned = on

    def pause(self, on=True):
        """No ticks of its own; mine() still mines."""
        with self.lock:
            self.mining = not on

    def restart(self):
        with self.lock:
            self.follow_time()
            self.chain.restart()

    def reorganise(self, depth, keep=()):
        with self.lock:
            self.chain.reorganise(depth, set(keep))

    def wrong_genesis(self, message="another chain"):
        with self.lock:
            self.chain.message = message
            self.chain.restart()

    def fail_balances(self, on=True):
        with self.lock:
            self.balance_fails = on

    def set_block_cap(self, cap):
        with self.lock:
            self.chain.block_cap = cap

    def look(self):
        """What a test wants to know without asking as a client."""
        with self.lock:
            return {"height": len(self.chain.blocks) - 1, "tip": self.chain.blocks[-1]["hash"],
                    "genesis": self.chain.blocks[0]["hash"], "mempool": [tx["tx_hash"] for tx in self.chain.mempool],
                    "mined": [tx["tx_hash"] for block in self.chain.blocks for tx in block["transactions"]],
                    "posts": self.posts, "requests": self.requests}

    CONTROL = ("advance", "mine", "mint", "duplicate_mint", "fail", "clear", "poison", "pause", "restart", "reorganise",
               "wrong_genesis", "fail_balances", "set_block_cap", "look")

    def control(self, body):
        return [getattr(self, name)(**arguments) for name, arguments in body.items() if name in self.CONTROL]

    def planned_fault(self, method, path):
        with self.lock:
            for fault in self.faults:
                if fault[0] == "*" or f"{method} {path}".startswith(fault[0]):
                    fault[2] -= 1
                    if fault[2] == 0:
                        self.faults.remove(fault)
                    return fault[1], fault[3]
        return None, 0

    # What a client is answered: returns what 200 carries, or raises Answer.
    def answer(self, method, path, query, body):
        chain = self.chain
        for pattern, allowed, serve in ROUTES:
            found = re.fullmatch(pattern, path)
            if not found:
                continue
            if allowed != method:
                if any(re.fullmatch(other, path) and also == method for other, also, _ in ROUTES):
                    continue
                raise detail(405, "Method Not Allowed")
            return serve(self, chain, *[unquote(part) for part in found.groups()], query=query, body=body)
        raise detail(404, "Not Found")


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def setup(self):
        super().setup()
        self.owner.connections.add(self.connection)

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # whoever asked has gone

    def finish(self):
        self.owner.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.serve("POST")

    def do_DELETE(self):
        self.serve("DELETE")

    do_PUT = do_PATCH = do_DELETE

    def serve(self, method):
        double = self.owner
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        split = urlsplit(self.path)
        if split.path == "/_control":
            return self.send(Answer(200, double.control(json.loads(body))))
        fault, seconds = double.planned_fault(method, split.path)
        if fault == "hang":
            # Before anything is done; the client has gone when it ends, or the double was stopped.
            double.stopping.wait(seconds)
            return self.cut()
        if fault == "reset":
            return self.cut()
        if fault in ("500", "malformed", "html", "huge"):
            return self.send({"500": Answer(*CRASH), "malformed": Answer(200, b'{"height": '),
                              "html": Answer(200, b"<html>busy</html>", "text/html"),
                              "huge": Answer(200, b"[" + b"0," * (16 << 20) + b"0]")}[fault])
        with double.lock:
            double.requests += 1
            double.follow_time()
            try:
                answer = Answer(200, double.answer(method, split.path, parse_qs(split.query), body))
            except Answer as other:
                answer = other
        if fault == "lost_answer":
            return self.cut()
        if fault == "refused_after_accept":
            answer = detail(400, "")
        return self.send(answer)

    def cut(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def send(self, answer):
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tick", type=float, default=2.0)
    options = parser.parse_args()
    double = Double(tick_s=options.tick, now=time.time())
    double.port = options.port
    double.start()
    print(json.dumps({"ready": True, "url": double.url, "genesis": double.look()["genesis"]}), flush=True)
    try:
        sys.stdin.read()  # until whoever started it goes away
    except KeyboardInterrupt:
        pass
    double.stop()


if __name__ == "__main__":
    main()
