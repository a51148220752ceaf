#!/usr/bin/env python3
"""Makes what is made of the schema of order entry.

usage: generate.py check
       generate.py cpp | cpp-check | python | lua [--out FILE]
       generate.py docs | examples [--check]

check: is the schema as our wire wants it? cpp: views and encoders, one header. cpp-check: what the program's own structs are
compared with. python: the codec. lua: the Wireshark dissector. All to stdout, or to FILE, which is touched only when it
changes. docs: rewrites the tables of docs/protocols/order-entry.md. examples: adds an example of every new message to
tests/golden/order_entry_v1.txt; those that stand there stay as they are. With --check nothing is written.
Options: --schema FILE (schema/dcx-order-entry.xml), --root FOLDER (the repository).
Exit code: 0 done, 1 the schema is wrong or what should be there is not, 2 usage.
"""

import argparse
import os
import pathlib
import sys
import tempfile

import cpp_check
import cpp_views
import docs_tables
import examples
import lua_dissector
import python_codec
import schema

OUTPUTS = {"cpp": cpp_views.generate, "cpp-check": cpp_check.generate, "python": python_codec.generate,
           "lua": lua_dissector.generate}


def write(path, text):
    """Whole or not at all: several builds may make the same file at once."""
    path = pathlib.Path(path)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def first_difference(path, old, new):
    old, new = old.split("\n"), new.split("\n")
    line = next((i for i, pair in enumerate(zip(old, new)) if pair[0] != pair[1]), min(len(old), len(new)))
    here, there = (lines[line] if line < len(lines) else "(end)" for lines in (old, new))
    return f"{path}:{line + 1} is not what the schema says; run ./dev schema\n  there:  {here}\n  schema: {there}"


def rewrite(path, text, check):
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if check and old != text:
        raise schema.SchemaError(first_difference(path, old, text))
    write(path, text)


def run(arguments):
    root = pathlib.Path(arguments.root)
    read = schema.read(arguments.schema or root / "schema/dcx-order-entry.xml")
    if arguments.what == "docs":
        path = root / "docs/protocols/order-entry.md"
        rewrite(path, docs_tables.rewrite(read, path.read_text(encoding="utf-8")), arguments.check)
    elif arguments.what == "examples":
        path = root / "tests/golden/order_entry_v1.txt"
        rewrite(path, examples.extend(read, path.read_text(encoding="utf-8") if path.exists() else ""), arguments.check)
    elif arguments.what in OUTPUTS:
        text = OUTPUTS[arguments.what](read)
        if arguments.out:
            write(arguments.out, text)
        else:
            sys.stdout.write(text)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1], add_help=False)
    parser.add_argument("-h", "--help", action="store_true")
    if "--help" in sys.argv or "-h" in sys.argv:
        print(__doc__.strip())
        return
    parser.add_argument("what", choices=("check", "docs", "examples", *OUTPUTS))
    parser.add_argument("--schema")
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--out")
    parser.add_argument("--check", action="store_true")
    try:
        run(parser.parse_args())
    except (OSError, schema.SchemaError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
