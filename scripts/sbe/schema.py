"""The SBE schema as Python objects, refused whole when anything in it is not as our wire wants it: stricter than SBE 1.0
(no groups, no variable data, no gaps, every field aligned), so that what is generated from it needs no cases."""

import dataclasses
import re
import xml.etree.ElementTree as ElementTree

MESSAGE = "{http://fixprotocol.io/2016/sbe}message"
ROOT = "{http://fixprotocol.io/2016/sbe}messageSchema"
SIZES = {"char": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8}
DIRECTIONS = {"client to venue": "client → venue", "venue to client": "venue → client", "both ways": "both ways"}
FRAME_HEADER, MAX_VERSION = 32, 0xFFFF
# What an element may have, and must (marked with !).
ATTRIBUTES = {
    ROOT: "package! id! version! semanticVersion description! byteOrder! headerType!",
    "type": "name! primitiveType! length characterEncoding presence nullValue minValue maxValue semanticType description "
            "offset sinceVersion deprecated",
    "enum": "name! encodingType! description!", "validValue": "name! description sinceVersion deprecated",
    "set": "name! encodingType! description!", "choice": "name! description sinceVersion deprecated",
    "composite": "name! description!", "ref": "name! type! offset!", "types": "",
    MESSAGE: "name! id! blockLength! semanticType! description! sinceVersion deprecated",
    "field": "name! id! type! offset! description sinceVersion deprecated",
}


class SchemaError(Exception):
    """What is wrong, a line each."""


@dataclasses.dataclass
class Value:
    """Of an enumeration: `number` is the value; of a set: the bit."""
    name: str
    number: int
    description: str


@dataclasses.dataclass
class Type:
    name: str
    kind: str  # number, bytes, text, enum, set or composite
    primitive: str
    length: int
    size: int
    align: int
    description: str
    reserved: bool = False
    nullable: bool = False  # 0 is no value
    fixed: int | None = None  # the one value that it may have
    maximum: int | None = None
    values: list = dataclasses.field(default_factory=list)
    members: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Field:
    name: str
    type: Type
    offset: int
    description: str
    since: int = 0

    @property
    def end(self):
        return self.offset + self.type.size


@dataclasses.dataclass
class Message:
    name: str
    id: int
    block_length: int
    direction: str
    description: str
    fields: list

    @property
    def base_length(self):
        """Of the block in version 1: a shorter one is broken, a longer one has fields of a later version."""
        return max(field.end for field in self.fields if field.since <= 1)


