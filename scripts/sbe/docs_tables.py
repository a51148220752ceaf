"""The tables of docs/protocols/order-entry.md. Under a heading `### Name` of a message, a composite or an enumeration the
heading and the first table are ours; everything else is written by hand."""

from schema import DIRECTIONS, SchemaError

SHORT = {"uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64", "int32": "i32", "int64": "i64", "char": "char"}
MUST_HAVE = ("TerminateCode", "RejectReason", "CancelReason")


def type_of(type):
    if type.kind == "composite":
        return type.name
    short = "bytes" if type.kind == "bytes" and not type.reserved else SHORT[type.primitive]
    return f"{short}[{type.length}]" if type.kind in ("bytes", "text") else short


def meaning(field):
    """An enumeration's values are listed where the description is empty or ends in a colon."""
    text, type = field.description, field.type
    if type.reserved:
        return "zero"
    if type.kind in ("enum", "set") and (not text or text.endswith(":")):
        listed = ", ".join(f"{value.number if type.kind == 'enum' else 1 << value.number} {value.name}"
                           + f" ({value.description})" * bool(value.description) for value in type.values)
        return f"{text or ('bits:' if type.kind == 'set' else '')} {listed}".strip()
    return text


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return lines + ["| " + " | ".join(str(cell) for cell in row[:-1]) + f" | {row[-1]} |".replace("|  |", "| |") for row in rows]


def layout(fields):
    return table(("offset", "type", "field", "meaning"),
                 [(field.offset, type_of(field.type), field.name, meaning(field)) for field in fields])


def sections(schema):
    """{name: (heading, table)}"""
    made = {}
    for type in schema.of_kind("enum"):
        rows = [(value.number, value.name, value.description) for value in type.values]
        made[type.name] = (f"### {type.name}", table(("code", "name", "when"), rows))
    for type in schema.of_kind("composite"):
        if type.name != schema.root.get("headerType"):
            made[type.name] = (f"### {type.name} · {type.description} · {type.size} bytes", layout(type.members))
    for message in schema.messages:
        made[message.name] = (f"### {message.name} · template {message.id} · {DIRECTIONS[message.direction]} · "
                              f"{message.block_length} bytes", layout(message.fields))
    return made


def rewrite(schema, text):
    """The document with our headings and tables as they should be."""
    made, done, errors, out = sections(schema), set(), [], []
    lines = text.split("\n")
    while lines:
        line = lines.pop(0)
        name = line[4:].split(" · ")[0] if line.startswith("### ") else ""
        if name not in made:
            if " · template " in line:
                errors.append(f"{name}: has a heading, but is not in the schema")
            out.append(line)
            continue
        if name in done:
            errors.append(f"{name}: has two headings")
        done.add(name)
        out.append(made[name][0])
        prose = []
        while lines and not lines[0].startswith(("|", "#", "```")):
            prose.append(lines.pop(0))
        if lines and lines[0].startswith("|"):
            out += prose + made[name][1]
            while lines and lines[0].startswith("|"):
                lines.pop(0)
        else:
            out += ["", *made[name][1], *prose]
    wanted = set(made) - {type.name for type in schema.of_kind("enum") if type.name not in MUST_HAVE}
    errors += [f"{name}: write `### {name}` where it belongs" for name in sorted(wanted - done)]
    if errors:
        raise SchemaError("\n".join(errors))
    return "\n".join(out)
