"""Adversaries behind the door to shared memory, while two honest clients trade, one of them over shared memory too: garbage in
ring and header at any time, positions and lengths that cannot be, tricks with the memory itself, one that never reads, one
that is killed in the middle of a word, one whose children keep its socket. src/gateway/shm has the same against the gateway
alone and in more variants; here it is the program that must stay whole."""

import collections
import ctypes
import fcntl
import mmap
import os
import random
import signal
import socket
import struct
import time

import order_entry as oe
from adversary import (BAD_LENGTH, BROKEN_RING, FAR, FUNDS, IN_USE, MALFORMED, QUANTITY, SLOW_CONSUMER, TIMEOUT,
                       UNKNOWN_TEMPLATE, Pair, code_of, ended, offence, order)
from order_entry import Key, Session, frame, place_block
from shm_session import SKIP, Refused, ShmConnection, ShmSession
from venue import Venue, wait_until

F_ADD_SEALS, F_SEAL_WRITE, F_SEAL_SHRINK, F_SEAL_FUTURE_WRITE = 1033, 8, 2, 16
PUNCH_HOLE_KEEP_SIZE = 3
MADV_REMOVE = 9
LIBC = ctypes.CDLL(None, use_errno=True)
NAMES = ("broken_ring", "malformed_frame", "frame_too_large", "unknown_template", "bad_block_length", "out_of_sequence",
         "wrong_state", "slow_consumer", "timeout", "throttled", "finished", "refused", "authentication_failed")


class Codes:
    """How many sessions were ended with a reason since it was made."""

    def __init__(self, venue):
        self.venue, self.before = venue, self.now(venue)

    @staticmethod
    def now(venue):
        return {name: ended(venue, name) for name in NAMES}

    def since(self):
        return collections.Counter({n: c - self.before[n] for n, c in self.now(self.venue).items() if c != self.before[n]})


def positions_and_lengths(venue, path, mallory):
    """Each ends the session that wrote it with its number."""
    def tail_at(value):
        def spoil(session):
            session.requests.tail.value = value(session.requests)
        return spoil

    def record(length, more=1):
        def spoil(session):
            ring = session.requests
            ring.slot(ring.tail.value).value = length
            ring.tail.value += more
        return spoil

    def frame_in(data):
        return lambda session: session.requests.push(data(session))

    def patched(offset, value):
        def data(session):
            bad = bytearray(session.command(oe.PLACE, order(session)))
            bad[offset:offset + len(value)] = value
            return bytes(bad)
        return frame_in(data)

    def reading_position(session):
        session.reports.head.value = session.reports.tail.value + 1
        # Found when the venue looks for room: after as many reports as the ring holds.
        for _ in range(700):
            session.requests.push(session.command(oe.PLACE, order(session)))

    cases = {
        "tail beyond the ring": (tail_at(lambda r: r.head.value + r.capacity + 1), BROKEN_RING),
        "tail of all bits": (tail_at(lambda r: 2**64 - 1), BROKEN_RING),
        "tail going back": (tail_at(lambda r: r.head.value - 1), BROKEN_RING),
        "head beyond the tail": (reading_position, BROKEN_RING),
        "a length beyond what is shown": (record(4096), BROKEN_RING),
        "a length of nearly all bits": (record(2**64 - 2), BROKEN_RING),
        "a length of 2^63": (record(2**63, 3), BROKEN_RING),
        "a skip where none belongs": (record(SKIP), BROKEN_RING),
        "a record without a byte": (record(0), BROKEN_RING),
        "a record longer than its frame": (frame_in(lambda s: s.command(oe.PLACE, order(s)) + bytes(8)), BROKEN_RING),
        "half a frame": (frame_in(lambda s: s.command(oe.PLACE, order(s))[:60]), BROKEN_RING),
        "a frame of no magic": (patched(4, b"\0\0"), MALFORMED),
        "a frame of no template": (patched(26, struct.pack("<H", 77)), UNKNOWN_TEMPLATE),
        "a block of another size": (patched(24, struct.pack("<H", 8)), BAD_LENGTH),
    }
    for client_session, (name, (spoil, code)) in enumerate(cases.items(), 10):
        codes = Codes(venue)
        session = ShmSession(path, mallory, client_session=client_session)
        session.send(oe.PLACE, order(session))
        assert session.execution().exec_type == 1
        spoil(session)
        session.look()
        wait_until(lambda: codes.since(), 20, f"an end by {name}")
        if name != "head beyond the tail":
            assert code_of(session) == code, name
        assert sum(codes.since().values()) == 1, (name, codes.since())
        session.close()
        # What came before it was taken, once.
        back = Session(venue.ready["order_entry"], mallory, client_session=client_session)
        taken = back.next_out - 1
        assert len(back.open_orders(mallory.account)) == taken, name
        assert taken == 1 or name == "head beyond the tail", (name, taken)
        back.mass_cancel()
        back.close()


