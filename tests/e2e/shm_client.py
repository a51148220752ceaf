"""Order entry through shared memory, written from docs/protocols/order-entry.md alone: a socket's `sendall` and `recv` over
two rings of records, so that order_entry.py's sessions run over it as they run over TCP. One frame a record.

x86 alone: an aligned word of 8 bytes is read and written at once there, and stores are seen in their order. Between what is
stored and what is looked at then a program needs a fence; the interpreter's work between two lines is much longer than one."""

import array
import errno
import mmap
import os
import socket
import struct
import time

MAGIC = 0x4D454D4853584344
RING_MAGIC = 0x31676E6972786364
REQUEST = struct.Struct("<QII")
ANSWER = struct.Struct("<QIHHQQQQQ")
ADMITTED = 0
# Within a ring, in words of 8 bytes: header, the two bells, tail, head, then the records.
CAPACITY, CONSUMER_BELL, TAIL, HEAD, RECORDS = 3, 16, 48, 64, 80
SKIP = 2**64 - 1


class Refused(Exception):
    def __init__(self, code):
        super().__init__(f"not admitted: {code}")
        self.code = code


class Ring:
    def __init__(self, memory, offset):
        self.words = memory[offset // 8:]
        self.bytes = self.words.cast("B")
        assert self.words[0] == RING_MAGIC
        self.capacity = self.words[CAPACITY]

    def slot(self, position):
        return RECORDS + position % self.capacity

    def push(self, record):
        """False when there is no room."""
        taken = 1 + (len(record) + 7) // 8
        tail, head = self.words[TAIL], self.words[HEAD]
        to_end = self.capacity - tail % self.capacity
        skipped = to_end if to_end < taken else 0
        if tail + skipped + taken - head > self.capacity:
            return False
        if skipped:
            self.words[self.slot(tail)] = SKIP
            tail += skipped
        at = self.slot(tail)
        self.words[at] = len(record)
        self.bytes[8 * at + 8:8 * at + 8 + len(record)] = record
        self.words[TAIL] = tail + taken
        return True

    def pop(self):
        """None when there is nothing."""
        head = self.words[HEAD]
        if head == self.words[TAIL]:
            return None
        if self.words[self.slot(head)] == SKIP:
            head += self.capacity - head % self.capacity
        at = self.slot(head)
        length = self.words[at]
        record = bytes(self.bytes[8 * at + 8:8 * at + 8 + length])
        self.words[HEAD] = head + 1 + (length + 7) // 8
        return record


class ShmSocket:
    def __init__(self, path, timeout=10.0):
        self.timeout = timeout
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.socket.send(REQUEST.pack(MAGIC, 1, 0))
        answer = self.message(ANSWER.size)
        magic, version, code, _, size, requests, _, reports, _ = ANSWER.unpack(answer)
        assert magic == MAGIC and version == 1, answer
        if code != ADMITTED:
            raise Refused(code)
        _, ancillary, _, _ = self.socket.recvmsg(1, socket.CMSG_SPACE(4))
        descriptor = array.array("i", ancillary[0][2])[0]
        self.memory = memoryview(mmap.mmap(descriptor, size)).cast("Q")
        os.close(descriptor)
        self.requests, self.reports = Ring(self.memory, requests), Ring(self.memory, reports)
        self.gone = False
        self.wakes = True  # False: a client that never says "look"

    def message(self, size):
        try:
            return self.socket.recv(size)
        except ConnectionResetError:  # once, in front of what the venue wrote before it closed
            return self.socket.recv(size)

    def sendall(self, data):
        deadline = time.monotonic() + self.timeout
        while data:
            length = struct.unpack_from("<I", data)[0]
            length = length if 0 < length <= len(data) else len(data)
            while not self.requests.push(data[:length]):
                if time.monotonic() > deadline:
                    raise socket.timeout()
                time.sleep(0.001)
            data = data[length:]
        if self.wakes and self.requests.words[CONSUMER_BELL]:
            self.requests.words[CONSUMER_BELL] = 0
            try:
                self.socket.send(b"\1")
            except OSError:
                self.gone = True

    def recv(self, _):
        """The next frame; empty at the end."""
        deadline = time.monotonic() + self.timeout
        while True:
            record = self.reports.pop()
            if record is not None or self.gone:
                return record or b""
            self.reports.words[CONSUMER_BELL] = 1
            record = self.reports.pop()
            if record is not None:
                return record
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                said = self.message(512)
            except OSError as error:
                if error.errno not in (errno.ECONNRESET, errno.EPIPE):
                    raise
                said = b""
            self.gone = not said
            if len(said) > 1:
                return said

    def close(self):
        self.socket.close()

    def settimeout(self, timeout):
        self.timeout = timeout
