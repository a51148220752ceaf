"""The C++ views and encoders: frame_head.h, enumerations and composites, frame_tail.h, messages, tables."""

import pathlib

KEYWORDS = set("and auto bool break case catch char class const continue default delete do double else enum explicit export "
               "extern false float for friend goto if inline int long mutable namespace new not operator or private protected "
               "public register return short signed sizeof static struct switch template this throw true try typedef typename "
               "union unsigned using virtual void volatile while xor".split())


# What views and encoders have beside their fields.
OWN = {"of", "of_block", "block", "describe", "in", "frame", "template_id", "block_length", "base_length", "frame_size"}


def identifier(name, taken=frozenset()):
    return name + "_" if name in KEYWORDS or name in taken else name


def scalar(type):
    """The C++ type of a value in a getter."""
    return {"number": f"std::{type.primitive}_t", "text": "std::string_view",
            "bytes": f"std::span<const std::byte, {type.size}>"}.get(type.kind, type.name)


def getter(type, at):
    if type.kind in ("number", "enum"):
        return f"load<{scalar(type)}>({at})"
    if type.kind == "text":
        return f"load_text({at}, {type.size})"
    if type.kind == "bytes":
        return f"{scalar(type)}{{{at}, {type.size}}}"
    return f"{type.name}::load_from({at})"


def setter(type, at, value):
    if type.kind in ("number", "enum"):
        return f"store({at}, {value})"
    if type.kind == "text":
        return f"store_text({at}, {type.size}, {value})"
    if type.kind == "bytes":
        return f"std::memcpy({at}, {value}.data(), {type.size})"
    return f"{value}.store_to({at})"


def used(fields):
    return [field for field in fields if not field.type.reserved]


def comment(text):
    return f"  // {text}" if text else ""


def enum(type):
    values = [("none", 0, "")] * type.nullable + [(v.name, v.number, v.description) for v in type.values]
    yield f"// {type.description}"
    yield f"enum class {type.name} : std::{type.primitive}_t {{"
    yield from (f"    {identifier(name)} = {number},{comment(text)}" for name, number, text in values)
    yield "};"
    yield f"// Empty for a number without a name.\n[[nodiscard]] constexpr std::string_view name_of({type.name} value) {{"
    yield "    switch (value) {"
    yield from (f'        case {type.name}::{identifier(name)}: return "{name}";' for name, _, _ in values)
    yield "    }\n    return {};\n}"


def bits(type):
    word = f"std::{type.primitive}_t"
    yield f"// {type.description}\nstruct {type.name} {{\n    {word} bits{{}};\n"
    yield from (f"    static constexpr {word} {identifier(value.name)} = {1 << value.number}u;{comment(value.description)}"
                for value in type.values)
    yield f"    struct Bit {{\n        {word} bit;\n        std::string_view name;\n    }};"
    rows = ", ".join(f'Bit{{{identifier(value.name)}, "{value.name}"}}' for value in type.values)
    yield f"    static constexpr std::array<Bit, {len(type.values)}> kBits{{{rows}}};"
    yield f"    [[nodiscard]] constexpr bool has({word} bit) const {{ return (bits & bit) != 0; }}"
    yield f"    [[nodiscard]] static {type.name} load_from(const std::byte* at) {{ return {{load<{word}>(at)}}; }}"
    yield f"    void store_to(std::byte* at) const {{ store(at, bits); }}"
    yield f"    friend bool operator==(const {type.name}&, const {type.name}&) = default;\n}};"


def composite(type):
    """A struct of values; bytes in it are copied, because it outlives what it was read from."""
    yield f"// {type.description}\nstruct {type.name} {{"
    yield f"    static constexpr std::size_t size = {type.size};"
    for member in used(type.members):
        held = {"bytes": f"std::array<std::byte, {member.type.size}>",
                "text": f"std::array<char, {member.type.size}>"}.get(member.type.kind, scalar(member.type))
        yield f"    {held} {identifier(member.name)}{{}};{comment(member.description)}"
    yield f"\n    [[nodiscard]] static {type.name} load_from(const std::byte* at) {{\n        {type.name} part;"
    for member in used(type.members):
        at = f"at + {member.offset}"
        if member.type.kind in ("bytes", "text"):
            yield f"        std::memcpy(part.{identifier(member.name)}.data(), {at}, {member.type.size});"
        else:
            yield f"        part.{identifier(member.name)} = {getter(member.type, at)};"
    yield "        return part;\n    }\n    void store_to(std::byte* at) const {"
    yield from (f"        std::memset(at + {m.offset}, 0, {m.type.size});" for m in type.members if m.type.reserved)
    for member in used(type.members):
        kind = "bytes" if member.type.kind == "text" else member.type.kind
        at = f"at + {member.offset}"
        yield "        " + (f"std::memcpy({at}, {identifier(member.name)}.data(), {member.type.size});" if kind == "bytes"
                            else setter(member.type, at, identifier(member.name)) + ";")
    yield "    }\n    void describe(Line& line) const {"
    for member in used(type.members):
        name = identifier(member.name)
        value = {"bytes": f"std::span{{{name}}}",
                 "text": f"load_text(std::as_bytes(std::span{{{name}}}).data(), {member.type.size})"}.get(member.type.kind, name)
        yield f'        line.add("{member.name}", {value});'
    yield f"    }}\n    friend bool operator==(const {type.name}&, const {type.name}&) = default;\n}};"


