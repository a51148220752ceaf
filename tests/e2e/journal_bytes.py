"""The journal's batches as docs/durability.md draws them, and what a loss of power may leave of the last one."""

import collections
import struct

BLOCK, SEGMENT_HEADER, SECTOR = 128, 4096, 512

Batch = collections.namedtuple("Batch", "segment offset end first count")  # first: sequence; end, offset: bytes


def read(path):
    with open(path, "rb") as file:
        return file.read()


def batches_of(segment, bytes_):
    """Those of one segment, by its headers alone."""
    offset = SEGMENT_HEADER
    while offset + BLOCK <= len(bytes_) and bytes_[offset:offset + 4] == b"DBAT":
        first, = struct.unpack_from("<Q", bytes_, offset + 24)
        count, = struct.unpack_from("<I", bytes_, offset + 68)
        yield Batch(segment, offset, offset + (1 + count) * BLOCK, first, count)
        offset += (1 + count) * BLOCK


def without_sectors(bytes_, begin, end, there):
    """As if of the sectors with bytes in [begin, end) only those had been written whose bit is set in `there`; what they held
    before `begin` was there already."""
    damaged = bytearray(bytes_)
    for i, sector in enumerate(range(begin // SECTOR, -(-end // SECTOR))):
        if not there >> i & 1:
            at = max(sector * SECTOR, begin)
            damaged[at:(sector + 1) * SECTOR] = bytes((sector + 1) * SECTOR - at)
    return bytes(damaged)