def garbage(venue, path, mallory, chance):
    """Anywhere, at any time, also while orders go through. What is left of the session is nobody's but its own."""
    codes = Codes(venue)
    for i in range(32):
        session = ShmSession(path, mallory, client_session=40, heartbeat_ms=1000)
        begin, size = session.parts[chance.choice(("requests", "reports"))]
        for _ in range(chance.randrange(4)):
            session.requests.push(session.command(oe.PLACE, order(session)))
        kind = i % 4
        if kind == 0:
            session.memory[:] = chance.randbytes(len(session.memory))
        elif kind == 1:
            session.memory[begin:begin + 640] = chance.randbytes(640)
        elif kind == 2:
            session.memory[:] = bytes(len(session.memory))
        else:
            for _ in range(200):
                at = begin + chance.randrange(0, min(size, 4096), 8)
                session.memory[at:at + 8] = chance.choice((bytes(8), b"\xff" * 8, chance.randbytes(8)))
        session.look()
        if chance.random() < 0.5:
            session.close()
        # Else it is found out, or falls silent for the venue: no garbage looks like a sign of life for long.
        wait_until(lambda: venue.metric("dcx_gateway_shm_clients") == 1, 30, "the end of garbage")
        session.close()
    assert sum(codes.since().values()) > 0
    # The number of its session is where it is, and every order that was taken is one.
    back = Session(venue.ready["order_entry"], mallory, client_session=40)
    numbers = [e.cl_ord_id for e in back.open_orders(mallory.account)]
    assert len(numbers) == len(set(numbers)) <= back.next_out - 1
    back.mass_cancel()
    back.close()


def shape_of_the_ring(path, mallory):
    """The header was believed once, by nobody but who attached: later it may say anything."""
    session = ShmSession(path, mallory, client_session=41)
    for ring in (session.requests, session.reports):
        session.memory[ring.offset:ring.offset + 128] = b"\xff" * 128
    for _ in range(100):
        session.send(oe.PLACE, order(session))
        assert session.execution().exec_type == 1
    session.mass_cancel()
    session.close()


