"""Five thousand WebSockets that come at once, go at once, and come again: none is lost, and none waits behind those that
drip their requests byte by byte or say nothing at all. Nothing is timed: everybody is answered."""

import errno
import resource
import selectors
import socket
import struct

from websocket_peer_raw import TEXT, Echo, accept_of, frame, upgrade_request

CLIENTS = 5000
IDLERS = 500


def need_files(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise SystemExit(f"SKIPPED: {count} open files are needed, the limit is {hard}")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


class Client:
    """Connects, upgrades, has one message echoed, all without waiting."""

    def __init__(self, port, number):
        self.key, request = upgrade_request()
        self.output = request + frame(TEXT, b"client %d" % number)
        self.wanted = bytes([0x81, len(b"client %d" % number)]) + b"client %d" % number
        self.input = b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        code = self.socket.connect_ex(("127.0.0.1", port))
        assert code in (0, errno.EINPROGRESS), code

    def step(self, events):
        """True when it has all it wants."""
        if events & selectors.EVENT_WRITE:
            self.output = self.output[self.socket.send(self.output):]
        if events & selectors.EVENT_READ:
            part = self.socket.recv(4096)
            assert part, f"refused or dropped: {self.input}"
            self.input += part
        return self.input.endswith(self.wanted) and accept_of(self.key).encode() in self.input

    def interest(self):
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self.output else 0)


def storm(port):
    selector = selectors.DefaultSelector()
    clients = [Client(port, number) for number in range(CLIENTS)]
    for client in clients:
        selector.register(client.socket, client.interest(), client)
    left = CLIENTS
    while left:
        ready = selector.select(60)
        assert ready, f"{left} clients have no answer"
        for key, events in ready:
            client = key.data
            if client.step(events):
                selector.unregister(client.socket)
                left -= 1
            else:
                selector.modify(client.socket, client.interest(), client)
    return clients


def leave(clients):
    """All at once and without a word, half of them with a reset."""
    for number, client in enumerate(clients):
        if number % 2:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()


def main():
    need_files(2 * CLIENTS + IDLERS + 200)
    with Echo() as echo:
        silent = [socket.create_connection(("127.0.0.1", echo.port)) for _ in range(IDLERS)]
        request = upgrade_request()[1]
        for number, one in enumerate(silent[::2]):
            one.send(request[:number % (len(request) - 1)])
        for _ in range(3):
            clients = storm(echo.port)
            for one in silent[::2]:
                try:
                    one.send(b"x")
                except OSError:
                    pass  # its time was over
            leave(clients)
        for one in silent:
            one.close()
    print(f"{CLIENTS} WebSockets came three times, none was lost")


if __name__ == "__main__":
    main()