class Schema:
    def __init__(self, text):
        self.errors, self.types, self.messages = [], {}, []
        try:
            self.root = ElementTree.fromstring(text)
        except ElementTree.ParseError as error:
            raise SchemaError(f"not XML: {error}") from None
        self._look(self.root)
        if self.errors:
            raise SchemaError("\n".join(self.errors))
        self.id, self.version = self._number(self.root, "id"), self._number(self.root, "version")
        for name, size in SIZES.items():
            self.types[name] = Type(name, "number", name, 1, size, size, "")
        # Enumerations and composites name types, also such as stand behind them.
        for tags in (("type",), ("enum", "set")):
            for element in self.root.iterfind("types/*"):
                if element.tag in tags:
                    self._add_type(element, self._simple(element))
        for element in self.root.iterfind("types/composite"):
            self._add_type(element, self._composite(element))
        for element in self.root.iterfind(MESSAGE):
            self._message(element)
        self._check_whole()
        if self.errors:
            raise SchemaError("\n".join(self.errors))

    def of_kind(self, *kinds):
        return [type for type in self.types.values() if type.kind in kinds and type.name not in SIZES]

    # ---- reading

    def _look(self, element):
        """Elements and attributes that we know, and nothing else."""
        where = f"{element.tag.split('}')[-1]} {element.get('name', '')}".strip()
        if element.tag not in ATTRIBUTES:
            self.errors.append(f"{where}: not an element that this schema uses")
            return
        known = ATTRIBUTES[element.tag].split()
        for name in element.keys():
            if name not in known and name + "!" not in known:
                self.errors.append(f"{where}: attribute {name} is not one that this schema uses")
        for name in known:
            if name.endswith("!") and name[:-1] not in element.keys():
                self.errors.append(f"{where}: attribute {name[:-1]} is missing")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", element.get("name", "ok")):
            self.errors.append(f"{where}: not a name")
        for child in element:
            self._look(child)

    def _number(self, element, attribute, default=None):
        text = element.get(attribute) if attribute else (element.text or "").strip()
        if text is None:
            return default
        if not text.isdigit():
            self.errors.append(f"{element.get('name')}: {attribute or 'its value'} is not a number: {text}")
            return 0
        return int(text)

    def _type(self, element, name):
        if name not in self.types:
            self.errors.append(f"{element.get('name')}: unknown type {name}")
            return self.types["uint8"]
        return self.types[name]

    def _add_type(self, element, type):
        if type.name in self.types:
            self.errors.append(f"{type.name}: named twice")
        self.types[type.name] = type

    def _simple(self, element):
        name, description = element.get("name"), element.get("description", "")
        base = self._type(element, element.get("primitiveType") or element.get("encodingType"))
        if element.tag == "type":
            length = self._number(element, "length", 1)
            kind = "text" if base.name == "char" else "bytes" if "length" in element.keys() else "number"
            least, most = (self._number(element, bound) for bound in ("minValue", "maxValue"))
            return Type(name, kind, base.name, length, length * base.size, base.size, description,
                        reserved=name.startswith("Reserved"), nullable=element.get("nullValue") == "0",
                        fixed=least if least == most else None, maximum=most)
        values = [Value(child.get("name"), self._number(child, None), child.get("description", "")) for child in element]
        limit = 8 * base.size if element.tag == "set" else 256**base.size
        for attribute in ("name", "number"):
            seen = [getattr(value, attribute) for value in values]
            for twice in sorted({str(value) for value in seen if seen.count(value) > 1}):
                self.errors.append(f"{name}: {twice} stands there twice")
        for value in values:
            if value.number >= limit or (base.nullable and value.number == 0):
                self.errors.append(f"{name}.{value.name}: {value.number} is out of range")
        if not base.primitive.startswith("uint") or base.length != 1:
            self.errors.append(f"{name}: made of {base.primitive}")
        return Type(name, element.tag, base.primitive, 1, base.size, base.size, description, nullable=base.nullable,
                    values=values)

    def _composite(self, element):
        members = []
        for child in element:
            if child.tag == "type":
                type, description = self._simple(child), child.get("description", "")
                if type.kind == "number" and type.fixed is None and type.maximum is None:
                    type = self.types[type.primitive]
            else:
                type, description = self._type(child, child.get("type")), (child.text or "").strip()
            members.append(Field(child.get("name"), type, self._number(child, "offset", -1), description))
        size = self._check_fields(element.get("name"), members)
        return Type(element.get("name"), "composite", "", 1, size, max((member.type.align for member in members), default=1),
                    element.get("description"), members=members)

    def _message(self, element):
        name, fields = element.get("name"), []
        for number, child in enumerate(element, start=1):
            fields.append(Field(child.get("name"), self._type(child, child.get("type")), self._number(child, "offset"),
                                child.get("description", ""), self._number(child, "sinceVersion", 0)))
            if self._number(child, "id") != number:
                self.errors.append(f"{name}.{child.get('name')}: field ids count from 1")
        message = Message(name, self._number(element, "id"), self._number(element, "blockLength"),
                          element.get("semanticType"), element.get("description"), fields)
        if self._check_fields(name, fields) != message.block_length:
            self.errors.append(f"{name}: blockLength {message.block_length} is not where its fields end")
        if message.block_length % 8 or FRAME_HEADER + message.block_length > 512:
            self.errors.append(f"{name}: a block of {message.block_length} bytes")
        if message.direction not in DIRECTIONS:
            self.errors.append(f"{name}: semanticType says who sends it: {', '.join(DIRECTIONS)}")
        self.messages.append(message)

    # ---- checks

    def _check_fields(self, name, fields):
        """One behind the other, without gaps, aligned, named once, newer ones last; where they end."""
        end = since = 0
        for field in fields:
            where = f"{name}.{field.name}"
            if field.offset != end:
                self.errors.append(f"{where}: offset {field.offset}, but the field before it ends at {end}")
            if field.offset % field.type.align:
                self.errors.append(f"{where}: offset {field.offset} is not aligned to {field.type.align}")
            if field.since < since or field.since > self.version:
                self.errors.append(f"{where}: sinceVersion {field.since}: fields are added at the end, by the schema's version")
            end, since = field.end, max(since, field.since)
        names = [field.name for field in fields]
        for twice in sorted({field for field in names if names.count(field) > 1}):
            self.errors.append(f"{name}.{twice}: stands there twice")
        if not fields:
            self.errors.append(f"{name}: has no fields")
        return end

    def _check_whole(self):
        for attribute in ("name", "id"):
            seen = [getattr(message, attribute) for message in self.messages]
            for twice in sorted({str(value) for value in seen if seen.count(value) > 1}):
                self.errors.append(f"two messages have the {attribute} {twice}")
        if self.root.get("byteOrder") != "littleEndian" or not 1 <= self.version <= MAX_VERSION:
            self.errors.append("the schema is little-endian and its version counts from 1")
        header = self.types.get(self.root.get("headerType"))
        if header is None or [member.name for member in header.members] != ["blockLength", "templateId", "schemaId", "version"]:
            self.errors.append("headerType does not name the message header of SBE")
        frame = self.types.get("FrameHeader")
        fixed = {member.name: member.type.fixed for member in frame.members} if frame else {}
        if not frame or frame.size != FRAME_HEADER or fixed.get("schema_id") != self.id or not fixed.get("magic"):
            self.errors.append(f"FrameHeader has {FRAME_HEADER} bytes, a magic, and this schema's id")
        for message in self.messages:
            if message.name in self.types:
                self.errors.append(f"{message.name}: is also a type")


def read(path):
    with open(path, encoding="utf-8") as file:
        return Schema(file.read())