def memory_itself(path, mallory):
    """It can't be taken from under the venue's feet."""
    session = ShmSession(path, mallory, client_session=42)
    for attempt in (lambda: os.ftruncate(session.descriptor, 0), lambda: os.ftruncate(session.descriptor, 1 << 30),
                    lambda: fcntl.fcntl(session.descriptor, F_ADD_SEALS, F_SEAL_WRITE),
                    lambda: fcntl.fcntl(session.descriptor, F_ADD_SEALS, F_SEAL_FUTURE_WRITE),
                    lambda: fcntl.fcntl(session.descriptor, F_ADD_SEALS, F_SEAL_SHRINK)):
        try:
            attempt()
            raise RuntimeError("the memory is its client's to change")
        except OSError:
            pass
    # Pages given back are pages of zeros: garbage like any other, and no fault of the venue's when it looks.
    size = len(session.memory)
    done = LIBC.fallocate(session.descriptor, PUNCH_HOLE_KEEP_SIZE, ctypes.c_long(0), ctypes.c_long(size))
    assert done == 0, os.strerror(ctypes.get_errno())
    session.look()
    session.memory.madvise(MADV_REMOVE, 0, size // mmap.PAGESIZE * mmap.PAGESIZE)
    session.look()
    session.requests.tail.value = 1
    session.look()
    time.sleep(0.05)
    session.close()


def never_reads(venue, path, mallory):
    """It keeps its socket and sends, but reads nothing."""
    for client_session in (43, 44):
        codes = Codes(venue)
        session = ShmSession(path, mallory, client_session=client_session)
        first, end = session.next_out, time.monotonic() + 60
        while not codes.since():
            assert time.monotonic() < end, "it may leave any amount unread"
            for _ in range(100):
                data = session.command(oe.PLACE, place_block(1, 0, 0, mallory.account, 1, oe.BUY))
                if not session.requests.push(data):
                    break
            session.look()
        assert codes.since() == {"slow_consumer": 1}, codes.since()
        assert code_of(session) == SLOW_CONSUMER
        session.close()
        back = Session(venue.ready["order_entry"], mallory, client_session=client_session)
        assert back.next_out > first and back.next_report == back.next_out
        back.close()


def silent(venue, path, mallory):
    """At the door, behind it, and inside."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door.connect(path)
    door.settimeout(20)
    magic, _, code, *_ = struct.unpack("<QIH", door.recv(56)[:14])
    assert magic == int.from_bytes(b"DCXSHMEM", "little") and code == 6, code
    assert door.recv(1) == b""
    door.close()
    crowd = [ShmConnection(path, timeout=20) for _ in range(10)]
    crowd.append(ShmSession(path, mallory, client_session=45, heartbeat_ms=1000, timeout=20))
    assert [code_of(one) for one in crowd] == [TIMEOUT] * len(crowd)
    assert venue.metric("dcx_gateway_shm_clients") == 1


def twice(venue, path, mallory):
    """One session, two doors: one has it."""
    session = ShmSession(path, mallory, client_session=46)
    for kind, address in ((Session, venue.ready["order_entry"]), (ShmSession, path)):
        try:
            kind(address, mallory, client_session=46)
            raise RuntimeError("one session had by two")
        except AssertionError as refused:
            assert f"reason {IN_USE}" in str(refused), refused
    session.close()


def child(function):
    pid = os.fork()
    if pid:
        return pid
    try:
        function()
    finally:
        os._exit(1)  # pylint: disable=protected-access


def places_without_end(session, told):
    while True:
        data = session.command(oe.PLACE, order(session))
        while not session.requests.push(data):
            session.look()
            time.sleep(0.0005)
        session.look()
        while (record := session.reports.pop()) is not None:
            if len(record) > 200:
                os.write(told, b"x")


def killed(venue, path, mallory, chance):
    """At any instant: what it had shown is taken, once, and what the session was to leave is not left."""
    for _ in range(12):
        read, write = os.pipe()

        def trade():
            session = ShmSession(path, mallory, client_session=47, cancel=oe.SCOPE_SESSION)
            os.write(write, b"x")
            places_without_end(session, write)

        pid = child(trade)
        os.close(write)
        assert os.read(read, 1)
        time.sleep(chance.random() * 0.05)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        told = 0
        while data := os.read(read, 1 << 16):
            told += len(data)
        os.close(read)
        wait_until(lambda: venue.metric("dcx_gateway_shm_clients") == 1, 20, "the end of the killed one")
        back = Session(venue.ready["order_entry"], mallory, client_session=47)
        wait_until(lambda: not back.open_orders(mallory.account), 20, "its orders canceled")
        assert back.next_report - 1 >= told
        back.close()


def forks(venue, path, mallory):
    """The child keeps socket and memory; the parent is killed: nobody hangs up, and the silence ends it."""
    codes = Codes(venue)
    read, write = os.pipe()

    def parent():
        session = ShmSession(path, mallory, client_session=48, cancel=oe.SCOPE_SESSION, heartbeat_ms=1000)
        session.send(oe.PLACE, order(session))
        assert session.execution().exec_type == 1
        grandchild = os.fork()
        if grandchild == 0:
            time.sleep(600)
        os.write(write, struct.pack("<I", grandchild))
        time.sleep(600)

    pid = child(parent)
    grandchild = struct.unpack("<I", os.read(read, 4))[0]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    try:
        wait_until(lambda: codes.since() == {"timeout": 1}, 30, "the end of a session whose process is gone")
        back = Session(venue.ready["order_entry"], mallory, client_session=48)
        wait_until(lambda: not back.open_orders(mallory.account), 20, "its orders canceled")
        back.close()
    finally:
        os.kill(grandchild, signal.SIGKILL)
        os.close(read)
        os.close(write)


def too_many(path):
    crowd = []
    try:
        while True:
            assert len(crowd) < 100
            crowd.append(ShmConnection(path))
    except Refused as refused:
        assert refused.code == 4 and len(crowd) == 11, (refused.code, len(crowd))
    for one in crowd:
        one.close()


def main():
    chance = random.Random(11)
    with Venue("[history]\nstore = \"none\"\n[gateway]\nhandshake_ms = 2000\nmessages_per_second = 0\nrecent_reports_mib = 4\n"
               "[shm]\nmax_clients = 12\nreport_kib = 128\n") as venue:
        address = venue.start().ready["order_entry"]
        path = venue.ready["shm"]
        operator = Session(address, Key.read(venue.operator_key), client_session=5, timeout=60)
        mallory = operator.funded({1: FUNDS, 2: FUNDS})
        pair = Pair(address, operator, (Session, ShmSession), (address, path))
        pair.goes_on(50)
        for name, kib, attack in (
                ("impossible positions and lengths", 8192, lambda: positions_and_lengths(venue, path, mallory)),
                ("garbage", 8192, lambda: garbage(venue, path, mallory, chance)),
                ("a header changed later", 4096, lambda: shape_of_the_ring(path, mallory)),
                ("memory taken away", 4096, lambda: memory_itself(path, mallory)),
                ("reports unread", 8192, lambda: never_reads(venue, path, mallory)),
                ("silence", 4096, lambda: silent(venue, path, mallory)),
                ("one session over two doors", 4096, lambda: twice(venue, path, mallory)),
                ("more than there are places", 4096, lambda: too_many(path)),
                ("kill -9", 16384, lambda: killed(venue, path, mallory, chance)),
                ("a child that keeps the socket", 4096, lambda: forks(venue, path, mallory))):
            with offence(venue, pair, name, kib):
                attack()
        pair.stop(operator)
        operator.close()
        assert venue.metric("dcx_gateway_lost_commands_total") == 0
        assert venue.stop() == 0, venue.log_text()
        venue.replay()
        address = venue.start().ready["order_entry"]
        operator = Session(address, Key.read(venue.operator_key), client_session=5, timeout=60)
        pair.compare_again(address, operator)
        operator.close()
        assert venue.stop() == 0, venue.log_text()
    print("adversaries over shared memory: ok")


if __name__ == "__main__":
    main()
