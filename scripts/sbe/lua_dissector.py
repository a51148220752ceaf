"""The Wireshark dissector: dissector.lua with the tables of the schema in it."""

import pathlib
import re

# What the list of packets says of a message beside its name; 0 is left out.
SHOWN = ("cl_ord_id order_id exec_type ord_status side price quantity last_px last_qty reason reject_reason code account "
         "instrument asset amount reference next_sequence").split()


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def kind_of(type):
    if type.reserved:
        return "reserved"
    return "time" if type.name == "Time" else type.kind


class Items:
    """One field of Wireshark's for each name; where a name has several types, each has its type in its name."""

    def __init__(self, schema):
        self.lines, self.numbers = [], {}
        self.types_of_name = {}
        owners = [message.fields for message in schema.messages] + [t.members for t in schema.of_kind("composite")]
        for field in (field for fields in owners for field in fields):
            if not field.type.reserved:
                self.types_of_name.setdefault(field.name, set()).add(field.type.name)

    def number(self, field):
        """Which item shows the field; members of composites before the composite."""
        key = ("", field.type.name) if field.type.reserved else (field.name, field.type.name)
        if key not in self.numbers:
            self.numbers[key] = None  # composites do not hold themselves
            line = self.line(field)
            self.lines.append(line)
            self.numbers[key] = len(self.lines)
        return self.numbers[key]

    def line(self, field):
        type, name = field.type, field.name
        several = len(self.types_of_name.get(name, ())) > 1
        abbreviation = f"{name}.{snake(type.name)}" if several else name
        parts = [f"name={quoted(name)}", f"abbreviation={quoted(abbreviation)}", f"kind={quoted(kind_of(type))}",
                 f"size={type.size}", f"primitive={quoted(type.primitive)}"]
        if type.kind == "enum":
            values = ["[0]=\"none\""] * type.nullable + [f"[{value.number}]={quoted(value.name)}" for value in type.values]
            parts.append(f"values={{{', '.join(values)}}}")
        if type.kind == "set":
            choices = [f"{{name={quoted(value.name)}, value={1 << value.number}}}" for value in type.values]
            parts.append(f"choices={{{', '.join(choices)}}}")
        if type.kind == "composite":
            parts.append(f"members={self.rows(type.members)}")
        if name in SHOWN and type.kind in ("number", "enum"):
            parts.append("shown=true")
        return f"    {{{', '.join(parts)}}},"

    def rows(self, fields):
        return "{" + ", ".join(f"{{{self.number(field)}, {field.offset}}}" for field in fields) + "}"


def generate(schema):
    items = Items(schema)
    messages = [f"    [{message.id}] = {{name={quoted(message.name)}, size={message.block_length}, base={message.base_length}, "
                f"fields={items.rows(message.fields)}}}," for message in schema.messages]
    header = {member.name: member.type for member in schema.types["FrameHeader"].members}
    made = [f"local frame = {{header={schema.types['FrameHeader'].size}, longest={header['length'].maximum}, "
            f"magic={header['magic'].fixed}, schema={schema.id}}}",
            "local items = {", *items.lines, "}", "local messages = {", *messages, "}",
            "-- Numbers of items become the items themselves.", "local function link(fields)",
            "    for _, one in ipairs(fields) do one[1] = items[one[1]] end", "end",
            "for _, message in pairs(messages) do link(message.fields) end",
            "for _, item in ipairs(items) do if item.members then link(item.members) end end"]
    text = pathlib.Path(__file__).with_name("dissector.lua").read_text(encoding="utf-8")
    return text.replace("--GENERATED\n", "\n".join(made) + "\n")
