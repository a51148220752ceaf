"""Messages of order entry, made from schema/dcx-order-entry.xml by scripts/sbe/generate.py: do not edit.

Every message is a dataclass: PlaceOrder(cl_ord_id=1, price=12500, ...). encode() makes a frame of one, Decoder takes bytes as
they come and gives frames. Prices are ticks, quantities lots, amounts minor units, times nanoseconds since 1970 UTC; a number
that an enumeration does not know stays an int. Fields of later versions are passed over, those that an older sender does
not have are 0. Needs Python 3.10 and nothing else.
"""

import dataclasses
import enum
import struct
import time
from typing import ClassVar, NamedTuple


class WireError(ValueError):
    """A frame that is not one, or a value that does not fit into its field."""


def _known(kind):
    """What each number is: to be looked up is ten times as fast as to be made."""
    numbers = {0}
    for bit in kind if issubclass(kind, enum.IntFlag) else ():
        numbers |= {number | bit for number in numbers}
    return {int(number): kind(number) for number in (numbers if issubclass(kind, enum.IntFlag) else kind)}


def _text(data):
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _from_text(text, size):
    data = text.encode()
    if len(data) > size or b"\0" in data:
        raise WireError(f"{text!r} does not fit into {size} bytes")
    return data


def _from_bytes(data, size):
    if len(data) not in (0, size):
        raise WireError(f"{len(data)} bytes where {size} belong")
    return bytes(data)


def _pack(layout, *values):
    try:
        return layout.pack(*values)
    except struct.error as error:
        raise WireError(str(error)) from None


def _unpack(layout, base, data):
    """Of a longer block what we know of it; what a shorter one of an older version lacks is 0."""
    if len(data) < base:
        raise WireError(f"{len(data)} bytes where at least {base} belong")
    if len(data) < layout.size:
        data = bytes(data) + bytes(layout.size - len(data))
    return layout.unpack_from(data)


def _describe(value):
    if isinstance(value, enum.IntFlag):
        known = [bit.name for bit in type(value) if value & bit]
        rest = int(value) & ~sum(type(value))
        return "|".join(known + ([str(rest)] if rest else [])) or "-"
    if isinstance(value, enum.IntEnum):
        return value.name
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return "{" + " ".join(f"{name}={_describe(part)}" for name, part in zip(value._fields, value)) + "}"
    return str(value)


class Message:
    """What all messages have; `block` is what stands behind the frame's header."""
    __slots__ = ()
    TEMPLATE: ClassVar[int] = 0
    BLOCK_LENGTH: ClassVar[int] = 0

    def describe(self):
        """One line with all of it, as the other codecs write it."""
        parts = [f"{field.name.rstrip('_')}={_describe(getattr(self, field.name))}" for field in dataclasses.fields(self)]
        return " ".join([type(self).__name__, *parts])


@dataclasses.dataclass(slots=True)
class Unknown(Message):
    """A message of a version that this codec does not know."""
    template: int = 0
    block: bytes = b""


class Frame(NamedTuple):
    message: Message
    sequence: int = 0
    sending_time: int = 0
    version: int = 0


_HEADER = struct.Struct("<IHHQqHHHH")


def encode(message, sequence=0, sending_time=None):
    """The frame of a message."""
    block = message.to_block()
    now = time.time_ns() if sending_time is None else sending_time
    return _pack(_HEADER, _HEADER.size + len(block), MAGIC, 0, sequence, now, len(block), message.TEMPLATE, SCHEMA_ID,
                 SCHEMA_VERSION) + block


def decode(data, offset=0):
    """(Frame, where it ends), or None when more bytes are needed. WireError: these bytes are no frame, and nothing behind
    them can be read any more."""
    if len(data) - offset < _HEADER.size:
        return None
    length, magic, zero, sequence, sent, block_length, template, schema, version = _HEADER.unpack_from(data, offset)
    if magic != MAGIC or zero != 0 or schema != SCHEMA_ID or version < 1:
        raise WireError("not a frame of this schema")
    if length > MAX_FRAME or length != _HEADER.size + block_length:
        raise WireError(f"a frame of {length} bytes with a block of {block_length}")
    end = offset + length
    if len(data) < end:
        return None
    block = bytes(data[offset + _HEADER.size:end])
    kind = MESSAGES.get(template)
    return Frame(kind.from_block(block) if kind else Unknown(template, block), sequence, sent, version), end


class Decoder:
    """Frames out of bytes as they come from a stream."""

    def __init__(self):
        self._data = bytearray()

    def feed(self, data):
        """The frames that are complete now; WireError behind the last good one."""
        self._data += data
        offset = 0
        try:
            while (got := decode(self._data, offset)) is not None:
                frame, offset = got
                yield frame
        finally:
            del self._data[:offset]
