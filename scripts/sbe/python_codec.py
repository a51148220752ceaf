"""The Python codec: codec_head.py, then enumerations, composites and messages."""

import keyword
import pathlib

CODES = {"uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q", "int8": "b", "int16": "h", "int32": "i", "int64": "q"}


def attribute(name):
    return name + "_" if keyword.iskeyword(name) else name


def format_of(type):
    if type.kind == "composite":
        return "".join(format_of(member.type) for member in type.members)
    if type.reserved:
        return f"{type.size}x"
    return f"{type.size}s" if type.kind in ("bytes", "text") else CODES[type.primitive]


def hint(type):
    return {"number": "int", "bytes": "bytes", "text": "str"}.get(type.kind, type.name)


def default(type):
    if type.kind == "number":
        return str(type.fixed or 0)
    return {"bytes": 'b""', "text": '""', "composite": f"{type.name}()"}.get(type.kind, f"{type.name}(0)")


def decoded(type, values):
    """The expression that makes a value of the next of `values`, an iterator over the names of unpacked ones."""
    if type.kind == "composite":
        return f"{type.name}({', '.join(decoded(m.type, values) for m in type.members if not m.type.reserved)})"
    value = next(values)
    known = f"_of_{type.name}"
    return {"enum": f"{known}.get({value}, {value})", "text": f"_text({value})",
            "set": f"{known}[{value}] if {value} in {known} else {type.name}({value})"}.get(type.kind, value)


def encoded(type, value):
    if type.kind == "composite":
        return ", ".join(encoded(m.type, f"{value}.{attribute(m.name)}") for m in type.members if not m.type.reserved)
    if type.kind in ("bytes", "text"):
        return f"_from_{type.kind}({value}, {type.size})"
    return value


def attributes(fields):
    for field in fields:
        if not field.type.reserved:
            unit = field.type.description if field.type.kind == "number" else ""
            comment = "; ".join(text for text in (field.description, unit) if text)
            yield f"    {attribute(field.name)}: {hint(field.type)} = {default(field.type)}" + f"  # {comment}" * bool(comment)


def methods(fields, base, write, read):
    fields = list(fields)
    used = [field for field in fields if not field.type.reserved]
    values = (f"v[{index}]" for index in range(1000))
    yield from ("", f"    def {write}(self):",
                f"        return _pack(self._LAYOUT, {', '.join(encoded(f.type, 'self.' + attribute(f.name)) for f in used)})",
                "", "    @classmethod", f"    def {read}(cls, data):", f"        v = _unpack(cls._LAYOUT, {base}, data)",
                f"        return cls({', '.join(decoded(f.type, values) for f in used)})", "", "")


def layout(fields):
    return f'struct.Struct("<{"".join(format_of(field.type) for field in fields)}")'


def generate(schema):
    lines = [pathlib.Path(__file__).with_name("codec_head.py").read_text(encoding="utf-8"), ""]
    frame = {member.name: member.type for member in schema.types["FrameHeader"].members}
    lines += [f"MAGIC, SCHEMA_ID, SCHEMA_VERSION = 0x{frame['magic'].fixed:X}, {schema.id}, {schema.version}",
              f"MAX_FRAME = {frame['length'].maximum}", "", ""]
    for type in schema.of_kind("enum", "set"):
        lines += [f"class {type.name}(enum.{'IntEnum' if type.kind == 'enum' else 'IntFlag'}):",
                  f'    """{type.description}"""'] + ["    none = 0"] * (type.kind == "enum" and type.nullable)
        for value in type.values:
            number = value.number if type.kind == "enum" else 1 << value.number
            lines.append(f"    {attribute(value.name)} = {number}" + f"  # {value.description}" * bool(value.description))
        lines += ["", "", f"_of_{type.name} = _known({type.name})", "", ""]
    for type in schema.of_kind("composite"):
        lines += [f"class {type.name}(NamedTuple):", f'    """{type.description}"""', *attributes(type.members),
                  *methods(type.members, type.size, "to_bytes", "from_bytes")]
        # A NamedTuple takes everything in its body for a field.
        lines[-1:] = [f"{type.name}._LAYOUT = {layout(type.members)}", "", ""]
    for message in schema.messages:
        lines += ["@dataclasses.dataclass(slots=True)", f"class {message.name}(Message):",
                  f'    """{message.description} ({message.direction})"""', *attributes(message.fields),
                  f"    TEMPLATE: ClassVar[int] = {message.id}", f"    BLOCK_LENGTH: ClassVar[int] = {message.block_length}",
                  f"    _LAYOUT: ClassVar[struct.Struct] = {layout(message.fields)}",
                  *methods(message.fields, message.base_length, "to_block", "from_block")]
    lines += ["MESSAGES = {kind.TEMPLATE: kind for kind in (", *(f"    {message.name}," for message in schema.messages), ")}"]
    return "\n".join(lines) + "\n"
