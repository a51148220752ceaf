"""Order entry over shared memory in Python, written from src/model/shm.h and the drawing of src/ring/shared_ring.h: what the
venue's own client never does with its ring, a test can do with this one. Nothing checks what is written."""

import array
import ctypes
import mmap
import os
import socket
import struct
import time

from order_entry import HEADER, MAGIC, TERMINATE, Connection, Frame, Session, Terminated

REQUEST_MAGIC = int.from_bytes(b"DCXSHMEM", "little")
ANSWER = struct.Struct("<QIHHQQQQQ")
# Of a ring, by bytes behind its offset: the header, two bells and two positions have a line of 128 bytes each.
CAPACITY, CONSUMER_BELL, TAIL, HEAD, SLOTS = 24, 128, 384, 512, 640
SKIP = 2**64 - 1
LOOK = b"\1"


class Refused(Exception):
    """The door did not admit; .code is a ShmCode."""

    def __init__(self, code):
        super().__init__(f"refused with code {code}")
        self.code = code


class Ring:
    def __init__(self, memory, offset):
        self.memory, self.offset = memory, offset
        self.capacity = struct.unpack_from("<Q", memory, offset + CAPACITY)[0]
        self.tail, self.head = self.word(TAIL), self.word(HEAD)
        self.bell = ctypes.c_uint32.from_buffer(memory, offset + CONSUMER_BELL)

    def word(self, at):
        # Stored and loaded whole, as struct would not.
        return ctypes.c_uint64.from_buffer(self.memory, self.offset + at)

    def slot(self, position):
        return self.word(SLOTS + position % self.capacity * 8)

    def push(self, record):
        """False: no room."""
        words = 1 + (len(record) + 7) // 8
        tail = self.tail.value
        rest = self.capacity - tail % self.capacity
        skip = rest if words > rest else 0
        if tail + skip + words - self.head.value > self.capacity:
            return False
        if skip:
            self.slot(tail).value = SKIP
        self.slot(tail + skip).value = len(record)
        at = self.offset + SLOTS + (tail + skip) % self.capacity * 8 + 8
        self.memory[at:at + len(record)] = record
        self.tail.value = tail + skip + words
        return True

    def pop(self):
        """The next record; None: there is none."""
        head = self.head.value
        if head == self.tail.value:
            return None
        size = self.slot(head).value
        if size == SKIP:
            self.head.value = head + self.capacity - head % self.capacity
            return self.pop()
        at = self.offset + SLOTS + head % self.capacity * 8 + 8
        record = bytes(self.memory[at:at + size])
        self.head.value = head + 1 + (size + 7) // 8
        return record


class ShmConnection(Connection):
    """Frames through a pair of rings. `address` is the path of the door's socket."""

    def __init__(self, address, timeout=10.0):  # pylint: disable=super-init-not-called
        self.timeout = timeout
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.socket.send(struct.pack("<QII", REQUEST_MAGIC, 1, 0))
        magic, _, code, _, size, *rings = ANSWER.unpack(self.socket.recv(ANSWER.size))
        assert magic == REQUEST_MAGIC, "no ShmAnswer"
        if code != 0:
            raise Refused(code)
        _, control, _, _ = self.socket.recvmsg(1, socket.CMSG_SPACE(4))
        descriptors = array.array("i")
        descriptors.frombytes(control[0][2][:4])
        self.descriptor = descriptors[0]
        self.memory = mmap.mmap(self.descriptor, size)
        self.requests, self.reports = Ring(self.memory, rings[0]), Ring(self.memory, rings[2])
        self.parts = {"requests": (rings[0], rings[1]), "reports": (rings[2], rings[3])}
        self.socket.setblocking(False)

    def close(self):
        """Its memory stays mapped: the words that look into it live as long as this object."""
        self.socket.close()
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def look(self):
        try:
            self.socket.send(LOOK)
        except OSError:
            pass

    def send_bytes(self, data):
        end = time.monotonic() + self.timeout
        while data:
            length = struct.unpack_from("<I", data)[0]
            while not self.requests.push(data[:length]):
                assert time.monotonic() < end, "the venue does not read its ring"
                time.sleep(0.001)
            data = data[length:]
        self.look()

    def receive(self):
        end = time.monotonic() + self.timeout
        while True:
            record = self.reports.pop()
            if record is None:
                try:
                    said = self.socket.recv(512)
                except BlockingIOError:
                    said = LOOK
                except ConnectionError:
                    said = b""
                record = said if len(said) > 1 else self.reports.pop()
                if record is None and not said:
                    raise Terminated(0)
            if record is not None:
                return self.frame_of(record)
            if time.monotonic() > end:
                raise TimeoutError("nothing came through the ring")
            time.sleep(0.0005)

    @staticmethod
    def frame_of(record):
        length, magic, _, sequence, _, block_length, template, _, _ = HEADER.unpack_from(record)
        assert magic == MAGIC and length == HEADER.size + block_length == len(record), "a broken frame"
        if template == TERMINATE:
            raise Terminated(struct.unpack_from("<H", record, HEADER.size)[0])
        return Frame(sequence, template, record[HEADER.size:])


class ShmSession(Session, ShmConnection):
    """Negotiated and established, through shared memory."""
