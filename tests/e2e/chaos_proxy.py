"""A TCP proxy on a thread of its own that loses connections as a bad network does, by a seed: it cuts them after a random number of
bytes of either direction (so in the middle of a frame), lets one end live on for a while, holds bytes back, and forwards in odd
pieces. set_venue() says where new connections lead, so that a venue may come back on another port."""

import random
import select
import socket
import struct
import threading
import time


class _Pair:
    def __init__(self, client, venue, chance, sizes):
        self.ends = [client, venue]
        most = chance.choice(sizes)
        self.left = [chance.randint(0, most), chance.randint(0, most)]
        self.stalls = chance.random() < 0.3
        self.held_until = self.dead_at = 0.0
        self.cut = self.ended = False

    def close(self, end):
        if self.ends[end] is not None:
            self.ends[end].close()
            self.ends[end] = None


class ChaosProxy:
    def __init__(self, venue, seed, sizes=(300, 2_000, 10_000, 60_000)):
        """`sizes`: bytes that a connection lives for at most, one of them each."""
        self.random, self.sizes = random.Random(seed), sizes
        self.set_venue(venue)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs, self.calm, self.stopping = [], False, False
        self.connections = self.cuts = self.stalls = 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def set_venue(self, address):
        host, port = address.rsplit(":", 1)
        self.venue = host, int(port)

    def close(self):
        self.stopping = True
        self.thread.join(10)
        self.listener.close()

    def _accept(self):
        client, _ = self.listener.accept()
        self.connections += 1
        try:
            venue = socket.create_connection(self.venue, timeout=5)
        except OSError:
            client.close()
            return
        for end in (client, venue):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pairs.append(_Pair(client, venue, self.random, self.sizes))

    def _forward(self, pair, source):
        """False: nothing more comes from this end."""
        room = 4096 if self.calm else min(self.random.randint(1, 600), pair.left[source])
        try:
            data = pair.ends[source].recv(room)
            pair.ends[1 - source].sendall(data)
        except OSError:
            return False
        pair.left[source] -= len(data)
        return bool(data)

    def _cut(self, pair, now):
        self.cuts += 1
        for end in pair.ends:
            if self.random.random() < 0.5:
                # Closing then resets the connection, as a middle box that forgets it would.
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        pair.cut, pair.dead_at = True, now + (self.random.uniform(0, 0.1) if self.random.random() < 0.2 else 0)
        pair.close(0)

    def _serve(self, pair, readable, now):
        if pair.cut:
            pair.ended = now >= pair.dead_at
            return
        for source in (0, 1):
            if pair.ended or pair.cut or pair.ends[source] not in readable:
                continue
            if self.calm or pair.left[source] > 0:
                pair.ended = not self._forward(pair, source)
            elif pair.stalls:
                pair.stalls = False
                pair.left[source] = self.random.randint(0, 2_000)
                pair.held_until = now + self.random.uniform(0.001, 0.12)
                self.stalls += 1
            else:
                self._cut(pair, now)

    def _run(self):
        while not self.stopping:
            now = time.monotonic()
            watched = [self.listener]
            for pair in self.pairs:
                if not pair.cut and (self.calm or now >= pair.held_until):
                    watched += pair.ends
            readable = set(select.select(watched, [], [], 0.002)[0])
            for pair in self.pairs:
                self._serve(pair, readable, now)
            for pair in [p for p in self.pairs if p.ended]:
                pair.close(0)
                pair.close(1)
                self.pairs.remove(pair)
            if self.listener in readable:
                self._accept()
        for pair in self.pairs:
            pair.close(0)
            pair.close(1)
