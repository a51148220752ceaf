"""What the tests compare the program's own structs (src/model) with: every offset, size, type, template and number at compile
time, and functions that read a frame through both and write it anew. Included by src/gateway/binary/schema_test.cpp, which
has the templates that this leans on."""

from cpp_views import OWN, identifier, used

# What the program calls otherwise. Reserved fields may be of any type.
PROGRAM_TYPES = {"Duration": "std::int64_t", "TemplateId": "CommandKind", "Boolean": "std::uint8_t",
                 "Uint128": "std::array<std::uint64_t, 2>"}
NOT_THE_PROGRAMS = {"messageHeader", "Uint128"}


def program_type(type):
    if type.kind == "bytes":
        return f"std::array<std::byte, {type.size}>"
    if type.kind == "text":
        return None if type.name in ("Symbol", "AssetSymbol") else f"std::array<char, {type.size}>"
    if type.kind == "set" or type.kind == "number" and type.name[0].islower():
        return f"std::{type.primitive}_t"
    return PROGRAM_TYPES.get(type.name, type.name)


def fields_of(owner, fields):
    """A report's header stands before the body that the program has of its own; schema_test.cpp knows how long it is."""
    for field in fields:
        if field.type.name == "ReportHeader":
            continue
        member = f"{owner}::{field.name}"
        yield (f"static_assert(offsetof({owner}, {field.name}) + kBefore<{owner}> == {field.offset} && "
               f"sizeof({member}) == {field.type.size});")
        wanted = None if field.type.reserved else program_type(field.type)
        if wanted:
            yield f"static_assert(std::is_same_v<decltype({member}), {wanted}>);"


def generate(schema):
    lines = ["// Made from schema/dcx-order-entry.xml by scripts/sbe/generate.py: do not edit.", "#pragma once", "",
             "namespace dcx::schema_check {", "",
             f"static_assert(kSchemaId == {schema.id} && kSchemaVersion == {schema.version});",
             "static_assert(kFrameMagic == wire::kMagic && kMaxFrame == wire::kMaxFrame);"]
    for type in schema.of_kind("enum"):
        if type.name in PROGRAM_TYPES:
            continue
        # Without a default, so that the compiler names an enumerator that the schema lacks.
        lines += [f"constexpr bool is_in_schema({type.name} value) {{", "    switch (value) {"]
        lines += [f"        case {type.name}::{value.name}: return true;" for value in type.values]
        lines += ["    }", "    return false;", "}"]
        lines += [f"static_assert(static_cast<int>({type.name}::{value.name}) == {value.number} && "
                  f"static_cast<int>(wire::{type.name}::{identifier(value.name)}) == {value.number});" for value in type.values]
        lines += [f"static_assert(sizeof({type.name}) == {type.size} && is_in_schema({type.name}::{type.values[0].name}));"]
    for type in schema.of_kind("composite"):
        if type.name not in NOT_THE_PROGRAMS:
            lines += [f"static_assert(sizeof({type.name}) == {type.size});", *fields_of(type.name, type.members)]
    for message in schema.messages:
        lines += [f"static_assert(template_of<{message.name}>() == {message.id} && "
                  f"sizeof({message.name}) + kBefore<{message.name}> == {message.block_length});",
                  *fields_of(message.name, message.fields)]
    lines += ["", "// The fields of the frame's message that its view and the program's struct read differently."]
    for message in schema.messages:
        lines += [f"inline std::string differences(const {message.name}& block, const wire::{message.name}View& view) {{",
                  "    std::string names;"]
        lines += [f'    if (!same(block.{field.name}, view.{identifier(field.name, OWN)}())) names += " {field.name}";'
                  for field in used(message.fields) if field.type.name != "ReportHeader"]
        lines += ["    return names;", "}"]
    lines += ["inline std::string differences(const wire::Frame& frame) {", "    switch (frame.template_id) {"]
    for message in schema.messages:
        lines += [f"        case {message.id}: return differences(program_block<{message.name}>(frame), "
                  f"wire::{message.name}View::of(frame).value());"]
    lines += ['        default: return " unknown";', "    }", "}", "",
              "// The same message, read by its view and written by its encoder.",
              "inline wire::Bytes rewritten(const wire::Frame& frame, wire::Buffer out) {", "    switch (frame.template_id) {"]
    for message in schema.messages:
        lines += [f"        case {message.id}: {{", f"            const auto view = wire::{message.name}View::of(frame).value();",
                  f"            auto to = wire::{message.name}Encoder::in(out, frame.sequence, frame.sending_time).value();"]
        names = [identifier(field.name, OWN) for field in used(message.fields)]
        lines += [f"            to.{name}(view.{name}());" for name in names] + ["            return to.frame();", "        }"]
    lines += ["        default: return {};", "    }", "}", "", "}  // namespace dcx::schema_check"]
    return "\n".join(lines) + "\n"
