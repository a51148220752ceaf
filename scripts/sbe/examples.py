"""Examples of every message as bytes and as text: tests/golden/order_entry_v1.txt, which every codec must read and write.
An example that stands there is never made again: a change of the wire must show."""

import itertools
import types as python_types

import python_codec
from schema import SchemaError


def codec_of(schema):
    """The generated codec as a module."""
    module = python_types.ModuleType("messages")
    exec(compile(python_codec.generate(schema), "messages.py", "exec"), module.__dict__)
    return module


def value(codec, type, counter):
    """Another one for each field: small and large, negative where it can be, every third one at its limit."""
    if type.kind == "composite":
        parts = [value(codec, member.type, counter) for member in type.members if not member.type.reserved]
        return getattr(codec, type.name)(*parts)
    n = next(counter)
    if type.kind == "enum":
        return getattr(codec, type.name)(type.values[n % len(type.values)].number)
    if type.kind == "set":
        return getattr(codec, type.name)(1 << type.values[n % len(type.values)].number)
    if type.kind == "text":
        return f"EXAMPLE{n}"[:type.size]
    if type.kind == "bytes":
        return bytes((7 * n + i) % 256 for i in range(type.size))
    bits = 8 * type.size - type.primitive.startswith("int")
    if n % 3 == 0:
        return -(1 << bits) if type.primitive.startswith("int") and n % 2 else (1 << bits) - 1
    return (n * 0x0123456789ABCDEF) % (1 << bits)


def example(codec, message, number):
    counter = itertools.count(number)
    made = getattr(codec, message.name)(*[value(codec, f.type, counter) for f in message.fields if not f.type.reserved])
    frame = codec.encode(made, sequence=number, sending_time=1_700_000_000_000_000_000 + number)
    return [made.describe(), "  " + frame.hex()]


def parse(text):
    """[(line that describes it, bytes)]"""
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    return [(line, bytes.fromhex(data)) for line, data in zip(lines[::2], lines[1::2])]


def extend(schema, text):
    codec, lines = codec_of(schema), text.rstrip("\n").split("\n") if text else [
        "# An example of every message of order entry, as text and as a frame. Codecs must agree on both for good;",
        "# scripts/sbe/generate.py examples adds those of new messages and leaves these alone."]
    known = set()
    for told, data in parse(text):
        known.add(told.split(" ")[0])
        frame, end = codec.decode(data)
        if end != len(data) or frame.message.describe() != told:
            raise SchemaError(f"the example is read otherwise:\n  there:  {told}\n  schema: {frame.message.describe()}")
        if codec.encode(frame.message, frame.sequence, frame.sending_time) != data:
            raise SchemaError(f"the example is written otherwise: {told}")
    for message in schema.messages:
        if message.name not in known:
            lines += example(codec, message, message.id)
    return "\n".join(lines) + "\n"