def message(one):
    facts = [f"    static constexpr std::uint16_t template_id = {one.id};",
             f"    static constexpr std::size_t block_length = {one.block_length};"]
    yield f"// {one.description} ({one.direction.replace('→', 'to')})"
    yield f"class {one.name}View : public BlockView<{one.name}View> {{\n  public:"
    yield from facts + [f"    static constexpr std::size_t base_length = {one.base_length};"]
    for field in used(one.fields):
        yield from [f"    // {field.description}"] * bool(field.description)
        late = f"if (!has_({field.end})) return {scalar(field.type)}{{}}; " if field.since > 1 else ""
        if late and field.type.kind == "bytes":  # a span of this size cannot be empty
            late = f"static constexpr std::array<std::byte, {field.type.size}> none{{}}; if (!has_({field.end})) return none; "
        yield (f"    [[nodiscard]] {scalar(field.type)} {identifier(field.name, OWN)}() const {{ {late}return "
               f"{getter(field.type, f'at_({field.offset})')}; }}")
    yield f'    [[nodiscard]] std::string describe() const {{\n        Line line{{"{one.name}"}};'
    yield from (f'        line.add("{field.name}", {identifier(field.name, OWN)}());' for field in used(one.fields))
    yield f"        return line.take();\n    }}\n\n  private:\n    friend class BlockView<{one.name}View>;\n    {one.name}View() = default;\n}};"
    yield f"class {one.name}Encoder : public FrameEncoder<{one.name}Encoder> {{\n  public:"
    yield from facts + ["    static constexpr std::size_t frame_size = kFrameHeaderSize + block_length;"]
    for field in used(one.fields):
        yield (f"    {one.name}Encoder& {identifier(field.name, OWN)}({scalar(field.type)} value) {{ "
               f"{setter(field.type, f'at_({field.offset})', 'value')}; return *this; }}")
    yield f"\n  private:\n    friend class FrameEncoder<{one.name}Encoder>;\n    {one.name}Encoder() = default;\n}};"


def tables(schema):
    for one in schema.messages:
        yield f"inline constexpr FieldInfo k{one.name}Fields[] = {{"
        yield from (f'    {{"{field.name}", {field.offset}, {field.type.size}, {max(field.since, 1)}}},' for field in one.fields)
        yield "};"
    yield "// Every message of the schema.\ninline constexpr MessageInfo kMessages[] = {"
    for one in schema.messages:
        client, venue = (str(one.direction in (way, "both ways")).lower() for way in ("client to venue", "venue to client"))
        yield f'    {{"{one.name}", {one.id}, {one.block_length}, {client}, {venue}, k{one.name}Fields}},'
    yield "};"
    yield "// The message of a frame as text; of one that is not known its number."
    yield "[[nodiscard]] inline std::string describe(const Frame& frame) {\n    switch (frame.template_id) {"
    for one in schema.messages:
        yield f"        case {one.id}:\n            if (const auto view = {one.name}View::of(frame)) return view->describe();\n            break;"
    yield ('        default: break;\n    }\n    Line line{"Unknown"};\n    line.add("template", frame.template_id);\n'
           '    line.add("block", frame.block);\n    return line.take();\n}')


def generate(schema):
    here = pathlib.Path(__file__)
    frame = {member.name: member.type for member in schema.types["FrameHeader"].members}
    lines = [here.with_name("frame_head.h").read_text(encoding="utf-8"),
             f"inline constexpr std::uint16_t kMagic = 0x{frame['magic'].fixed:X};",
             f"inline constexpr std::uint16_t kSchemaId = {schema.id};",
             f"inline constexpr std::uint16_t kSchemaVersion = {schema.version};",
             f"inline constexpr std::size_t kFrameHeaderSize = {schema.types['FrameHeader'].size};",
             f"inline constexpr std::size_t kMaxFrame = {frame['length'].maximum};", ""]
    for type in schema.of_kind("enum", "set", "composite"):
        lines += [*{"enum": enum, "set": bits, "composite": composite}[type.kind](type), ""]
    lines += [here.with_name("frame_tail.h").read_text(encoding="utf-8")]
    for one in schema.messages:
        lines += [*message(one), ""]
    lines += [*tables(schema), "", "}  // namespace dcx::wire"]
    return "\n".join(lines) + "\n"
